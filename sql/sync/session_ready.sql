-- Once for each session. A lock that somebody holds ends a try after this long: a row's, so that what else is in a push can go; a
-- table's, before whoever changes it would be taken for part of a deadlock (after a second). What the login, the database
-- or the person has set stays. Parameters: none. Rows: one; whether the server lets its tables be held still (an older one
-- does not).
SELECT coalesce(has_table_privilege(to_regclass('app.synced'), 'SELECT'), false),
    CASE WHEN current_setting('lock_timeout') = '0' THEN set_config('lock_timeout', '2s', false) END
