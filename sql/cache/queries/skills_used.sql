-- Skills of the newest people, as lists: |one|two|. Rows: skills.
SELECT DISTINCT skills FROM (SELECT skills FROM people ORDER BY k DESC LIMIT 5000) WHERE skills IS NOT NULL AND skills <> '';
