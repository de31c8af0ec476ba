package betrace

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Keys of every length, also beyond those that are told apart before the key is looked at, and others that differ in one
// byte anywhere.
func TestAKeySetKnowsItsKeysAndNoOthers(t *testing.T) {
	var wanted []string
	for length := range 130 {
		if length%3 != 1 {
			wanted = append(wanted, strings.Repeat("k", length))
		}
	}
	set := newKeySet(append(wanted, wanted...)...)
	require.Equal(t, len(wanted), set.size, "each once")
	for _, key := range wanted {
		found := set.find(key)
		require.NotNil(t, found, key)
		require.Equal(t, key, found.name)
		for at := range len(key) {
			require.Nil(t, set.find(key[:at]+"x"+key[at+1:]), "%d of %d", at, len(key))
		}
	}
	for _, length := range []int{1, 7, 61, 64, 127, 130, 1_000} {
		require.Nil(t, set.find(strings.Repeat("k", length)), length)
	}
	for _, key := range []string{"", "k", strings.Repeat("k", 63)} {
		empty := newKeySet()
		require.Nil(t, empty.find(key))
	}
}
