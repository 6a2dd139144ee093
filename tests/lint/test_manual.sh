#!/usr/bin/env bash
# ctest: once
# The manual page is clean mdoc and names every step of a script, and the completion is bash.
set -eu
root=${SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
command -v mandoc >/dev/null || exit 77
findings=$(mandoc -Tlint -W style "$root/docs/hiretty.1" || true)
if [ -n "$findings" ]; then
  echo "$findings"
  exit 1
fi
mandoc -Tmarkdown "$root/docs/hiretty.1" | grep -q 'EXIT STATUS'
if [ -x "${HIRETTY_BIN:-}" ]; then
  "$HIRETTY_BIN" completion bash | bash -n
fi
# Every step of a script is told of, in the manual and by --help.
steps=$(grep -o '{"[a-z]*", step_[a-z]*}' "$root/src/ui/script.c" | cut -d'"' -f2)
[ "$(wc -w <<<"$steps")" -ge 9 ]
help=''
[ ! -x "${HIRETTY_BIN:-}" ] || help=$("$HIRETTY_BIN" --help)
for step in $steps; do
  grep -q "^\.It Cm $step\b" "$root/docs/hiretty.1" || { echo "hiretty.1: no step $step"; exit 1; }
  [ -z "$help" ] || grep -qw "$step" <<<"$help" || { echo "--help: no step $step"; exit 1; }
done
