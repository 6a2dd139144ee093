-- Erasing a person. app.erase_candidate() is the one way: it clears the columns named here, leaves what
-- statistics and proof need, and says which files to delete elsewhere. The list is data, so that a test can
-- hold it against the catalog: a new column of these tables must be put into it, cleared or kept.
SET LOCAL ROLE hiretty_owner;

-- way: how a row of the table leads to the person. cleared_to: an expression; NULL: the column is kept,
-- because of `reason`.
CREATE TABLE app.personal_columns (
    table_name text NOT NULL,
    column_name text NOT NULL,
    way text NOT NULL CHECK (way IN ('id', 'candidate', 'match', 'interview', 'offer', 'winner_or_loser', 'embedding')),
    cleared_to text,
    reason text,
    PRIMARY KEY (table_name, column_name),
    CHECK ((cleared_to IS NULL) = (reason IS NOT NULL))
);
REVOKE ALL ON app.personal_columns FROM PUBLIC;
GRANT SELECT ON app.personal_columns TO hiretty_client, hiretty_platform;

INSERT INTO app.personal_columns (table_name, column_name, way, cleared_to, reason) VALUES
    ('candidates', 'email', 'id', 'NULL', NULL), ('candidates', 'phone', 'id', 'NULL', NULL),
    ('candidates', 'first_name', 'id', 'NULL', NULL), ('candidates', 'last_name', 'id', 'NULL', NULL),
    ('candidates', 'linkedin_url', 'id', 'NULL', NULL), ('candidates', 'github_url', 'id', 'NULL', NULL),
    ('candidates', 'portfolio_url', 'id', 'NULL', NULL), ('candidates', 'current_title', 'id', 'NULL', NULL),
    ('candidates', 'current_company', 'id', 'NULL', NULL), ('candidates', 'location', 'id', 'NULL', NULL),
    ('candidates', 'timezone', 'id', 'NULL', NULL), ('candidates', 'consent_ip', 'id', 'NULL', NULL),
    ('candidates', 'source', 'id', NULL, 'statistics of sources'),
    ('candidates', 'consent_version', 'id', NULL, 'proof of consent'),
    ('resumes', 'file_name', 'candidate', '''erased''', NULL), ('resumes', 'file_url', 'candidate', '''erased''', NULL),
    ('resumes', 'sha256', 'candidate', 'NULL', NULL), ('resumes', 'parsed_data', 'candidate', '''{}''', NULL),
    ('resumes', 'file_type', 'candidate', NULL, 'says nothing of the person'),
    ('resumes', 'language', 'candidate', NULL, 'says nothing of the person'),
    ('resumes', 'parser_version', 'candidate', NULL, 'says nothing of the person'),
    ('candidate_job_matches', 'match_details', 'candidate', '''{}''', NULL),
    ('candidate_job_matches', 'bias_flags', 'candidate', '''[]''', NULL),
    ('candidate_job_matches', 'status', 'candidate', NULL, 'statistics of the funnel'),
    ('candidate_job_matches', 'stage', 'candidate', NULL, 'statistics of the funnel'),
    ('candidate_job_matches', 'source', 'candidate', NULL, 'statistics of sources'),
    ('match_explanations', 'explanation_text', 'match', '''erased''', NULL),
    ('match_explanations', 'factors', 'match', '''{}''', NULL),
    ('match_explanations', 'model_version', 'match', NULL, 'says nothing of the person'),
    ('match_explanations', 'prompt_version', 'match', NULL, 'says nothing of the person'),
    ('screening_sessions', 'messages', 'match', '''[]''', NULL), ('screening_sessions', 'analysis', 'match', 'NULL', NULL),
    ('screening_sessions', 'access_token', 'match', 'NULL', NULL),
    ('screening_sessions', 'session_type', 'match', NULL, 'statistics'), ('screening_sessions', 'status', 'match', NULL, 'statistics'),
    ('interviews', 'meeting_url', 'match', 'NULL', NULL), ('interviews', 'meeting_password', 'match', 'NULL', NULL),
    ('interviews', 'notes', 'match', 'NULL', NULL),
    ('interviews', 'interview_type', 'match', NULL, 'statistics'), ('interviews', 'timezone', 'match', NULL, 'the panel''s calendar'),
    ('interviews', 'meeting_provider', 'match', NULL, 'statistics'), ('interviews', 'status', 'match', NULL, 'statistics'),
    ('interviews', 'uid', 'match', NULL, 'the panel''s calendar'),
    ('interview_panel', 'role', 'interview', NULL, 'speaks of a member'), ('interview_panel', 'rsvp', 'interview', NULL, 'speaks of a member'),
    ('interview_slots', 'token_hash', 'interview', 'NULL', NULL),
    ('interview_slots', 'proposed_by', 'interview', NULL, 'says nothing of the person'),
    ('interview_slots', 'proposer_timezone', 'interview', '''UTC''', NULL),
    ('interview_slots', 'status', 'interview', NULL, 'statistics'),
    ('interview_feedback', 'notes', 'interview', 'NULL', NULL), ('interview_feedback', 'red_flags', 'interview', '''[]''', NULL),
    ('interview_feedback', 'scores', 'interview', '''{}''', NULL),
    ('interview_feedback', 'recommendation', 'interview', NULL, 'statistics of panels'),
    ('voice_sessions', 'call_sid', 'interview', 'NULL', NULL), ('voice_sessions', 'candidate_phone', 'interview', 'NULL', NULL),
    ('voice_sessions', 'recording_url', 'interview', 'NULL', NULL),
    ('voice_sessions', 'transcript', 'interview', '''{"segments": []}''', NULL), ('voice_sessions', 'analysis', 'interview', 'NULL', NULL),
    ('voice_sessions', 'direction', 'interview', NULL, 'statistics'), ('voice_sessions', 'status', 'interview', NULL, 'statistics'),
    ('voice_sessions', 'agent_model', 'interview', NULL, 'says nothing of the person'),
    ('voice_sessions', 'stt_provider', 'interview', NULL, 'says nothing of the person'),
    ('voice_sessions', 'tts_provider', 'interview', NULL, 'says nothing of the person'),
    ('candidate_notes', 'body', 'candidate', '''erased''', NULL), ('candidate_notes', 'mentions', 'candidate', '''{}''', NULL),
    ('candidate_notes', 'visibility', 'candidate', NULL, 'says nothing of the person'),
    ('candidate_tags', 'tag', 'candidate', 'DELETE', NULL),
    ('talent_pool_members', 'reason', 'candidate', 'DELETE', NULL),
    ('embeddings', 'embedding', 'embedding', 'DELETE', NULL), ('embeddings', 'content_hash', 'embedding', 'DELETE', NULL),
    ('embeddings', 'entity_type', 'embedding', 'DELETE', NULL), ('embeddings', 'model', 'embedding', 'DELETE', NULL),
    ('offers', 'equity', 'match', 'NULL', NULL),
    ('offers', 'status', 'match', NULL, 'statistics of offers'), ('offers', 'currency', 'match', NULL, 'statistics of offers'),
    ('offers', 'pay_period', 'match', NULL, 'statistics of offers'),
    ('offer_approvals', 'note', 'offer', 'CASE WHEN note IS NOT NULL THEN ''erased'' END', NULL),
    ('offer_approvals', 'status', 'offer', NULL, 'who approved'),
    ('notifications', 'subject', 'candidate', '''''', NULL), ('notifications', 'body', 'candidate', '''''', NULL),
    ('notifications', 'status', 'candidate', 'CASE status WHEN ''queued'' THEN ''cancelled'' ELSE status END', NULL),
    ('notifications', 'channel', 'candidate', NULL, 'proof that an answer was sent'),
    ('notifications', 'idempotency_key', 'candidate', NULL, 'proof that an answer was sent'),
    ('consent_records', 'ip_address', 'candidate', 'NULL', NULL), ('consent_records', 'user_agent', 'candidate', 'NULL', NULL),
    ('consent_records', 'revoked_at', 'candidate', 'coalesce(revoked_at, now())', NULL),
    ('consent_records', 'purpose', 'candidate', NULL, 'proof of consent'),
    ('consent_records', 'consent_version', 'candidate', NULL, 'proof of consent'),
    ('consent_records', 'consent_text', 'candidate', NULL, 'proof of consent: the text shown, the same for all'),
    ('data_subject_requests', 'subject_hash', 'candidate', NULL, 'proof that the request was met'),
    ('data_subject_requests', 'kind', 'candidate', NULL, 'proof that the request was met'),
    ('data_subject_requests', 'status', 'candidate', NULL, 'proof that the request was met'),
    ('data_subject_requests', 'ground', 'candidate', NULL, 'proof that the request was met'),
    ('data_subject_requests', 'evidence', 'candidate', NULL, 'proof that the request was met'),
    ('referrals', 'notes', 'candidate', 'NULL', NULL), ('referrals', 'referral_code', 'candidate', 'NULL', NULL),
    ('referrals', 'referral_source', 'candidate', NULL, 'statistics of sources'),
    ('referrals', 'status', 'candidate', NULL, 'the referrer''s reward'),
    ('referrals', 'reward_currency', 'candidate', NULL, 'the referrer''s reward'),
    ('referrals', 'reward_status', 'candidate', NULL, 'the referrer''s reward'),
    ('candidate_merges', 'moved_rows', 'winner_or_loser', '''{}''', NULL),
    ('candidate_merges', 'field_choices', 'winner_or_loser', '''{}''', NULL),
    ('hiring_decisions', 'decision', 'match', NULL, 'the ledger has no words of a person'),
    ('hiring_decisions', 'actor_kind', 'match', NULL, 'the ledger has no words of a person'),
    ('hiring_decisions', 'ai_recommendation', 'match', NULL, 'the ledger has no words of a person'),
    ('pipeline_events', 'actor_kind', 'match', NULL, 'statistics of the funnel');

