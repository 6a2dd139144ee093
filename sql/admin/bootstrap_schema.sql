-- Makes the schema that holds the record of migrations. Parameters: none. Rows: none.
CREATE SCHEMA IF NOT EXISTS app;
