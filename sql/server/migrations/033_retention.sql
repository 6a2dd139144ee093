-- How long the change feed is kept: at least 30 days, and at least twice the longest absence after which a
-- device came back, so that hardly anybody who comes back has to load everything again. A device remembers
-- its longest absence for a year.
SET LOCAL ROLE hiretty_owner;
ALTER TABLE public.client_devices
    ADD COLUMN longest_absence interval NOT NULL DEFAULT '0',
    ADD COLUMN absence_ended timestamptz;

CREATE FUNCTION app.device_absence() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    away interval := NEW.last_seen - OLD.last_seen;
BEGIN
    IF away > OLD.longest_absence OR away > interval '0' AND OLD.absence_ended < NEW.last_seen - interval '1 year' THEN
        NEW.longest_absence := away;
        NEW.absence_ended := NEW.last_seen;
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION app.device_absence() FROM PUBLIC;
CREATE TRIGGER device_absence BEFORE UPDATE OF last_seen ON public.client_devices
    FOR EACH ROW EXECUTE FUNCTION app.device_absence();

GRANT SELECT (longest_absence, absence_ended) ON public.client_devices TO hiretty_audit;
CREATE POLICY retention_reads ON public.client_devices FOR SELECT TO hiretty_audit USING (true);

SET LOCAL ROLE hiretty_audit;

-- What `hiretty db prune` does; for the database's administrator alone. asked: keep at least that long;
-- trial: say what would be done. kept: how long it is in the end; removed: keys; feed_floor, floor_at: which
-- cursors are good from now on, and since when there have been such (NULL: nothing was ever removed);
-- first_mark: since when it is known what had ended (a key goes when a mark is older than kept).
CREATE FUNCTION app.feed_retain(asked interval, trial boolean, OUT kept interval,
    OUT longest_absence interval, OUT removed bigint, OUT feed_floor xid8, OUT floor_at timestamptz,
    OUT first_mark timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_floor xid8;
BEGIN
    SELECT coalesce(max(d.longest_absence), '0') INTO longest_absence FROM public.client_devices d
     WHERE d.absence_ended > now() - interval '1 year';
    kept := greatest(asked, interval '30 days', 2 * longest_absence);
    SELECT max(m.xid), max(m.at) INTO new_floor, floor_at FROM app.feed_marks m
     WHERE m.at <= clock_timestamp() - kept;
    IF trial THEN
        SELECT count(*) INTO removed FROM public.change_feed f WHERE f.xid < new_floor;
    ELSE
        removed := app.feed_prune(kept);
    END IF;
    SELECT i.feed_floor INTO feed_floor FROM app.instance i;
    SELECT coalesce(min(m.at), clock_timestamp()) INTO first_mark FROM app.feed_marks m;
END
$$;
REVOKE ALL ON FUNCTION app.feed_retain(interval, boolean) FROM PUBLIC;
