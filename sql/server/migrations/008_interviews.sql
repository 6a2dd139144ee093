-- Screening sessions, interviews with their panels, slots and feedback, voice sessions.
SET LOCAL ROLE hiretty_owner;

CREATE TABLE public.screening_sessions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    candidate_id uuid NOT NULL,
    job_id uuid NOT NULL,
    match_id uuid NOT NULL,
    session_type varchar(30) NOT NULL DEFAULT 'text_chat'
        CHECK (session_type IN ('text_chat', 'voice_call')),
    status varchar(30) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed', 'abandoned', 'cancelled')),
    started_at timestamptz,
    completed_at timestamptz,
    duration_seconds int CHECK (duration_seconds >= 0),
    messages jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(messages) = 'array'),
    analysis jsonb,
    access_token varchar(255) UNIQUE,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, candidate_id) REFERENCES public.candidates (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES public.jobs (tenant_id, id),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id),
    CHECK (started_at IS NULL OR completed_at IS NULL OR completed_at >= started_at)
);
CREATE INDEX screening_sessions_candidate_idx ON public.screening_sessions (tenant_id, candidate_id);
CREATE INDEX screening_sessions_job_idx ON public.screening_sessions (tenant_id, job_id);
CREATE INDEX screening_sessions_match_idx ON public.screening_sessions (tenant_id, match_id);

CREATE TABLE public.interviews (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    match_id uuid NOT NULL,
    interview_type varchar(50) NOT NULL
        CHECK (interview_type IN ('screening', 'technical', 'behavioral', 'voice', 'final', 'hr')),
    scheduled_at timestamptz,
    duration_minutes int NOT NULL DEFAULT 60 CHECK (duration_minutes BETWEEN 1 AND 1440),
    timezone text NOT NULL DEFAULT 'UTC' REFERENCES app.time_zones (name),
    meeting_url text,
    meeting_password varchar(50),
    meeting_provider varchar(30)
        CHECK (meeting_provider IN ('zoom', 'google_meet', 'teams', 'phone', 'in_person')),
    status varchar(30) NOT NULL DEFAULT 'scheduled' CHECK (status IN ('requested', 'scheduled',
        'rescheduled', 'in_progress', 'completed', 'cancelled', 'no_show')),
    notes text,
    -- What .ics needs: an identity that stays, and a number that counts the changes.
    uid text NOT NULL DEFAULT gen_random_uuid()::text || '@hiretty',
    sequence int NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    created_by uuid DEFAULT app.my_user(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, uid),
    FOREIGN KEY (tenant_id, match_id) REFERENCES public.candidate_job_matches (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES public.tenant_users (tenant_id, user_id),
    CHECK (scheduled_at IS NOT NULL OR status IN ('requested', 'cancelled'))
);
CREATE INDEX interviews_match_idx ON public.interviews (tenant_id, match_id);
CREATE INDEX interviews_created_by_idx ON public.interviews (tenant_id, created_by);
CREATE INDEX interviews_time_idx ON public.interviews (tenant_id, scheduled_at);

-- busy: when the member is taken by it. The exclusion makes a double booking impossible.
CREATE TABLE public.interview_panel (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    interview_id uuid NOT NULL,
    member_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'interviewer'
        CHECK (role IN ('lead', 'interviewer', 'shadow', 'notetaker')),
    rsvp text NOT NULL DEFAULT 'pending'
        CHECK (rsvp IN ('pending', 'accepted', 'declined', 'tentative')),
    is_active boolean NOT NULL DEFAULT true,
    feedback_required boolean NOT NULL DEFAULT true,
    feedback_due_at timestamptz,
    busy tstzrange CHECK (NOT isempty(busy)),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, interview_id, member_id),
    -- Feedback points at (tenant, interview, panel member).
    UNIQUE (tenant_id, interview_id, id),
    FOREIGN KEY (tenant_id, interview_id) REFERENCES public.interviews (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_id) REFERENCES public.tenant_users (tenant_id, id),
    CONSTRAINT interview_panel_double_booking EXCLUDE USING gist
        (tenant_id WITH =, member_id WITH =, busy WITH &&) WHERE (is_active AND rsvp <> 'declined')
);
CREATE UNIQUE INDEX interview_panel_lead_key ON public.interview_panel (tenant_id, interview_id)
    WHERE role = 'lead' AND is_active;
CREATE INDEX interview_panel_member_idx ON public.interview_panel (tenant_id, member_id);

CREATE TABLE public.interview_slots (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    interview_id uuid NOT NULL,
    proposed_by text NOT NULL CHECK (proposed_by IN ('recruiter', 'candidate', 'interviewer')),
    during tstzrange NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during)
        AND NOT upper_inf(during) AND lower_inc(during) AND NOT upper_inc(during)),
    proposer_timezone text NOT NULL DEFAULT 'UTC' REFERENCES app.time_zones (name),
    status text NOT NULL DEFAULT 'offered'
        CHECK (status IN ('offered', 'held', 'chosen', 'declined', 'expired')),
    hold_expires_at timestamptz,
    token_hash text CHECK (token_hash ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, interview_id) REFERENCES public.interviews (tenant_id, id) ON DELETE CASCADE,
    CHECK (status <> 'held' OR hold_expires_at IS NOT NULL)
);
CREATE INDEX interview_slots_interview_idx ON public.interview_slots (tenant_id, interview_id);
CREATE UNIQUE INDEX interview_slots_chosen_key ON public.interview_slots (tenant_id, interview_id)
    WHERE status = 'chosen';

CREATE TABLE public.interview_feedback (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    interview_id uuid NOT NULL,
    panel_member_id uuid NOT NULL,
    rating int CHECK (rating BETWEEN 1 AND 5),
    technical_rating int CHECK (technical_rating BETWEEN 1 AND 5),
    cultural_fit_rating int CHECK (cultural_fit_rating BETWEEN 1 AND 5),
    communication_rating int CHECK (communication_rating BETWEEN 1 AND 5),
    recommendation varchar(30)
        CHECK (recommendation IN ('strong_hire', 'hire', 'no_hire', 'strong_no_hire')),
    notes text,
    red_flags jsonb NOT NULL DEFAULT '[]',
    scores jsonb NOT NULL DEFAULT '{}',
    submitted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, interview_id, panel_member_id),
    FOREIGN KEY (tenant_id, interview_id) REFERENCES public.interviews (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, interview_id, panel_member_id)
        REFERENCES public.interview_panel (tenant_id, interview_id, id) ON DELETE CASCADE,
    CHECK (submitted_at IS NULL OR recommendation IS NOT NULL)
);

CREATE TABLE public.voice_sessions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL DEFAULT app.acting_tenant() REFERENCES public.tenants (id),
    interview_id uuid NOT NULL,
    call_sid varchar(100),
    candidate_phone varchar(20),
    direction varchar(20) CHECK (direction IN ('inbound', 'outbound')),
    status varchar(30) NOT NULL DEFAULT 'scheduled',
    started_at timestamptz,
    ended_at timestamptz,
    duration_seconds int CHECK (duration_seconds >= 0),
    recording_url text,
    transcript jsonb NOT NULL DEFAULT '{"segments": []}',
    analysis jsonb,
    agent_model varchar(50),
    stt_provider varchar(50),
    tts_provider varchar(50),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, call_sid),
    FOREIGN KEY (tenant_id, interview_id) REFERENCES public.interviews (tenant_id, id),
    CHECK (started_at IS NULL OR ended_at IS NULL OR ended_at >= started_at)
);
CREATE INDEX voice_sessions_interview_idx ON public.voice_sessions (tenant_id, interview_id);
