#!/usr/bin/env bash
# Every script parses; shellcheck's warnings are errors where it is installed. ctest: once
set -euo pipefail
cd "$SOURCE_DIR"
mapfile -t scripts < <(find tests .ci -name '*.sh' -o -path .ci/run; echo dev)
for script in "${scripts[@]}"; do
  bash -n "$script"
done
if command -v shellcheck >/dev/null; then
  shellcheck -x -S warning "${scripts[@]}"
fi
echo "${#scripts[@]} scripts"
