package shop

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

type product struct {
	SKU   string  `json:"sku"`
	Price float64 `json:"price"`
}

var catalogue = []product{{"mug-01", 12.5}, {"lamp-07", 89}, {"chair-22", 349}, {"desk-40", 1290}, {"sofa-03", 2450}}

// inventoryRoutes keep the stock. Under load a reservation fails now and then; with the retry storm it fails for
// as long as checkout cares to ask.
func inventoryRoutes(faults Faults) func(*service) {
	var reservations atomic.Int64
	return func(s *service) {
		s.handle("GET /products", func(r *http.Request) (any, error) {
			return catalogue, s.database(r.Context(), "SELECT", "products", "SELECT sku, price FROM products WHERE stock > $1", 2*time.Millisecond)
		})
		s.handle("POST /reservations", func(r *http.Request) (any, error) {
			n := reservations.Add(1)
			overloaded := n%5 == 0
			if faults.RetryStorm {
				overloaded = n%9 != 0
			}
			if overloaded {
				return nil, statusError{http.StatusServiceUnavailable, r.Method}
			}
			return map[string]bool{"reserved": true}, s.span(r.Context(), "inventory.reserve", func(ctx context.Context) error {
				return s.database(ctx, "UPDATE", "stock", "UPDATE stock SET reserved = reserved + $1 WHERE sku = $2", 2*time.Millisecond)
			}, attribute.String("product.sku", r.URL.Query().Get("sku")))
		})
		s.handle("PUT /prices/{sku}", func(r *http.Request) (any, error) {
			return map[string]bool{"updated": true}, s.database(r.Context(), "UPDATE", "products", "UPDATE products SET price = $1 WHERE sku = $2", 2*time.Millisecond)
		})
	}
}
