// Command program is a server of gRPC and its client: five calls, one answered, one not found, one whose handler fails without a code,
// one too slow, one of a method that there is not; then one stream of three answers.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func main() {
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}

// orders is what a generated file would say of the service.
var orders = grpc.ServiceDesc{
	ServiceName: "shop.Orders",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Get", Handler: func(_ any, ctx context.Context, decode func(any) error, around grpc.UnaryServerInterceptor) (any, error) {
		id := &wrapperspb.StringValue{}
		if err := decode(id); err != nil {
			return nil, err
		}
		return get(ctx, id.Value)
	}}},
	Streams: []grpc.StreamDesc{{StreamName: "List", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
		if err := stream.RecvMsg(&wrapperspb.StringValue{}); err != nil {
			return err
		}
		for _, id := range []string{"7", "8", "9"} {
			if err := stream.SendMsg(wrapperspb.String(id)); err != nil {
				return err
			}
		}
		return nil
	}}},
}

func get(ctx context.Context, id string) (*wrapperspb.StringValue, error) {
	switch id {
	case "none":
		return nil, status.Error(codes.NotFound, "no such order")
	case "fails":
		return nil, errors.New("no such order")
	case "slow":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return wrapperspb.String(id), nil
}

func run(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler()))
	server.RegisterService(&orders, nil)
	go server.Serve(listener)
	defer server.GracefulStop()

	client, err := grpc.NewClient(
		listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, id := range []string{"7", "none", "fails", "slow"} {
		limited, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		// That a call fails is what it is for.
		_ = client.Invoke(limited, "/shop.Orders/Get", wrapperspb.String(id), &wrapperspb.StringValue{})
		cancel()
	}
	_ = client.Invoke(ctx, "/shop.Orders/Nothing", wrapperspb.String("7"), &wrapperspb.StringValue{})

	stream, err := client.NewStream(ctx, &orders.Streams[0], "/shop.Orders/List")
	if err != nil {
		return err
	}
	if err := errors.Join(stream.SendMsg(wrapperspb.String("all")), stream.CloseSend()); err != nil {
		return err
	}
	for stream.RecvMsg(&wrapperspb.StringValue{}) == nil {
	}
	return nil
}
