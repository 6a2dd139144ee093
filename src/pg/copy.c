/* COPY … TO STDOUT (FORMAT binary). The stream is read as bytes, not as messages: where tuples
 * begin and end is found by walking them, so a server or a proxy that cuts differently changes
 * nothing, and bytes that make no sense end the connection. */
#include "internal.h"

#include <string.h>

static const guint8 signature[11] = "PGCOPY\n\377\r\n";

typedef struct {
    GByteArray *bytes;
    gsize scanned; /* bytes before this are whole tuples */
    gsize n_rows;  /* that many */
    bool has_header, is_ended, is_broken;
} Stream;

static guint32 get32(const guint8 *p)
{
    guint32 net;
    memcpy(&net, p, sizeof net);
    return GUINT32_FROM_BE(net);
}

static void take_header(Stream *stream)
{
    const gsize fixed = sizeof signature + 8;
    if (stream->bytes->len < fixed)
        return;
    const guint8 *p = stream->bytes->data;
    guint32 flags = get32(p + sizeof signature);
    guint32 extra = get32(p + sizeof signature + 4);
    /* Upper half of the flags: critical. OIDs (bit 16) are nothing that we can read. */
    if (memcmp(p, signature, sizeof signature) != 0 || (flags >> 16) != 0 || extra > 65536) {
        stream->is_broken = true;
        return;
    }
    if (stream->bytes->len - fixed < extra)
        return;
    g_byte_array_remove_range(stream->bytes, 0, (guint)(fixed + extra));
    stream->has_header = true;
}

/* Length of the tuple at `p`; 0: not all there; sets is_ended at the trailer. */
static gsize tuple_length(Stream *stream, const guint8 *p, gsize left)
{
    if (left < 2)
        return 0;
    int n_fields = (gint16)(p[0] << 8 | p[1]);
    if (n_fields == -1) {
        stream->is_ended = true;
        stream->is_broken = left != 2;
        return 0;
    }
    stream->is_broken = n_fields < 0;
    gsize at = 2;
    for (int i = 0; i < n_fields; i++) {
        if (left - at < 4)
            return 0;
        gint32 len = (gint32)get32(p + at);
        at += 4;
        if (len < -1) {
            stream->is_broken = true;
            return 0;
        }
        if (len > 0 && left - at < (gsize)len)
            return 0;
        at += len > 0 ? (gsize)len : 0;
    }
    return stream->is_broken ? 0 : at;
}

static void scan(Stream *stream)
{
    if (!stream->has_header)
        take_header(stream);
    while (stream->has_header && !stream->is_broken && !stream->is_ended) {
        gsize len = tuple_length(stream, stream->bytes->data + stream->scanned,
                                 stream->bytes->len - stream->scanned);
        if (len == 0)
            return;
        stream->scanned += len;
        stream->n_rows++;
    }
}

/* Hands the whole tuples over and keeps the rest. */
static bool emit(Stream *stream, HtPgBlockFunc func, gpointer data, GError **error)
{
    if (stream->scanned == 0)
        return true;
    GByteArray *whole = stream->bytes;
    stream->bytes = g_byte_array_sized_new(whole->len);
    if (whole->len > stream->scanned)
        g_byte_array_append(stream->bytes, whole->data + stream->scanned,
                            whole->len - (guint)stream->scanned);
    g_byte_array_set_size(whole, (guint)stream->scanned);
    gsize n_rows = stream->n_rows;
    stream->scanned = stream->n_rows = 0;
    return func(g_byte_array_free_to_bytes(whole), n_rows, data, error);
}

static bool refuse_bytes(HtPgConnection *pg, GError **error)
{
    pg->is_broken = true;
    ht_pg_error_set(error, HT_PG_ERROR_PROTOCOL, NULL,
                    "%s: the server's rows make no sense (connect again)", pg->label);
    return false;
}

static bool read_rows(HtPgConnection *pg, Stream *stream, gsize block_bytes, HtPgBlockFunc func,
                      gpointer data, GError **error)
{
    for (;;) {
        char *buffer = NULL;
        int n = ht_pg_patience_copy(pg, &buffer);
        if (n == 0) {
            if (!ht_pg_read_more(pg, error))
                return false;
            continue;
        }
        if (n < 0)
            return true; /* the end, or an error that the result tells */
        bool is_too_much = stream->is_ended || (gsize)stream->bytes->len + (gsize)n > G_MAXINT32;
        if (!is_too_much)
            g_byte_array_append(stream->bytes, (const guint8 *)buffer, (guint)n);
        PQfreemem(buffer);
        gsize rows = stream->n_rows;
        scan(stream);
        if (stream->n_rows > rows) /* a row may come in many messages, and claim any length */
            ht_pg_patience_row(pg);
        /* Counted here too: the kernel does not tell of every kind of line how much came. */
        if (!is_too_much && stream->bytes->len - stream->scanned > HT_PG_ANSWER_MAX) {
            pg->is_broken = true;
            ht_pg_error_set_too_large(pg, error);
            return false;
        }
        if (is_too_much || stream->is_broken)
            return refuse_bytes(pg, error);
        if (stream->scanned >= block_bytes && !emit(stream, func, data, error))
            return false;
    }
}

