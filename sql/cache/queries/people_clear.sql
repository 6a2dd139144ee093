-- No search rows of people; the full text over them is to be rebuilt then.
DELETE FROM people;
