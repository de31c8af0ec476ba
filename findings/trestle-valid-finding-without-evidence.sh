#!/bin/bash
# Trestle, the usual tool for OSCAL, calls assessment results VALID in which a finding names an observation that is not
# in the document. And importing the document cuts its times to milliseconds: two observations that were 400
# nanoseconds apart, in the order that the finding is about, have one time.
#
# Why it matters to who writes rules: violations turned into assessment results are evidence. "It validates" does not
# say that the evidence is there, and the order of two spans does not survive the round.
#
# Expectation: `trestle validate` says that the model passed all registered validation tests, one of which is named after
# references; OSCAL's date-time allows any number of fractional digits, and an import keeps a document's values.
# Versions: compliance-trestle 5.2.0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check compliance-trestle==5.2.0

cat > results.py <<'PY'
import json
ids = [f"0000000{i}-0000-4000-8000-000000000000" for i in range(6)]


def observation(i, fraction):
    return {"uuid": ids[i], "description": "a span", "methods": ["TEST-AUTOMATED"], "collected": f"2026-11-28T10:00:00.{fraction}Z"}


print(json.dumps({"assessment-results": {
    "uuid": ids[0],
    "metadata": {"title": "payments", "last-modified": "2026-11-28T10:00:00Z", "version": "1", "oscal-version": "1.1.3"},
    "import-ap": {"href": "#plan"},
    "results": [{
        "uuid": ids[1], "title": "run", "description": "run", "start": "2026-11-28T10:00:00Z",
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
        "observations": [observation(2, "000000100"), observation(3, "000000500")],
        "findings": [{"uuid": ids[4], "title": "paid before it was approved", "description": "order",
                      "target": {"type": "objective-id", "target-id": "ac-5", "status": {"state": "not-satisfied"}},
                      "related-observations": [{"observation-uuid": ids[5]}]}],
    }]}}))
PY
mkdir workspace
v/bin/python results.py > results.json
cd workspace
../v/bin/trestle init --local >/dev/null 2>&1
../v/bin/trestle import -f ../results.json -o payments >/dev/null 2>&1
seen=$(../v/bin/trestle validate -t assessment-results -n payments 2>&1 | grep -oE '^[A-Z]+:'
python3 -c '
import json
result = json.load(open("assessment-results/payments/assessment-results.json"))["assessment-results"]["results"][0]
known = {o["uuid"] for o in result["observations"]}
print("the finding names a known observation:", result["findings"][0]["related-observations"][0]["observation-uuid"] in known)
print("different times:", len({o["collected"] for o in result["observations"]}))')

echo "compliance-trestle 5.2.0: a finding without its observation, two observations 400 ns apart"
echo "expected: not VALID, or a warning; two different times"
echo "seen:"; echo "$seen"
[ "$seen" = "VALID:
the finding names a known observation: False
different times: 1" ] || { echo "the behaviour changed"; exit 1; }
