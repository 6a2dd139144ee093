"""The rules of the sync, each broken on purpose. name: (the rule, [(file, text, text instead)]). A text stands in its file exactly
once: test_mutations.py sees to it."""

# The second net under the device's lock and ledger: with it, a decision that is sent again is known by its id.
REPLAY = ("sql/server/migrations/055_decision_costs.sql", "                  CASE WHEN k.match_id = o.match AND k.decision = o.decision\n"
          "                      AND k.decided_by = author THEN 'replay' ELSE 'duplicate' END", "'duplicate'")

MUTATIONS = {
    "poll-updated-at": ("keys come from the feed by transactions, not from updated_at by time", [
        ("sql/sync/feed.sql", "WHERE f.xid >= (SELECT $1::xid8) AND f.xid <= '18446744073709551615' AND NOT pg_visible_in_snapshot(f.xid, $2::pg_snapshot)\n",
         "WHERE f.xid >= pg_snapshot_xmin($2::pg_snapshot) AND NOT pg_visible_in_snapshot(f.xid, $2::pg_snapshot) AND f.tbl <> ALL ('{7,9,11}')\n"
         "UNION SELECT 11, c.id FROM candidates c WHERE c.updated_at > to_timestamp($1::bigint / 1e6) - interval '1 second'\n"
         "UNION SELECT 7, c.id FROM job_stages c WHERE c.updated_at > to_timestamp($1::bigint / 1e6) - interval '1 second'\n"
         "UNION SELECT 9, c.id FROM job_requirements c WHERE c.updated_at > to_timestamp($1::bigint / 1e6) - interval '1 second'\n"),
        ("src/sync/puller.c", "g_autofree char *oldest = g_strdup_printf(\"%\" G_GUINT64_FORMAT, xmin);",
         "g_autofree char *oldest = ht_cache_meta(pull->sync->cache, HT_META_LAST_SYNC);"),
    ]),
    "no-in-progress-list": ("a transaction that was in progress at the last pull is not behind the cursor", [
        ("sql/sync/feed.sql", "WHERE f.xid >= (SELECT $1::xid8) AND f.xid <= '18446744073709551615' AND NOT pg_visible_in_snapshot(f.xid, $2::pg_snapshot)",
         "WHERE $1::xid8 IS NOT NULL AND f.xid >= pg_snapshot_xmax($2::pg_snapshot)"),
    ]),
    "cursor-first": ("the cursor is committed with the last rows, not before them", [
        ("src/sync/puller.c", "bool ht_sync_pull(HtSync *sync, bool with_columns,",
         "static bool write_early(HtApply *apply, gpointer data, GError **error)\n{\n    return write_notes(data, apply, error);\n}\n\n"
         "bool ht_sync_pull(HtSync *sync, bool with_columns,"),
        ("src/sync/puller.c", "    adopt_hello(pull);\n    if (!choose_reloads",
         "    adopt_hello(pull);\n    if (!ht_cache_apply(sync->cache, write_early, pull, error))\n        return false;\n    if (!choose_reloads"),
    ]),
    "one-snapshot": ("all statements of a pull see one snapshot", [
        ("sql/sync/begin.sql", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"),
    ]),
    "load-ends-at-now": ("after a first load the feed is read from the snapshot before it", [
        ("src/sync/load.c", "    g_free(sync->cursor);\n    sync->cursor = g_strdup(load.snapshot);",
         "    g_free(load.snapshot);\n    g_autoptr(HtPgRows) now = ht_pg_query(sync->pg, \"SELECT pg_current_snapshot()::text\", NULL, 0, NULL);\n"
         "    HtPgField field = ht_pg_rows_field(now, 0, 0);\n    load.snapshot = ht_pg_field_dup_text(&field);\n"
         "    g_free(sync->cursor);\n    sync->cursor = g_strdup(load.snapshot);"),
    ]),
    "old-details": ("the details of an application come again when they changed", [
        ("sql/server/migrations/050_wide_since.sql", "OR NEW.match_details IS DISTINCT FROM OLD.match_details THEN", "THEN"),
    ]),
    "no-device-lock": ("a batch that is sent again waits for its first attempt; ops of a batch are not known one by one", [
        ("sql/server/migrations/038_push_cost.sql", "AND d.device_id = device_lock.device\n       FOR UPDATE;", "AND d.device_id = device_lock.device;"),
        REPLAY,
    ]),
    "no-ledger": ("a batch that was answered is not done again; ops of a batch are not known one by one", [
        ("sql/server/migrations/038_push_cost.sql", "RETURN CASE WHEN found_hash = hash THEN found_outcomes END;", "RETURN NULL;"),
        REPLAY,
    ]),
    "no-batch-border": ("what may have left is not taken for unsent: a batch stands on the disk until it is answered", [
        ("src/outbox/push.c", "    if (!batch.id || !batch.outcomes)\n        return true;\n",
         "    if (batch.id && !batch.outcomes)\n        return ht_db_begin(outbox->db, true, error) && ht_outbox_run(outbox->db, HT_OUTBOX_QUERY(\"batch_release\"), batch.id, error) &&\n"
         "               ht_outbox_run(outbox->db, HT_OUTBOX_QUERY(\"batch_delete\"), batch.id, error) && ht_db_commit(outbox->db, error);\n"
         "    if (!batch.id)\n        return true;\n"),
    ]),
    "no-scope-fingerprint": ("visibility that changes without the row is noticed", [
        ("src/sync/hello.c", "if (!differs(known, scope->name, scope->fingerprint))", "if (known || scope)"),
    ]),
    "no-schema-fingerprint": ("a schema that changes without a row is noticed", [
        ("src/sync/hello.c", "    plan->digests = compare_shapes(old, hello);\n", "    plan->digests = hello->table_fps ? 0 : compare_shapes(old, hello);\n"),
    ]),
    "no-purge": ("an ended membership leaves nothing here", [
        ("src/sync/session.c", "if (!ht_cache_purge(sync->cache, HT_PURGE_LOCK, why, &problem))", "if (!ht_cache_set_lock(sync->cache, why, &problem))"),
    ]),
    "role-keeps-columns": ("a role that changes purges and loads anew", [
        ("src/sync/hello.c", "if (differs(old, \"role\", hello->role))", "if (!old)"),
        ("src/sync/hello.c", "    if (lost) {\n", "    if (lost && is_other_schema) {\n"),
    ]),
    "skip-by-some-columns": ("a row is unchanged when all its columns are", [
        ("src/cache/difference.c", "step == HT_STEP_ROW && i < difference->names->len; i++)", "step == HT_STEP_ROW && i < (difference->names->len + 1) / 2; i++)"),
    ]),
    "acked-before-rows": ("what is acknowledged is committed with the rows that it speaks of", [
        ("src/outbox/push.c", "static bool settle_cache(HtApply *apply, gpointer data, GError **error)\n{\n    Settle *settle = data;\n",
         "static bool settle_first(HtApply *apply, gpointer data, GError **error)\n{\n    Settle *settle = data;\n"
         "    int64_t first = MAX(ht_shown_acked(apply), settle->batch->last_seq);\n    return ht_apply_meta_set_int(apply, \"acked_seq\", first, error) &&\n"
         "           ht_apply_meta_set_int(apply, \"acked_batch\", settle->batch->id, error);\n}\n\n"
         "static bool settle_cache(HtApply *apply, gpointer data, GError **error)\n{\n    Settle *settle = data;\n"),
        ("src/outbox/push.c", "if (!ht_store_apply(store, settle_cache, &settle, error))",
         "if (!ht_store_apply(store, settle_first, &settle, error) || !ht_store_apply(store, settle_cache, &settle, error))"),
    ]),
    "answer-not-applied": ("what was acknowledged is in the base rows before the next pull", [
        ("src/outbox/push.c", "if (!apply_outcome(apply, e, error))", "if (!e && !apply_outcome(apply, e, error))"),
    ]),
    "floor-ignored": ("a cursor below the feed's floor means a resync", [
        ("src/sync/hello.c", "if (xmin < hello->floor)", "if (!hello->floor && xmin < hello->floor)"),
    ]),
    "reload-keeps-gone": ("a table that is loaded again loses what is not there any more", [
        ("src/sync/puller.c", "if (table->kept && !compare_ids(", "if (table->kept && !pull->reload && !compare_ids("),
    ]),
    "deletes-ignored": ("a key without a row deletes it here", [
        ("src/sync/puller.c", "        g_array_append_val(table->gone, id);\n        return true;", "        return true;"),
    ]),
    "wrong-column": ("each value goes into its own column", [
        ("src/sync/columns.c", "    HtSyncSelect *select = g_new0(HtSyncSelect, 1);\n",
         "    if (strcmp(table->name, \"candidates\") == 0 && n > 4) {\n        int swapped = chosen[3];\n        chosen[3] = chosen[4];\n        chosen[4] = swapped;\n    }\n"
         "    HtSyncSelect *select = g_new0(HtSyncSelect, 1);\n"),
    ]),
    "truncate-unheard": ("TRUNCATE says that the table is to be loaded again", [
        ("sql/server/migrations/014_feed.sql", "SELECT t.id, TG_ARGV[0]::smallint, NULL FROM public.tenants t;", "SELECT t.id, TG_ARGV[0]::smallint, NULL FROM public.tenants t WHERE TG_OP <> 'TRUNCATE';"),
    ]),
}

# Rules of files and lines, and the test that finds each broken: (rule, changes, test).
FAULTS = {
    "hidden-unheard": ("who came into sight or left it by a consent is asked for by key", [
        ("src/sync/hidden.c", "ht_sync_ids_difference(before->ids[i], ",
         "ht_sync_ids_difference(after->ids[i], "),
    ], "sync.test_pull"),
    "ops-not-synced": ("an op is on the disk before it is shown", [
        ("src/cache/db.c", 'flags & HT_DB_FULL ? "FULL" : "NORMAL"', 'flags & HT_DB_FULL ? "NORMAL" : "OFF"'),
    ], "faults.test_order_of_syncs"),
    "rename-before-sync": ("a private file is on the disk before it has its name", [
        ("src/base/paths.c", "    return fsync(fd) == 0;", "    return fd >= 0;"),
    ], "faults.test_order_of_syncs"),
    "link-not-synced": ("a new link is on the disk before the old generation goes", [
        ("src/cache/files.c", "        return io_error(error, link);\n    return sync_path(dir, O_RDONLY | O_DIRECTORY, error);", "        return io_error(error, link);\n    return true;"),
    ], "faults.test_order_of_syncs"),
    "links-followed": ("what lies where a file of ours should be is no link to somebody's file", [
        ("src/base/paths.c", "(flags & ~O_TRUNC) | O_NOFOLLOW | O_CLOEXEC", "(flags & ~O_TRUNC) | O_CLOEXEC"),
        ("src/cache/vfs.c", "flags | O_NOFOLLOW | O_CLOEXEC", "flags | O_CLOEXEC"),
    ], "security.test_files"),
    "no-proof-at-open": ("a file is proven before it is used", [
        ("src/cache/cache.c", " || !ht_db_prove(db, error)", ""),
    ], "faults.test_damaged_files"),
    "suspicion-forgotten": ("damage that was met once is looked for at the next open", [
        ("src/cache/db.c", "        ht_file_save_private(db->suspect, \"1\\n\", -1, NULL);", "        g_assert_nonnull(db->suspect);"),
    ], "faults.test_damaged_files"),
    "no-deadline": ("a server that says nothing is given up in time", [
        ("src/pg/connection.c", "(options->silence_ms > 0 ? options->silence_ms : DEFAULT_SILENCE_MS) * 1000", "(options->silence_ms > 0 ? 40000 : DEFAULT_SILENCE_MS) * 1000"),
    ], "faults.test_cut_lines"),
    "any-byte-is-progress": ("a line that lets a byte through now and then is given up in time", [
        ("src/pg/patience.c", "#define LEAST_BYTES 512", "#define LEAST_BYTES 1"),
    ], "faults.test_cut_lines"),
}
