#!/bin/sh
# Runs sequences of calls of the C interface (tests/calls.rs, tests/embed.c) under what finds faults of memory and of threads:
# rust/capi/sanitize.sh [memcheck|helgrind|drd|address|thread|miri ...]. What the machine lacks is skipped, and said.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- memcheck helgrind drd address thread miri
target=x86_64-unknown-linux-gnu
out=${CARGO_TARGET_DIR:-$PWD/target}

skip() {
	echo "==> Skipped $1: $2" >&2
}

has_valgrind() {
	command -v valgrind >/dev/null 2>&1 || {
		skip "$1" "there is no valgrind"
		return 1
	}
}

has_nightly() {
	rustup run nightly rustc --version >/dev/null 2>&1
}

# The file that a build of the tests of calls wrote.
calls() {
	cargo test --locked -p betrace-capi --test calls --no-run --message-format=json 2>/dev/null |
		sed -n 's/.*"executable":"\([^"]*calls-[^"]*\)".*/\1/p' | tail -n 1
}

# The tests of calls, compiled with a sanitizer. The standard library is not: of it only what is inlined into this code is watched,
# and the thread sanitizer is told what it cannot see there. One test after the other: it does not see either that what is made at
# its first use is made before it is used by another.
sanitized() {
	echo "==> Calls under the $1 sanitizer" >&2
	RUSTUP_TOOLCHAIN=nightly CARGO_TARGET_DIR="$out/sanitize-$1" \
		TSAN_OPTIONS="suppressions=$PWD/rust/capi/thread.supp" \
		RUSTFLAGS="-Zsanitizer=$1 -Cunsafe-allow-abi-mismatch=sanitizer" \
		BETRACE_CALLS="$2" cargo test --locked -p betrace-capi --test calls --target $target -- --test-threads=1
}

for tool in "$@"; do
	case $tool in
	memcheck)
		if ! has_valgrind memcheck; then continue; fi
		echo "==> Calls under valgrind's memcheck" >&2
		binary=$(calls)
		BETRACE_CALLS=${BETRACE_CALLS:-12} valgrind --quiet --error-exitcode=9 --leak-check=full \
			--show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite "$binary" --test-threads=1
		cargo test --locked -p betrace-capi --test embed
		;;
	helgrind | drd)
		if ! has_valgrind "$tool"; then continue; fi
		echo "==> Calls of several threads under valgrind's $tool" >&2
		binary=$(RUSTFLAGS='--cfg helgrind' CARGO_TARGET_DIR="$out/helgrind" calls)
		BETRACE_CALLS=${BETRACE_CALLS:-40} valgrind --quiet --tool="$tool" --error-exitcode=9 --fair-sched=yes --num-callers=40 \
			--suppressions=rust/capi/helgrind.supp "$binary" --test-threads=1 calls_from_several_threads
		;;
	address | thread)
		if has_nightly; then
			sanitized "$tool" "${BETRACE_CALLS:-100}"
		else
			skip "$tool" "sanitizers need a nightly toolchain"
		fi
		;;
	miri)
		if cargo +nightly miri --version >/dev/null 2>&1; then
			echo "==> Calls under Miri" >&2
			BETRACE_CALLS=1 cargo +nightly miri test -p betrace-capi --lib --test calls
		else
			skip miri "this toolchain has no Miri"
		fi
		;;
	*)
		echo "unknown tool $tool" >&2
		exit 2
		;;
	esac
done
