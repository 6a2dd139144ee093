#!/usr/bin/env bash
# Loads the demo's tenants into a database that has the schema and no tenant yet.
#
#   demo-load.sh [--rows N] [--seed S] [--now ISO]
#
# Without --rows: the living demo (docs/demo.md). --rows N: N applications for speed measurements, in the
# same tables. --now: the moment the data leads up to (default: today, 00:00 UTC); --seed: another seed,
# another set of people. The same seed and moment give the same rows. The connection is a superuser's and
# comes from the PG* variables. Creates the members' logins (ht_a_rec1 …) where they are missing; ends
# with ANALYZE and one line of counts.
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")

die() { echo "demo-load: $*" >&2; exit 1; }
usage="usage: demo-load.sh [--rows N] [--seed S] [--now ISO]"
rows='' seed=1 now=
while [ $# -gt 0 ]; do
  case $1 in
    --rows) rows=${2:?$usage}; shift ;;
    --seed) seed=${2:?$usage}; shift ;;
    --now) now=${2:?$usage}; shift ;;
    *) die "unknown option $1; $usage" ;;
  esac
  shift
done
case $rows$seed in *[!0-9]*) die "--rows and --seed want whole numbers" ;; esac
[ -z "$rows" ] || [ "$rows" -ge 1000 ] || die "--rows wants at least 1000"
now=${now:-$(date -u +%F)}
case $now in *T*) ;; *) now=${now}T00:00:00Z ;; esac

started=$(date +%s%N)
psql=${HT_PGBIN:+$HT_PGBIN/}psql
query() { "$psql" -XqAt -v ON_ERROR_STOP=1 "$@"; }

[ "$(query -c "SELECT count(*) FROM public.tenants")" = 0 ] || die "the database has tenants already"
if [ -z "$rows" ]; then
  query -v seed="$seed" -v now="$now" -f "$root/sql/demo/living.sql"
else
  query -v seed="$seed" -v now="$now" -v rows="$rows" -f "$root/sql/demo/rows.sql"
fi
query -c "ANALYZE"
counts=$(query -F ' ' -c "SELECT (SELECT count(*) FROM public.jobs), (SELECT count(*) FROM public.candidates),
  (SELECT count(*) FROM public.candidate_job_matches), (SELECT count(*) FROM public.hiring_decisions)")
read -r jobs people matches decisions <<<"$counts"
echo "demo-load: $jobs jobs, $people candidates, $matches applications, $decisions decisions in $((($(date +%s%N) - started) / 1000000)) ms"
