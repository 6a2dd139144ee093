-- Records an applied migration. Parameters: version, name, checksum. Rows: none.
INSERT INTO app.schema_migrations (version, name, checksum) VALUES ($1::int, $2, $3);
