-- Audit trail, consent, requests of data subjects, retention, statistics for fairness.
SET LOCAL ROLE hiretty_owner;

-- Written by triggers alone. No foreign keys: a record outlives what it speaks of.
CREATE TABLE public.audit_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL,
    user_id uuid,
    action varchar(100) NOT NULL,
    entity_type varchar(50) NOT NULL,
    entity_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}',
    ip_address inet,
    user_agent text,
    request_id uuid,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_logs_xid_idx ON public.audit_logs (tenant_id, xid);
CREATE INDEX audit_logs_entity_idx ON public.audit_logs (tenant_id, entity_id);

CREATE TABLE public.consent_records (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid NOT NULL,
    purpose text NOT NULL DEFAULT 'application'
        CHECK (purpose IN ('application', 'talent_pool', 'ai_processing', 'recording')),
    consent_version varchar(20) NOT NULL,
    consent_text text NOT NULL,
    collected_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    ip_address inet,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    CHECK (expires_at IS NULL OR expires_at > collected_at),
    CHECK (revoked_at IS NULL OR revoked_at >= collected_at)
);
CREATE INDEX consent_records_candidate_idx ON public.consent_records (tenant_id, candidate_id);

CREATE TABLE public.data_subject_requests (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid,
    subject_hash text NOT NULL CHECK (subject_hash ~ '^[0-9a-f]{64}$'),
    kind text NOT NULL CHECK (kind IN ('access', 'export', 'rectification', 'erasure', 'objection',
        'human_review', 'explanation')),
    status text NOT NULL DEFAULT 'received'
        CHECK (status IN ('received', 'verified', 'in_progress', 'completed', 'refused')),
    received_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now() + interval '1 month',
    closed_at timestamptz,
    ground text,
    evidence jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    CHECK (due_at > received_at),
    CHECK (status <> 'refused' OR (ground IS NOT NULL AND ground <> '')),
    CHECK ((status IN ('completed', 'refused')) = (closed_at IS NOT NULL))
);
CREATE INDEX data_subject_requests_candidate_idx ON public.data_subject_requests
    (tenant_id, candidate_id);

CREATE TABLE public.retention_policies (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    region text NOT NULL DEFAULT '*' CHECK (region ~ '^([A-Z]{2}|\*)$'),
    data_class text NOT NULL CHECK (data_class IN ('candidate_rejected', 'candidate_hired',
        'talent_pool', 'resume_file', 'transcript', 'recording', 'ai_log', 'audit_log',
        'demographics')),
    keep_days int NOT NULL CHECK (keep_days > 0),
    action text NOT NULL CHECK (action IN ('anonymise', 'delete', 'review')),
    legal_basis text NOT NULL CHECK (legal_basis <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, region, data_class),
    CHECK (data_class <> 'ai_log' OR keep_days >= 183)
);

-- No way back to a person: no candidate, a random token, a date. Written once, when the job closes.
CREATE TABLE public.demographic_responses (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    job_id uuid NOT NULL,
    response_token uuid NOT NULL DEFAULT gen_random_uuid(),
    reached_stage_type text NOT NULL CHECK (reached_stage_type IN ('applied', 'shortlist', 'screening',
        'interview', 'offer', 'hired', 'rejected', 'withdrawn')),
    selected boolean NOT NULL,
    scored_above_median boolean,
    sex text NOT NULL DEFAULT 'undisclosed'
        CHECK (sex IN ('female', 'male', 'nonbinary', 'undisclosed')),
    race_ethnicity text NOT NULL DEFAULT 'undisclosed' CHECK (race_ethnicity IN ('hispanic_latino',
        'white', 'black', 'asian', 'native_american', 'pacific_islander', 'two_or_more',
        'undisclosed')),
    disability text NOT NULL DEFAULT 'undisclosed' CHECK (disability IN ('yes', 'no', 'undisclosed')),
    veteran text NOT NULL DEFAULT 'undisclosed' CHECK (veteran IN ('yes', 'no', 'undisclosed')),
    age_band text NOT NULL DEFAULT 'undisclosed'
        CHECK (age_band IN ('under_40', '40_and_over', 'undisclosed')),
    collected_at date NOT NULL DEFAULT current_date,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, response_token),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id)
);
CREATE INDEX demographic_responses_job_idx ON public.demographic_responses (tenant_id, job_id);

CREATE TABLE public.bias_audits (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    tool text NOT NULL CHECK (tool <> ''),
    tool_version text NOT NULL,
    distribution_date date NOT NULL,
    auditor text NOT NULL,
    data_source text NOT NULL,
    window_start date NOT NULL,
    window_end date NOT NULL,
    results jsonb NOT NULL,
    unknown_n int NOT NULL DEFAULT 0 CHECK (unknown_n >= 0),
    published_url text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    CHECK (window_end >= window_start)
);
