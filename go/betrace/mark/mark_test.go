package mark

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func key(t *testing.T, secret string) Key {
	t.Helper()
	made, err := NewKey(secret)
	require.NoError(t, err)
	return made
}

func TestASecretOfSixteenToAThousandBytesIsAKey(t *testing.T) {
	for length, isKey := range map[int]bool{0: false, LeastSecret - 1: false, LeastSecret: true, MostSecret: true, MostSecret + 1: false} {
		secret := strings.Repeat("s", length)
		_, err := NewKey(secret)
		require.Equal(t, isKey, err == nil, length)
		if err != nil && length > 0 {
			require.NotContains(t, err.Error(), secret)
		}
	}
}

func TestAMarkHangsOnTheSecretAndOnBothIds(t *testing.T) {
	trace, span := [16]byte{1}, [8]byte{2}
	first := key(t, "sixteen letters.")
	mark := first.Mark(trace, span)
	require.Len(t, mark, 32)
	require.True(t, first.Made(mark, trace, span))
	require.False(t, key(t, "sixteen letters!").Made(mark, trace, span))
	require.False(t, first.Made(mark, [16]byte{3}, span))
	require.False(t, first.Made(mark, trace, [8]byte{3}))
	for _, wrong := range []string{"", mark[:31], mark + "0", strings.ToUpper(mark)} {
		require.False(t, first.Made(wrong, trace, span), wrong)
	}
}

func TestAKeyIsNotPrinted(t *testing.T) {
	require.Equal(t, "[REDACTED] [REDACTED] [REDACTED]", fmt.Sprintf("%v %+v %#v", key(t, "sixteen letters."), key(t, "sixteen letters."), key(t, "sixteen letters.")))
}

func TestAnnouncedKeysAreKnownOnceUntilTheLastIsWithdrawn(t *testing.T) {
	one, two := key(t, "sixteen letters."), key(t, "sixteen letters!")
	require.Empty(t, Announced())
	withdrawFirst := Announce([]Key{one})
	withdrawSecond := Announce([]Key{one, two})
	require.Equal(t, []Key{one, two}, Announced())
	withdrawFirst()
	withdrawFirst()
	require.Equal(t, []Key{one, two}, Announced())
	withdrawSecond()
	require.Empty(t, Announced())
}
