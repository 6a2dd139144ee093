-- Tenants, people, memberships.
SET LOCAL ROLE hiretty_owner;

CREATE TABLE public.tenants (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL CHECK (name <> ''),
    slug varchar(100) NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]*$'),
    plan varchar(50) NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'basic', 'pro', 'enterprise')),
    status varchar(30) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'cancelled')),
    timezone text NOT NULL DEFAULT 'UTC' REFERENCES app.time_zones (name),
    settings jsonb NOT NULL DEFAULT '{}',
    onboarded_at timestamptz DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    row_version bigint NOT NULL DEFAULT 1
);
-- By lower(), which is not leakproof: behind the wall no client's condition reaches this index, so no
-- EXPLAIN tells whether another tenant has a name.
CREATE UNIQUE INDEX tenants_slug_key ON public.tenants (lower(slug));

CREATE TABLE public.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL CHECK (email LIKE '%_@_%'),
    password_hash varchar(255),
    first_name varchar(100),
    last_name varchar(100),
    phone varchar(20),
    avatar_url text,
    timezone text NOT NULL DEFAULT 'UTC' REFERENCES app.time_zones (name),
    status varchar(30) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'locked')),
    email_verified_at timestamptz,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX users_email_key ON public.users (lower(email));

-- pg_role: the login that this membership is. Two tenants are two logins.
CREATE TABLE public.tenant_users (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES public.tenants (id),
    user_id uuid NOT NULL REFERENCES public.users (id),
    role varchar(50) NOT NULL CHECK (role IN ('admin', 'recruiter', 'interviewer', 'viewer')),
    pg_role name UNIQUE,
    invited_by uuid REFERENCES public.users (id),
    invited_at timestamptz NOT NULL DEFAULT now(),
    joined_at timestamptz,
    status varchar(30) NOT NULL DEFAULT 'active' CHECK (status IN ('invited', 'active', 'inactive')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    row_version bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, user_id)
);
CREATE INDEX tenant_users_user_idx ON public.tenant_users (user_id);
CREATE INDEX tenant_users_invited_by_idx ON public.tenant_users (invited_by) WHERE invited_by IS NOT NULL;
