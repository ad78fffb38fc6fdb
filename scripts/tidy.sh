#!/usr/bin/env bash
# make tidy: clang-tidy and cppcheck over the torch-free sources. Advice, not a gate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs=${1:-2}
cmake --preset no-torch >/dev/null
mapfile -t sources < <(git ls-files 'core/src/*.cpp' 'watermark/src/*.cpp' 'experiments/src/*.cpp')
printf '%s\n' "${sources[@]}" | xargs -P "$jobs" -n 4 clang-tidy --quiet -p build/no-torch
cppcheck --quiet --std=c++20 --enable=warning,performance,portability --inline-suppr \
  --suppress=missingIncludeSystem -I core/include -I watermark/include -I experiments/include \
  "${sources[@]}"
