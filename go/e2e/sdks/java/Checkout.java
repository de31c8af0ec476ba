import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;

/** A request without an audit record. The agent sends it, or the SDK that configures itself, as the environment says. */
class Checkout {
  public static void main(String[] args) {
    Tracer tracer = GlobalOpenTelemetry.getTracer("checkout");
    Span request = tracer.spanBuilder("GET /checkout").setSpanKind(SpanKind.SERVER).startSpan();
    try (Scope scope = request.makeCurrent()) {
      tracer.spanBuilder("cart.load").startSpan().end();
    }
    request.end();
  }
}
