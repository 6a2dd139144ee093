-- An application's details are most of its bytes, and seldom change when its score or stage does. wide_xid is the
-- transaction that wrote them last: a client whose snapshot sees that one has them, and is not sent them again.
DO $$
BEGIN
    -- As if all of it were written now: a client that was away may not have seen the last change. Not a default
    -- that is computed, which would write every row anew.
    EXECUTE 'SET LOCAL ROLE hiretty_owner';
    EXECUTE format('ALTER TABLE public.candidate_job_matches ADD COLUMN wide_xid xid8 NOT NULL DEFAULT %L',
                   pg_current_xact_id());
END
$$;
SET LOCAL ROLE hiretty_owner;
ALTER TABLE public.candidate_job_matches ALTER COLUMN wide_xid SET DEFAULT pg_current_xact_id();

-- Whatever a statement says: nobody makes clients keep what is no more.
CREATE FUNCTION app.wide_since() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.match_details IS DISTINCT FROM OLD.match_details THEN
        NEW.wide_xid := pg_current_xact_id();
    ELSE
        NEW.wide_xid := OLD.wide_xid;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION app.wide_since() FROM PUBLIC;

CREATE TRIGGER wide_since BEFORE UPDATE OF match_details, wide_xid ON public.candidate_job_matches
    FOR EACH ROW EXECUTE FUNCTION app.wide_since();
CREATE TRIGGER wide_since_new BEFORE INSERT ON public.candidate_job_matches
    FOR EACH ROW WHEN (NEW.wide_xid <> pg_current_xact_id()) EXECUTE FUNCTION app.wide_since();
-- Nor does a session that switches triggers off; only the one that loads a whole dump, before they are made.
ALTER TABLE public.candidate_job_matches ENABLE ALWAYS TRIGGER wide_since;
ALTER TABLE public.candidate_job_matches ENABLE ALWAYS TRIGGER wide_since_new;

-- Who reads the details reads when they changed.
DO $$
DECLARE
    member text;
BEGIN
    FOREACH member IN ARRAY ARRAY['hiretty_admin', 'hiretty_recruiter', 'hiretty_viewer', 'hiretty_interviewer'] LOOP
        IF has_column_privilege(member, 'public.candidate_job_matches', 'match_details', 'SELECT') THEN
            EXECUTE format('GRANT SELECT (wide_xid) ON public.candidate_job_matches TO %I', member);
        END IF;
    END LOOP;
END
$$;
