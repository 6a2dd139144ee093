-- Every tag in use. Rows: tag.
SELECT DISTINCT tag FROM candidate_tags UNION SELECT tag FROM shown_tags WHERE NOT gone ORDER BY 1;
