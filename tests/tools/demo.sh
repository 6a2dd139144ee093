#!/usr/bin/env bash
# The demo: a private server with a living tenant, a recruiter's login, a first sync, the workstation.
# Called by ./dev demo, which has built HIRETTY_BIN.
#
#   demo.sh [--check] [--prepare] [--dir D]
#
# --check: no screen; exit 0 only if what arrived is what the server shows that login. --prepare: stops
# before the workstation and leaves the server running. --dir D: keeps everything in D (D/env to source;
# a second run goes on with it, and with what an interrupted one left); else a temporary folder that ends
# with the demo. The program never sees its caller's own folders: it runs with those of D/env or not at all.
set -euo pipefail
tools=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

die() { echo "demo: $*" >&2; exit 1; }
say() { echo "demo: $*" >&2; }

check='' prepare='' dir=''
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=yes ;;
    --prepare) prepare=yes ;;
    --dir) dir=$(realpath -m "${2:?--dir wants a folder}"); shift ;;
    *) die "usage: ./dev demo [--check] [--prepare] [--dir D]" ;;
  esac
  shift
done
[ -x "${HIRETTY_BIN:-}" ] || die "HIRETTY_BIN is no program"
[ -n "$dir" ] || { [ -z "$prepare" ] || die "--prepare wants --dir D"; }

kept=yes
if [ -z "$dir" ]; then
  kept=''
  dir=$(mktemp -d /tmp/hiretty-demo.XXXXXX)
fi
mkdir -p "$dir"
chmod 711 "$dir" # the server's account goes through it; what is private in it has its own mode

leave() {
  local status=$?
  if [ -z "$kept" ]; then
    bash "$tools/pg.sh" stop "$dir"
  elif [ -e "$dir/pg" ] && { [ -z "$prepare" ] || ! is_whole; }; then
    bash "$tools/pg.sh" halt "$dir"
  fi
  exit $status
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

# Each part of DIR/env is there as a whole or not at all: db.sh's, and then ours.
has() { grep -q "^export $1=" "$dir/env" 2>/dev/null; }
is_whole() { has HIRETTY_DSN; }

# DIR/env's lines that belong to the demo alone: the folders of its recruiter and his connection.
write_env() {
  local home=$dir/home part
  mkdir -p "$home"
  chmod 700 "$home"
  mkdir -p "$home"/{config,cache,state,data,run}
  chmod 700 "$home"/*
  {
    cat "$dir/env"
    for part in config cache state data; do
      printf 'export XDG_%s_HOME=%q\n' "${part^^}" "$home/$part"
    done
    printf 'export XDG_RUNTIME_DIR=%q\n' "$home/run"
    printf 'export HIRETTY_DSN="$HIRETTY_DSN_RECRUITER"\n'
    # psql, and a hiretty with a --dsn of its own, are nobody by default rather than the superuser.
    printf 'unset PGUSER\n'
    printf 'export PATH=%q:"$PATH"\n' "$(dirname "$HIRETTY_BIN")"
  } >"$dir/env.new"
  mv "$dir/env.new" "$dir/env"
}

# A folder that was moved, or filled by hand, leads elsewhere.
check_env() {
  local part value
  for part in CONFIG CACHE STATE DATA RUNTIME; do
    value=XDG_${part}_HOME
    [ $part != RUNTIME ] || value=XDG_RUNTIME_DIR
    case ${!value:-} in
      "$dir/home/"*) ;;
      *) die "$dir/env leads to other folders than its own (./dev db stop $dir removes it)" ;;
    esac
  done
}

if [ -e "$dir/pg" ]; then
  has HIRETTY_DSN_RECRUITER ||
    die "$dir is half made: another run is at it, or was ended (./dev db stop $dir removes it)"
  bash "$tools/pg.sh" resume "$dir"
else
  say "starting a private server with the demo tenant (made once a day, then copied)"
  bash "$tools/db.sh" start "$dir" --demo --no-vector
fi
is_whole || write_env
# shellcheck source=/dev/null
. "$dir/env"
check_env

"$HIRETTY_BIN" sync
if [ -n "$check" ]; then
  "$HIRETTY_BIN" cache check
elif [ -n "$prepare" ]; then
  echo ". $dir/env && hiretty      # ./dev db stop $dir ends it"
else
  [ -t 0 ] && [ -t 1 ] || die "the workstation wants a terminal (--check does without)"
  "$HIRETTY_BIN"
fi
