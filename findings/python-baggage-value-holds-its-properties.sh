#!/bin/bash
# An entry of W3C Baggage may have properties behind its value: tenant=acme;ttl=60. Python reads all of it as the value:
# the tenant is the text "acme;ttl=60". Sent on, the semicolon is encoded, so that the next service, whatever its language,
# has that text as the tenant too, and no property.
#
# Why it matters to who writes rules: baggage copied on spans (user, tenant, session) ties spans of several services
# together. "All spans of one trace name the same tenant" is broken from the first Python service on.
#
# Expectation: W3C Baggage separates properties from the value by a semicolon, which a value may not have in it; the SDK
# for Node reads "acme".
# Versions: opentelemetry-api 1.45.2 (Python).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-api==1.45.2

cat > probe.py <<'PY'
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

propagator = W3CBaggagePropagator()
for header in ("tenant=acme", "tenant=acme;ttl=60"):
    context = propagator.extract({"baggage": header})
    sent = {}
    propagator.inject(sent, context)
    print(f"{header}: tenant is {baggage.get_baggage('tenant', context)!r}, sent on as {sent['baggage']}")
PY
seen=$(v/bin/python probe.py)

echo "opentelemetry-api 1.45.2: baggage without and with a property"
echo "expected: tenant is 'acme' both times; the property is sent on as one, or dropped"
echo "seen:"; echo "$seen"
[ "$seen" = "tenant=acme: tenant is 'acme', sent on as tenant=acme
tenant=acme;ttl=60: tenant is 'acme;ttl=60', sent on as tenant=acme%3Bttl%3D60" ] || { echo "the behaviour changed"; exit 1; }
