package shop

import (
	"encoding/json"
	"net/http"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// backends are the base URLs of the services behind the storefront.
type backends struct{ identity, inventory, checkout, accounts, assistant string }

// storefrontRoutes are the shop's front door: every trace begins here.
func storefrontRoutes(faults Faults, to backends) func(*service) {
	return func(s *service) {
		s.handle("GET /", func(r *http.Request) (any, error) {
			var products []product
			return products, s.call(r.Context(), http.MethodGet, to.inventory+"/products", nil, &products)
		})
		s.handle("POST /cart/checkout", func(r *http.Request) (any, error) {
			var o order
			if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
				return nil, statusError{http.StatusBadRequest, r.Method}
			}
			if err := s.allowed(r.Context(), to.identity, "/tokens/validate", r.URL.Query().Get("user")); err != nil {
				return nil, err
			}
			return o, s.call(r.Context(), http.MethodPost, to.checkout+"/orders", o, nil)
		})
		s.handle("GET /profile/{id}", func(r *http.Request) (any, error) {
			var account map[string]string
			return account, s.call(r.Context(), http.MethodGet, to.accounts+"/accounts/"+r.PathValue("id"), nil, &account)
		})
		s.handle("POST /assistant/{id}", func(r *http.Request) (any, error) {
			url := to.assistant + "/conversations/" + r.PathValue("id") + "/messages?" + r.URL.RawQuery
			return map[string]string{"reply": "done"}, s.call(r.Context(), http.MethodPost, url, nil, nil)
		})
		s.handle("PUT /admin/prices/{sku}", func(r *http.Request) (any, error) {
			ctx, user := r.Context(), r.URL.Query().Get("user")
			if faults.UnauthorisedAccess {
				if err := s.span(ctx, "auth.bypass", busy(time.Microsecond), semconv.UserID(user)); err != nil {
					return nil, err
				}
			} else if err := s.allowed(ctx, to.identity, "/roles/admin", user); err != nil {
				return nil, err
			}
			return map[string]bool{"updated": true}, s.call(ctx, http.MethodPut, to.inventory+"/prices/"+r.PathValue("sku"), nil, nil)
		})
	}
}
