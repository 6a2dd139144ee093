-- Who says that a device was here does not wait for somebody who holds its row: a pull needs nothing of
-- it. What is not told now is told a minute later.
SET LOCAL ROLE hiretty_owner;

CREATE OR REPLACE FUNCTION app.device_seen(device uuid, host text, cursor text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    my_tenant uuid := app.my_tenant();
    my_member uuid := app.my_member();
BEGIN
    IF my_tenant IS NULL OR device_seen.device IS NULL THEN
        RAISE EXCEPTION 'no active membership' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM public.client_devices d
      WHERE d.tenant_id = my_tenant AND d.member_id = my_member
          AND d.device_id = device_seen.device FOR NO KEY UPDATE NOWAIT;
    INSERT INTO public.client_devices AS d (tenant_id, member_id, device_id, host_label, watermark)
    VALUES (my_tenant, my_member, device_seen.device, left(device_seen.host, 200),
        left(device_seen.cursor, 100000))
    ON CONFLICT ON CONSTRAINT client_devices_tenant_id_member_id_device_id_key
    DO UPDATE SET host_label = excluded.host_label, watermark = excluded.watermark,
        last_seen = now();
END
$$;
