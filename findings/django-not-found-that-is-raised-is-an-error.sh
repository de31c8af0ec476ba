#!/bin/bash
# A view of Django that answers by `raise Http404`, as get_object_or_404 does, or by `raise PermissionDenied` makes its server span
# an ERROR with an exception event. The same 404 that is returned, or of a path that no view takes, is UNSET.
#
# Why it matters to who writes rules: `status == ERROR` and "has an exception event" hold for every visitor who asks for what is not
# there, and each scan of ids sets off "a failed request is looked into". Whether they do is a matter of a view's style.
#
# Expectation: the conventions leave the status of a server's span UNSET for codes from 400 to 499; these exceptions are how Django
# says that an answer is a 404 or a 403, and it handles them itself.
# Versions: opentelemetry-instrumentation-django 0.66b1, Django 5.2.19.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.1 opentelemetry-instrumentation-django==0.66b1 \
  django==5.2.19

cat > probe.py <<'PY'
import logging

import django
from django.conf import settings

settings.configure(SECRET_KEY="probe", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
logging.disable(logging.CRITICAL)
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotFound
from django.test import Client
from django.urls import path
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
DjangoInstrumentor().instrument(tracer_provider=provider)
django.setup()


def raises(exception):
    def view(request):
        raise exception

    return view


urlpatterns = [
    path("found", lambda request: HttpResponse("here")),
    path("returned", lambda request: HttpResponseNotFound("no")),
    path("raised", raises(Http404("no"))),
    path("denied", raises(PermissionDenied("no"))),
]
for name in ("found", "returned", "without-a-view", "raised", "denied"):
    answer = Client().get(f"/{name}")
    (span,) = spans.get_finished_spans()
    print(f"{name} {answer.status_code}: {span.kind.name} {span.status.status_code.name} with {len(span.events)} events")
    spans.clear()
PY
seen=$(v/bin/python probe.py)

echo "instrumentation-django 0.66b1, Django 5.2.19: requests that are answered with 200, 404 and 403"
echo "expected: UNSET with no event, of each"
echo "seen:"; echo "$seen"
[ "$seen" = "found 200: SERVER UNSET with 0 events
returned 404: SERVER UNSET with 0 events
without-a-view 404: SERVER UNSET with 0 events
raised 404: SERVER ERROR with 1 events
denied 403: SERVER ERROR with 1 events" ] || { echo "the behaviour changed"; exit 1; }
