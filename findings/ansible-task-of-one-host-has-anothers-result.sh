#!/bin/bash
# Ansible's callback for OpenTelemetry makes a span for each task and host. The event that holds the task's result is, for all hosts, that
# of the host which was done last: where a host fails its span is an ERROR, says "(traceback unavailable)", and has the good result of
# another. A command that ended with 1 and was told to count as done is OK, one whose failure is ignored UNSET with the result 0 where it
# was a step of a loop; and a play whose failure was repaired by `rescue`, and which ends with 0, is an ERROR.
#
# Why it matters to who writes rules: what was done on which machine is the evidence that one looks for, and it is another machine's; "a
# change that failed is not followed by the next" is violated by what was repaired.
#
# Expectation: each host's own result, and the play's status as its exit code.
# Versions: ansible-core 2.19.14, community.general 11.4.2 (out of ansible 12.3.0), opentelemetry-sdk 1.45.1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check ansible-core==2.19.14 opentelemetry-sdk==1.45.1 \
  opentelemetry-exporter-otlp-proto-http==1.45.1 opentelemetry-exporter-otlp-proto-grpc==1.45.1
# The collection is a part of a package of many; no more than the callback is unpacked.
v/bin/pip download -q --disable-pip-version-check --no-deps -d wheel ansible==12.3.0
python3 - <<'PY'
import glob
import zipfile

(name,) = glob.glob("wheel/*.whl")
root = "ansible_collections/community/general/"
with zipfile.ZipFile(name) as wheel:
    for part in ("MANIFEST.json", "meta/runtime.yml", "plugins/callback/opentelemetry.py"):
        wheel.extract(root + part, "collections")
PY

cat > change.yml <<'YML'
- name: change
  hosts: first,second
  gather_facts: false
  tasks:
    - name: ask
      ansible.builtin.command: "echo {{ inventory_hostname }}"
    - name: told to count as done
      ansible.builtin.command: "false"
      failed_when: false
    - name: ignored in a loop
      ansible.builtin.command: "{{ item }}"
      loop: ["true", "false"]
      ignore_errors: true
    - name: write
      ansible.builtin.command: "{{ 'false' if inventory_hostname == 'first' else 'echo second' }}"
YML
cat > repair.yml <<'YML'
- name: repair
  hosts: first
  gather_facts: false
  tasks:
    - block:
        - name: write
          ansible.builtin.command: "false"
      rescue:
        - name: write elsewhere
          ansible.builtin.command: "true"
YML
cat > tell.py <<'PY'
import json
import sys

spans = json.load(open(sys.argv[1]))["spans"]
told = []
for span in spans:
    values = span["attributes"]
    host = values.get("ansible.task.host.name")
    if host is None:
        told.append(f"{span['name']}: {span['status']['status_code']}")
        continue
    results = [json.loads(event["name"]) for event in span["events"] if event["name"].startswith("{")]
    shown = [result.get("stdout") or f"ended with {result['rc']}" for result in results if "rc" in result]
    message = span["status"].get("description") or ""
    line = f"{span['name']} on {host}: {span['status']['status_code']} {message} result {values['ansible.task.result']}"
    told.append(" ".join(line.split()) + (f", event: {', '.join(shown)}" if shown else ""))
print("\n".join(told))
PY
export ANSIBLE_COLLECTIONS_PATH="$work/collections" ANSIBLE_HOME="$work/home" ANSIBLE_LOCAL_TEMP="$work/home"
export ANSIBLE_CALLBACKS_ENABLED=community.general.opentelemetry OTEL_SERVICE_NAME=ansible
seen=
for play in change repair; do
  code=0
  ANSIBLE_OPENTELEMETRY_STORE_SPANS_IN_FILE="$play.json" timeout 100 v/bin/ansible-playbook -f 1 -i first,second, -c local \
    -e "ansible_python_interpreter=$work/v/bin/python" "$play.yml" >"$play.out" 2>&1 || code=$?
  seen="$seen$play ended with $code
$(v/bin/python tell.py "$play.json")
"
done

echo "ansible-core 2.19.14, community.general 11.4.2: a play on two hosts, the first of which fails at last; one whose failure is repaired"
echo "expected: each host's own result; the second play without ERROR"
echo "seen:"; echo "$seen"
[ "$seen" = "change ended with 2
ask on first: OK result 0, event: second
ask on second: OK result 0, event: second
told to count as done on first: OK result 1, event: ended with 1
told to count as done on second: OK result 1, event: ended with 1
ignored in a loop on first: UNSET result 0
ignored in a loop on second: UNSET result 0
write on first: ERROR (traceback unavailable) result 1, event: second
write on second: OK result 0, event: second
change.yml: ERROR
repair ended with 0
write on first: ERROR (traceback unavailable) result 1, event: ended with 1
write elsewhere on first: OK result 0, event: ended with 0
repair.yml: ERROR
" ] || { echo "the behaviour changed"; exit 1; }
