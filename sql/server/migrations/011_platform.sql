-- Providers and their keys, parsers, webhooks; the sent log; figures.
SET LOCAL ROLE hiretty_owner;

-- A recruiter's own key never comes here: api_key_ref names its place in the keyring, key_fingerprint
-- tells two keys apart. api_key_encrypted is the platform's. 'gemini' and 'google' are one provider.
CREATE TABLE public.llm_provider_configs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    provider varchar(50) NOT NULL
        CHECK (provider IN ('openai', 'anthropic', 'google', 'gemini', 'custom')),
    provider_name varchar(100) NOT NULL DEFAULT '',
    api_key_encrypted text,
    api_key_ref text,
    key_fingerprint text CHECK (key_fingerprint ~ '^[0-9a-f]{16}$'),
    api_endpoint text,
    organization_id varchar(255),
    default_model varchar(100),
    enabled_models text[],
    monthly_budget_usd numeric(10, 2) CHECK (monthly_budget_usd >= 0),
    monthly_spend_usd numeric(10, 2) NOT NULL DEFAULT 0 CHECK (monthly_spend_usd >= 0),
    rate_limit_rpm int CHECK (rate_limit_rpm > 0),
    is_active boolean NOT NULL DEFAULT true,
    is_default boolean NOT NULL DEFAULT false,
    last_used_at timestamptz,
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (provider <> 'custom' OR api_endpoint IS NOT NULL),
    CHECK (api_endpoint IS NULL OR api_endpoint ~ '^https://' OR api_endpoint ~ '^http://(localhost|127\.0\.0\.1)([:/]|$)')
);
CREATE UNIQUE INDEX llm_provider_configs_name_key ON public.llm_provider_configs
    (tenant_id, (CASE provider WHEN 'gemini' THEN 'google' ELSE provider END), lower(provider_name));
CREATE UNIQUE INDEX llm_provider_configs_default_key ON public.llm_provider_configs (tenant_id)
    WHERE is_default AND is_active;
CREATE INDEX llm_provider_configs_created_by_idx ON public.llm_provider_configs (tenant_id, created_by);

CREATE TABLE public.resume_parser_configs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    provider varchar(50) NOT NULL
        CHECK (provider IN ('textkernel', 'sovren', 'affinda', 'llm_custom')),
    provider_name varchar(100) NOT NULL DEFAULT '',
    api_key_encrypted text,
    api_endpoint text,
    account_id varchar(255),
    language varchar(10) NOT NULL DEFAULT 'en',
    output_format varchar(20) NOT NULL DEFAULT 'json',
    total_parses int NOT NULL DEFAULT 0 CHECK (total_parses >= 0),
    successful_parses int NOT NULL DEFAULT 0 CHECK (successful_parses >= 0),
    failed_parses int NOT NULL DEFAULT 0 CHECK (failed_parses >= 0),
    avg_parse_time_ms int CHECK (avg_parse_time_ms >= 0),
    is_active boolean NOT NULL DEFAULT true,
    is_default boolean NOT NULL DEFAULT false,
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, provider, provider_name),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE UNIQUE INDEX resume_parser_configs_default_key ON public.resume_parser_configs (tenant_id)
    WHERE is_default AND is_active;
CREATE INDEX resume_parser_configs_created_by_idx ON public.resume_parser_configs
    (tenant_id, created_by);

CREATE TABLE public.webhooks (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    url text NOT NULL CHECK (url ~ '^https?://'),
    name varchar(255),
    description text,
    events text[] NOT NULL,
    secret_key varchar(255) NOT NULL,
    custom_headers jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT true,
    last_triggered_at timestamptz,
    last_success_at timestamptz,
    last_failure_at timestamptz,
    failure_count int NOT NULL DEFAULT 0 CHECK (failure_count >= 0),
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE INDEX webhooks_created_by_idx ON public.webhooks (tenant_id, created_by);

CREATE TABLE public.webhook_deliveries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    webhook_id uuid NOT NULL,
    event_type varchar(100) NOT NULL,
    payload jsonb NOT NULL,
    status varchar(30) NOT NULL CHECK (status IN ('pending', 'delivered', 'failed', 'retrying')),
    http_status_code int CHECK (http_status_code BETWEEN 100 AND 599),
    response_body text,
    error_message text,
    attempt_count int NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
    max_attempts int NOT NULL DEFAULT 3 CHECK (max_attempts > 0),
    next_retry_at timestamptz,
    delivered_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, webhook_id) REFERENCES public.webhooks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_webhook_idx ON public.webhook_deliveries (tenant_id, webhook_id);
CREATE INDEX webhook_deliveries_retry_idx ON public.webhook_deliveries (next_retry_at)
    WHERE status = 'retrying';

