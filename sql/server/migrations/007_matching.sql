-- Which model said what, applications with their scores, and why they scored so.
SET LOCAL ROLE hiretty_owner;

-- No foreign key to the tenant and none to people: the record outlives both.
CREATE TABLE public.model_lineage (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    "timestamp" timestamptz NOT NULL DEFAULT now(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant(),
    agent_type varchar(50) NOT NULL,
    provider text NOT NULL CHECK (provider <> ''),
    model_name varchar(100) NOT NULL,
    model_version varchar(50),
    prompt_template_id varchar(100),
    prompt_hash varchar(64),
    input_hash varchar(64),
    output_hash varchar(64),
    status text NOT NULL DEFAULT 'ok' CHECK (status IN ('ok', 'refused', 'cut', 'failed')),
    finish_reason text,
    request_id text,
    redaction jsonb NOT NULL DEFAULT '{}',
    tokens_in int CHECK (tokens_in >= 0),
    tokens_out int CHECK (tokens_out >= 0),
    tokens_used int CHECK (tokens_used >= 0),
    -- Billionths of a dollar, exact; cost_usd is the same, rounded.
    cost_nano_usd bigint CHECK (cost_nano_usd >= 0),
    cost_usd numeric(10, 6) CHECK (cost_usd >= 0),
    latency_ms int CHECK (latency_ms >= 0),
    entity_id uuid,
    user_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX model_lineage_time_idx ON public.model_lineage (tenant_id, "timestamp");
CREATE INDEX model_lineage_entity_idx ON public.model_lineage (tenant_id, entity_id)
    WHERE entity_id IS NOT NULL;

CREATE TABLE public.candidate_job_matches (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid NOT NULL,
    job_id uuid NOT NULL,
    resume_id uuid,
    score numeric(5, 2) CHECK (score BETWEEN 0 AND 100),
    match_details jsonb NOT NULL DEFAULT '{}',
    bias_flags jsonb NOT NULL DEFAULT '[]',
    -- status and stage are kept for the platform and follow stage_id.
    status varchar(50) NOT NULL DEFAULT 'scored' CHECK (status IN ('scored', 'shortlisted', 'screening',
        'interviewing', 'offered', 'hired', 'rejected', 'withdrawn')),
    stage varchar(100) NOT NULL DEFAULT 'Applied',
    stage_id uuid NOT NULL,
    stage_entered_at timestamptz NOT NULL DEFAULT now(),
    held_until timestamptz,
    source varchar(50),
    applied_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id),
    FOREIGN KEY (tenant_id, resume_id) REFERENCES public.resumes (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id, stage_id) REFERENCES public.job_stages (tenant_id, job_id, id),
    UNIQUE (tenant_id, candidate_id, job_id)
);
CREATE INDEX matches_ranked_idx ON public.candidate_job_matches
    (tenant_id, job_id, stage_id, score DESC NULLS LAST);
CREATE INDEX matches_resume_idx ON public.candidate_job_matches (tenant_id, resume_id)
    WHERE resume_id IS NOT NULL;

CREATE TABLE public.match_explanations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    match_id uuid NOT NULL,
    resume_id uuid,
    job_version int CHECK (job_version > 0),
    lineage_id uuid,
    explanation_text text NOT NULL,
    factors jsonb NOT NULL DEFAULT '{}',
    model_version varchar(50),
    prompt_version varchar(50),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, resume_id) REFERENCES public.resumes (tenant_id, id),
    FOREIGN KEY (tenant_id, lineage_id) REFERENCES public.model_lineage (tenant_id, id)
);
CREATE INDEX match_explanations_match_idx ON public.match_explanations (tenant_id, match_id, created_at);
CREATE INDEX match_explanations_resume_idx ON public.match_explanations (tenant_id, resume_id)
    WHERE resume_id IS NOT NULL;
CREATE INDEX match_explanations_lineage_idx ON public.match_explanations (tenant_id, lineage_id)
    WHERE lineage_id IS NOT NULL;
