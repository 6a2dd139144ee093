#!/usr/bin/env bash
# A throwaway server with the schema and two tenants (pg.sh makes the server, HIRETTY_BIN the schema).
#
#   db.sh start DIR [--empty | --demo | --rows N] [--no-vector]
#   db.sh env DIR      writes DIR/env's lines of such a server again, for a copy of it
#
# --empty (default): tenants and their members, no applicants. --demo: the demo tenant. --rows N: a tenant
# with N applications. DIR/env holds, beside pg.sh's variables, one connection string a login:
# HIRETTY_DSN_{PLATFORM,ADMIN,RECRUITER,RECRUITER2,INTERVIEWER,INTERVIEWER2,VIEWER} of tenant A,
# HIRETTY_DSN_{ADMIN_B,RECRUITER_B} of tenant B, and HIRETTY_TENANT_A, HIRETTY_TENANT_B.
set -euo pipefail
tools=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

die() { echo "db.sh: $*" >&2; exit 1; }
usage="usage: db.sh start DIR [--empty|--demo|--rows N] [--no-vector]"
[ $# -ge 2 ] || die "$usage"
verb=$1
[ "$verb" = env ] || [ "$verb" = start ] || die "$usage"
[ "$verb" = env ] || [ -x "${HIRETTY_BIN:-}" ] || die "HIRETTY_BIN is no program"
dir=$(realpath -m "$2")
shift 2
content=empty rows=
server=()
while [ $# -gt 0 ]; do
  case $1 in
    --empty | --demo) content=${1#--} ;;
    --rows) content=rows rows=${2:?--rows wants a number}; shift ;;
    --no-vector) server+=(--no-vector) ;;
    *) die "unknown option $1" ;;
  esac
  shift
done

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

make_members() {
  local tenant short role first last name
  tenant_a=$(dba -c "SELECT app.create_tenant('Tenant A', 'tenant-a', 'Europe/Berlin')")
  tenant_b=$(dba -c "SELECT app.create_tenant('Tenant B', 'tenant-b', 'America/New_York')")
  for row in "${logins[@]}"; do
    read -r tenant short role first last <<<"$row"
    local id=$tenant_a
    [ "$tenant" = A ] || id=$tenant_b
    name=$(tr '[:upper:]' '[:lower:]' <<<"$tenant")
    hiretty db add-member --tenant "$id" --role "$role" --login "ht_${name}_$short" \
      --email "$short@tenant-$name.example.com" --name "$first $last" >/dev/null
  done
  printf 'HIRETTY_TENANT_A=%s\nHIRETTY_TENANT_B=%s\n' "$tenant_a" "$tenant_b" >"$dir/tenants"
}

write_env() {
  local name login
  {
    sed -n 's/^HIRETTY_TENANT/export &/p' "$dir/tenants"
    for row in "${variables[@]}"; do
      read -r name login <<<"$row"
      printf 'export HIRETTY_DSN_%s=%q\n' "$name" "host='$PGHOST' port=$PGPORT user=$login dbname=hiretty"
    done
  } >>"$dir/env"
}

if [ "$verb" = env ]; then
  # shellcheck source=/dev/null
  . "$dir/env"
  write_env
  exit 0
fi

bash "$tools/pg.sh" start "$dir" "${server[@]}"
# Without its end the server would stay behind a failed start.
finish() {
  local status=$?
  [ $status = 0 ] || bash "$tools/pg.sh" stop "$dir"
  exit $status
}
trap finish EXIT
# shellcheck source=/dev/null
. "$dir/env"
hiretty db apply >"$dir/apply.log" || { cat "$dir/apply.log" >&2; die "the schema was not applied"; }
superuser -c 'CREATE ROLE ht_platform LOGIN IN ROLE hiretty_platform'
case $content in
  empty) make_members ;;
  demo) bash "$tools/demo-load.sh" "$dir" ;;
  rows) bash "$tools/demo-load.sh" "$dir" --rows "$rows" ;;
esac
write_env
rm -rf "$dir/admin"
