-- A reason. 1: k. Row: id, label, template, for the applicant, needs a note, who.
SELECT i.id, r.label, coalesce(r.template_k, 0), r.candidate_text, coalesce(r.requires_note, 0), r.who
FROM rejection_reasons r JOIN ids i ON i.k = r.k WHERE r.k = ?1;
