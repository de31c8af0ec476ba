package shop

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// accountsRoutes hold the customers' personal data: each read is authenticated and leaves an audit record.
func accountsRoutes(faults Faults, identity string) func(*service) {
	return func(s *service) {
		s.handle("GET /accounts/{id}", func(r *http.Request) (any, error) {
			ctx, user := r.Context(), r.PathValue("id")
			if err := s.allowed(ctx, identity, "/tokens/validate", user); err != nil {
				return nil, err
			}
			err := s.span(ctx, "database.query_pii", func(ctx context.Context) error {
				return s.database(ctx, "SELECT", "customers", "SELECT name, address, email FROM customers WHERE id = $1", 2*time.Millisecond)
			}, attribute.Bool("data.contains_pii", true), attribute.StringSlice("data.categories", []string{"name", "address", "email"}))
			if err != nil || faults.MissingAudit {
				return map[string]string{"id": user}, err
			}
			return map[string]string{"id": user}, s.span(ctx, "audit.log", func(ctx context.Context) error {
				return s.database(ctx, "INSERT", "audit_log", "INSERT INTO audit_log (actor, subject, action) VALUES ($1, $2, $3)", time.Millisecond)
			}, semconv.UserID(user), attribute.String("audit.action", "customer.read"))
		})
	}
}
