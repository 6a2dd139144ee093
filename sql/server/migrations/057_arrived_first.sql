-- Whose decision arrived first is what the server knows; who decided first is not: two may decide offline, and the later one
-- come first.
SET LOCAL ROLE hiretty_owner;

-- One sentence for people. `who` decided `what`, where that is known.
CREATE OR REPLACE FUNCTION app.push_why(code text, who text, what text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE code
        WHEN 'stage_moved' THEN coalesce(who || '''s decision arrived first: ' || what || '.',
            'The application stands in another stage now.')
        WHEN 'decided' THEN coalesce(who || '''s decision arrived first: ' || what || '.',
            'Another decision arrived first.')
        WHEN 'base_unknown' THEN 'It builds on a decision that the server does not have.'
        WHEN 'gone' THEN 'It does not exist any more, or you may not see it.'
        WHEN 'not_allowed' THEN 'Your role may not do this.'
        WHEN 'illegal_move' THEN 'From its stage this decision is not possible.'
        WHEN 'unknown_stage' THEN 'The job has no such stage.'
        WHEN 'unknown_decision' THEN 'There is no such decision.'
        WHEN 'reason_required' THEN 'A reason is needed.'
        WHEN 'unknown_reason' THEN 'The reason does not exist or is not in use.'
        WHEN 'note_required' THEN 'This reason needs a note.'
        WHEN 'hold_until_required' THEN 'A hold needs a time at which it ends.'
        WHEN 'not_author' THEN 'Only who made a decision can undo it.'
        WHEN 'already_undone' THEN 'It was undone before.'
        WHEN 'mail_sent' THEN 'Its e-mail has left already, so it cannot be undone.'
        WHEN 'duplicate' THEN 'This id is used for something else already.'
        WHEN 'bad_note' THEN 'Its note is empty, too long or exists already.'
        WHEN 'bad_mail' THEN 'One of its mails is incomplete or has no such template.'
        WHEN 'bad_value' THEN 'One of its values cannot be stored.'
        WHEN 'version' THEN 'Another change of the same field arrived first.'
        WHEN 'column' THEN 'One of its fields cannot be changed.'
    END
$$;
