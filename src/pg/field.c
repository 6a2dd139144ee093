/* Bytes to values. Lengths come from outside: each is checked against the type and the end of the
 * block before a byte is read. */
#include "hiretty/pg/field.h"

#include <string.h>

/* 2000-01-01 in µs since 1970-01-01. */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

static guint64 read_be(const guint8 *p, int n)
{
    guint64 value = 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | p[i];
    return value;
}

bool ht_pg_field_uuid(const HtPgField *field, HtUuid *out)
{
    if (!field->data || field->len != (gint32)sizeof out->b)
        return false;
    memcpy(out->b, field->data, sizeof out->b);
    return true;
}

bool ht_pg_field_int(const HtPgField *field, int64_t *out)
{
    if (!field->data)
        return false;
    switch (field->len) {
    case 2:
        *out = (gint16)read_be(field->data, 2);
        return true;
    case 4:
        *out = (gint32)read_be(field->data, 4);
        return true;
    case 8:
        *out = (int64_t)read_be(field->data, 8);
        return true;
    default:
        return false;
    }
}

bool ht_pg_field_real(const HtPgField *field, double *out)
{
    if (!field->data)
        return false;
    if (field->len == 4) {
        guint32 bits = (guint32)read_be(field->data, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        *out = (double)value;
        return true;
    }
    if (field->len != 8)
        return false;
    guint64 bits = read_be(field->data, 8);
    memcpy(out, &bits, sizeof bits);
    return true;
}

bool ht_pg_field_bool(const HtPgField *field, bool *out)
{
    if (!field->data || field->len != 1)
        return false;
    *out = field->data[0] != 0;
    return true;
}

bool ht_pg_field_time(const HtPgField *field, int64_t *out_us)
{
    if (!field->data || field->len != 8)
        return false;
    int64_t since_2000 = (int64_t)read_be(field->data, 8);
    if (since_2000 == INT64_MAX || since_2000 == INT64_MIN)
        *out_us = since_2000;
    else if (__builtin_add_overflow(since_2000, POSTGRES_EPOCH_US, out_us))
        *out_us = INT64_MAX;
    return true;
}

const char *ht_pg_field_text(const HtPgField *field, gsize *len)
{
    *len = field->data && field->len > 0 ? (gsize)field->len : 0;
    return (const char *)field->data;
}

const char *ht_pg_field_jsonb(const HtPgField *field, gsize *len)
{
    *len = 0;
    if (!field->data || field->len < 1 || field->data[0] != 1)
        return NULL;
    *len = (gsize)field->len - 1;
    return (const char *)field->data + 1;
}

char *ht_pg_field_dup_text(const HtPgField *field)
{
    gsize len;
    const char *text = ht_pg_field_text(field, &len);
    return text ? g_strndup(text, len) : NULL;
}

void ht_pg_tuples_init(HtPgTuples *tuples, const guint8 *data, gsize len)
{
    tuples->at = data;
    tuples->end = len > 0 ? data + len : data; /* an empty block may have no address */
    tuples->broken = false;
}

bool ht_pg_tuples_next(HtPgTuples *tuples, HtPgField *fields, int n_fields)
{
    if (tuples->broken || tuples->at == tuples->end)
        return false;
    tuples->broken = true;
    const guint8 *p = tuples->at;
    if (tuples->end - p < 2 || (gint16)read_be(p, 2) != n_fields)
        return false;
    p += 2;
    for (int i = 0; i < n_fields; i++) {
        if (tuples->end - p < 4)
            return false;
        gint32 len = (gint32)read_be(p, 4);
        p += 4;
        if (len < -1 || (len > 0 && tuples->end - p < len))
            return false;
        fields[i].data = len < 0 ? NULL : p;
        fields[i].len = MAX(len, 0);
        p += fields[i].len;
    }
    tuples->at = p;
    tuples->broken = false;
    return true;
}