-- Erases a person and everybody merged into him. The request, if there is one, is completed; else a
-- completed one is made: the row that proves it. The result names how many rows of each table were cleared,
-- and the files that the store of files still has. For administrators, and for the platform in its tenant.
CREATE FUNCTION app.erase_candidate(candidate uuid, request uuid DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := app.acting_tenant();
    people uuid[];
    subject text;
    files jsonb;
    cleared jsonb := '{}';
    list record;
    condition text;
    n bigint;
    result jsonb;
BEGIN
    IF tenant IS NULL OR app.my_tenant() IS NOT NULL AND NOT app.is_admin() THEN
        RAISE EXCEPTION 'only administrators may erase a person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH RECURSIVE found AS (
        SELECT c.id FROM public.candidates c WHERE c.tenant_id = tenant AND c.id = erase_candidate.candidate
        UNION
        SELECT c.id FROM public.candidates c JOIN found f ON c.merged_into = f.id WHERE c.tenant_id = tenant
    )
    SELECT array_agg(id) INTO people FROM found;
    SELECT encode(sha256(convert_to(lower(coalesce(c.email, c.id::text)), 'UTF8')), 'hex') INTO subject
    FROM public.candidates c WHERE c.tenant_id = tenant AND c.id = erase_candidate.candidate FOR UPDATE;
    IF subject IS NULL THEN
        RAISE EXCEPTION 'there is no such person' USING ERRCODE = 'no_data_found';
    END IF;

    SELECT coalesce(jsonb_agg(url), '[]') INTO files
    FROM (SELECT r.file_url AS url FROM public.resumes r
          WHERE r.tenant_id = tenant AND r.candidate_id = ANY (people) AND r.file_url <> 'erased'
          UNION ALL
          SELECT v.recording_url FROM public.voice_sessions v
          JOIN public.interviews i ON i.tenant_id = tenant AND i.id = v.interview_id
          JOIN public.candidate_job_matches m ON m.tenant_id = tenant AND m.id = i.match_id
          WHERE v.tenant_id = tenant AND m.candidate_id = ANY (people) AND v.recording_url IS NOT NULL) u;

    FOR list IN
        SELECT p.table_name, min(p.way) AS way, bool_or(p.cleared_to = 'DELETE') AS gone,
            string_agg(format('%I = %s', p.column_name, p.cleared_to), ', ') AS assignments
        FROM app.personal_columns p WHERE p.cleared_to IS NOT NULL
        -- Children first: an embedding is found by its résumé.
        GROUP BY p.table_name ORDER BY min(p.way) = 'id', p.table_name
    LOOP
        condition := CASE list.way
            WHEN 'id' THEN 'id = ANY ($2)'
            WHEN 'candidate' THEN 'candidate_id = ANY ($2)'
            WHEN 'winner_or_loser' THEN '(winner_id = ANY ($2) OR loser_id = ANY ($2))'
            WHEN 'embedding' THEN 'entity_id IN (SELECT r.id FROM public.resumes r WHERE r.tenant_id = $1 AND r.candidate_id = ANY ($2))'
            WHEN 'match' THEN 'match_id IN (SELECT m.id FROM public.candidate_job_matches m WHERE m.tenant_id = $1 AND m.candidate_id = ANY ($2))'
            WHEN 'interview' THEN 'interview_id IN (SELECT i.id FROM public.interviews i JOIN public.candidate_job_matches m '
                'ON m.tenant_id = $1 AND m.id = i.match_id WHERE i.tenant_id = $1 AND m.candidate_id = ANY ($2))'
            WHEN 'offer' THEN 'offer_id IN (SELECT o.id FROM public.offers o JOIN public.candidate_job_matches m '
                'ON m.tenant_id = $1 AND m.id = o.match_id WHERE o.tenant_id = $1 AND m.candidate_id = ANY ($2))' END;
        IF list.gone THEN
            EXECUTE format('DELETE FROM public.%I WHERE tenant_id = $1 AND %s', list.table_name, condition) USING tenant, people;
        ELSIF list.table_name = 'candidates' THEN
            EXECUTE format('UPDATE public.candidates SET %s, anonymised_at = coalesce(anonymised_at, now()) WHERE tenant_id = $1 AND %s',
                           list.assignments, condition) USING tenant, people;
        ELSE
            EXECUTE format('UPDATE public.%I SET %s WHERE tenant_id = $1 AND %s', list.table_name, list.assignments, condition)
            USING tenant, people;
        END IF;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n > 0 THEN
            cleared := cleared || jsonb_build_object(list.table_name, n);
        END IF;
    END LOOP;

    result := jsonb_build_object('people', cardinality(people), 'rows', cleared, 'files', files);
    IF request IS NULL THEN
        INSERT INTO public.data_subject_requests (tenant_id, candidate_id, subject_hash, kind, status, closed_at, evidence)
        VALUES (tenant, candidate, subject, 'erasure', 'completed', now(), jsonb_build_object('people', cardinality(people), 'rows', cleared));
    ELSE
        UPDATE public.data_subject_requests d
        SET status = 'completed', closed_at = now(), evidence = d.evidence || jsonb_build_object('people', cardinality(people), 'rows', cleared)
        WHERE d.tenant_id = tenant AND d.id = request AND d.candidate_id = ANY (people) AND d.kind = 'erasure'
            AND d.status NOT IN ('completed', 'refused');
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no such open request of this person' USING ERRCODE = 'no_data_found';
        END IF;
    END IF;
    RETURN result;
END
$$;
REVOKE ALL ON FUNCTION app.erase_candidate(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.erase_candidate(uuid, uuid) TO hiretty_admin, hiretty_platform;
