/* Statements on a connection that never blocks inside libpq. Ids travel as a binary uuid[], so that
 * thousands of keys cost 20 bytes each and no quoting. */
#include "hiretty/pg/query.h"

#include "internal.h"

#include <string.h>

#define OID_UUID 2950
#define OID_UUID_ARRAY 2951

struct HtPgRows {
    PGresult *result;
};

bool ht_pg_check_usable(HtPgConnection *pg, GError **error)
{
    if (ht_pg_is_usable(pg))
        return true;
    ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL, "%s: the connection was cut", pg->label);
    return false;
}

/* The same question would bring the same answer: connecting again mends nothing. */
void ht_pg_error_set_too_large(HtPgConnection *pg, GError **error)
{
    ht_pg_error_set(error, HT_PG_ERROR_LARGE, NULL,
                    "%s: one message or row of the answer is larger than %" G_GSIZE_FORMAT " MiB",
                    pg->label, pg->answer_limit >> 20);
}

/* Takes in what has come. */
static bool take_in(HtPgConnection *pg, GError **error)
{
    if (ht_pg_patience_consume(pg))
        return true;
    if (pg->answer_bytes > pg->answer_limit)
        ht_pg_error_set_too_large(pg, error);
    else
        ht_pg_error_from_result(error, pg, NULL);
    return false;
}

bool ht_pg_read_more(HtPgConnection *pg, GError **error)
{
    return ht_pg_patience_wait(pg, G_IO_IN, error) && take_in(pg, error);
}

/* libpq reads as well where it cannot send: here that is for whoever waits. */
static int flush(HtPgConnection *pg)
{
    ht_pg_intake_begin(0);
    int left = PQflush(pg->conn);
    ht_pg_intake_end();
    return left;
}

bool ht_pg_flush_taking(HtPgConnection *pg, HtPgTakeFunc take, gpointer data, GError **error)
{
    for (;;) {
        GError **unless_set = error && *error ? NULL : error;
        int left = flush(pg);
        if (left == 0) {
            ht_pg_patience_sent(pg);
            return true;
        }
        if (left < 0) {
            /* The server may have said why before it closed. */
            if (ht_pg_patience_consume(pg) && PQstatus(pg->conn) == CONNECTION_OK)
                return true;
            ht_pg_error_from_result(unless_set, pg, NULL);
            return false;
        }
        if (!ht_pg_patience_wait(pg, G_IO_IN | G_IO_OUT, unless_set) || !take_in(pg, unless_set) ||
            (take && !take(data)))
            return false;
    }
}

bool ht_pg_flush(HtPgConnection *pg, GError **error)
{
    return ht_pg_flush_taking(pg, NULL, NULL, error);
}

bool ht_pg_next_result(HtPgConnection *pg, PGresult **result, GError **error)
{
    *result = NULL;
    while (ht_pg_patience_busy(pg)) {
        if (!ht_pg_patience_wait(pg, G_IO_IN, error))
            return false;
        if (ht_pg_patience_consume(pg))
            continue;
        if (pg->answer_bytes > pg->answer_limit) {
            ht_pg_error_set_too_large(pg, error);
            return false;
        }
        break; /* a cut line still has a result: the server's last words, or libpq's */
    }
    *result = PQgetResult(pg->conn);
    return true;
}

void ht_pg_drain(HtPgConnection *pg)
{
    while (ht_pg_is_usable(pg)) {
        PGresult *result = NULL;
        if (!ht_pg_next_result(pg, &result, NULL) || !result)
            return;
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH)
            pg->is_broken = true;
    }
}

/* uuid[] in binary: dimensions, has-null flag, element type, length, lower bound, elements. */
static void append_int32(GByteArray *out, guint32 value)
{
    guint32 net = GUINT32_TO_BE(value);
    g_byte_array_append(out, (const guint8 *)&net, sizeof net);
}

static GByteArray *encode_ids(const HtUuid *ids, gsize n)
{
    GByteArray *out = g_byte_array_sized_new((guint)(20 + n * 20));
    append_int32(out, n > 0 ? 1 : 0);
    append_int32(out, 0);
    append_int32(out, OID_UUID);
    if (n > 0) {
        append_int32(out, (guint32)n);
        append_int32(out, 1);
    }
    for (gsize i = 0; i < n; i++) {
        append_int32(out, sizeof ids[i].b);
        g_byte_array_append(out, ids[i].b, sizeof ids[i].b);
    }
    return out;
}

/* Parameters as libpq wants them. */
typedef struct {
    Oid *types;
    const char **values;
    int *lengths, *formats;
    GPtrArray *arrays; /* GByteArray: encoded ids */
} Encoded;

static void encoded_clear(Encoded *encoded)
{
    g_free(encoded->types);
    g_free(encoded->values);
    g_free(encoded->lengths);
    g_free(encoded->formats);
    g_ptr_array_unref(encoded->arrays);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Encoded, encoded_clear)

