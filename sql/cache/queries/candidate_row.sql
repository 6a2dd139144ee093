-- A person. 1: k.
SELECT c.k, i.id, c.first_name, c.last_name, c.email, c.phone, c.linkedin_url, c.github_url, c.portfolio_url,
       c.current_title, c.current_company, p.last_title, p.last_company, c.location, c.source, c.timezone, p.skills,
       c.created_at, c.consent_given_at, c.anonymised_at, coalesce(c.merged_into_k, 0)
FROM candidates c JOIN ids i ON i.k = c.k LEFT JOIN people p ON p.k = c.k WHERE c.k = ?1;
