#!/bin/sh
# Runs each fuzz target for so many seconds (60 unless told): rust/fuzz/run.sh [SECONDS] [TARGET...]
# Needs a nightly toolchain; cargo-fuzz is installed if it is not there. Findings go to rust/fuzz/artifacts.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- scan condition rule_file traces_text traces_binary

if ! cargo fuzz --version >/dev/null 2>&1; then
	echo "==> Installing cargo-fuzz" >&2
	cargo install cargo-fuzz --version 0.13.2 --locked
fi
for target in "$@"; do
	echo "==> Fuzzing $target for $seconds seconds" >&2
	mkdir -p "corpus/$target"
	cargo +nightly fuzz run --fuzz-dir . "$target" "corpus/$target" "seeds/$target" -- \
		-max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1
done
