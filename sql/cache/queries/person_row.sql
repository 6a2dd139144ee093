-- A person's search row. 1: k.
SELECT name, title, company, place, skills, tags, email, last_title, last_company FROM people WHERE k = ?1;
