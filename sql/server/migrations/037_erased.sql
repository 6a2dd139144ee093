-- Nothing new is written about a person who was erased: a client that was away, or just about to send,
-- would bring his words back. The check comes after the foreign key's, which waits for an erasure under
-- way, and so sees how that ended; the erasure in turn waits for rows that are being written, and clears
-- them.
SET LOCAL ROLE hiretty_owner;

CREATE FUNCTION app.words_of_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM public.candidates c
               WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.candidate_id AND c.anonymised_at IS NOT NULL) THEN
        RAISE EXCEPTION 'this person was erased' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION app.words_of_erased() FROM PUBLIC;

-- Named to come after RI_ConstraintTrigger_…, the foreign keys.
CREATE TRIGGER words_of_erased AFTER INSERT ON public.candidate_notes
    FOR EACH ROW EXECUTE FUNCTION app.words_of_erased();
CREATE TRIGGER words_of_erased_edited AFTER UPDATE OF body ON public.candidate_notes
    FOR EACH ROW WHEN (NEW.body IS DISTINCT FROM OLD.body AND NEW.body <> 'erased')
    EXECUTE FUNCTION app.words_of_erased();
CREATE TRIGGER words_of_erased AFTER INSERT ON public.candidate_tags
    FOR EACH ROW EXECUTE FUNCTION app.words_of_erased();
