-- A tenant by its slug or id. Parameters: slug or id. Rows: id, name.
SELECT id::text, name FROM public.tenants WHERE slug = $1 OR id::text = lower($1);
