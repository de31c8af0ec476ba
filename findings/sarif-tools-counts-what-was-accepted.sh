#!/bin/bash
# sarif-tools counts a result that SARIF marks as suppressed and accepted, and one whose `baselineState` says that it is gone, as an error
# like those that are open: `--check error` ends with a failure over a report in which nothing is left to do.
#
# Why it matters: a report of rules that is kept as evidence shows faults that were accepted or mended, and a pipeline is stopped by what
# a person has signed off. It matters to who feeds the faults of `betrace check --format sarif` through a tool that marks accepted ones.
#
# Expectation: suppressed and absent results are shown, and do not count.
# Versions: sarif-tools 3.0.5.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check sarif-tools==3.0.5

# A report of one error, marked as the second argument says.
report() {
  cat >"$1.sarif" <<SARIF
{ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "rules" } }, "results": [{ "ruleId": "E0154", "level": "error", $2
  "message": { "text": "a value that does not exist" },
  "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "rules.yaml" }, "region": { "startLine": 7 } } }] }] }] }
SARIF
}
report open ''
report accepted '"suppressions": [{ "kind": "external", "status": "accepted", "justification": "agreed" }],'
report gone '"baselineState": "absent",'
printf '%s\n' 'description: What is left to do' 'configuration:' '  default-include: false' 'exclude:' '  - suppression:' \
  '  - baselineState: absent' >left.yaml
check() { v/bin/sarif --check error summary "$@" >/dev/null 2>&1 && echo "nothing to do" || echo "fails"; }
seen=$(for report in open accepted gone; do
  echo "$report: $(check "$report.sarif"), with a filter: $(check --filter left.yaml "$report.sarif")"
done)

echo "sarif-tools 3.0.5: --check error of a report with one error, which is open, accepted, or gone"
echo "expected: it fails for the open one alone"
echo "seen:"; echo "$seen"
[ "$seen" = "open: fails, with a filter: fails
accepted: fails, with a filter: nothing to do
gone: fails, with a filter: nothing to do" ] || { echo "the behaviour changed"; exit 1; }
