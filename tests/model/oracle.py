"""What a login's cache has to hold: its rows read by psql as that login, against the cache's file read by another SQLite
than ours, value by value. Of the product it uses one file: which columns of which tables are kept (sql/sync/columns)."""
import json
import os
import re
import sqlite3

from world import SOURCE, Violation

# How a value of a type looks as text, on the server; what the types of sql/sync/columns promise.
TEXTS = {
    "uuid": "{0}::text", "ref": "{0}::text", "text": "{0}::text", "int": "{0}::text", "bool": "({0})::int::text",
    "centi": "trunc({0} * 100)::text", "date": "to_char({0}, 'YYYY-MM-DD')", "json": "{0}::text", "texts": "array_to_json({0})::text",
    "time": "CASE WHEN {0} = 'infinity' THEN '9223372036854775807' WHEN {0} = '-infinity' THEN '-9223372036854775808' "
            "ELSE round(extract(epoch FROM {0}) * 1000000)::bigint::text END",
}


class Table:
    def __init__(self, name, server):
        self.name, self.server, self.columns = name, server, []

    def cache_column(self, column):
        name, kind, is_wide, _ = column
        if kind == "uuid":
            return "(SELECT lower(hex(id)) FROM ids WHERE ids.k = t.k)"
        if kind == "ref":
            return f"(SELECT lower(hex(id)) FROM ids WHERE ids.k = t.{re.sub('_id$', '', name)}_k)"
        return f"w.{name}" if is_wide else f"t.{name}"

    def has_wide(self):
        return any(column[2] for column in self.columns)


def read_tables():
    tables = []
    with open(os.path.join(SOURCE, "sql", "sync", "columns"), encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "table":
                server = words[words.index("from") + 1] if "from" in words else "public." + words[1]
                tables.append(Table(words[1], server))
            else:
                unless = words[words.index("unless") + 1] if "unless" in words else None
                tables[-1].columns.append((words[0], words[1], "wide" in words, unless))
    return tables


TABLES = read_tables()


def hex_of(value):
    return value.replace("-", "") if value else value


class Oracle:
    """The server's view of one login. Its session is the login's own."""

    def __init__(self, session):
        self.session = session
        self.readable = {}

    def learn(self):
        """The columns of each table that this login may read, asked of the catalog."""
        lines = self.session.run(
            "SELECT c.oid::regclass::text, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
            "AND NOT a.attisdropped WHERE c.relnamespace IN ('public'::regnamespace, 'app'::regnamespace) AND c.relkind = 'r' "
            "AND has_column_privilege(current_user, c.oid, a.attnum, 'SELECT')")
        self.readable = {}
        for line in lines:
            table, column = line.split("|")
            self.readable.setdefault(table.split(".")[-1], set()).add(column)

    def columns(self, table):
        readable = self.readable.get(table.server.split(".")[-1], set())
        chosen = [c for c in table.columns if c[0] in readable and not (c[3] and c[3] in readable)]
        return chosen if chosen and (table.columns[0][1] != "uuid" or chosen[0][1] == "uuid") else []

    def rows(self, tables):
        """{table: {id or row number: row}}, all of one snapshot."""
        asked = [t for t in tables if self.columns(t)]
        statements = ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"]
        for number, table in enumerate(asked):
            list_ = ", ".join(TEXTS[c[1]].format(f't."{c[0]}"') for c in self.columns(table))
            statements.append(f"SELECT '{number} ' || json_build_array({list_})::text FROM {table.server} t")
        lines = self.session.run(*statements, "COMMIT")
        if self.session.failed:
            raise Violation(f"the oracle as {self.session.login}: {self.session.failed}")
        found = {table.name: {} for table in tables}
        for line in lines:
            number, text = line.split(" ", 1)
            table = asked[int(number)]
            row = json.loads(text)
            put(found, table, [hex_of(v) if c[1] in ("uuid", "ref") else v for c, v in zip(self.columns(table), row)])
        return found


def put(found, table, row):
    """Rows without ids are compared as a set."""
    key = row[0] if table.columns[0][1] == "uuid" else tuple(row)
    if key in found[table.name]:
        raise Violation(f"{table.name}: {key} is there twice")
    found[table.name][key] = row


def open_cache(path):
    """Read-only, but able to read what a killed process left in the WAL."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
    db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return db


def cache_rows(db, oracle, tables):
    found = {table.name: {} for table in tables}
    db.execute("BEGIN")
    for table in tables:
        columns = oracle.columns(table)
        if not columns:
            n = db.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
            if n:
                raise Violation(f"{table.name}: this login may not read it, and {n} rows are kept")
            continue
        list_ = ", ".join(table.cache_column(c) for c in columns)
        wide = f" LEFT JOIN {table.name}_wide w ON w.k = t.k" if table.has_wide() else ""
        for row in db.execute(f"SELECT {list_} FROM {table.name} t{wide}"):
            put(found, table, [v if v is None or isinstance(v, str) else str(v) for v in row])
        hidden = [c for c in table.columns if c not in columns and c[1] != "uuid"]
        for c in hidden:
            n = db.execute(f"SELECT count(*) FROM {table.name} t{wide} WHERE {table.cache_column(c)} IS NOT NULL").fetchone()[0]
            if n:
                raise Violation(f"{table.name}.{c[0]}: this login may not read it, and {n} values are kept")
    db.execute("COMMIT")
    return found


def compare(name, oracle, db, tables=None):
    """Raises with the first table, row and column that differ."""
    tables = tables or TABLES
    there, here = oracle.rows(tables), cache_rows(db, oracle, tables)
    for table in tables:
        ours, theirs = here[table.name], there[table.name]
        columns = oracle.columns(table)
        for key in ours.keys() - theirs.keys():
            raise Violation(f"{name}: {table.name} {key}: survives here, not visible there ({len(ours)} here, {len(theirs)} there)")
        for key in theirs.keys() - ours.keys():
            raise Violation(f"{name}: {table.name} {key}: lost, the server shows it ({len(ours)} here, {len(theirs)} there)")
        for key, row in theirs.items():
            for column, a, b in zip(columns, ours[key], row):
                if a != b:
                    raise Violation(f"{name}: {table.name} {key} {column[0]}: {str(a)[:80]!r} here, {str(b)[:80]!r} there")
    return sum(len(rows) for rows in there.values())
