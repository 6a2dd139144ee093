-- Who is reopened gets no mail about the closing: what was queued with it is cancelled, and queued again by an undo of the
-- reopening. What has left stays as it is. By row, because few decisions are one of these and WHEN costs the others nothing.
SET LOCAL ROLE hiretty_owner;

CREATE FUNCTION app.reopened_mails() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
DECLARE
    reopening public.hiring_decisions;
BEGIN
    IF NEW.decision = 'reopen' THEN
        UPDATE public.notifications n SET status = 'cancelled'
         WHERE n.tenant_id = NEW.tenant_id AND n.status = 'queued'
           AND n.decision_id = app.effective_decision(NEW.tenant_id, NEW.base_decision_id);
        RETURN NULL;
    END IF;
    SELECT * INTO reopening FROM public.hiring_decisions d
     WHERE d.tenant_id = NEW.tenant_id AND d.id = NEW.reverses_id AND d.decision = 'reopen';
    -- The transaction that reopened is the one that changed them last: nobody else cancelled them, and they were not erased.
    -- They leave no sooner than a new one would, so that this can be taken back as well.
    IF FOUND THEN
        UPDATE public.notifications n
           SET status = 'queued', send_after = greatest(n.send_after, now() + interval '10 minutes')
         WHERE n.tenant_id = NEW.tenant_id AND n.status = 'cancelled' AND n.updated_at = reopening.created_at
           AND n.decision_id = app.effective_decision(NEW.tenant_id, reopening.base_decision_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER reopened_mails AFTER INSERT ON public.hiring_decisions
    FOR EACH ROW WHEN (NEW.decision IN ('reopen', 'undo')) EXECUTE FUNCTION app.reopened_mails();
