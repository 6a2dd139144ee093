#!/usr/bin/env bash
# Stages the vector extension for the installed PostgreSQL in build/pgvector/MAJOR, from Debian's own
# archive: Debian 12 has no package of it, so the source package of the next release is fetched (its
# signature is checked by apt, in a private state; /etc/apt stays as it is) and compiled against the
# server's headers, which are unpacked and not installed. pg.sh then names the folder to its servers.
# Exits 0 if it is there, else 1 with a line that says why.
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
major=$(find /usr/lib/postgresql -maxdepth 1 -name '[0-9]*' -printf '%f\n' 2>/dev/null | sort -n | tail -1)
[ -n "$major" ] || { echo "pgvector: no PostgreSQL server is installed"; exit 1; }
final=$root/build/pgvector/$major
[ ! -e "$final/usr/share/postgresql/$major/extension/vector.control" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{parts,lists/partial,cache/archives/partial}
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
  grep -v security | head -1) || true
cat >"$work/parts/source.sources" <<SOURCES
Types: deb-src
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
quick=(-qq -o APT::Sandbox::User=root -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
private=("${quick[@]}" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts"
  -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache")

fetch() {
  apt-get "${private[@]}" update && apt-get "${private[@]}" source --only-source pgvector >/dev/null &&
    apt-get "${quick[@]}" download "postgresql-server-dev-$major"
}
cd "$work"
fetch >"$work/log" 2>&1 || { echo "pgvector: cannot be fetched: $(tail -1 "$work/log")"; exit 1; }
dpkg-deb -x postgresql-server-dev-*.deb headers
cd pgvector-*/
version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" vector.control)
# Debian's flags without -march=native, so that the result can be cached and moved.
printf '%s\n' src/*.c | xargs -P "$(nproc)" -I{} gcc -O2 -fPIC -fno-strict-aliasing -fwrapv \
  -fno-math-errno -ftree-vectorize -fassociative-math -fno-signed-zeros -fno-trapping-math -D_GNU_SOURCE \
  -I"$work/headers/usr/include/postgresql/$major/server" \
  -I"$work/headers/usr/include/postgresql/internal" -c {} -o {}.o
gcc -shared -Wl,-z,relro,-z,now src/*.o -o vector.so -lm
cp sql/vector.sql "sql/vector--$version.sql"
stage=$work/stage
install -D -m 755 -t "$stage/usr/lib/postgresql/$major/lib" vector.so
install -D -m 644 -t "$stage/usr/share/postgresql/$major/extension" vector.control sql/vector--*.sql
mkdir -p "$(dirname "$final")"
rm -rf "$final"
cp -r "$stage" "$final"
echo "pgvector: $version built for PostgreSQL $major"
