#!/usr/bin/env bash
# The pictures of README.md and docs: a demo of one fixed moment, the workstation on a pseudo-terminal,
# its screens drawn. `./dev build` first; afterwards look at what differs.
#
#   pictures.sh [FOLDER]      default: docs/screens
set -euo pipefail
tools=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
root=$(realpath "$tools/../..")
out=$(realpath -m "${1:-$root/docs/screens}")
export HIRETTY_BIN=${HIRETTY_BIN:-$root/build/release/hiretty}
export HIRETTY_DEMO_NOW=2026-03-16 HIRETTY_NOW=2026-03-16T08:00:00Z TZ=Europe/Berlin LC_ALL=C.UTF-8

dir=$(mktemp -d /tmp/hiretty-pictures.XXXXXX)
leave() {
  bash "$tools/pg.sh" stop "$dir/demo" >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap leave EXIT
mkdir -p "$out"
bash "$tools/demo.sh" --prepare --dir "$dir/demo" >/dev/null
# shellcheck source=/dev/null
. "$dir/demo/env"

/usr/bin/python3 -B "$tools/look.py" --size 150x36 --wait '● live' \
  --keys '~Waits' --out "$out/jobs.png" \
  --keys '/ /Customer Enter Enter ~Score r ~Review' --out "$out/review.png" \
  --keys 'q ~Score Home Down Down Space Down Space Down Down' --out "$out/matches.png" -- "$HIRETTY_BIN"
