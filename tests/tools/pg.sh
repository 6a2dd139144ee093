#!/usr/bin/env bash
# A private, throwaway PostgreSQL cluster for tests and the demo: a unix socket (trusted), TLS with
# a CA of its own on loopback (passwords), no fsync. Works as root (through the postgres account)
# and as a normal user.
#
#   pg.sh start DIR [--no-vector] [--from DATA]   a fresh cluster, or one from a copied data folder
#   pg.sh halt DIR                                stops the server, keeps the data
#   pg.sh resume DIR                              starts it again, same socket and ports
#   pg.sh save DIR DATA                           halts, copies the data folder to DATA, resumes
#   pg.sh stop DIR                                ends the server and removes DIR
#
# After start, DIR/env (to be sourced) holds PGHOST PGPORT PGUSER PGDATABASE (the superuser), HT_PGBIN,
# HT_ROOTCERT (the CA), HT_TCP_PORT, HT_PGVECTOR (1: the vector extension is in the database),
# HIRETTY_DSN_SUPERUSER and HIRETTY_DSN_DBA (may create roles, owns the database, is no superuser).
#
# The server's files are in DIR/pg where the server's account can get there and the socket's path
# stays below the kernel's 108 bytes; else in a short temporary folder that DIR/pg points to.
set -euo pipefail
unset "${!PG@}"
export LC_ALL=C.UTF-8
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # the server must not keep a caller's pipe or lock open

die() { echo "pg.sh: $*" >&2; exit 1; }
usage() { sed -n '6,10s/^# *//p' "$0" >&2; exit 2; }

[ $# -ge 2 ] || usage
command=$1
dir=$(realpath -m "$2")
shift 2
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=${HT_PGBIN:-$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -1)}
[ -x "$bin/initdb" ] || die "no PostgreSQL server is installed (apt-get install postgresql)"
major=$(basename "$(dirname "$bin")")

if [ "$(id -u)" = 0 ]; then
  account=$(id -un postgres 2>/dev/null || echo nobody)
  as() {
    setpriv --reuid "$account" --regid "$(id -g "$account")" --clear-groups \
      env -u LD_PRELOAD -C / HOME=/ "$@"
  }
  give() { chown -R "$account:" "$@"; }
else
  as() { "$@"; }
  give() { :; }
fi

# Where the server's files live: DIR/pg, or what that link points to.
place() { realpath "$dir/pg"; }

