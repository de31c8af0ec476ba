//go:build cgo && linux && amd64

package betraceprocessor

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

// messageOf is what the violation of one span with these attributes says.
func messageOf(t *testing.T, change func(*Config), message string, attributes map[string]string) string {
	t.Helper()
	b := startBench(t, func(c *Config) {
		c.Rules.Inline = []map[string]any{{"id": "rule-0", "condition": "never { signup }", "message": message}}
		if change != nil {
			change(c)
		}
	})
	batch := spansNamed(1, "signup")
	span := batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	for key, value := range attributes {
		span.Attributes().PutStr(key, value)
	}
	require.NoError(t, b.ConsumeTraces(context.Background(), batch))
	b.requireViolations(t, "rule-0")
	said, _ := b.sink.violations[0].Attributes().Get("betrace.message")
	require.Equal(t, "rule-0: "+said.Str(), b.sink.violations[0].Status().Message())
	return said.Str()
}

func TestMessagesWithholdWhatTheConventionsCallSensitive(t *testing.T) {
	attributes := map[string]string{
		"user.email": "ann@example.org", "http.request.header.authorization": "Bearer abc", "db.query.text": "SELECT 7",
		"plan": "basic", "customer.name": "Ann",
	}
	const message = "{offender.user.email}, {offender.http.request.header.authorization}, {offender.otel:db.statement}, {offender.plan}, {offender.customer.name}"
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"by default", nil, "[withheld], [withheld], [withheld], basic, Ann"},
		{"not where they may be shown", func(c *Config) { c.Privacy.Sensitive = false }, "ann@example.org, Bearer abc, SELECT 7, basic, Ann"},
		{"and further ones", func(c *Config) { c.Privacy.Attributes = []string{"customer.*", "plan"} }, "[withheld], [withheld], [withheld], [withheld], [withheld]"},
		{"and no others", func(c *Config) { c.Privacy.Attributes = []string{"customer", "plan*", "pla"} }, "[withheld], [withheld], [withheld], [withheld], Ann"},
		{"but these alone", func(c *Config) { c.Privacy.Sensitive, c.Privacy.Attributes = false, []string{"user.email"} }, "[withheld], Bearer abc, SELECT 7, basic, Ann"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, messageOf(t, c.change, message, attributes)) })
	}
}

// What only a message would have shown does not even leave Go.
func TestAWithheldAttributeIsNotReadForAMessage(t *testing.T) {
	wanted := func(change func(*Config)) []string {
		b := startBench(t, func(c *Config) {
			c.Rules.Inline = []map[string]any{{"id": "a", "condition": "never { signup }", "message": "{offender.user.email}"}}
			if change != nil {
				change(c)
			}
		})
		wants, err := b.running.Load().engine.Wanted()
		require.NoError(t, err)
		return wants.SpanAttributes
	}
	require.NotContains(t, wanted(nil), "user.email")
	require.Contains(t, wanted(func(c *Config) { c.Privacy.Sensitive = false }), "user.email")
}

func TestAMessageShowsSoMuchOfAValue(t *testing.T) {
	for _, c := range []struct{ bound, bytes, shown int }{{16, 16, 16}, {16, 17, 16}, {256, 256, 256}, {256, 257, 256}, {1, 2, 1}} {
		shown := messageOf(t, func(config *Config) { config.Privacy.ValueBytes = c.bound }, "{offender.plan}", map[string]string{"plan": strings.Repeat("v", c.bytes)})
		require.Equal(t, strings.Repeat("v", c.shown), shown)
	}
}

func TestThePrivacyKeysAreBounded(t *testing.T) {
	for _, c := range []struct {
		change func(*Privacy)
		fault  string
	}{
		{func(p *Privacy) { p.Attributes = slices.Repeat([]string{strings.Repeat("a", 256)}, 500) }, ""},
		{func(p *Privacy) { p.Attributes = slices.Repeat([]string{"a"}, 501) }, "privacy::attributes must be at most 500, and are 501"},
		{func(p *Privacy) { p.Attributes = []string{strings.Repeat("a", 257)} }, "privacy::attributes[0] must have from 1 to 256 bytes, and has 257"},
		{func(p *Privacy) { p.Attributes = []string{"a", ""} }, "privacy::attributes[1] must have"},
		{func(p *Privacy) { p.Attributes = []string{"user.*", "*password*"} }, "privacy::attributes[1]: \"*password*\" would withhold nothing"},
		{func(p *Privacy) { p.ValueBytes = 0 }, "value_bytes value must be greater"},
		{func(p *Privacy) { p.ValueBytes = 257 }, "value_bytes value must be less"},
	} {
		config := createDefaultConfig().(*Config)
		config.Rules.Inline = inlineRules(never)
		c.change(&config.Privacy)
		err := confmap.Validate(config)
		if c.fault == "" {
			require.NoError(t, err)
			require.LessOrEqual(t, len(config.Privacy.withheld()), 1000)
			startBench(t, func(started *Config) { started.Privacy = config.Privacy }, never)
			continue
		}
		require.ErrorContains(t, err, c.fault)
	}
}

// docs/threat-model.md lists what is withheld, in the list's order.
func TestThePageListsWhatIsSensitive(t *testing.T) {
	page, err := os.ReadFile("../../docs/threat-model.md")
	require.NoError(t, err)
	require.True(t, slices.IsSorted(sensitive))
	require.Contains(t, strings.Join(strings.Fields(string(page)), " "), "`"+strings.Join(sensitive, "`, `")+"`")
}

// Whatever the conventions call sensitive at its name is withheld, but for url.path: there they ask instrumentations to take out
// what is sensitive, and a message without it would often say nothing.
func TestAllThatTheConventionsCallSensitiveIsWithheld(t *testing.T) {
	text, err := os.ReadFile("testdata/sensitive.txt")
	require.NoError(t, err)
	names := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	require.Greater(t, len(names), 30)
	for _, name := range names {
		isWithheld := slices.ContainsFunc(sensitive, func(pattern string) bool {
			begin, isPrefix := strings.CutSuffix(pattern, "*")
			return pattern == name || isPrefix && strings.HasPrefix(name, begin)
		})
		require.Equal(t, name != "url.path", isWithheld, name)
	}
}
