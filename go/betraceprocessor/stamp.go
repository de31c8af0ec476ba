package betraceprocessor

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/betracehq/betrace/go/betrace"
)

// youngest is how old a change of a file must be before its stamp is believed: clocks of file systems are coarse, and what is
// written twice within one of their steps has one stamp.
const youngest = 2 * time.Second

// stamp tells by what a file system says of rule files, without reading them, whether they are as they were.
type stamp struct {
	files []string
	text  string
}

// stampOf is that of the files that a configuration names now and of those that sources were read from at this time; ok
// says that it can be believed.
func stampOf(config *Rules, files []string, read time.Time) (s stamp, ok bool) {
	paths, err := rulePaths(config)
	if err != nil {
		return stamp{}, false
	}
	var text strings.Builder
	for _, path := range append(paths, files...) {
		info, err := os.Stat(path)
		if err != nil {
			return stamp{}, false
		}
		inode, changed, isKnown := inodeOf(info)
		if !isKnown || changed.After(read.Add(-youngest)) {
			return stamp{}, false
		}
		fmt.Fprintf(&text, "%q %s %d %d\n", path, inode, info.Size(), changed.UnixNano())
	}
	return stamp{files: files, text: text.String()}, true
}

// isSame says that the files are as they were when this stamp was taken.
func (s stamp) isSame(config *Rules, now time.Time) bool {
	if s.text == "" {
		return false
	}
	present, ok := stampOf(config, s.files, now)
	return ok && present.text == s.text
}

// filesOf are the files that sources were read from.
func filesOf(sources []betrace.Source) (files []string) {
	for _, source := range sources {
		if !strings.HasPrefix(source.Name, inlineName) {
			files = append(files, source.Name)
		}
	}
	return files
}
