package betraceprocessor

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// inodeOf says which file it is and when it last changed, which nobody can set.
func inodeOf(info os.FileInfo) (inode string, changed time.Time, ok bool) {
	known, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", time.Time{}, false
	}
	return fmt.Sprint(known.Dev, " ", known.Ino), time.Unix(known.Ctim.Unix()), true
}
