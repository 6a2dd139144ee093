-- Decisions (append-only) with their reasons and notes, and offers.
SET LOCAL ROLE hiretty_owner;

CREATE TABLE public.notification_templates (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    name varchar(255) NOT NULL CHECK (name <> ''),
    description text,
    template_type varchar(50) NOT NULL CHECK (template_type IN ('offer', 'rejection',
        'interview_invite', 'screening_invite', 'reminder', 'custom')),
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    subject text NOT NULL,
    body_html text NOT NULL DEFAULT '',
    body_text text,
    variables jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(variables) = 'array'),
    channels text[] NOT NULL DEFAULT '{email}',
    is_default boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE INDEX notification_templates_created_by_idx ON public.notification_templates
    (tenant_id, created_by);
CREATE UNIQUE INDEX notification_templates_default_key ON public.notification_templates
    (tenant_id, template_type) WHERE is_default AND is_active;

CREATE TABLE public.rejection_reasons (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    code text NOT NULL CHECK (code ~ '^[A-Za-z][A-Za-z0-9_]*$'),
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
    who text NOT NULL CHECK (who IN ('we_rejected', 'they_withdrew', 'position_closed')),
    job_related boolean NOT NULL DEFAULT true,
    candidate_text text,
    template_id uuid,
    requires_note boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    position int NOT NULL DEFAULT 0 CHECK (position >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, template_id) REFERENCES public.notification_templates (tenant_id, id)
);
CREATE UNIQUE INDEX rejection_reasons_code_key ON public.rejection_reasons (tenant_id, lower(code));
CREATE INDEX rejection_reasons_template_idx ON public.rejection_reasons (tenant_id, template_id);

CREATE TABLE public.candidate_notes (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid NOT NULL,
    match_id uuid,
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 100000),
    visibility text NOT NULL DEFAULT 'team' CHECK (visibility IN ('team', 'private')),
    mentions uuid[] NOT NULL DEFAULT '{}',
    created_by uuid DEFAULT app.my_user(),
    edited_at timestamptz,
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (visibility <> 'private' OR created_by IS NOT NULL)
);
CREATE INDEX candidate_notes_candidate_idx ON public.candidate_notes (tenant_id, candidate_id);
CREATE INDEX candidate_notes_match_idx ON public.candidate_notes (tenant_id, match_id)
    WHERE match_id IS NOT NULL;
CREATE INDEX candidate_notes_created_by_idx ON public.candidate_notes (tenant_id, created_by);

CREATE TABLE public.bulk_operations (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    kind text NOT NULL CHECK (length(kind) BETWEEN 1 AND 50),
    filter text,
    row_count int NOT NULL CHECK (row_count >= 0),
    actor uuid DEFAULT app.my_user(),
    committed_at timestamptz NOT NULL DEFAULT now(),
    undo_until timestamptz,
    undone_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, actor) REFERENCES public.tenant_users (tenant_id, user_id)
);
CREATE INDEX bulk_operations_actor_idx ON public.bulk_operations (tenant_id, actor);

