package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// service is one HTTP service with its own tracer provider.
type service struct {
	name     string
	url      string
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	client   *http.Client
	server   *http.Server
	mux      *http.ServeMux
	served   chan error
}

func openService(ctx context.Context, name string, telemetry Telemetry, routes func(*service)) (*service, error) {
	provider, err := telemetry.provider(ctx, name)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, provider.Shutdown(ctx))
	}
	s := &service{
		name:     name,
		url:      "http://" + listener.Addr().String(),
		provider: provider,
		tracer:   provider.Tracer("github.com/betracehq/betrace/go/demoshop/" + name),
		mux:      http.NewServeMux(),
		served:   make(chan error, 1),
	}
	s.client = &http.Client{
		Timeout: 10 * time.Second,
		Transport: otelhttp.NewTransport(resendCounter{http.DefaultTransport.(*http.Transport).Clone()},
			otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(propagation.TraceContext{}),
			otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method })),
	}
	s.server = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second}
	routes(s)
	go func() { s.served <- s.server.Serve(listener) }()
	return s, nil
}

func (s *service) close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.client.CloseIdleConnections()
	if err = errors.Join(err, s.provider.Shutdown(ctx)); err != nil {
		return fmt.Errorf("stop %s: %w", s.name, err)
	}
	return nil
}

// handle serves one route, such as "POST /orders", whose server span has that name.
func (s *service) handle(pattern string, serve func(*http.Request) (any, error)) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := serve(r)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(statusOf(err))
			body = map[string]string{"error": err.Error()}
		}
		if err := json.NewEncoder(w).Encode(body); err != nil {
			trace.SpanFromContext(r.Context()).RecordError(err)
		}
	})
	s.mux.Handle(pattern, otelhttp.NewHandler(answer, pattern,
		otelhttp.WithTracerProvider(s.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithSpanNameFormatter(func(operation string, _ *http.Request) string { return operation })))
}

// span does work inside an internal span.
func (s *service) span(ctx context.Context, name string, work func(context.Context) error, attributes ...attribute.KeyValue) error {
	return s.spanOf(ctx, trace.SpanKindInternal, name, work, attributes...)
}

func (s *service) spanOf(ctx context.Context, kind trace.SpanKind, name string, work func(context.Context) error, attributes ...attribute.KeyValue) error {
	ctx, span := s.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
	defer span.End()
	err := work(ctx)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
		if status, ok := errors.AsType[statusError](err); ok {
			span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status.code)))
		} else {
			span.SetAttributes(semconv.ErrorType(err))
		}
	}
	return err
}

// database does the work of one statement inside a client span as the database conventions describe it.
func (s *service) database(ctx context.Context, operation, collection, statement string, took time.Duration) error {
	return s.spanOf(ctx, trace.SpanKindClient, operation+" "+collection, busy(took),
		semconv.DBSystemNamePostgreSQL, semconv.DBNamespace("shop"), semconv.DBOperationName(operation),
		semconv.DBCollectionName(collection), semconv.DBQueryText(statement))
}

// call sends body as JSON (nil: none) and reads the answer into out (nil: dropped).
func (s *service) call(ctx context.Context, method, url string, body, out any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		// Read to the end so that the connection is used again, which a retry storm makes worthwhile.
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		return statusError{response.StatusCode, method}
	}
	if out == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(out)
}

// statusError is an HTTP answer that is not a success; it passes up through the services with its status.
type statusError struct {
	code   int
	method string
}

func (e statusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", e.method, e.code, http.StatusText(e.code))
}

func statusOf(err error) int {
	if status, ok := errors.AsType[statusError](err); ok {
		return status.code
	}
	return http.StatusInternalServerError
}

// busy waits, as a service does on its disk or its neighbours.
func busy(took time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(took):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

type resendKey struct{}

// withResend marks the requests made under the context as the n-th repetition.
func withResend(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, resendKey{}, n)
}

// resendCounter sits below the instrumented transport, where the client span is current, and writes on it how
// often the request was sent again.
type resendCounter struct{ next http.RoundTripper }

func (c resendCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	if n, ok := r.Context().Value(resendKey{}).(int); ok && n > 0 {
		trace.SpanFromContext(r.Context()).SetAttributes(semconv.HTTPRequestResendCount(n))
	}
	return c.next.RoundTrip(r)
}
