-- A reason by uuid. Row: label.
SELECT r.label FROM keys_by_id i LEFT JOIN ids o ON o.k = i.k JOIN rejection_reasons r ON r.k = ht_sure(i.k, i.id, o.id) WHERE i.id = ?1;
