#!/bin/sh
# Counts the instructions a span of the hot path's parts (benches/instructions.rs) with callgrind, and holds them against
# benches/instructions.txt: none may grow by more than 5 % unless that file changes with it. With WRITE=1 the file is written.
# Counts hardly move with the machine's load; what moves them is the code, the compiler (rust-toolchain.toml) and libc.
set -eu
cd "$(dirname "$0")/../../.."
baseline=rust/engine/benches/instructions.txt

if ! command -v valgrind >/dev/null 2>&1; then
	echo "SKIPPED: instructions are not counted, as valgrind is not there" >&2
	exit 0
fi
program=$(cargo bench --locked -p betrace-engine --bench instructions --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))$/\1/p')
[ -x "$program" ] || { echo "the bench instructions is not built" >&2; exit 1; }

count() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='instructions::measured_*' "$program" "$1" 2>&1 |
		awk -v part="$1" '$1 == part ":" { spans = $2 } /Collected :/ { all = $4 } END { if (!spans || !all) exit 1; printf "%s %.0f\n", part, all / spans }'
}

found=$(for part in scan steady consume; do count "$part"; done)
if [ "${WRITE:-}" ]; then
	echo "$found" >"$baseline"
	cat "$baseline"
	exit 0
fi
echo "$found" | awk '
	NR == FNR { known[$1] = $2; next }
	{
		if (!($1 in known)) { printf "%s: %d instructions a span, not in the baseline\n", $1, $2; grown = 1; next }
		change = ($2 / known[$1] - 1) * 100
		printf "%s: %d instructions a span, %+.1f %% of %d\n", $1, $2, change, known[$1]
		if (change > 5) { printf "%s grew by more than 5 %%: mend it, or write the baseline anew (make instructions WRITE=1) and say why\n", $1; grown = 1 }
		if (change < -5) printf "%s shrank: write the baseline anew (make instructions WRITE=1), so that it stays so\n", $1
	}
	END { exit grown }
' "$baseline" -
