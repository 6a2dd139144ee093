-- What was applied. Parameters: none. Rows: version, name, checksum; by version.
SELECT version, name, checksum FROM app.schema_migrations ORDER BY version;
