-- What is true of the whole database: its name for clients (the epoch), the time zones it knows, and the
-- numbers of the tables in the change feed.
SET LOCAL ROLE hiretty_owner;

-- One row. A client that meets another epoch meets another database.
CREATE TABLE app.instance (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    feed_floor xid8 NOT NULL DEFAULT pg_current_xact_id(),
    poll_ms int NOT NULL DEFAULT 1000 CHECK (poll_ms BETWEEN 100 AND 60000)
);
INSERT INTO app.instance DEFAULT VALUES;

-- A table, because pg_timezone_names reads a folder at every look. Names that are files of the zone
-- database but no zones, and zones that depend on the machine, stay out.
CREATE TABLE app.time_zones (
    name text PRIMARY KEY
);
INSERT INTO app.time_zones (name)
SELECT name
FROM pg_catalog.pg_timezone_names
WHERE name !~ '^(posix|right)/' AND name NOT IN ('localtime', 'posixrules', 'Factory');

-- The tables that clients keep: `number` is change_feed.tbl and never changes its meaning. The same list
-- as sql/sync/columns; a test compares them.
CREATE TABLE app.feed_tables (
    name text PRIMARY KEY,
    number smallint NOT NULL UNIQUE CHECK (number > 0),
    server regclass,
    reload boolean NOT NULL DEFAULT false
);

REVOKE ALL ON app.instance, app.time_zones, app.feed_tables FROM PUBLIC;
GRANT SELECT ON app.instance, app.time_zones, app.feed_tables TO hiretty_client, hiretty_platform;
GRANT SELECT ON app.feed_tables TO hiretty_audit, hiretty_auth;
