import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.exporter.logging.otlp.OtlpJsonLoggingSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;

public class Sample {
  public static void main(String[] args) {
    var provider = SdkTracerProvider.builder()
        .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "shop")))
        .addSpanProcessor(SimpleSpanProcessor.create(OtlpJsonLoggingSpanExporter.create()))
        .build();
    var tracer = provider.get("lib", "1.0");
    var op = tracer.spanBuilder("op").setSpanKind(SpanKind.SERVER).startSpan();
    try (Scope scope = op.makeCurrent()) {
      Span child = tracer.spanBuilder("child").setSpanKind(SpanKind.CLIENT)
          .addLink(op.getSpanContext(), Attributes.of(AttributeKey.longKey("k"), 1L)).startSpan();
      child.setAttribute("n", 5).setAttribute("ratio", 0.5).setAttribute("ok", true)
          .setAttribute(AttributeKey.stringArrayKey("list"), java.util.List.of("a", "b"));
      child.addEvent("retry", Attributes.of(AttributeKey.longKey("attempt"), 2L));
      child.setStatus(StatusCode.ERROR, "boom");
      child.end();
    }
    op.end();
    System.err.println("an ordinary line of the program");
    provider.close();
  }
}
