-- A stage by uuid. Row: name, type.
SELECT st.name, st.stage_type FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN job_stages st ON st.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1;
