-- Writes it. 1: k, 2 … 10: its columns.
INSERT INTO people (k, name, title, company, place, skills, tags, email, last_title, last_company)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (k) DO UPDATE SET name = excluded.name, title = excluded.title, company = excluded.company,
  place = excluded.place, skills = excluded.skills, tags = excluded.tags, email = excluded.email,
  last_title = excluded.last_title, last_company = excluded.last_company;
