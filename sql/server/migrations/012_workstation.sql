-- What the workstation adds: searches, tags, pools, merges, devices, the change feed, embeddings.
SET LOCAL ROLE hiretty_owner;

CREATE TABLE public.saved_searches (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    user_id uuid NOT NULL DEFAULT app.my_user(),
    name varchar(255) NOT NULL CHECK (name <> ''),
    description text,
    search_type varchar(50) NOT NULL
        CHECK (search_type IN ('candidates', 'jobs', 'interviews', 'decisions')),
    filters jsonb NOT NULL DEFAULT '{}',
    sort_by varchar(100),
    sort_order varchar(10) CHECK (sort_order IN ('asc', 'desc')),
    is_default boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE UNIQUE INDEX saved_searches_name_key ON public.saved_searches
    (tenant_id, user_id, search_type, lower(name)) WHERE deleted_at IS NULL;
CREATE INDEX saved_searches_user_idx ON public.saved_searches (tenant_id, user_id);
CREATE UNIQUE INDEX saved_searches_default_key ON public.saved_searches
    (tenant_id, user_id, search_type) WHERE is_default AND deleted_at IS NULL;

CREATE TABLE public.referrals (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    referrer_user_id uuid NOT NULL,
    candidate_id uuid NOT NULL,
    job_id uuid NOT NULL,
    referral_source varchar(100),
    referral_code varchar(50),
    notes text,
    status varchar(50) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'applied', 'interviewing', 'hired', 'rejected')),
    reward_amount numeric(10, 2) CHECK (reward_amount >= 0),
    reward_currency varchar(3) NOT NULL DEFAULT 'USD' CHECK (reward_currency ~ '^[A-Z]{3}$'),
    reward_status varchar(30) NOT NULL DEFAULT 'pending'
        CHECK (reward_status IN ('pending', 'approved', 'paid', 'denied')),
    reward_paid_at timestamptz,
    hired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, referral_code),
    UNIQUE (tenant_id, candidate_id, job_id, referrer_user_id),
    FOREIGN KEY (tenant_id, referrer_user_id) REFERENCES public.tenant_users (tenant_id, user_id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id),
    CHECK (reward_status <> 'paid' OR reward_paid_at IS NOT NULL)
);
CREATE INDEX referrals_referrer_idx ON public.referrals (tenant_id, referrer_user_id);
CREATE INDEX referrals_job_idx ON public.referrals (tenant_id, job_id);

CREATE TABLE public.candidate_tags (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid NOT NULL,
    tag text NOT NULL CHECK (length(tag) BETWEEN 1 AND 60),
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE UNIQUE INDEX candidate_tags_tag_key ON public.candidate_tags
    (tenant_id, candidate_id, lower(tag));
CREATE INDEX candidate_tags_created_by_idx ON public.candidate_tags (tenant_id, created_by);

CREATE TABLE public.talent_pools (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description text,
    is_active boolean NOT NULL DEFAULT true,
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE UNIQUE INDEX talent_pools_name_key ON public.talent_pools (tenant_id, lower(name));
CREATE INDEX talent_pools_created_by_idx ON public.talent_pools (tenant_id, created_by);

-- expires_at: the consent to be kept in the pool ends.
CREATE TABLE public.talent_pool_members (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    pool_id uuid NOT NULL,
    candidate_id uuid NOT NULL,
    added_by uuid DEFAULT app.my_user(),
    reason text,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, pool_id, candidate_id),
    FOREIGN KEY (tenant_id, pool_id) REFERENCES public.talent_pools (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, added_by) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE INDEX talent_pool_members_candidate_idx ON public.talent_pool_members (tenant_id, candidate_id);
CREATE INDEX talent_pool_members_added_by_idx ON public.talent_pool_members (tenant_id, added_by);

CREATE TABLE public.candidate_merges (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    winner_id uuid NOT NULL,
    loser_id uuid NOT NULL,
    moved_rows jsonb NOT NULL DEFAULT '{}',
    field_choices jsonb NOT NULL DEFAULT '{}',
    merged_by uuid DEFAULT app.my_user(),
    undone_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, winner_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, loser_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, merged_by) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (winner_id <> loser_id)
);
CREATE INDEX candidate_merges_winner_idx ON public.candidate_merges (tenant_id, winner_id);
CREATE INDEX candidate_merges_loser_idx ON public.candidate_merges (tenant_id, loser_id);
CREATE INDEX candidate_merges_by_idx ON public.candidate_merges (tenant_id, merged_by);

-- A copy of the client on one machine. watermark: the snapshot it has reached; last_*: how its last batch of
-- intents ended, so that a repeated batch gets the same answer.
CREATE TABLE public.client_devices (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    member_id uuid NOT NULL DEFAULT app.my_member(),
    device_id uuid NOT NULL,
    host_label text CHECK (length(host_label) <= 200),
    watermark text,
    last_seen timestamptz NOT NULL DEFAULT now(),
    last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_batch_hash text,
    last_outcomes jsonb,
    wipe_requested_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, member_id, device_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES public.tenant_users (tenant_id, id)
);

-- Keys of changed rows, for the clients' pulls. row_id NULL: the whole table changed.
CREATE TABLE public.change_feed (
    tenant_id uuid NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    tbl smallint NOT NULL,
    row_id uuid
);
CREATE INDEX change_feed_xid_idx ON public.change_feed (tenant_id, xid);

-- The truth for search by meaning; sql/server/optional/vector.sql adds an index where pgvector is.
CREATE TABLE public.embeddings (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    entity_type text NOT NULL CHECK (entity_type IN ('job', 'resume')),
    entity_id uuid NOT NULL,
    model text NOT NULL CHECK (model <> ''),
    dims int NOT NULL CHECK (dims BETWEEN 1 AND 16000),
    content_hash text NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    embedding real[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, entity_type, entity_id, model),
    CHECK (cardinality(embedding) = dims AND array_ndims(embedding) = 1)
);

-- As in sql/sync/columns; status_machine comes with app.stage_transitions.
INSERT INTO app.feed_tables (name, number, server)
SELECT name, number, ('public.' || name)::regclass
FROM unnest(ARRAY['tenants', 'users', 'tenant_users', 'rejection_reasons', 'notification_templates',
    'jobs', 'job_stages', 'job_skills', 'job_requirements', 'job_members', 'candidates',
    'candidate_tags', 'candidate_notes', 'resumes', 'candidate_job_matches', 'match_explanations',
    'hiring_decisions', 'pipeline_events', 'screening_sessions', 'interviews', 'interview_panel',
    'interview_slots', 'interview_feedback', 'voice_sessions', 'offers', 'offer_approvals',
    'saved_searches', 'talent_pools', 'talent_pool_members', 'notifications', 'llm_provider_configs',
    'consent_records']) WITH ORDINALITY AS list (name, number);
