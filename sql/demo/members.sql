-- The two tenants, their people and logins. Ids and login names are fixed whatever the seed, so that
-- tests and scripts can name them. A member without a login is a colleague who does not use the
-- workstation.
CREATE TABLE demo.tenant (t text PRIMARY KEY, id uuid, name text, slug text, tz text);
INSERT INTO demo.tenant VALUES
('a', '0a000000-0000-4000-8000-00000000000a', 'Nordlicht Werke', 'nordlicht', 'Europe/Berlin'),
('b', '0b000000-0000-4000-8000-00000000000b', 'Copper Finch', 'copper-finch', 'America/New_York');

CREATE TABLE demo.member (m int PRIMARY KEY, t text, role text, login text, given text, family text,
                          email text, tz text, tenant_id uuid, user_id uuid, id uuid);
INSERT INTO demo.member (m, t, role, login, given, family, email, tz) VALUES
(1, 'a', 'admin', 'ht_a_admin1', 'Ingrid', 'Sørensen', 'ingrid.sorensen@example.com', 'Europe/Berlin'),
(2, 'a', 'recruiter', 'ht_a_rec1', 'Rosa', 'Lindqvist', 'rosa.lindqvist@example.com', 'Europe/Berlin'),
(3, 'a', 'recruiter', 'ht_a_rec2', 'Marcus', 'Adeyemi', 'marcus.adeyemi@example.com', 'America/New_York'),
(4, 'a', 'interviewer', 'ht_a_int1', 'Jörg', 'Weißenböck', 'joerg.weissenboeck@example.com', 'Europe/Berlin'),
(5, 'a', 'interviewer', 'ht_a_int2', '美咲', '高橋', 'misaki.takahashi@example.com', 'Asia/Tokyo'),
(6, 'a', 'viewer', 'ht_a_view1', 'Eleanor', 'Quarmby', 'eleanor.quarmby@example.com', 'Europe/London'),
(7, 'a', 'admin', NULL, 'Tomasz', 'Żółkiewski', 'tomasz.zolkiewski@example.com', 'Europe/Berlin'),
(8, 'a', 'recruiter', NULL, 'Quentin', 'Marsh', 'quentin.marsh@example.com', 'Europe/London'),
(9, 'a', 'recruiter', NULL, 'Lakshmi', 'Iyer', 'lakshmi.iyer@example.com', 'Asia/Kolkata'),
(10, 'a', 'recruiter', NULL, 'Béatrice', 'Châtelain', 'beatrice.chatelain@example.com', 'Europe/Berlin'),
(11, 'a', 'interviewer', NULL, 'Samuel', 'Okonkwo', 'samuel.okonkwo@example.com', 'America/New_York'),
(12, 'a', 'interviewer', NULL, 'Arjun', 'Banerjee', 'arjun.banerjee@example.com', 'Asia/Kolkata'),
(13, 'a', 'interviewer', NULL, 'Holly', 'Denholm', 'holly.denholm@example.com', 'Europe/London'),
(14, 'a', 'viewer', NULL, 'Nikos', 'Vlachos', 'nikos.vlachos@example.com', 'Europe/Berlin'),
(101, 'b', 'admin', 'ht_b_admin1', 'Dolores', 'Peña', 'dolores.pena@example.org', 'America/New_York'),
(102, 'b', 'recruiter', 'ht_b_rec1', 'Wendell', 'Thackray', 'wendell.thackray@example.org', 'America/New_York');
UPDATE demo.member m SET tenant_id = t.id,
  user_id = ('0' || m.t || '0000aa-0000-4000-8000-' || lpad(m.m::text, 12, '0'))::uuid,
  id = ('0' || m.t || '0000bb-0000-4000-8000-' || lpad(m.m::text, 12, '0'))::uuid
FROM demo.tenant t WHERE t.t = m.t;