CREATE TABLE public.notifications (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    template_id uuid,
    template_version int CHECK (template_version > 0),
    candidate_id uuid,
    user_id uuid,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'in_app', 'webhook')),
    subject text NOT NULL DEFAULT '',
    body text NOT NULL,
    send_after timestamptz NOT NULL DEFAULT now(),
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'cancelled', 'sending', 'sent',
        'delivered', 'bounced', 'failed')),
    attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    bulk_op_id uuid,
    decision_id uuid,
    idempotency_key text NOT NULL DEFAULT gen_random_uuid()::text,
    sent_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, idempotency_key),
    FOREIGN KEY (tenant_id, template_id) REFERENCES public.notification_templates (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES public.tenant_users (tenant_id, user_id),
    FOREIGN KEY (tenant_id, bulk_op_id) REFERENCES public.bulk_operations (tenant_id, id),
    FOREIGN KEY (tenant_id, decision_id) REFERENCES public.hiring_decisions (tenant_id, id),
    CHECK ((candidate_id IS NULL) <> (user_id IS NULL)),
    CHECK (status NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL)
);
CREATE INDEX notifications_template_idx ON public.notifications (tenant_id, template_id);
CREATE INDEX notifications_candidate_idx ON public.notifications (tenant_id, candidate_id)
    WHERE candidate_id IS NOT NULL;
CREATE INDEX notifications_user_idx ON public.notifications (tenant_id, user_id)
    WHERE user_id IS NOT NULL;
CREATE INDEX notifications_bulk_idx ON public.notifications (tenant_id, bulk_op_id)
    WHERE bulk_op_id IS NOT NULL;
CREATE INDEX notifications_decision_idx ON public.notifications (tenant_id, decision_id)
    WHERE decision_id IS NOT NULL;
CREATE INDEX notifications_queue_idx ON public.notifications (send_after) WHERE status = 'queued';

CREATE TABLE public.pipeline_events (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    match_id uuid NOT NULL,
    job_id uuid NOT NULL,
    from_stage_id uuid,
    to_stage_id uuid NOT NULL,
    entered_at timestamptz NOT NULL DEFAULT now(),
    left_at timestamptz,
    actor_kind text NOT NULL DEFAULT 'user'
        CHECK (actor_kind IN ('user', 'rule', 'import', 'candidate')),
    decision_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, job_id, from_stage_id)
        REFERENCES public.job_stages (tenant_id, job_id, id),
    FOREIGN KEY (tenant_id, job_id, to_stage_id) REFERENCES public.job_stages (tenant_id, job_id, id),
    FOREIGN KEY (tenant_id, decision_id) REFERENCES public.hiring_decisions (tenant_id, id),
    CHECK (left_at IS NULL OR left_at >= entered_at)
);
CREATE INDEX pipeline_events_match_idx ON public.pipeline_events (tenant_id, match_id, entered_at);
CREATE UNIQUE INDEX pipeline_events_open_key ON public.pipeline_events (tenant_id, match_id)
    WHERE left_at IS NULL;
CREATE INDEX pipeline_events_from_idx ON public.pipeline_events (tenant_id, job_id, from_stage_id);
CREATE INDEX pipeline_events_to_idx ON public.pipeline_events (tenant_id, job_id, to_stage_id);
CREATE INDEX pipeline_events_decision_idx ON public.pipeline_events (tenant_id, decision_id)
    WHERE decision_id IS NOT NULL;

CREATE TABLE public.metric_snapshots (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    day date NOT NULL,
    metric text NOT NULL CHECK (metric <> ''),
    job_id uuid,
    dim text,
    dim_value text,
    value numeric NOT NULL,
    n int NOT NULL CHECK (n >= 0),
    suppressed boolean NOT NULL GENERATED ALWAYS AS (n < 5) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, day, metric, job_id, dim, dim_value),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX metric_snapshots_job_idx ON public.metric_snapshots (tenant_id, job_id)
    WHERE job_id IS NOT NULL;

CREATE TABLE public.cost_entries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    kind text NOT NULL CHECK (kind IN ('llm', 'parser', 'voice', 'job_board', 'agency',
        'referral_bonus', 'storage', 'other')),
    amount numeric(14, 6) NOT NULL CHECK (amount >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    tokens_in int CHECK (tokens_in >= 0),
    tokens_out int CHECK (tokens_out >= 0),
    job_id uuid,
    match_id uuid,
    lineage_id uuid,
    user_id uuid,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id),
    FOREIGN KEY (tenant_id, lineage_id) REFERENCES public.model_lineage (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (kind <> 'llm' OR (tokens_in IS NOT NULL AND tokens_out IS NOT NULL))
);
CREATE INDEX cost_entries_time_idx ON public.cost_entries (tenant_id, occurred_at);
CREATE INDEX cost_entries_job_idx ON public.cost_entries (tenant_id, job_id) WHERE job_id IS NOT NULL;
CREATE INDEX cost_entries_match_idx ON public.cost_entries (tenant_id, match_id)
    WHERE match_id IS NOT NULL;
CREATE INDEX cost_entries_lineage_idx ON public.cost_entries (tenant_id, lineage_id)
    WHERE lineage_id IS NOT NULL;
CREATE INDEX cost_entries_user_idx ON public.cost_entries (tenant_id, user_id)
    WHERE user_id IS NOT NULL;
