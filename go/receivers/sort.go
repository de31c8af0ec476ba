package receivers

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// sortMap puts the pairs of a map in the order of their keys.
func sortMap(m pcommon.Map) {
	var keys []string
	for key := range m.All() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	ordered := pcommon.NewMap()
	for _, key := range keys {
		value, _ := m.Get(key)
		value.CopyTo(ordered.PutEmpty(key))
	}
	ordered.CopyTo(m)
}
