#!/bin/sh
# Runs each fuzz target for so many seconds (60 unless told): rust/fuzz/run.sh [SECONDS] [TARGET...]
#
# Without sanitizers, so that a stable toolchain will do and a target is as fast as the code it tries: `calls` alone has unsafe code,
# and `make sanitize` runs it with them. Overflow is checked. Findings go to rust/fuzz/artifacts, what reached new code to
# rust/fuzz/corpus; neither is committed. The rate of each target is printed at its end.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
quick="lexer parser descent condition rule_file format_file cursor scan snapshot records calls laws"
readers="traces_text traces_binary otlp_json"
[ $# -gt 0 ] || set -- $quick $readers

cargo_fuzz=${CARGO_FUZZ:-cargo-fuzz}
if ! command -v "$cargo_fuzz" >/dev/null 2>&1; then
	echo "==> Skipped: there is no $cargo_fuzz here; \`make fuzz\` builds it" >&2
	exit 0
fi
echo "==> Building the fuzz targets (minutes when the caches are cold)" >&2
"$cargo_fuzz" build --fuzz-dir . --release --sanitizer none --features readers

binaries=${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/release
for target in "$@"; do
	echo "==> Fuzzing $target for $seconds seconds" >&2
	mkdir -p "corpus/$target" "artifacts/$target"
	# Inputs stay short where long ones say nothing new, so that more are tried.
	case $target in
	lexer | parser | descent | cursor) longest=256 ;;
	condition | scan | calls | laws) longest=1024 ;;
	*) longest=8192 ;;
	esac
	seeds=seeds/$target
	case $target in
	lexer | parser | descent) seeds=seeds/condition ;;
	format_file) seeds=seeds/rule_file ;;
	cursor | otlp_json) seeds=seeds/scan ;;
	esac
	[ -d "$seeds" ] || seeds=
	log=$(mktemp)
	if ! "$binaries/$target" "corpus/$target" $seeds -max_total_time="$seconds" -max_len="$longest" -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="artifacts/$target/" >"$log" 2>&1; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		echo "==> $target failed: the input is in rust/fuzz/artifacts/$target" >&2
		exit 1
	fi
	awk -v target="$target" '/stat::number_of_executed_units/ { n = $2 } /stat::average_exec_per_sec/ { rate = $2 }
		END { printf "    %-14s %9d executions, %6d a second\n", target, n, rate }' "$log" >&2
	rm -f "$log"
done
