// A request without an audit record, sent as the environment says (OTEL_EXPORTER_OTLP_*).
const { SpanKind, context, trace } = require('@opentelemetry/api');
const { BatchSpanProcessor, TracerProvider } = require('@opentelemetry/sdk-trace');

const packages = { grpc: 'grpc', 'http/protobuf': 'proto', 'http/json': 'http' };
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${packages[process.env.OTEL_EXPORTER_OTLP_PROTOCOL]}`);

const provider = new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })] });
const tracer = provider.getTracer('checkout');
const request = tracer.startSpan('GET /checkout', { kind: SpanKind.SERVER });
tracer.startSpan('cart.load', {}, trace.setSpan(context.active(), request)).end();
request.end();
provider.shutdown();
