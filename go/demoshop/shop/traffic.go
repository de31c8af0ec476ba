package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Traffic is how much is asked of the shop. The mix depends on the seed alone.
type Traffic struct {
	Requests int
	Seed     uint64
	Shoppers int           // requests in flight at once
	Pause    time.Duration // mean pause between two requests of one shopper
}

// Report is what became of the traffic.
type Report struct{ Sent, Failed int64 }

// Serve sends the traffic and returns when it is answered or the context ends.
func (s *Shop) Serve(ctx context.Context, traffic Traffic) Report {
	var (
		report  Report
		group   sync.WaitGroup
		visits  = make(chan visit)
		outside = &http.Client{Timeout: 30 * time.Second}
	)
	for range max(traffic.Shoppers, 1) {
		group.Go(func() {
			for v := range visits {
				atomic.AddInt64(&report.Sent, 1)
				if err := v.send(ctx, outside, s.storefront); err != nil {
					atomic.AddInt64(&report.Failed, 1)
				}
				_ = busy(v.pause)(ctx)
			}
		})
	}
	random := rand.New(rand.NewPCG(traffic.Seed, 0))
	for n := range traffic.Requests {
		select {
		case visits <- nextVisit(n, random, traffic.Pause):
		case <-ctx.Done():
		}
	}
	close(visits)
	group.Wait()
	outside.CloseIdleConnections()
	return report
}

// visit is one request from outside, where nothing is instrumented.
type visit struct {
	method, path string
	body         any
	pause        time.Duration
}

// nextVisit mixes so that every ten requests have each kind in them.
func nextVisit(n int, random *rand.Rand, mean time.Duration) visit {
	user := fmt.Sprintf("user-%03d", 100+random.IntN(40))
	v := visit{method: http.MethodGet, path: "/", pause: time.Duration(float64(mean) * 2 * random.Float64())}
	switch n % 10 {
	case 0, 4, 8:
		bought, pieces := catalogue[random.IntN(len(catalogue))], 1+random.IntN(3)
		if n%10 == 4 {
			bought = catalogue[len(catalogue)-1]
		}
		v.method, v.path = http.MethodPost, "/cart/checkout?user="+user
		v.body = order{
			ID: fmt.Sprintf("ord-%05d", n), SKU: bought.SKU, Amount: bought.Price * float64(pieces),
			Currency: []string{"EUR", "USD"}[random.IntN(2)], Processor: []string{"stripe", "square"}[random.IntN(2)],
		}
	case 1, 5:
		v.path = "/profile/" + user
	case 2:
		v.method, v.path = http.MethodPut, fmt.Sprintf("/admin/prices/%s?user=staff-%02d", catalogue[random.IntN(len(catalogue))].SKU, random.IntN(5))
	case 3:
		v.method, v.path = http.MethodPost, fmt.Sprintf("/assistant/conv-%05d?ask=refund", n)
	case 7:
		v.method, v.path = http.MethodPost, fmt.Sprintf("/assistant/conv-%05d?ask=status", n)
	}
	return v
}

func (v visit) send(ctx context.Context, client *http.Client, storefront string) error {
	var body io.Reader
	if v.body != nil {
		encoded, err := json.Marshal(v.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, v.method, storefront+v.path, body)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode >= 400 {
		return statusError{response.StatusCode, v.method}
	}
	return nil
}
