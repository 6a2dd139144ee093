/* Decoders of PostgreSQL's binary row format: pure functions over bytes, never reading past their
 * end. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "hiretty/base/ident.h"

/* One value as it came: `data` NULL is SQL's NULL. Borrowed. */
typedef struct {
    const guint8 *data;
    gint32 len;
} HtPgField;

static inline bool ht_pg_field_is_null(const HtPgField *field)
{
    return !field->data;
}

/* false if the field is NULL or has another length than its type; *out is then unchanged. */
bool ht_pg_field_uuid(const HtPgField *field, HtUuid *out);
bool ht_pg_field_int(const HtPgField *field, int64_t *out); /* int2, int4, int8, oid, xid8 */
bool ht_pg_field_real(const HtPgField *field, double *out); /* float4, float8 */
bool ht_pg_field_bool(const HtPgField *field, bool *out);
/* timestamptz: µs since the Unix epoch; ±infinity is INT64_MAX and INT64_MIN. */
bool ht_pg_field_time(const HtPgField *field, int64_t *out_us);
/* numeric in hundredths, rounded half away from zero as the server's round() does; beyond 64 bits
 * it is the last one. NaN is no amount: *is_nan, and *out is unchanged. The format is
 * numeric_send's (src/backend/utils/adt/numeric.c): count, weight, sign, scale, and that many
 * digits of base 10,000. */
bool ht_pg_field_centi(const HtPgField *field, int64_t *out, bool *is_nan);
/* text, varchar, json: bytes without a NUL behind them, not sanitised. NULL for NULL. */
const char *ht_pg_field_text(const HtPgField *field, gsize *len);
/* jsonb in binary: its text after the version byte; NULL if it is not version 1. */
const char *ht_pg_field_jsonb(const HtPgField *field, gsize *len);
/* A copy with a NUL behind it, NULL for NULL. Caller frees. */
char *ht_pg_field_dup_text(const HtPgField *field);

/* Walks a block of tuples as ht_pg_copy_out gives them. */
typedef struct {
    const guint8 *at, *end;
    bool broken; /* set when the bytes are no whole tuples */
} HtPgTuples;

void ht_pg_tuples_init(HtPgTuples *tuples, const guint8 *data, gsize len);
/* Fills `fields` (room for `n_fields`) and moves on. false at the end, and when `broken` was set:
 * another number of fields counts as broken. */
bool ht_pg_tuples_next(HtPgTuples *tuples, HtPgField *fields, int n_fields);
