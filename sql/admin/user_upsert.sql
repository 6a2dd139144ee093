-- A person by e-mail, made or brought up to date; what is not given stays.
-- Parameters: e-mail, first name, last name, time zone (NULL: not given). Rows: id.
INSERT INTO public.users (email, first_name, last_name, timezone)
VALUES ($1, $2, $3, coalesce($4, 'UTC'))
ON CONFLICT (lower(email)) DO UPDATE
SET first_name = coalesce($2, users.first_name), last_name = coalesce($3, users.last_name),
    timezone = coalesce($4, users.timezone)
RETURNING id::text;
