#!/bin/sh
# make test: the ci preset (everything), then the asan preset (torch-free targets). Prints one summary.
#
#   scripts/test.sh JOBS [ci|asan]
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=${1:-2}
which=${2:-all}
export OMP_NUM_THREADS=1
started=$(date +%s)
failed=
summary=

# run NAME: configure, build, test one preset; the whole build log is kept, its end is shown on failure.
run() {
  preset=$1
  begin=$(date +%s)
  mkdir -p "build/$preset"
  echo "== $preset: configure and build (build/$preset/build.log)"
  if ! { cmake --preset "$preset" && cmake --build "build/$preset" -j "$jobs" -- -k 0; } \
      >"build/$preset/build.log" 2>&1 </dev/null; then
    grep -nE 'error|FAILED|Error' "build/$preset/build.log" | head -40
    tail -40 "build/$preset/build.log"
    failed="$failed $preset-build"
    summary="$summary
  $preset: does not build"
    return
  fi
  built=$(date +%s)
  echo "== $preset: built in $((built - begin)) s"
  if ctest --preset "$preset" -j 2 --no-tests=error </dev/null; then verdict=passed; else
    verdict=FAILED
    failed="$failed $preset-tests"
  fi
  summary="$summary
  $preset: $verdict; build $((built - begin)) s, tests $(($(date +%s) - built)) s"
}

if [ "$which" = all ] || [ "$which" = ci ]; then run ci; fi
if [ "$which" = all ] || [ "$which" = asan ]; then run asan; fi

printf 'make test, %s s in all:%s\n' "$(($(date +%s) - started))" "$summary"
if [ -n "$failed" ]; then
  echo "make test: FAILED:$failed"
  exit 1
fi
echo "make test: all passed"
