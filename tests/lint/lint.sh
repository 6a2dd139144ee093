#!/usr/bin/env bash
# ./dev lint: what takes longer than a test may: clang-format, shellcheck, the man page, clang-tidy and
# cppcheck over src. lint.sh [FILE…] looks at these C files only. Exit 1 if anything was found.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
cores=$(nproc)
failed=()
run() { # NAME COMMAND…
  local name=$1
  shift
  echo "== $name"
  "$@" || failed+=("$name")
}

if [ $# -gt 0 ]; then
  sources=("$@")
else
  mapfile -t sources < <(find src -name '*.c' | sort)
fi
formatted() {
  find src include tests -name '*.[ch]' -print0 |
    xargs -0 -n 40 -P "$cores" clang-format --dry-run -Werror --ferror-limit=1
}
man_pages() {
  local pages
  mapfile -t pages < <(find docs -name '*.[1-9]')
  [ ${#pages[@]} -eq 0 ] || mandoc -T lint -W warning "${pages[@]}"
}
tidy() {
  cmake --preset clang >/dev/null || return 1
  # Headers and embedded files that are made by the build have to be there.
  cmake --build build/clang -j "$cores" >build/clang.log 2>&1 || { tail -30 build/clang.log; return 1; }
  printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P "$cores" clang-tidy --quiet -p build/clang 2>build/tidy.log
}
# Not heard: in C NULL is a pointer, also where it ends a list; readdir is safe with a DIR of one's own.
check() {
  cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 -j "$cores" -I include --library=gtk --library=posix --suppress=unknownMacro --suppress=legacyUninitvar \
    --suppress=varFuncNullUB --suppress=readdirCalled \
    --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches "${sources[@]}"
}

run "clang-format" formatted
run "scripts" env SOURCE_DIR="$PWD" bash tests/lint/test_shell.sh
run "man pages" man_pages
run "clang-tidy" tidy
run "cppcheck" check
if [ ${#failed[@]} -gt 0 ]; then
  echo "lint: failed: ${failed[*]}"
  exit 1
fi
echo "lint: clean"
