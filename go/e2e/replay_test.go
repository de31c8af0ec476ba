package e2e

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// verdict is one line of `betrace replay --format json`, as far as live and replay must agree.
type verdict struct {
	Rule        string `json:"rule"`
	TraceID     string `json:"trace_id"`
	Verdict     string `json:"verdict"`
	ViolationID string `json:"violation_id"`
}

// replayed runs the command and returns what it finds broken, as "rule trace violation".
func replayed(t *testing.T, rules string, traces ...string) []string {
	t.Helper()
	arguments := append([]string{"replay", "--rules", rules, "--format", "json", "--verdicts", "violated"}, traces...)
	command := exec.CommandContext(t.Context(), built(t, "target/release/betrace", "cli"), arguments...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var found []string
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		if v.Verdict == "violated" {
			found = append(found, v.Rule+" "+v.TraceID+" "+v.ViolationID)
		}
	}
	if (len(found) > 0) != (err != nil) {
		t.Errorf("%d violations and exit %v", len(found), err)
	}
	slices.Sort(found)
	return found
}

// live sends the files through the running Collector and returns the same.
func live(t *testing.T, rules string, files ...string) []string {
	t.Helper()
	p := openPipeline(t, setup{rules: rules})
	for _, file := range files {
		send(t, p.grpc, read(t, file))
	}
	p.decide(t)
	var found []string
	for _, v := range p.backend.Violations() {
		found = append(found, v.Rule+" "+hex.EncodeToString(v.Trace[:])+" "+v.ID)
	}
	slices.Sort(found)
	return found
}

// The running Collector and replay find the same violations, trace for trace and with the same ids.
func TestLiveEqualsReplay(t *testing.T) {
	compare := func(t *testing.T, rules, traces string) []string {
		t.Helper()
		want := replayed(t, rules, traces)
		if got := live(t, rules, traces); !slices.Equal(got, want) {
			t.Errorf("live finds %d, replay %d; only one of them has\n%s", len(got), len(want), strings.Join(difference(got, want), "\n"))
		}
		return want
	}
	t.Run("shop", func(t *testing.T) {
		t.Parallel()
		if found := compare(t, filepath.Join(repository(t), "testdata", "rules", "shop.yaml"), shopTraces(t)); len(found) == 0 {
			t.Error("nothing was found")
		}
	})
	for _, file := range []string{"online-boutique-checkout-return", "online-boutique-frontend-exception", "online-boutique-normal", "train-ticket-normal"} {
		t.Run(file, func(t *testing.T) {
			path := shared(t, "data/"+file+".jsonl.zst")
			t.Parallel()
			rules, err := filepath.Abs("testdata/boutique.yaml")
			if err != nil {
				t.Fatal(err)
			}
			batches := read(t, path)
			found := compare(t, rules, path)
			replay := traceWise(found, "order-is-paid", "order-is-shipped", "cart-is-read", "many-currency-conversions")
			if want := boutiqueTruth(batches); !slices.Equal(replay, want) {
				t.Errorf("an independent reading finds %d, replay %d; only one of them has\n%s", len(want), len(replay), strings.Join(difference(want, replay), "\n"))
			}
		})
	}
}

// difference is what only one of two sorted lists has.
func difference(a, b []string) []string {
	var only []string
	for _, line := range a {
		if _, found := slices.BinarySearch(b, line); !found {
			only = append(only, "< "+line)
		}
	}
	for _, line := range b {
		if _, found := slices.BinarySearch(a, line); !found {
			only = append(only, "> "+line)
		}
	}
	return only
}

// traceWise keeps "rule trace" of some rules.
func traceWise(found []string, rules ...string) []string {
	var kept []string
	for _, line := range found {
		if parts := strings.Fields(line); slices.Contains(rules, parts[0]) {
			kept = append(kept, parts[0]+" "+parts[1])
		}
	}
	return kept
}

// boutiqueTruth reads four rules of testdata/boutique.yaml independently, over whole traces that have a root.
func boutiqueTruth(batches []ptrace.Traces) []string {
	var found []string
	for id, trace := range tracesOf(batches) {
		carts, conversions, checkout, rooted := 0, 0, false, false
		for _, s := range trace {
			service, _ := s.resource.Attributes().Get("service.name")
			rooted = rooted || s.ParentSpanID().IsEmpty()
			checkout = checkout || s.Name() == "hipstershop.CheckoutService/PlaceOrder" && service.AsString() == "checkoutservice"
			if s.Name() == "hipstershop.CartService/GetCart" {
				carts++
			}
			if s.Name() == "hipstershop.CurrencyService/Convert" {
				conversions++
			}
		}
		add := func(rule string) { found = append(found, rule+" "+hex.EncodeToString(id[:])) }
		if rooted && has(trace, "hipstershop.CheckoutService/PlaceOrder") && !has(trace, "hipstershop.PaymentService/Charge") {
			add("order-is-paid")
		}
		shipped := some(trace, func(s placed) bool { return strings.HasSuffix(s.Name(), "/ShipOrder") })
		confirmed := some(trace, func(s placed) bool { return strings.Contains(s.Name(), "SendOrderConfirmation") })
		if rooted && checkout && !(shipped && confirmed) {
			add("order-is-shipped")
		}
		if carts > 3 {
			add("cart-is-read")
		}
		if rooted && conversions > 5 && !has(trace, "hipstershop.CheckoutService/PlaceOrder") {
			add("many-currency-conversions")
		}
	}
	slices.Sort(found)
	return found
}
