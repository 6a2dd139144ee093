-- A panel member that an intent adds. 1: k, 2: person, 3: interview, 4: member, 5: role, 6: at, 7: conflict.
INSERT OR REPLACE INTO shown_panel (k, candidate_k, interview_k, member_k, role, at, conflict)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
