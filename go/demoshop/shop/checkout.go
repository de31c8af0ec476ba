package shop

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

type order struct {
	ID        string  `json:"id"`
	SKU       string  `json:"sku"`
	Amount    float64 `json:"amount"`
	Currency  string  `json:"currency"`
	Processor string  `json:"processor"`
}

// checkoutRoutes turn a cart into an order: reserve the goods, charge the card, store the order.
func checkoutRoutes(faults Faults, inventory, payment string) func(*service) {
	attempts := 3
	if faults.RetryStorm {
		attempts = 12
	}
	return func(s *service) {
		s.handle("POST /orders", func(r *http.Request) (any, error) {
			var o order
			if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
				return nil, statusError{http.StatusBadRequest, r.Method}
			}
			err := s.retrying(r.Context(), attempts, func(ctx context.Context) error {
				return s.call(ctx, http.MethodPost, inventory+"/reservations?sku="+o.SKU, nil, nil)
			})
			if err != nil {
				return nil, err
			}
			paid := charge{OrderID: o.ID, Amount: o.Amount, Currency: o.Currency, Processor: o.Processor}
			if err := s.call(r.Context(), http.MethodPost, payment+"/charges", paid, nil); err != nil {
				return nil, err
			}
			return o, s.database(r.Context(), "INSERT", "orders", "INSERT INTO orders (id, sku, amount) VALUES ($1, $2, $3)", time.Millisecond)
		})
	}
}

// retrying does the work up to attempts times while the other side answers that it is overloaded. The first
// attempt stands alone; each repetition is inside a span `http.retry`.
func (s *service) retrying(ctx context.Context, attempts int, work func(context.Context) error) error {
	err := work(ctx)
	for n := 1; n < attempts; n++ {
		if status, ok := errors.AsType[statusError](err); !ok || status.code != http.StatusServiceUnavailable {
			return err
		}
		err = s.span(withResend(ctx, n), "http.retry", func(ctx context.Context) error {
			if err := busy(time.Duration(n) * time.Millisecond)(ctx); err != nil {
				return err
			}
			return work(ctx)
		}, semconv.HTTPRequestResendCount(n))
	}
	return err
}