-- The ledger: every move of an application is a row here, an undo too. No free text: what a person wrote
-- is a note, which can be erased.
CREATE TABLE public.hiring_decisions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    match_id uuid NOT NULL,
    decision text NOT NULL CHECK (decision IN ('shortlist', 'advance', 'hold', 'reject', 'withdraw',
        'offer', 'hire', 'undo', 'reopen')),
    from_stage_id uuid NOT NULL,
    to_stage_id uuid NOT NULL,
    base_decision_id uuid,
    reason_id uuid,
    note_id uuid,
    hold_until timestamptz,
    actor_kind text NOT NULL DEFAULT 'user'
        CHECK (actor_kind IN ('user', 'rule', 'import', 'candidate')),
    decided_by uuid DEFAULT app.my_user(),
    decided_at timestamptz NOT NULL DEFAULT now(),
    ai_score_seen numeric(5, 2) CHECK (ai_score_seen BETWEEN 0 AND 100),
    ai_recommendation text,
    agreed_with_ai boolean,
    explanation_viewed boolean NOT NULL DEFAULT false,
    blind boolean NOT NULL DEFAULT false,
    seconds_viewed int CHECK (seconds_viewed >= 0),
    bulk_op_id uuid,
    client_op_id uuid,
    reverses_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, client_op_id),
    UNIQUE (tenant_id, reverses_id),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id),
    FOREIGN KEY (tenant_id, from_stage_id) REFERENCES public.job_stages (tenant_id, id),
    FOREIGN KEY (tenant_id, to_stage_id) REFERENCES public.job_stages (tenant_id, id),
    -- The decisions of an application form one chain: each names the one before it, and no two the same.
    CONSTRAINT hiring_decisions_match_id_key UNIQUE (tenant_id, match_id, id),
    CONSTRAINT hiring_decisions_follows_one
        UNIQUE NULLS NOT DISTINCT (tenant_id, match_id, base_decision_id),
    CONSTRAINT hiring_decisions_base_of_same_match FOREIGN KEY (tenant_id, match_id, base_decision_id)
        REFERENCES public.hiring_decisions (tenant_id, match_id, id),
    FOREIGN KEY (tenant_id, reason_id) REFERENCES public.rejection_reasons (tenant_id, id),
    FOREIGN KEY (tenant_id, note_id) REFERENCES public.candidate_notes (tenant_id, id),
    FOREIGN KEY (tenant_id, decided_by) REFERENCES public.tenant_users (tenant_id, user_id),
    FOREIGN KEY (tenant_id, bulk_op_id) REFERENCES public.bulk_operations (tenant_id, id),
    FOREIGN KEY (tenant_id, reverses_id) REFERENCES public.hiring_decisions (tenant_id, id),
    CHECK ((actor_kind = 'user') = (decided_by IS NOT NULL)),
    CHECK (actor_kind <> 'user' OR decision NOT IN ('reject', 'withdraw', 'reopen')
        OR reason_id IS NOT NULL),
    CHECK (decision <> 'hold' OR hold_until IS NOT NULL),
    CHECK ((decision = 'undo') = (reverses_id IS NOT NULL))
);
CREATE INDEX hiring_decisions_match_idx ON public.hiring_decisions (tenant_id, match_id, decided_at);
CREATE INDEX hiring_decisions_from_idx ON public.hiring_decisions (tenant_id, from_stage_id);
CREATE INDEX hiring_decisions_to_idx ON public.hiring_decisions (tenant_id, to_stage_id);
CREATE INDEX hiring_decisions_reason_idx ON public.hiring_decisions (tenant_id, reason_id)
    WHERE reason_id IS NOT NULL;
CREATE INDEX hiring_decisions_note_idx ON public.hiring_decisions (tenant_id, note_id)
    WHERE note_id IS NOT NULL;
CREATE INDEX hiring_decisions_by_idx ON public.hiring_decisions (tenant_id, decided_by, decided_at);
CREATE INDEX hiring_decisions_bulk_idx ON public.hiring_decisions (tenant_id, bulk_op_id)
    WHERE bulk_op_id IS NOT NULL;

CREATE TABLE public.offers (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    match_id uuid NOT NULL,
    version int NOT NULL DEFAULT 1 CHECK (version > 0),
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'pending_approval', 'approved',
        'sent', 'accepted', 'declined', 'expired', 'withdrawn')),
    base_salary numeric(12, 2) NOT NULL CHECK (base_salary > 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    pay_period text NOT NULL DEFAULT 'year' CHECK (pay_period IN ('hour', 'day', 'month', 'year')),
    bonus numeric(12, 2) CHECK (bonus >= 0),
    equity jsonb,
    start_date date,
    sent_at timestamptz,
    expires_at timestamptz,
    responded_at timestamptz,
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, match_id, version),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (sent_at IS NULL OR expires_at IS NULL OR expires_at > sent_at),
    CHECK (status NOT IN ('sent', 'accepted', 'declined') OR sent_at IS NOT NULL),
    CHECK (status NOT IN ('accepted', 'declined') OR responded_at IS NOT NULL)
);
CREATE UNIQUE INDEX offers_live_key ON public.offers (tenant_id, match_id)
    WHERE status IN ('draft', 'pending_approval', 'approved', 'sent', 'accepted');
CREATE INDEX offers_created_by_idx ON public.offers (tenant_id, created_by);

CREATE TABLE public.offer_approvals (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    offer_id uuid NOT NULL,
    step int NOT NULL CHECK (step > 0),
    approver uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'approved', 'rejected', 'skipped')),
    note text,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, offer_id, step, approver),
    FOREIGN KEY (tenant_id, offer_id) REFERENCES public.offers (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, approver) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK ((status = 'pending') = (decided_at IS NULL)),
    CHECK (status <> 'rejected' OR (note IS NOT NULL AND note <> ''))
);
CREATE INDEX offer_approvals_approver_idx ON public.offer_approvals (tenant_id, approver);
