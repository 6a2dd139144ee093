-- People who applied, and their résumés.

-- The strings of a JSON array, joined; NULL for anything but an array.
CREATE FUNCTION app.jsonb_array_to_text(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN jsonb_typeof(value) = 'array' THEN
        (SELECT string_agg(e.x #>> '{}', ' ') FROM jsonb_array_elements(value) AS e (x)) END
$$;

-- What a résumé says, for full text: never the person's name or contacts. One call into jsonb: a row
-- costs 0.04 ms; the bound keeps any input below the size of a tsvector.
CREATE FUNCTION app.resume_search(parsed jsonb, language text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    config regconfig := CASE language
        WHEN 'en' THEN 'pg_catalog.english' WHEN 'de' THEN 'pg_catalog.german'
        WHEN 'fr' THEN 'pg_catalog.french' WHEN 'es' THEN 'pg_catalog.spanish'
        WHEN 'it' THEN 'pg_catalog.italian' WHEN 'nl' THEN 'pg_catalog.dutch'
        WHEN 'pt' THEN 'pg_catalog.portuguese' WHEN 'sv' THEN 'pg_catalog.swedish'
        ELSE 'pg_catalog.simple' END::regconfig;
    words jsonb := jsonb_build_array(parsed -> 'summary', parsed -> 'skills', parsed -> 'experience',
                                     parsed -> 'education');
BEGIN
    IF pg_column_size(words) > 300000 THEN
        RETURN to_tsvector(config, left(parsed ->> 'summary', 100000));
    END IF;
    RETURN jsonb_to_tsvector(config, words, '["string"]');
END
$$;

-- A résumé for those who may not see contacts: an allow-list, so that a new member of the parser's
-- output stays hidden until somebody decides otherwise.
CREATE FUNCTION app.resume_public(parsed jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'personal', CASE WHEN jsonb_typeof(parsed -> 'personal') = 'object'
            THEN jsonb_build_object('full_name', parsed -> 'personal' -> 'full_name',
                                    'location', parsed -> 'personal' -> 'location') END,
        'summary', parsed -> 'summary', 'experience', parsed -> 'experience',
        'education', parsed -> 'education', 'skills', parsed -> 'skills',
        'certifications', parsed -> 'certifications', 'languages', parsed -> 'languages',
        'projects', parsed -> 'projects'))
$$;

DO $$
BEGIN
    ALTER FUNCTION app.jsonb_array_to_text(jsonb) OWNER TO hiretty_owner;
    ALTER FUNCTION app.resume_search(jsonb, text) OWNER TO hiretty_owner;
    ALTER FUNCTION app.resume_public(jsonb) OWNER TO hiretty_owner;
END
$$;
REVOKE ALL ON FUNCTION app.jsonb_array_to_text(jsonb), app.resume_search(jsonb, text),
    app.resume_public(jsonb) FROM PUBLIC;
-- Generated columns are computed with the rights of whoever writes the row.
GRANT EXECUTE ON FUNCTION app.jsonb_array_to_text(jsonb), app.resume_search(jsonb, text),
    app.resume_public(jsonb)
TO hiretty_admin, hiretty_recruiter, hiretty_platform;

SET LOCAL ROLE hiretty_owner;

CREATE TABLE public.candidates (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    email varchar(255) CHECK (email LIKE '%_@_%'),
    phone varchar(20),
    first_name varchar(100),
    last_name varchar(100),
    linkedin_url text,
    github_url text,
    portfolio_url text,
    current_title varchar(255),
    current_company varchar(255),
    location varchar(255),
    timezone text REFERENCES app.time_zones (name),
    source varchar(50),
    consent_version varchar(20),
    consent_given_at timestamptz,
    consent_ip inet,
    merged_into uuid,
    anonymised_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, merged_into) REFERENCES public.candidates (tenant_id, id),
    CHECK (merged_into IS NULL OR merged_into <> id),
    -- Who was erased has no contact left.
    CHECK (anonymised_at IS NULL OR (email IS NULL AND phone IS NULL AND consent_ip IS NULL))
);
CREATE UNIQUE INDEX candidates_email_key ON public.candidates (tenant_id, lower(email));
CREATE INDEX candidates_merged_into_idx ON public.candidates (tenant_id, merged_into)
    WHERE merged_into IS NOT NULL;

CREATE TABLE public.resumes (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid NOT NULL,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    is_current boolean NOT NULL DEFAULT true,
    file_name varchar(255) NOT NULL,
    file_url text NOT NULL,
    file_size int CHECK (file_size >= 0),
    file_type varchar(50),
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    language varchar(10) NOT NULL DEFAULT 'en',
    parsed_data jsonb NOT NULL DEFAULT '{}',
    parsed_public jsonb GENERATED ALWAYS AS (app.resume_public(parsed_data)) STORED,
    search_vector tsvector GENERATED ALWAYS AS (app.resume_search(parsed_data, language)) STORED,
    parsed boolean NOT NULL DEFAULT false,
    parsed_at timestamptz,
    parser_version varchar(20),
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    UNIQUE (tenant_id, candidate_id, version)
);
CREATE UNIQUE INDEX resumes_current_key ON public.resumes (tenant_id, candidate_id) WHERE is_current;
CREATE INDEX resumes_search_idx ON public.resumes USING gin (search_vector);
