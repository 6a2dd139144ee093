-- A stage by uuid. Row: name, type.
SELECT st.name, st.stage_type FROM keys_by_id i JOIN job_stages st ON st.k = i.k WHERE i.id = ?1;