static bool take_row(const PGresult *result, HtPgRowFunc func, gpointer data, GError **error)
{
    int n = PQnfields(result);
    g_autofree HtPgField *fields = g_new0(HtPgField, n + 1);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 0; i < n; i++) {
            if (PQgetisnull(result, row, i))
                fields[i] = (HtPgField){0};
            else
                fields[i] = (HtPgField){.data = (const guint8 *)PQgetvalue(result, row, i),
                                        .len = PQgetlength(result, row, i)};
        }
        if (!func(fields, n, data, error))
            return false;
    }
    return true;
}

/* The result with which the COPY begins, or the error that came instead of it; NULL: *error. */
static PGresult *next_beginning(HtPgConnection *pg, const HtPgCopy *copy, gpointer data,
                                GError **error)
{
    for (;;) {
        PGresult *raw = NULL;
        if (!ht_pg_next_result(pg, &raw, error))
            return NULL;
        g_autoptr(PGresult) result = raw;
        ExecStatusType status = result ? PQresultStatus(result) : PGRES_FATAL_ERROR;
        bool is_before = status == PGRES_COMMAND_OK || (status == PGRES_TUPLES_OK && copy->on_row);
        if (!is_before) {
            if (!result)
                ht_pg_error_from_result(error, pg, NULL);
            return g_steal_pointer(&result);
        }
        if (status == PGRES_TUPLES_OK && !take_row(result, copy->on_row, data, error)) {
            pg->is_broken = true; /* the rows are on their way */
            return NULL;
        }
        ht_pg_patience_row(pg);
    }
}

static bool start_copy(HtPgConnection *pg, const HtPgCopy *copy, gpointer data, GError **error)
{
    if (!ht_pg_check_usable(pg, error))
        return false;
    ht_pg_patience_begin(pg, HT_PG_ANSWER_MAX);
    if (!ht_pg_send_text(pg, copy->sql, error) || !ht_pg_flush(pg, error))
        return false;
    g_autoptr(PGresult) result = next_beginning(pg, copy, data, error);
    if (!result)
        return false;
    if (PQresultStatus(result) == PGRES_COPY_OUT && PQbinaryTuples(result))
        return true;
    if (PQresultStatus(result) != PGRES_FATAL_ERROR) {
        pg->is_broken = true;
        ht_pg_error_set(error, HT_PG_ERROR_FAILED, NULL, "no binary COPY from the server");
        return false;
    }
    ht_pg_error_from_result(error, pg, result);
    ht_pg_drain(pg);
    return false;
}

bool ht_pg_copy_among(HtPgConnection *pg, const HtPgCopy *copy, gpointer data, GError **error)
{
    if (!start_copy(pg, copy, data, error))
        return false;
    Stream stream = {.bytes = g_byte_array_new()};
    bool ok = read_rows(pg, &stream, copy->block_bytes, copy->on_block, data, error);
    PGresult *raw = NULL;
    if (ok)
        ok = ht_pg_next_result(pg, &raw, error);
    else
        pg->is_broken = true; /* reading the rest of a large table to forget it is no use */
    g_autoptr(PGresult) result = raw;
    if (ok && (!result || PQresultStatus(result) != PGRES_COMMAND_OK)) {
        ht_pg_error_from_result(error, pg, result);
        ok = false;
    }
    if (result)
        ht_pg_drain(pg);
    if (ok && (!stream.is_ended || stream.bytes->len != stream.scanned + 2))
        ok = refuse_bytes(pg, error);
    if (ok) {
        ok = emit(&stream, copy->on_block, data, error);
        pg->is_broken |= !ok;
    }
    g_byte_array_unref(stream.bytes);
    return ok;
}

bool ht_pg_copy_out(HtPgConnection *pg, const char *sql, gsize block_bytes, HtPgBlockFunc func,
                    gpointer data, GError **error)
{
    HtPgCopy copy = {.sql = sql, .block_bytes = block_bytes, .on_block = func};
    return ht_pg_copy_among(pg, &copy, data, error);
}
