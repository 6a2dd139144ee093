-- A pull after changes of applications costs less: its greeting made two lists of what is hidden, to find that nothing is.
SET LOCAL ROLE hiretty_auth;

-- app.scopes(), which reads lists that may be long, or what the session was told before when that is still so. Most tenants
-- hide nothing from anybody: where nothing was hidden and two looks by index find nothing that could be, it is, whatever
-- changed. Else when no table that the lists come from has changed since: by the rule of every pull, transactions which the
-- snapshot of then did not see. A session could write these settings itself, and would deceive itself alone.
CREATE OR REPLACE FUNCTION app.scopes_kept(tenant uuid, me text, again boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    nobody constant text := md5('');
    scopes jsonb;
    kept pg_snapshot;
BEGIN
    IF NOT again AND current_setting('hiretty.scopes_of', true) = me THEN
        scopes := current_setting('hiretty.scopes')::jsonb;
        kept := current_setting('hiretty.scopes_at')::pg_snapshot;
    END IF;
    -- Of an interviewer they also hold the panels.
    IF NOT scopes ? 'panel' AND scopes -> 'confidential' ->> 'fp' = nobody AND scopes -> 'consent' ->> 'fp' = nobody
        AND NOT EXISTS (SELECT FROM public.jobs j WHERE j.tenant_id = tenant AND j.confidential)
        AND NOT EXISTS (SELECT FROM app.revoked_people r WHERE r.tenant_id = tenant) THEN
        NULL;
    -- Jobs, job members, people, applications, interviews, panels, feedback, consents. Below the floor the feed was pruned.
    ELSIF scopes IS NULL OR pg_snapshot_xmin(kept) < (SELECT i.feed_floor FROM app.instance i)
        OR EXISTS (SELECT FROM public.change_feed f
            WHERE f.tenant_id = tenant AND f.xid >= pg_snapshot_xmin(kept)
                AND f.tbl IN (6, 10, 11, 15, 20, 21, 23, 32)
                AND NOT pg_visible_in_snapshot(f.xid, kept)) THEN
        scopes := app.scopes();
        PERFORM set_config('hiretty.scopes_of', me, false),
            set_config('hiretty.scopes', scopes::text, false);
    END IF;
    PERFORM set_config('hiretty.scopes_at', pg_current_snapshot()::text, false);
    RETURN scopes;
END
$$;