static void encode(Encoded *to, const HtPgParam *params, int n)
{
    to->types = g_new0(Oid, n + 1);
    to->values = g_new0(const char *, n + 1);
    to->lengths = g_new0(int, n + 1);
    to->formats = g_new0(int, n + 1);
    to->arrays = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    for (int i = 0; i < n; i++) {
        to->values[i] = params[i].text;
        if (!params[i].ids)
            continue;
        GByteArray *array = encode_ids(params[i].ids, params[i].n_ids);
        g_ptr_array_add(to->arrays, array);
        to->types[i] = OID_UUID_ARRAY;
        to->values[i] = (const char *)array->data;
        to->lengths[i] = (int)array->len;
        to->formats[i] = 1;
    }
}

bool ht_pg_send(HtPgConnection *pg, const char *sql, const HtPgParam *params, int n_params,
                GError **error)
{
    g_auto(Encoded) sent = {0};
    encode(&sent, params, n_params);
    ht_pg_intake_begin(0);
    int ok = PQsendQueryParams(pg->conn, sql, n_params, sent.types, sent.values, sent.lengths,
                               sent.formats, 1);
    ht_pg_intake_end();
    if (ok)
        return true;
    ht_pg_error_from_result(error, pg, NULL);
    return false;
}

bool ht_pg_send_kept(HtPgConnection *pg, const char *name, const HtPgParam *params, int n_params,
                     GError **error)
{
    g_auto(Encoded) sent = {0};
    encode(&sent, params, n_params);
    ht_pg_intake_begin(0);
    int ok =
        PQsendQueryPrepared(pg->conn, name, n_params, sent.values, sent.lengths, sent.formats, 1);
    ht_pg_intake_end();
    if (ok)
        return true;
    ht_pg_error_from_result(error, pg, NULL);
    return false;
}

bool ht_pg_send_text(HtPgConnection *pg, const char *sql, GError **error)
{
    ht_pg_intake_begin(0);
    int ok = PQsendQuery(pg->conn, sql);
    ht_pg_intake_end();
    if (!ok)
        ht_pg_error_from_result(error, pg, NULL);
    return ok;
}

/* Collects the results of what was sent: the first error, else the last rows. */
static PGresult *collect(HtPgConnection *pg, GError **error)
{
    g_autoptr(PGresult) kept = NULL;
    g_autoptr(GError) problem = NULL;
    for (;;) {
        PGresult *result = NULL;
        if (!ht_pg_next_result(pg, &result, problem ? NULL : &problem)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        if (!result)
            break;
        ExecStatusType status = PQresultStatus(result);
        g_autoptr(PGresult) owned = result;
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
            status == PGRES_EMPTY_QUERY) {
            g_clear_pointer(&kept, PQclear);
            kept = g_steal_pointer(&owned);
        } else if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN ||
                   status == PGRES_COPY_BOTH) {
            pg->is_broken = true;
            ht_pg_error_set(error, HT_PG_ERROR_FAILED, NULL, "a COPY where rows were expected");
            return NULL;
        } else if (!problem) {
            ht_pg_error_from_result(&problem, pg, result);
        }
    }
    if (problem) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    if (!kept)
        ht_pg_error_from_result(error, pg, NULL);
    return g_steal_pointer(&kept);
}

HtPgRows *ht_pg_query(HtPgConnection *pg, const char *sql, const HtPgParam *params, int n_params,
                      GError **error)
{
    if (!ht_pg_check_usable(pg, error))
        return NULL;
    ht_pg_patience_begin(pg, HT_PG_ANSWER_MAX);
    if (!ht_pg_send(pg, sql, params, n_params, error) || !ht_pg_flush(pg, error))
        return NULL;
    PGresult *result = collect(pg, error);
    if (!result)
        return NULL;
    HtPgRows *rows = g_new0(HtPgRows, 1);
    rows->result = result;
    return rows;
}

bool ht_pg_run(HtPgConnection *pg, const char *sql, GError **error)
{
    if (!ht_pg_check_usable(pg, error))
        return false;
    ht_pg_patience_begin(pg, HT_PG_ANSWER_MAX);
    if (!ht_pg_send_text(pg, sql, error) || !ht_pg_flush(pg, error))
        return false;
    g_autoptr(PGresult) result = collect(pg, error);
    return result != NULL;
}

void ht_pg_rows_free(HtPgRows *rows)
{
    if (!rows)
        return;
    PQclear(rows->result);
    g_free(rows);
}

int ht_pg_rows_count(const HtPgRows *rows)
{
    return PQntuples(rows->result);
}

int ht_pg_rows_columns(const HtPgRows *rows)
{
    return PQnfields(rows->result);
}

HtPgField ht_pg_rows_field(const HtPgRows *rows, int row, int column)
{
    HtPgField field = {0};
    if (row < 0 || row >= PQntuples(rows->result) || column < 0 ||
        column >= PQnfields(rows->result) || PQgetisnull(rows->result, row, column))
        return field;
    field.data = (const guint8 *)PQgetvalue(rows->result, row, column);
    field.len = PQgetlength(rows->result, row, column);
    return field;
}