make_place() {
  mkdir -p "$dir"
  if [ ${#dir} -le 70 ] && as test -x "$dir"; then
    mkdir -p "$dir/pg"
  else
    local short
    short=$(mktemp -d /tmp/hiretty-pg.XXXXXX)
    ln -sfn "$short" "$dir/pg"
  fi
  chmod 755 "$(place)"
  mkdir -p "$(place)/sock" "$(place)/certs"
}

# The name in the certificate is checked against its subjectAltName; CN alone is not enough for an
# address.
make_certificates() (
  cd "$(place)/certs"
  umask 077
  local key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
  # shellcheck disable=SC2086
  openssl req -x509 $key -days 7 -subj /CN=hiretty-test-ca -keyout ca.key -out root.crt 2>/dev/null
  # shellcheck disable=SC2086
  openssl req $key -subj /CN=localhost -keyout server.key -out server.csr 2>/dev/null
  openssl x509 -req -in server.csr -CA root.crt -CAkey ca.key -CAcreateserial -days 7 \
    -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out server.crt 2>/dev/null
  chmod 644 root.crt server.crt
)

write_settings() { # PORT
  local at
  at=$(place)
  {
    cat <<SETTINGS
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$at/sock'
ssl = on
ssl_cert_file = '$at/certs/server.crt'
ssl_key_file = '$at/certs/server.key'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 128MB
max_wal_size = 1GB
min_wal_size = 32MB
wal_recycle = off
wal_level = minimal
max_wal_senders = 0
max_connections = 100
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C.UTF-8'
SETTINGS
    if [ -d "$at/vector" ]; then
      echo "extension_destdir = '$at/vector'"
      echo "dynamic_library_path = '$at/vector/usr/lib/postgresql/$major/lib:\$libdir'"
    fi
  } >"$at/data/hiretty.conf"
  cat >"$at/data/pg_hba.conf" <<'HBA'
local     all all                trust
hostssl   all all 127.0.0.1/32   scram-sha-256
hostnossl all all 127.0.0.1/32   reject
HBA
  grep -q "^include 'hiretty.conf'" "$at/data/postgresql.conf" ||
    echo "include 'hiretty.conf'" >>"$at/data/postgresql.conf"
}

server_up() { as "$bin/pg_ctl" -D "$(place)/data" -w -t 60 -l "$(place)/server.log" start >/dev/null; }

# A port that was free a moment ago can be taken by now: another one is tried.
start_on_some_port() {
  for _ in 1 2 3 4 5 6; do
    port=$((20000 + RANDOM % 12000))
    write_settings "$port"
    give "$(place)"
    if server_up; then
      return
    fi
    grep -q 'could not bind\|Address already in use' "$(place)/server.log" || break
  done
  tail -20 "$(place)/server.log" >&2
  die "the server does not start"
}

superuser() { as "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$(place)/sock" -p "$port" -U postgres "$@"; }

make_database() {
  superuser -d postgres <<'SQL'
CREATE ROLE hiretty_dba LOGIN CREATEROLE;
CREATE DATABASE hiretty OWNER hiretty_dba;
SQL
  superuser -d hiretty <<'SQL'
CREATE EXTENSION btree_gist;
CREATE EXTENSION pgcrypto;
SQL
  if [ -d "$(place)/vector" ]; then
    superuser -d hiretty -c 'CREATE EXTENSION vector'
  fi
}

write_env() {
  local sock vector
  sock=$(place)/sock
  vector=$(superuser -d hiretty -Atc "SELECT count(*) FROM pg_extension WHERE extname = 'vector'")
  {
    printf 'export PGHOST=%q PGPORT=%q PGUSER=postgres PGDATABASE=hiretty\n' "$sock" "$port"
    printf 'export HT_PGBIN=%q HT_ROOTCERT=%q HT_TCP_PORT=%q HT_PGVECTOR=%q\n' \
      "$bin" "$(place)/certs/root.crt" "$port" "$vector"
    printf 'export HIRETTY_DSN_SUPERUSER=%q\n' "host='$sock' port=$port user=postgres dbname=hiretty"
    printf 'export HIRETTY_DSN_DBA=%q\n' "host='$sock' port=$port user=hiretty_dba dbname=hiretty"
  } >"$dir/env"
}

start() {
  local vector=yes from=
  while [ $# -gt 0 ]; do
    case $1 in
      --no-vector) vector=no ;;
      --from) from=$(realpath "$2"); shift ;;
      *) usage ;;
    esac
    shift
  done
  [ ! -e "$dir/pg" ] || die "$dir holds a cluster already (resume or stop it)"
  make_place
  make_certificates
  local staged=${HIRETTY_PGVECTOR:-$root/build/pgvector/$major}
  if [ $vector = yes ] && [ -d "$staged/usr" ]; then
    cp -r "$staged" "$(place)/vector"
  fi
  if [ -n "$from" ]; then
    cp -r --reflink=auto "$from" "$(place)/data"
    rm -f "$(place)/data/postmaster.pid"
    chmod 700 "$(place)/data"
    start_on_some_port
  else
    give "$(place)"
    as "$bin/initdb" -D "$(place)/data" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
      --auth-local=trust --auth-host=scram-sha-256 >"$dir/initdb.log"
    start_on_some_port
    make_database
  fi
  write_env
}

running() { as "$bin/pg_ctl" -D "$(place)/data" status >/dev/null 2>&1; }

halt() {
  [ -d "$(place)/data" ] || die "no cluster in $dir"
  if running; then
    as "$bin/pg_ctl" -D "$(place)/data" -m fast -w stop >/dev/null
  fi
}

resume() {
  [ -d "$(place)/data" ] || die "no cluster in $dir"
  running || server_up || die "the server does not start again (see $(place)/server.log)"
}

save() {
  local to
  to=$(realpath -m "$1")
  halt
  rm -rf "$to"
  mkdir -p "$(dirname "$to")"
  cp -r --reflink=auto "$(place)/data" "$to"
  resume
}

stop() {
  if [ -e "$dir/pg" ] && [ -d "$(place)/data" ] && running; then
    as "$bin/pg_ctl" -D "$(place)/data" -m immediate -w stop >/dev/null
  fi
  if [ -L "$dir/pg" ]; then
    rm -rf "$(place)"
  fi
  rm -rf "$dir"
}

case $command in
  start) start "$@" ;;
  halt) halt ;;
  resume) resume ;;
  save) [ $# = 1 ] || usage; save "$1" ;;
  stop) stop ;;
  *) usage ;;
esac
