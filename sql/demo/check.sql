-- After a load without triggers: every foreign key is looked at again, row by row (checks, keys and
-- exclusions hold by themselves, and so do foreign keys that keys_on.sql has just made), and every
-- application must stand where its open stay is.
DO $$
DECLARE
  con record;
  bad bigint;
BEGIN
  FOR con IN
    SELECT c.conname, c.conrelid::regclass AS child, c.confrelid::regclass AS parent,
      (SELECT string_agg(format('p.%I = c.%I', pa.attname, ca.attname), ' AND ' ORDER BY k.i)
       FROM unnest(c.conkey, c.confkey) WITH ORDINALITY k(ck, pk, i)
       JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.ck
       JOIN pg_attribute pa ON pa.attrelid = c.confrelid AND pa.attnum = k.pk) AS matches,
      (SELECT string_agg(format('c.%I IS NOT NULL', ca.attname), ' AND ')
       FROM unnest(c.conkey) k(ck) JOIN pg_attribute ca ON ca.attrelid = c.conrelid AND ca.attnum = k.ck) AS filled
    FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM demo.key_state k WHERE k.kind = 'f' AND k.tbl = c.conrelid::regclass::text AND k.name = c.conname)
    ORDER BY c.conrelid::regclass::text, c.conname
  LOOP
    EXECUTE format('SELECT count(*) FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s)', con.child, con.filled, con.parent, con.matches) INTO bad;
    IF bad > 0 THEN
      RAISE EXCEPTION 'demo: % row(s) of % break %', bad, con.child, con.conname;
    END IF;
  END LOOP;
  SELECT count(*) INTO bad FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND NOT convalidated;
  IF bad > 0 THEN
    RAISE EXCEPTION 'demo: % constraint(s) not validated', bad;
  END IF;
  SELECT count(*) INTO bad FROM public.candidate_job_matches m
  LEFT JOIN public.pipeline_events e ON e.tenant_id = m.tenant_id AND e.match_id = m.id AND e.left_at IS NULL
  WHERE e.id IS NULL OR e.to_stage_id <> m.stage_id;
  IF bad > 0 THEN
    RAISE EXCEPTION 'demo: % application(s) stand elsewhere than their open event says', bad;
  END IF;
END
$$;
