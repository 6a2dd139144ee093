-- Helpers of the demo's loader, in a schema of their own that finish.sql drops.
--
-- Everything is a hash of (seed, salt, row number): no random(), no clock, so two loads of the same
-- seed and time give the same rows. A salt names a use; give each new use a new one.
-- Variables: seed (an integer), now (the moment the demo "happens", a timestamp with zone).
DROP SCHEMA IF EXISTS demo CASCADE;
CREATE SCHEMA demo;

CREATE FUNCTION demo.now() RETURNS timestamptz IMMUTABLE LANGUAGE sql
  RETURN timestamptz :'now';

-- A 64-bit hash of one or two numbers.
CREATE FUNCTION demo.h(salt int, n bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN hashint8extended(n, :seed * 1000003::bigint + salt);
CREATE FUNCTION demo.h(salt int, n bigint, m bigint) RETURNS bigint IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN hashint8extended(m, hashint8extended(n, :seed * 1000003::bigint + salt));

-- Uniform in [0, 1), of 48 bits.
CREATE FUNCTION demo.u(salt int, n bigint) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN (hashint8extended(n, :seed * 1000003::bigint + salt) & 281474976710655)::float8
         / 281474976710656;
CREATE FUNCTION demo.u(salt int, n bigint, m bigint) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN (hashint8extended(m, hashint8extended(n, :seed * 1000003::bigint + salt)) & 281474976710655)::float8
         / 281474976710656;

-- A whole number in 0 … k-1.
CREATE FUNCTION demo.k(salt int, n bigint, k int) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN ((hashint8extended(n, :seed * 1000003::bigint + salt) & 281474976710655) % k)::int;
CREATE FUNCTION demo.k(salt int, n bigint, m bigint, k int) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN ((hashint8extended(m, hashint8extended(n, :seed * 1000003::bigint + salt)) & 281474976710655) % k)::int;

-- About normal (mean 0, sigma 1), bounded at ±3.46: the sum of four uniforms.
CREATE FUNCTION demo.z(salt int, n bigint) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN ((demo.u(salt, n, 1) + demo.u(salt, n, 2) + demo.u(salt, n, 3) + demo.u(salt, n, 4)) - 2.0)
         * 1.7320508;

CREATE FUNCTION demo.pick(list text[], salt int, n bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN list[1 + demo.k(salt, n, cardinality(list))];
CREATE FUNCTION demo.pick(list text[], salt int, n bigint, m bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN list[1 + demo.k(salt, n, m, cardinality(list))];

-- A row's id: looks random, is not.
CREATE FUNCTION demo.id(kind text, n bigint) RETURNS uuid IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN md5(kind || ':' || :seed || ':' || n)::uuid;

-- Working days as numbers, so that "three working days later" is an addition. Day 0 is a Monday;
-- Saturday and Sunday count as the Monday after.
CREATE FUNCTION demo.workday(d date) RETURNS int IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN (d - date '2001-01-01') / 7 * 5 + least((d - date '2001-01-01') % 7, 5);
CREATE FUNCTION demo.day(w int) RETURNS date IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN date '2001-01-01' + (w / 5) * 7 + w % 5;

-- A moment of working day w between 08:00 and 18:00 in zone tz; u in [0, 1) places it.
CREATE FUNCTION demo.office(w int, u float8, tz text) RETURNS timestamptz STABLE PARALLEL SAFE LANGUAGE sql
  RETURN date_trunc('second', (demo.day(w) + time '08:00' + u * interval '10 hours') AT TIME ZONE tz);

-- ISO text as the transcripts have it.
CREATE FUNCTION demo.iso(t timestamptz) RETURNS text STABLE PARALLEL SAFE LANGUAGE sql
  RETURN to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');

-- Fills {s} {n} {p} {q} of a sentence: a skill, a count, a percentage, a duration.
CREATE FUNCTION demo.fill(sentence text, skill text, n bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
  RETURN replace(replace(replace(replace(sentence,
    '{s}', coalesce(skill, '')),
    '{n}', (3 + demo.k(901, n, 38))::text),
    '{p}', (8 + demo.k(902, n, 55))::text || ' %'),
    '{q}', demo.pick(ARRAY['four months', 'half a year', 'nine months', 'a year', 'two years', 'three quarters'], 903, n));
