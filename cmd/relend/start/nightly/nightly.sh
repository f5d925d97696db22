#!/bin/sh
# Runs experiment.yaml on the loan tape of the day, judges it by its gates and against the last good night, and leaves what
# is to be published in $STATE/publish. Exit codes are those of relend (relend help exit-codes): 0 good, 5 a gate fails, 6
# undecided, others: no verdict.
#
#   PORTFOLIO=/data/loans.parquet ./nightly.sh          run the night
#   ./nightly.sh accept                                 take the last night as the new baseline, whatever its verdict
#
#   RELEND     the program                                   (relend)
#   STATE      folder that is kept from night to night       (state)
#   NIGHT      name of the night                             (today)
#   MAX_PATHS  most paths where a verdict is undecided       (1024)
#   KEEP       1: good nights do not become the baseline     (0)
set -eu
cd "$(dirname "$0")"
: "${RELEND:=relend}" "${STATE:=state}" "${NIGHT:=$(date +%Y-%m-%d)}" "${MAX_PATHS:=1024}" "${KEEP:=0}"
mkdir -p "$STATE"
last=$STATE/last baseline=$STATE/baseline

# good takes the last night as the baseline: the run, its tape, and the program, which tells causes apart later.
good() {
	rm -rf "$STATE/next"
	cp -R "$last" "$STATE/next"
	rm -rf "$baseline"
	mv "$STATE/next" "$baseline"
}

if [ "${1:-}" = accept ]; then
	good
	echo "accepted: $(cat "$baseline/night") is the baseline"
	exit 0
fi

# 1. Fetch the portfolio. Put your own command here: it must write one Parquet file to $last/loans.parquet.
: "${PORTFOLIO:?say where the loan tape is}"
rm -rf "$last"
mkdir "$last"
cp "$PORTFOLIO" "$last/loans.parquet"
cp "$(command -v "$RELEND")" "$last/relend"
echo "$NIGHT" > "$last/night"

# 2. Run. Exit codes 5 and 6 say that a gate of the experiment does not hold: the run is written, and judged below.
simulate() ( # EXPERIMENT TAPE RUN [FLAG...]
	experiment=$1 tape=$2 run=$3
	shift 3
	code=0
	"$RELEND" run "$experiment" -p "$tape" -o "$run" --force --quiet "$@" > /dev/null || code=$?
	case $code in 0 | 5 | 6) ;; *) exit "$code" ;; esac
)
simulate experiment.yaml "$last/loans.parquet" "$last/run"

# 3. Judge, against the last good night where there is one.
judge() { # [FLAG...], of $run against $against
	[ ! -d "$against" ] || set -- --against "$against" "$@"
	code=0
	"$RELEND" gate "$run" -o "$last/verdict" "$@" || code=$?
	case $code in 0 | 5 | 6) ;; *) exit "$code" ;; esac
}
run=$last/run against=$baseline/run
judge

# 4. Undecided: more paths, in both runs, so that they draw the same numbers still.
paths=$(sed -n 's/^paths: *\([0-9]*\).*/\1/p' experiment.yaml)
while [ "$code" = 6 ] && [ $((paths * 4)) -le "$MAX_PATHS" ]; do
	paths=$((paths * 4))
	echo "undecided: again with $paths paths"
	simulate experiment.yaml "$last/loans.parquet" "$last/more" --paths "$paths"
	run=$last/more
	if [ -d "$baseline" ]; then
		simulate "$baseline/run/experiment.yaml" "$baseline/loans.parquet" "$last/before" --paths "$paths"
		against=$last/before
	fi
	judge
done

# 5. Something failed: what was it, the book, the experiment or the program?
if [ "$code" = 5 ] && [ -d "$against" ]; then
	cause=--program
	cmp -s "$baseline/relend" "$last/relend" && cause=
	judge --cause -p "$last/loans.parquet" --earlier-portfolio "$baseline/loans.parquet" \
		${cause:+"$cause" "$baseline/relend"}
fi

# 6. Publish, before a failing exit.
rm -rf "$STATE/publish"
mkdir "$STATE/publish"
cp "$run/report.html" "$last/verdict/verdict.json" "$last/verdict/junit.xml" "$STATE/publish/"
{ cat "$last/verdict/report.md"; echo; cat "$run/report.md"; } > "$STATE/publish/summary.md"

# 7. A good night is the next baseline.
case $code in
0) [ "$KEEP" = 1 ] && [ -d "$baseline" ] || good ;;
5) echo "failed: see $STATE/publish/summary.md; if this is how it should be now, ./nightly.sh accept" >&2 ;;
6) echo "undecided with $paths paths: raise MAX_PATHS, or widen the tolerance" >&2 ;;
esac
exit "$code"
