-- Active reasons by label. 1: who, NULL = all.
SELECT r.k, i.id, r.code, r.label, r.who, r.template_k, coalesce(r.job_related, 0), coalesce(r.requires_note, 0)
FROM rejection_reasons r JOIN ids i ON i.k = r.k
WHERE coalesce(r.is_active, 1) = 1 AND (?1 IS NULL OR r.who = ?1)
ORDER BY coalesce(r.position, 0), r.label, r.k;
