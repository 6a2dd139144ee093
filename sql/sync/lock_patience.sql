-- A row that somebody holds ends a push's try after this long, so that what else is in it can go; what the login, the
-- database or the person has set stays. Parameters: none. Rows: one or none.
SELECT set_config('lock_timeout', '2s', false) WHERE current_setting('lock_timeout') = '0'
