-- Active templates. 1: one template or 0, 2: type. Row: id, version, subject, body.
SELECT i.id, coalesce(t.version, 1), t.subject, t.body_text
FROM notification_templates t JOIN ids i ON i.k = t.k
WHERE coalesce(t.is_active, 1) = 1 AND (t.k = ?1 OR (?1 = 0 AND t.template_type = ?2))
ORDER BY coalesce(t.is_default, 0) DESC, t.name LIMIT 1;
