#!/usr/bin/env bash
# The demo: a private server with a living tenant, a recruiter's login, a first sync, the workstation.
# Called by ./dev demo, which has built HIRETTY_BIN.
#
#   demo.sh [--check] [--prepare] [--dir D]
#
# --check: no screen; exit 0 only if what arrived is what the server shows that login. --prepare: stops
# before the workstation and leaves the server running. --dir D: keeps everything in D (D/env to source;
# a second run goes on with it); else a temporary folder that ends with the demo.
# A loaded server is kept in build/demo, by a checksum of all that goes into it, and copied from there.
set -euo pipefail
tools=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
root=$(realpath "$tools/../..")

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

# Everything that shapes the loaded server: schema, loader, PostgreSQL, and the day, since the demo's
# dates are relative to it.
checksum() {
  {
    date -u +%F
    find /usr/lib/postgresql -maxdepth 1 | sort
    cd "$root"
    find sql src/admin tests/tools -type f | LC_ALL=C sort | xargs sha256sum
  } | sha256sum | cut -c1-24
}

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
    printf 'export PATH=%q:"$PATH"\n' "$(dirname "$HIRETTY_BIN")"
  } >>"$dir/env"
  mkdir -p "$home"/{config,cache,state,data,run}
  chmod 700 "$home"/*
}

from_scratch() {
  say "loading the demo tenant (the next start copies it)"
  bash "$tools/db.sh" start "$dir" --demo --no-vector
  rm -rf "$root/build/demo"
  bash "$tools/pg.sh" save "$dir" "$store/data"
  cp "$dir/tenants" "$store/tenants"
  write_env
}

from_store() {
  bash "$tools/pg.sh" start "$dir" --no-vector --from "$store/data"
  cp "$store/tenants" "$dir/tenants"
  bash "$tools/db.sh" env "$dir"
  write_env
}

store=$root/build/demo/$(checksum)
if [ -e "$dir/pg" ]; then
  bash "$tools/pg.sh" resume "$dir"
elif [ -e "$store/tenants" ]; then
  from_store
else
  from_scratch
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
