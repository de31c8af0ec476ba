package shop

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// The attributes of the generative AI conventions, which live apart from the general ones.
func genAIOperation(v string) attribute.KeyValue {
	return attribute.String("gen_ai.operation.name", v)
}
func genAIToolName(v string) attribute.KeyValue { return attribute.String("gen_ai.tool.name", v) }

const model = "shop-assistant-8b"

// assistantRoutes are an agent that answers customers. It looks orders up on its own and refunds only with approval.
func assistantRoutes(faults Faults, identity, payment string) func(*service) {
	return func(s *service) {
		s.handle("POST /conversations/{id}/messages", func(r *http.Request) (any, error) {
			conversation, refund := r.PathValue("id"), r.URL.Query().Get("ask") == "refund"
			return map[string]string{"reply": "done"}, s.span(r.Context(), "invoke_agent shop_assistant", func(ctx context.Context) error {
				if err := s.chat(ctx, 212, 38); err != nil {
					return err
				}
				if err := s.tool(ctx, "lookup_order", busy(2*time.Millisecond)); err != nil {
					return err
				}
				if refund {
					if err := s.refund(ctx, conversation, faults, identity, payment); err != nil {
						return err
					}
				}
				return s.chat(ctx, 301, 64)
			}, genAIOperation("invoke_agent"), attribute.String("gen_ai.agent.name", "shop_assistant"),
				attribute.String("gen_ai.provider.name", "demoshop"), attribute.String("gen_ai.conversation.id", conversation))
		})
	}
}

func (s *service) refund(ctx context.Context, conversation string, faults Faults, identity, payment string) error {
	if !faults.UnapprovedTool {
		if err := s.call(ctx, http.MethodPost, identity+"/approvals?tool=issue_refund", nil, nil); err != nil {
			return err
		}
	}
	return s.tool(ctx, "issue_refund", func(ctx context.Context) error {
		return s.call(ctx, http.MethodPost, payment+"/refunds?order="+conversation, nil, nil)
	})
}

// chat is one call of the model.
func (s *service) chat(ctx context.Context, input, output int) error {
	return s.spanOf(ctx, trace.SpanKindClient, "chat "+model, busy(3*time.Millisecond),
		genAIOperation("chat"), attribute.String("gen_ai.provider.name", "demoshop"), attribute.String("gen_ai.request.model", model),
		attribute.Int("gen_ai.usage.input_tokens", input), attribute.Int("gen_ai.usage.output_tokens", output),
		attribute.StringSlice("gen_ai.response.finish_reasons", []string{"tool_call"}))
}

// tool is one call of a tool by the agent.
func (s *service) tool(ctx context.Context, name string, work func(context.Context) error) error {
	return s.span(ctx, "execute_tool "+name, work,
		genAIOperation("execute_tool"), genAIToolName(name), attribute.String("gen_ai.tool.type", "function"))
}
