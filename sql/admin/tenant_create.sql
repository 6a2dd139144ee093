-- Makes a tenant with its templates, reasons and retention. Parameters: name, slug, time zone. Rows: its id.
SELECT app.create_tenant($1::text, $2::text, $3::text)::text;
