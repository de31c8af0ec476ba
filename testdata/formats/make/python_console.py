import sys
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode

provider = TracerProvider(resource=Resource.create({"service.name": "shop", "service.version": "1.4.2"}))
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
tracer = provider.get_tracer("lib", "1.0")
with tracer.start_as_current_span("op", kind=SpanKind.SERVER) as op:
    with tracer.start_as_current_span("child", kind=SpanKind.CLIENT, links=[Link(op.get_span_context(), {"k": 1})]) as child:
        child.set_attribute("n", 5); child.set_attribute("ratio", 0.5); child.set_attribute("ok", True); child.set_attribute("list", ["a", "b"])
        child.add_event("retry", {"attempt": 2})
        child.set_status(Status(StatusCode.ERROR, "boom"))
