package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Sender sends export requests to one OTLP receiver.
type Sender interface {
	Send(context.Context, ptrace.Traces) error
	Close() error
}

// DialGRPC opens a sender of OTLP over gRPC to host:port.
func DialGRPC(address string) (Sender, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return nil, err
	}
	return grpcSender{conn, ptraceotlp.NewGRPCClient(conn)}, nil
}

type grpcSender struct {
	conn   *grpc.ClientConn
	client ptraceotlp.GRPCClient
}

func (s grpcSender) Send(ctx context.Context, traces ptrace.Traces) error {
	response, err := s.client.Export(ctx, ptraceotlp.NewExportRequestFromTraces(traces))
	if err != nil {
		return err
	}
	return rejected(response)
}

func (s grpcSender) Close() error { return s.conn.Close() }

// DialHTTP opens a sender of OTLP protobuf over HTTP to host:port.
func DialHTTP(address string) Sender {
	return httpSender{"http://" + address + "/v1/traces", &http.Client{Timeout: time.Minute}}
}

type httpSender struct {
	url    string
	client *http.Client
}

func (s httpSender) Send(ctx context.Context, traces ptrace.Traces) error {
	body, err := ptraceotlp.NewExportRequestFromTraces(traces).MarshalProto()
	if err != nil {
		return err
	}
	return PostOTLP(ctx, s.client, s.url, "application/x-protobuf", body)
}

func (s httpSender) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// PostOTLP posts one encoded request, whatever its bytes are, and reports what the receiver rejects.
func PostOTLP(ctx context.Context, client *http.Client, url, contentType string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", contentType)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	response := ptraceotlp.NewExportResponse()
	if contentType == "application/json" {
		err = response.UnmarshalJSON(text)
	} else {
		err = response.UnmarshalProto(text)
	}
	if err != nil {
		return err
	}
	return rejected(response)
}

func rejected(response ptraceotlp.ExportResponse) error {
	if n := response.PartialSuccess().RejectedSpans(); n > 0 {
		return fmt.Errorf("%d spans rejected: %s", n, response.PartialSuccess().ErrorMessage())
	}
	return nil
}
