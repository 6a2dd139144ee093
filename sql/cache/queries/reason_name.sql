-- A reason by uuid. Row: label.
SELECT r.label FROM keys_by_id i JOIN rejection_reasons r ON r.k = i.k WHERE i.id = ?1;
