-- Jobs, what they ask for, and the stages that applications pass.
SET LOCAL ROLE hiretty_owner;

CREATE TABLE public.jobs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    title varchar(255) NOT NULL CHECK (title <> ''),
    description text NOT NULL,
    department varchar(100),
    location varchar(255),
    employment_type varchar(50)
        CHECK (employment_type IN ('full_time', 'part_time', 'contract', 'internship')),
    experience_min int CHECK (experience_min >= 0),
    experience_max int CHECK (experience_max >= 0),
    salary_min numeric(12, 2) CHECK (salary_min >= 0),
    salary_max numeric(12, 2) CHECK (salary_max >= 0),
    salary_currency varchar(3) NOT NULL DEFAULT 'USD' CHECK (salary_currency ~ '^[A-Z]{3}$'),
    headcount int NOT NULL DEFAULT 1 CHECK (headcount > 0),
    confidential boolean NOT NULL DEFAULT false,
    status varchar(30) NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'active', 'on_hold', 'closed', 'cancelled')),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    enriched_jd jsonb,
    published_at timestamptz,
    closed_at timestamptz,
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (experience_min IS NULL OR experience_max IS NULL OR experience_max >= experience_min),
    CHECK (salary_min IS NULL OR salary_max IS NULL OR salary_max >= salary_min)
);
CREATE INDEX jobs_created_by_idx ON public.jobs (tenant_id, created_by);
CREATE INDEX jobs_confidential_idx ON public.jobs (tenant_id) INCLUDE (id) WHERE confidential;

CREATE TABLE public.job_skills (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    job_id uuid NOT NULL,
    skill varchar(100) NOT NULL CHECK (skill <> ''),
    category varchar(50),
    required boolean NOT NULL DEFAULT false,
    weight numeric(3, 2) NOT NULL DEFAULT 1.0 CHECK (weight >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id) ON DELETE CASCADE,
    UNIQUE (tenant_id, job_id, skill)
);

CREATE TABLE public.job_requirements (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    job_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('must_have', 'nice_to_have', 'knockout', 'scorecard')),
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
    evaluator text NOT NULL DEFAULT 'human' CHECK (evaluator IN ('human', 'llm', 'rule')),
    prompt text,
    rule jsonb,
    weight numeric(3, 2) NOT NULL DEFAULT 1.0 CHECK (weight BETWEEN 0 AND 5),
    position int NOT NULL DEFAULT 0 CHECK (position >= 0),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id) ON DELETE CASCADE,
    UNIQUE (tenant_id, job_id, label),
    CHECK (evaluator <> 'llm' OR prompt IS NOT NULL),
    CHECK (evaluator <> 'rule' OR rule IS NOT NULL)
);

CREATE TABLE public.job_stages (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    job_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    position int NOT NULL CHECK (position >= 0),
    stage_type text NOT NULL CHECK (stage_type IN ('applied', 'shortlist', 'screening', 'interview',
        'offer', 'hired', 'rejected', 'withdrawn')),
    sla_hours int CHECK (sla_hours > 0),
    is_blind boolean NOT NULL DEFAULT false,
    is_terminal boolean NOT NULL
        GENERATED ALWAYS AS (stage_type IN ('hired', 'rejected', 'withdrawn')) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id) ON DELETE CASCADE,
    -- A match points at (tenant, job, stage): it cannot sit in another job's stage.
    UNIQUE (tenant_id, job_id, id),
    UNIQUE (tenant_id, job_id, position) DEFERRABLE
);

CREATE TABLE public.job_members (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    job_id uuid NOT NULL,
    member_id uuid NOT NULL,
    role text NOT NULL
        CHECK (role IN ('hiring_manager', 'recruiter', 'coordinator', 'interviewer', 'viewer')),
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_id) REFERENCES public.tenant_users (tenant_id, id),
    UNIQUE (tenant_id, job_id, member_id)
);
CREATE INDEX job_members_member_idx ON public.job_members (tenant_id, member_id);
