// Package wire speaks real OTLP: a sink is the backend behind a Collector, a sender is an exporter before it.
package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // the Collector's exporters compress with it
	"google.golang.org/grpc/status"
)

// maxMessage is above what the tests send in one request.
const maxMessage = 256 << 20

// Sink is an OTLP gRPC server on a free loopback port that gives every request to a function.
type Sink struct {
	ptraceotlp.UnimplementedGRPCServer
	address string
	server  *grpc.Server
	receive func(ptrace.Traces)
	served  chan error

	mu       sync.Mutex
	failNext int
}

// OpenSink starts a sink. The function is called by one goroutine at a time.
func OpenSink(receive func(ptrace.Traces)) (*Sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{
		address: listener.Addr().String(), receive: receive, served: make(chan error, 1),
		server: grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage)),
	}
	ptraceotlp.RegisterGRPCServer(s.server, s)
	go func() { s.served <- s.server.Serve(listener) }()
	return s, nil
}

// Address is host:port.
func (s *Sink) Address() string { return s.address }

// FailNext makes the next n requests fail as an overloaded backend fails: exporters may send them again.
func (s *Sink) FailNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failNext = n
}

// Export receives one request.
func (s *Sink) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failNext > 0 {
		s.failNext--
		return ptraceotlp.NewExportResponse(), status.Error(codes.Unavailable, "the sink was told to fail")
	}
	s.receive(request.Traces())
	return ptraceotlp.NewExportResponse(), nil
}

// Close waits for running requests and stops.
func (s *Sink) Close() error {
	s.server.GracefulStop()
	// A sink that is closed before its server came to serve was stopped all the same.
	if err := <-s.served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve OTLP: %w", err)
	}
	return nil
}
