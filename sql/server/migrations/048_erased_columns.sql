-- A trigger whose condition names a column stops whoever changes that column's type: which words of a person
-- are judged stands in the function.
SET LOCAL ROLE hiretty_owner;

CREATE OR REPLACE FUNCTION app.erased_stays_erased() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old_words text[] := ARRAY[OLD.email, OLD.phone, OLD.first_name, OLD.last_name, OLD.linkedin_url, OLD.github_url,
        OLD.portfolio_url, OLD.current_title, OLD.current_company, OLD.location];
    new_words text[] := ARRAY[NEW.email, NEW.phone, NEW.first_name, NEW.last_name, NEW.linkedin_url, NEW.github_url,
        NEW.portfolio_url, NEW.current_title, NEW.current_company, NEW.location];
BEGIN
    IF new_words IS DISTINCT FROM old_words AND num_nonnulls(VARIADIC new_words) > 0 THEN
        RAISE EXCEPTION 'this person was erased' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER words_of_erased BEFORE UPDATE ON public.candidates FOR EACH ROW
    WHEN (OLD.anonymised_at IS NOT NULL) EXECUTE FUNCTION app.erased_stays_erased();
