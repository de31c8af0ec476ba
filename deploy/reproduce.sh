#!/bin/sh
# Builds the Collector twice from the last commit, in folders of different names and with empty caches of Go's compiler, and says
# whether both are the same bytes. Paths of the folders and of cargo's home are the only things of a machine that would enter the
# native library, so they are written as names of their own. Go leaves them out by itself (-trimpath), but for its build id, which the
# folder of a C library enters: the Makefile asks for none.
#
# usage: reproduce.sh [what make builds] [the file to compare]
set -eu

target=${1:-collector}
file=${2:-dist/otelcol-betrace}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for copy in one another-folder; do
	sources=$work/$copy/betrace
	mkdir -p "$sources"
	git -C "$root" archive HEAD | tar -x -C "$sources"
	RUSTFLAGS="--remap-path-prefix=$sources=/betrace --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo" \
		GOCACHE=$work/$copy/go CARGO_TARGET_DIR= make -C "$sources" "$target" >&2
	sha256sum "$sources/$file" | tee "$work/$copy.sum" | sed "s|$sources/||"
	rm -rf "$work/$copy"
done
cut -d' ' -f1 "$work"/*.sum | sort -u | wc -l | grep -qx 1 || {
	echo "reproduce.sh: two builds of $file differ" >&2
	exit 1
}
