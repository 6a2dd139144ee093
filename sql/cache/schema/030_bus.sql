-- How often each table changed (bit of the change bus → count): tells other processes what is new.
CREATE TABLE bus (
  tbl INTEGER PRIMARY KEY,
  n   INTEGER NOT NULL
);
