#!/usr/bin/env bash
# ctest: once
# The manual page is clean mdoc, and the completion is bash.
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
