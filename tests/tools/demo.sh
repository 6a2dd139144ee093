#!/usr/bin/env bash
# The demo: a private server with a living tenant, a recruiter's login, a first sync, the workstation.
# Called by ./dev demo, which has built HIRETTY_BIN.
#
#   demo.sh [--check] [--prepare] [--dir D]
#
# --check: no screen; exit 0 only if what arrived is what the server shows that login. --prepare: stops
# before the workstation and leaves the server running. --dir D: keeps everything in D (D/env to source;
# a second run goes on with it); else a temporary folder that ends with the demo.
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
  elif [ -z "$prepare" ] && [ -e "$dir/pg" ]; then
    bash "$tools/pg.sh" halt "$dir"
  fi
  exit $status
}
trap leave EXIT
trap 'exit 130' INT TERM HUP

# DIR/env's lines that belong to the demo alone: the folders of its recruiter and his connection.
write_env() {
  local home=$dir/home part
  mkdir -p "$home"
  chmod 700 "$home"
  {
    for part in config cache state data; do
      printf 'export XDG_%s_HOME=%q\n' "${part^^}" "$home/$part"
    done
    printf 'export XDG_RUNTIME_DIR=%q\n' "$home/run"
    printf 'export HIRETTY_DSN="$HIRETTY_DSN_RECRUITER"\n'
    # psql, and a hiretty with a --dsn of its own, are nobody by default rather than the superuser.
    printf 'unset PGUSER\n'
    printf 'export PATH=%q:"$PATH"\n' "$(dirname "$HIRETTY_BIN")"
  } >>"$dir/env"
  mkdir -p "$home"/{config,cache,state,data,run}
  chmod 700 "$home"/*
}

if [ -e "$dir/pg" ]; then
  bash "$tools/pg.sh" resume "$dir"
else
  say "starting a private server with the demo tenant (made once a day, then copied)"
  bash "$tools/db.sh" start "$dir" --demo --no-vector
  write_env
fi
# shellcheck source=/dev/null
. "$dir/env"

"$HIRETTY_BIN" sync
if [ -n "$check" ]; then
  "$HIRETTY_BIN" cache check
elif [ -n "$prepare" ]; then
  echo ". $dir/env && hiretty      # ./dev db stop $dir ends it"
else
  [ -t 0 ] && [ -t 1 ] || die "the workstation wants a terminal (--check does without)"
  "$HIRETTY_BIN"
fi
