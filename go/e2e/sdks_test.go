package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sdk is a program of sdks, and how its language sends.
type sdk struct {
	name      string
	command   []string
	protocols []string
	env       []string
}

const (
	overGRPC     = "grpc"
	overProtobuf = "http/protobuf"
	overJSON     = "http/json"
)

// sdks are those whose program can run here; the others are said to be left out.
func sdks(t *testing.T) []sdk {
	t.Helper()
	sources, tools := filepath.Join(repository(t), "go", "e2e", "sdks"), filepath.Join(repository(t), "target", "tools", "sdks")
	if _, err := os.Stat(tools); err != nil {
		t.Skip("the SDKs are not installed; `make e2e` does it, `make target/tools/sdks` too, and runs this")
	}
	jars := filepath.Join(tools, "java")
	classes := filepath.Join(jars, "*") + ":" + filepath.Join(jars, "classes")
	var here []sdk
	for _, one := range []sdk{
		{"Go", []string{filepath.Join(tools, "checkout")}, []string{overGRPC, overProtobuf}, nil},
		{"Python", []string{filepath.Join(tools, "python", "bin", "python"), filepath.Join(sources, "python", "checkout.py")}, []string{overGRPC, overProtobuf}, nil},
		{"Node", []string{filepath.Join(tools, "node", "node_modules", ".bin", "node"), filepath.Join(tools, "node", "checkout.js")}, []string{overGRPC, overProtobuf, overJSON}, nil},
		{"Java", []string{"java", "-cp", classes, "Checkout"}, []string{overGRPC, overProtobuf}, []string{"OTEL_JAVA_GLOBAL_AUTOCONFIGURE_ENABLED=true"}},
		{"Java agent", []string{"java", "-javaagent:" + filepath.Join(jars, "opentelemetry-javaagent.jar"), "-cp", classes, "Checkout"}, []string{overGRPC, overProtobuf}, nil},
	} {
		if _, err := exec.LookPath(one.command[0]); err != nil {
			t.Logf("%s is left out: %v", one.name, err)
			continue
		}
		here = append(here, one)
	}
	return here
}

// Whatever the SDK and however it sends, the rule that its trace breaks fires, once.
func TestWhatSDKsSendIsJudged(t *testing.T) {
	for _, one := range sdks(t) {
		for _, protocol := range one.protocols {
			for _, compression := range []string{"", "gzip"} {
				t.Run(strings.TrimSuffix(fmt.Sprintf("%s, %s, %s", one.name, protocol, compression), ", "), func(t *testing.T) {
					p := openPipeline(t, setup{rules: write(t, "rules.yaml", auditedRule)})
					endpoint := p.Ports.GRPC
					if protocol != overGRPC {
						endpoint = p.Ports.HTTP
					}
					command := exec.CommandContext(t.Context(), one.command[0], one.command[1:]...)
					command.Env = append(append(os.Environ(), one.env...),
						"OTEL_EXPORTER_OTLP_ENDPOINT=http://"+endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol, "OTEL_EXPORTER_OTLP_INSECURE=true",
						"OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none", "OTEL_SERVICE_NAME=shop",
						"http_proxy=", "https_proxy=", "HTTP_PROXY=", "HTTPS_PROXY=")
					if compression != "" {
						command.Env = append(command.Env, "OTEL_EXPORTER_OTLP_COMPRESSION="+compression)
					}
					if out, err := command.CombinedOutput(); err != nil {
						t.Fatalf("%v:\n%s", err, out)
					}
					until(t, "the violation arrives", func() bool { return len(p.backend.Violations()) > 0 })
					p.decide(t)
					if found := p.backend.Violations(); len(found) != 1 || !strings.HasSuffix(found[0].Rule, "audited") {
						t.Errorf("violations: %v", found)
					}
					if n := p.backend.Spans(); n != 2 {
						t.Errorf("%d spans came out", n)
					}
				})
			}
		}
	}
}
