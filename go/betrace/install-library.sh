#!/bin/sh
# Puts the static library where cgo links it, with the header beside the Go files and the content hash
# of both in a header that the package includes. Go's build cache does not look into a library, but it
# looks into the package's own headers: so a changed library always reaches the binary, and an
# unchanged one costs no rebuild.
#
# usage: install-library.sh path/to/libbetrace.a [path/to/betrace.h]
set -eu

library=$1
here=$(cd "$(dirname "$0")" && pwd)
header=${2:-$here/../../include/betrace.h}
place=$here/lib/linux_amd64

for file in "$library" "$header"; do
	if [ ! -f "$file" ]; then
		echo "install-library.sh: there is no $file: build it with \`make lib\`" >&2
		exit 1
	fi
done

put() { # put SOURCE TARGET: only where the content differs, and never half a file
	if ! cmp -s "$1" "$2"; then
		cp "$1" "$2.new"
		mv -f "$2.new" "$2"
	fi
}

mkdir -p "$place"
put "$library" "$place/libbetrace.a"
put "$header" "$here/betrace.h"
hash=$(cat "$place/libbetrace.a" "$here/betrace.h" | sha256sum | cut -d' ' -f1)
fresh=$(mktemp "$here/.library_hash.XXXXXX")
printf '// Written by install-library.sh.\n#define BETRACE_LIBRARY_HASH "%s"\n' "$hash" >"$fresh"
put "$fresh" "$here/library_hash.h"
rm -f "$fresh"
