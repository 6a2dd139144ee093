-- The shape of each kept table as a fingerprint of its own, so that a change of one table lets clients
-- compare that table alone; and the cursor that a device told last, by which it knows its server again.
SET LOCAL ROLE hiretty_owner;

-- Columns with their numbers (one that was dropped and made again is another one), types and the defaults
-- that were added without touching a row; and the table's file: a type changed by an expression, TRUNCATE,
-- VACUUM FULL and CLUSTER write another one, and none of them need fire a trigger.
CREATE FUNCTION app.table_fps() RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
        SELECT jsonb_object_agg(t.name, t.fp)
          FROM (SELECT f.name, md5(concat_ws(' ', pg_relation_filenode(f.server),
                    string_agg(concat_ws(' ', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                                         a.attmissingval::text), ',' ORDER BY a.attnum))) AS fp
                  FROM app.feed_tables f
                  JOIN pg_attribute a ON a.attrelid = f.server AND a.attnum > 0
                      AND NOT a.attisdropped
                 GROUP BY f.name, f.server) t);
END
$$;

-- Empty: this server has never heard of the device.
CREATE FUNCTION app.device_cursor(device uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    my_member uuid := app.my_member();
BEGIN
    RETURN coalesce((SELECT d.watermark FROM public.client_devices d
             WHERE d.member_id = my_member AND d.device_id = device_cursor.device), '');
END
$$;

CREATE OR REPLACE FUNCTION app.sync_hello(p jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    answer jsonb := app.hello_brief(p);
BEGIN
    IF coalesce((p ->> 'brief')::boolean, false) OR answer ? 'refused' THEN
        RETURN answer;
    END IF;
    answer := answer || app.hello_names();
    IF coalesce((p ->> 'fingerprint')::boolean, false) THEN
        answer := answer || jsonb_build_object('schema_fp', app.schema_fp(),
            'table_fps', app.table_fps(), 'columns', app.readable_columns());
        IF p ? 'device' THEN
            answer := answer || jsonb_build_object('seen', app.device_cursor((p ->> 'device')::uuid));
        END IF;
    END IF;
    IF coalesce((p ->> 'sizes')::boolean, false) THEN
        SELECT answer || jsonb_build_object('estimates', e.estimates, 'pages', e.pages,
                                            'share', e.share)
          INTO answer FROM app.estimates() e;
    END IF;
    RETURN answer;
END
$$;

REVOKE ALL ON FUNCTION app.table_fps(), app.device_cursor(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.table_fps(), app.device_cursor(uuid) TO hiretty_client;
