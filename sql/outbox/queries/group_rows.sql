-- How many rows a group was about: those given up and those that cannot be undone included, members of panels not. 1: group.
SELECT count(DISTINCT row) FROM ops WHERE grp = ?1 AND live <> 2 AND tbl <> 21;
