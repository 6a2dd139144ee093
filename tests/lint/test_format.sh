#!/usr/bin/env bash
# clang-format decides how C looks. ctest: once
set -euo pipefail
cd "$SOURCE_DIR"
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
find src include tests -name '*.[ch]' -print0 | xargs -0 -P 2 -n 40 clang-format --dry-run -Werror --ferror-limit=2
