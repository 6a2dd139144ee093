-- The op that undoes another.
CREATE INDEX ops_by_answer ON ops (reverses) WHERE reverses IS NOT NULL;
