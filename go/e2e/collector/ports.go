package collector

import (
	"net"
	"strings"
)

// Ports are the loopback addresses (host:port) that one Collector listens on.
type Ports struct{ GRPC, HTTP, Health, Metrics string }

// FreePorts finds free ports.
func FreePorts() (Ports, error) {
	return choosePorts([4]string{})
}

// UsualPorts takes the ports that applications send to by default, or free ones where those are taken.
func UsualPorts() (Ports, error) {
	return choosePorts([4]string{"127.0.0.1:4317", "127.0.0.1:4318", "127.0.0.1:13133", "127.0.0.1:8888"})
}

func choosePorts(wanted [4]string) (Ports, error) {
	var found [4]string
	for i, address := range wanted {
		if address == "" {
			address = "127.0.0.1:0"
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			listener, err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			return Ports{}, err
		}
		// Closed only after all are found, so that no two are the same.
		defer listener.Close()
		found[i] = listener.Addr().String()
	}
	return Ports{found[0], found[1], found[2], found[3]}, nil
}

// Env is how testdata/config.yaml learns of the ports.
func (p Ports) Env() []string {
	_, metrics, _ := strings.Cut(p.Metrics, ":")
	return []string{"BETRACE_OTLP_GRPC=" + p.GRPC, "BETRACE_OTLP_HTTP=" + p.HTTP, "BETRACE_HEALTH=" + p.Health, "BETRACE_METRICS_PORT=" + metrics}
}
