#!/usr/bin/env bash
# Applies sql/server/migrations to a database by psql, and records them exactly as `hiretty db apply`
# does. use: apply.sh CONNINFO (libpq settings of an administrator; PG… variables fill the rest)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dsn=${1:-}
run() { psql -X -q -v ON_ERROR_STOP=1 "$dsn" "$@"; }

run -f "$root/sql/admin/bootstrap_schema.sql" -f "$root/sql/admin/bootstrap_table.sql" 2>/dev/null
have=$(run -At -c "SELECT coalesce(string_agg(version::text || ' ' || checksum, E'\n'), '') FROM app.schema_migrations")
for file in "$root"/sql/server/migrations/[0-9][0-9][0-9]_*.sql; do
    base=$(basename "$file" .sql) version=$((10#${base%%_*})) sum=$(sha256sum "$file" | cut -d' ' -f1)
    recorded=$(awk -v v="$version" '$1 == v { print $2 }' <<<"$have")
    if [ -n "$recorded" ]; then
        [ "$recorded" = "$sum" ] || { echo "apply: $base was changed after it had been applied" >&2; exit 1; }
        continue
    fi
    { echo "SET client_min_messages = warning; BEGIN; SET LOCAL row_security = off;"
      echo "SELECT pg_advisory_xact_lock(7523476001) \\g /dev/null"
      cat "$file"
      echo "RESET ROLE; INSERT INTO app.schema_migrations (version, name, checksum) VALUES ($version, '${base#*_}', '$sum'); COMMIT;"
    } | run -f - || { echo "apply: $base failed" >&2; exit 1; }
done
for file in "$root"/sql/server/optional/*.sql; do
    [ ! -e "$file" ] || run -c 'SET client_min_messages = warning' -f "$file" >/dev/null
done
