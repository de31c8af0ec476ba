package shop

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// approval is what a person (or a policy in a person's name) says to a tool call of the assistant.
type approval struct {
	Tool     string `json:"tool"`
	Approver string `json:"approver"`
}

// identityRoutes answer who somebody is and what they may do.
func identityRoutes(s *service) {
	s.handle("POST /tokens/validate", func(r *http.Request) (any, error) {
		return map[string]bool{"valid": true}, s.span(r.Context(), "auth.validate", busy(time.Millisecond),
			semconv.UserID(r.URL.Query().Get("user")), attribute.String("auth.method", "bearer"))
	})
	s.handle("POST /roles/admin", func(r *http.Request) (any, error) {
		return map[string]bool{"admin": true}, s.span(r.Context(), "auth.check_admin", busy(time.Millisecond),
			semconv.UserID(r.URL.Query().Get("user")), semconv.UserRoles("staff", "pricing-admin"), attribute.Bool("auth.granted", true))
	})
	s.handle("POST /approvals", func(r *http.Request) (any, error) {
		given := approval{Tool: r.URL.Query().Get("tool"), Approver: "support-lead"}
		return given, s.span(r.Context(), "agent.approve_tool", busy(2*time.Millisecond),
			genAIToolName(given.Tool), attribute.Bool("approval.granted", true), attribute.String("approval.approver", given.Approver))
	})
}

// allowed asks identity; the answer is the error.
func (s *service) allowed(ctx context.Context, identity, path, user string) error {
	return s.call(ctx, http.MethodPost, identity+path+"?user="+user, nil, nil)
}
