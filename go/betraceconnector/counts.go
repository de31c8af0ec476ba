package betraceconnector

import "strings"

const (
	// otherLabel stands for what has no series of its own.
	otherLabel = "_other"
	// longestLabel is how many bytes of a rule's id or a service's name a label holds.
	longestLabel = 256
)

// series is what violations are counted by.
type series struct{ rule, severity, service string }

func seriesOf(o *own) series {
	severity := o.text(ruleSev)
	if severityNumber(severity) == 0 {
		severity = otherLabel
	}
	return series{rule: label(o.text(ruleID)), severity: severity, service: label(o.text(offender))}
}

// label is a copy that keeps nothing of the batch, cut where it is too long.
func label(text string) string {
	if len(text) > longestLabel {
		text = text[:longestLabel]
	}
	return strings.Clone(strings.ToValidUTF8(text, ""))
}

type counted struct {
	count int64
	// begun is whether it was sent on.
	begun bool
}

// counts holds so many series, and beyond them one for each severity.
type counts struct {
	most   int
	values map[series]*counted
	order  []series
}

func newCounts(most int) counts {
	return counts{most: most, values: map[series]*counted{}}
}

func (c *counts) add(to series) {
	if c.values[to] == nil && c.own() >= c.most {
		to.rule, to.service = otherLabel, otherLabel
	}
	if c.values[to] == nil {
		c.values[to] = &counted{}
		c.order = append(c.order, to)
	}
	c.values[to].count++
}

// own is how many series are there but those for the rest.
func (c *counts) own() int {
	own := len(c.order)
	for _, severity := range []string{"critical", "high", "medium", "low", "info", otherLabel} {
		if c.values[series{rule: otherLabel, severity: severity, service: otherLabel}] != nil {
			own--
		}
	}
	return own
}

// begun keeps that these were sent on.
func (c *counts) begun(sent []series) {
	for _, of := range sent {
		c.values[of].begun = true
	}
}
