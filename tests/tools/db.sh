#!/usr/bin/env bash
# A throwaway server with the schema and two tenants (pg.sh makes the server, HIRETTY_BIN the schema).
#
#   db.sh start DIR [--empty | --demo | --rows N] [--no-vector] [--fresh]
#
# --empty (default): tenants and their members, no applicants. --demo: the demo tenant, as of
# HIRETTY_DEMO_NOW (ISO time; default: today). --rows N: a tenant with N applications. DIR/env holds,
# beside pg.sh's variables, one connection string a login:
# HIRETTY_DSN_{PLATFORM,ADMIN,RECRUITER,RECRUITER2,INTERVIEWER,INTERVIEWER2,VIEWER} of tenant A,
# HIRETTY_DSN_{ADMIN_B,RECRUITER_B} of tenant B, and HIRETTY_TENANT_A, HIRETTY_TENANT_B.
#
# A server that was made once is kept in build/servers, under a checksum of all that goes into it, and
# copied from there; --fresh makes it anew (another system identifier, another instance id).
set -euo pipefail
tools=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
root=$(realpath "$tools/../..")

die() { echo "db.sh: $*" >&2; exit 1; }
usage="usage: db.sh start DIR [--empty|--demo|--rows N] [--no-vector] [--fresh]"
[ $# -ge 2 ] || die "$usage"
[ "$1" = start ] || die "$usage"
[ -x "${HIRETTY_BIN:-}" ] || die "HIRETTY_BIN is no program"
dir=$(realpath -m "$2")
shift 2
content=empty rows='' vector=yes fresh='' now=
while [ $# -gt 0 ]; do
  case $1 in
    --empty | --demo) content=${1#--} ;;
    --rows) content=rows rows=${2:?--rows wants a number}; shift ;;
    --no-vector) vector=no ;;
    --fresh) fresh=yes ;;
    *) die "unknown option $1; $usage" ;;
  esac
  shift
done
[ $content = empty ] || now=${HIRETTY_DEMO_NOW:-$(date -u +%F)}
server=()
[ $vector = yes ] || server+=(--no-vector)

tenant_a=0a000000-0000-4000-8000-00000000000a
tenant_b=0b000000-0000-4000-8000-00000000000b
logins=(
  "A admin1 admin Ada Admin" "A rec1 recruiter Rita Recruiter" "A rec2 recruiter Rolf Recruiter"
  "A int1 interviewer Ines Interviewer" "A int2 interviewer Ivan Interviewer" "A view1 viewer Vera Viewer"
  "B admin1 admin Bea Admin" "B rec1 recruiter Ben Recruiter")

# What a login is called in DIR/env.
variables=(
  "ADMIN ht_a_admin1" "RECRUITER ht_a_rec1" "RECRUITER2 ht_a_rec2" "INTERVIEWER ht_a_int1"
  "INTERVIEWER2 ht_a_int2" "VIEWER ht_a_view1" "ADMIN_B ht_b_admin1" "RECRUITER_B ht_b_rec1"
  "PLATFORM ht_platform")

dba() { "$HT_PGBIN/psql" -X -q -At -v ON_ERROR_STOP=1 "$HIRETTY_DSN_DBA" "$@"; }
superuser() { "$HT_PGBIN/psql" -X -q -At -v ON_ERROR_STOP=1 "$HIRETTY_DSN_SUPERUSER" "$@"; }

# The program finds its folders here, never the caller's.
hiretty() {
  mkdir -p "$dir/admin"
  chmod 700 "$dir/admin"
  env HOME="$dir/admin" XDG_CONFIG_HOME="$dir/admin" XDG_CACHE_HOME="$dir/admin" \
    XDG_STATE_HOME="$dir/admin" XDG_RUNTIME_DIR="$dir/admin" HIRETTY_DSN="$HIRETTY_DSN_DBA" \
    "$HIRETTY_BIN" "$@"
}

# The tenants get the same ids with and without applicants.
make_members() {
  local tenant short role first last name id
  superuser -v a=$tenant_a -v b=$tenant_b <<'SQL' >/dev/null
SELECT app.create_tenant('Tenant A', 'tenant-a', 'Europe/Berlin', :'a');
SELECT app.create_tenant('Tenant B', 'tenant-b', 'America/New_York', :'b');
SQL
  for row in "${logins[@]}"; do
    read -r tenant short role first last <<<"$row"
    id=$tenant_a
    [ "$tenant" = A ] || id=$tenant_b
    name=${tenant,,}
    hiretty db add-member --tenant "$id" --role "$role" --login "ht_${name}_$short" \
      --email "$short@tenant-$name.example.com" --name "$first $last" >/dev/null
  done
}

# In one step, so that whoever finds these lines finds a whole server.
write_env() {
  local name login
  {
    cat "$dir/env"
    printf 'export HIRETTY_TENANT_A=%s HIRETTY_TENANT_B=%s\n' $tenant_a $tenant_b
    for row in "${variables[@]}"; do
      read -r name login <<<"$row"
      printf 'export HIRETTY_DSN_%s=%q\n' "$name" "host='$PGHOST' port=$PGPORT user=$login dbname=hiretty"
    done
  } >"$dir/env.new"
  mv "$dir/env.new" "$dir/env"
}

# Everything that shapes the server.
checksum() {
  {
    echo "$content $rows $now $vector"
    find /usr/lib/postgresql "$root/build/pgvector" -maxdepth 1 2>/dev/null | sort
    cd "$root"
    find sql src tests/tools -type f | grep -E '^(sql|src/admin|tests/tools/(db|pg|demo))' |
      LC_ALL=C sort | xargs -d '\n' sha256sum
  } | sha256sum | cut -c1-20
}

make() {
  bash "$tools/pg.sh" start "$dir" "${server[@]}"
  # shellcheck source=/dev/null
  . "$dir/env"
  hiretty db apply >"$dir/apply.log" 2>&1 || { cat "$dir/apply.log" >&2; die "the schema was not applied"; }
  superuser -c 'CREATE ROLE ht_platform LOGIN IN ROLE hiretty_platform'
  case $content in
    empty) make_members ;;
    demo) bash "$tools/demo-load.sh" ${now:+--now "$now"} ;;
    rows) bash "$tools/demo-load.sh" --rows "$rows" ${now:+--now "$now"} ;;
  esac
  rm -rf "$dir/admin"
}

# A failed start leaves no server behind.
finish() {
  local status=$?
  [ $status = 0 ] || bash "$tools/pg.sh" stop "$dir"
  exit $status
}
trap finish EXIT

store=$root/build/servers
mkdir -p "$store" "$dir"
key=$content-$(checksum)
if [ -n "$fresh" ]; then
  make
else
  # One process makes it, the others wait and copy. pg.sh closes the lock for its servers.
  exec 9>"$store/$content.lock"
  flock 9
  if [ -d "$store/$key" ]; then
    flock -u 9
    bash "$tools/pg.sh" start "$dir" "${server[@]}" --from "$store/$key"
  else
    rm -rf "$store/$content"-*
    make
    bash "$tools/pg.sh" save "$dir" "$store/$key.new"
    mv "$store/$key.new" "$store/$key"
    flock -u 9
  fi
fi
# shellcheck source=/dev/null
. "$dir/env"
write_env
