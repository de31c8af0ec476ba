package shop

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

type charge struct {
	OrderID   string  `json:"order_id"`
	Amount    float64 `json:"amount"`
	Currency  string  `json:"currency"`
	Processor string  `json:"processor"`
}

func (c charge) attributes() []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("order.id", c.OrderID), attribute.Float64("amount", c.Amount),
		attribute.String("currency", c.Currency), attribute.String("processor", c.Processor),
	}
}

// fraudCheckFrom is the amount from which the shop checks for fraud: below what the rules ask for, as careful
// shops do.
const fraudCheckFrom = 500

// paymentRoutes charge and refund cards.
func paymentRoutes(faults Faults) func(*service) {
	return func(s *service) {
		s.handle("POST /charges", func(r *http.Request) (any, error) {
			var c charge
			if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
				return nil, statusError{http.StatusBadRequest, r.Method}
			}
			return map[string]string{"state": "captured"}, s.charge(r.Context(), c, faults)
		})
		s.handle("POST /refunds", func(r *http.Request) (any, error) {
			return map[string]string{"state": "refunded"}, s.span(r.Context(), "payment.refund", func(ctx context.Context) error {
				return s.database(ctx, "INSERT", "refunds", "INSERT INTO refunds (order_id, amount) VALUES ($1, $2)", time.Millisecond)
			}, attribute.String("order.id", r.URL.Query().Get("order")))
		})
	}
}

func (s *service) charge(ctx context.Context, c charge, faults Faults) error {
	if c.Amount >= fraudCheckFrom {
		name, took := "payment.fraud_check", 4*time.Millisecond
		if faults.SkipFraudCheck {
			name, took = "payment.bypass_validation", 0
		}
		if err := s.span(ctx, name, busy(took), c.attributes()...); err != nil {
			return err
		}
	}
	return s.span(ctx, "payment.charge_card", func(ctx context.Context) error {
		return s.database(ctx, "INSERT", "charges", "INSERT INTO charges (order_id, amount) VALUES ($1, $2)", 2*time.Millisecond)
	}, c.attributes()...)
}
