-- The status machine as data: which decision leads from which type of stage to which. Clients keep
-- a copy (sync number 33), so that the same rule holds offline.
SET LOCAL ROLE hiretty_owner;

CREATE TABLE app.stage_transitions (
    decision text NOT NULL CHECK (decision IN ('shortlist', 'advance', 'hold', 'reject', 'withdraw',
        'offer', 'hire', 'undo', 'reopen')),
    from_stage_type text NOT NULL CHECK (from_stage_type IN ('applied', 'shortlist', 'screening',
        'interview', 'offer', 'hired', 'rejected', 'withdrawn')),
    to_stage_type text NOT NULL CHECK (to_stage_type IN ('applied', 'shortlist', 'screening',
        'interview', 'offer', 'hired', 'rejected', 'withdrawn')),
    position_rule text NOT NULL DEFAULT 'any' CHECK (position_rule IN ('any', 'same', 'later')),
    requires_reason boolean NOT NULL DEFAULT false,
    requires_hold_until boolean NOT NULL DEFAULT false,
    roles text[] NOT NULL DEFAULT ARRAY['admin',
        'recruiter'] CHECK (roles <@ ARRAY['admin', 'recruiter', 'interviewer', 'viewer']),
    PRIMARY KEY (decision, from_stage_type, to_stage_type)
);
REVOKE ALL ON app.stage_transitions FROM PUBLIC;
GRANT SELECT ON app.stage_transitions TO hiretty_client, hiretty_platform;

INSERT INTO app.stage_transitions (decision, from_stage_type, to_stage_type, position_rule,
    requires_reason, requires_hold_until)
WITH open (type, nr) AS (VALUES ('applied', 1), ('shortlist', 2), ('screening', 3),
    ('interview', 4), ('offer', 5))
SELECT 'shortlist', 'applied', 'shortlist', 'any', false, false
UNION ALL
SELECT 'advance', f.type, t.type, 'later', false, false FROM open f, open t
UNION ALL
SELECT 'hold', type, type, 'same', false, true FROM open
UNION ALL
SELECT 'reject', type, 'rejected', 'any', true, false FROM open
UNION ALL
SELECT 'withdraw', type, 'withdrawn', 'any', true, false FROM open
UNION ALL
SELECT 'offer', type, 'offer', 'any', false, false FROM open WHERE type <> 'offer'
UNION ALL
SELECT 'hire', 'offer', 'hired', 'any', false, false
UNION ALL
SELECT 'reopen', closed.type, open.type, 'any', true, false
  FROM (VALUES ('rejected'), ('withdrawn')) closed (type), open;

-- Undo leads back along every other move.
INSERT INTO app.stage_transitions (decision, from_stage_type, to_stage_type)
SELECT DISTINCT 'undo', to_stage_type, from_stage_type FROM app.stage_transitions;

-- A change of the machine: every tenant's clients load it again.
CREATE TRIGGER machine_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON app.stage_transitions
    FOR EACH STATEMENT EXECUTE FUNCTION app.feed_reload(33);

INSERT INTO app.feed_tables (name, number, server, reload)
VALUES ('status_machine', 33, 'app.stage_transitions', true);
