-- A reason by uuid. Row: label.
SELECT r.label FROM ids i JOIN rejection_reasons r ON r.k = i.k WHERE i.id = ?1;
