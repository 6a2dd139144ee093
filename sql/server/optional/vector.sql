-- Search by meaning on the server, where pgvector is. Runs at every `db apply`, changes nothing the
-- second time, and is content when the extension is not there (0A000) or this login may not make it
-- (42501): real[] stays the truth, and clients rank by it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'vector') THEN
        BEGIN
            CREATE EXTENSION vector SCHEMA public;
        EXCEPTION
            WHEN feature_not_supported OR insufficient_privilege OR undefined_file THEN
                RAISE NOTICE 'search by meaning without pgvector: %', SQLERRM;
                RETURN;
        END;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_attribute
               WHERE attrelid = 'public.embeddings'::regclass AND attname = 've' AND NOT attisdropped) THEN
        RETURN;
    END IF;
    SET LOCAL ROLE hiretty_owner;
    EXECUTE 'ALTER TABLE public.embeddings ADD COLUMN ve vector(1536) GENERATED ALWAYS AS '
        '(CASE WHEN dims = 1536 THEN embedding::vector(1536) END) STORED';
    -- A query with a tenant's filter must SET hnsw.iterative_scan = relaxed_order, or it gets short pages.
    EXECUTE 'CREATE INDEX embeddings_ve_idx ON public.embeddings USING hnsw (ve vector_cosine_ops)';
    PERFORM app.make_touch('public.embeddings');
    RESET ROLE;
END
$$;
