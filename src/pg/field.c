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

/* --- numeric */
enum {
    NUMERIC_HEADER = 8,
    NUMERIC_BASE = 10000,
    NUMERIC_WEIGHT_MAX = 8, /* 10,000⁹ hundredths are more than 64 bits hold */
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xC000,
    NUMERIC_INFINITE = 0xD000,
    NUMERIC_MINUS_INFINITE = 0xF000,
};

typedef struct {
    const guint8 *digits;
    int n, weight; /* of the first digit, in powers of the base */
} Numeric;

/* The digit of a power of the base; 0 where none is written. */
static guint64 digit_at(const Numeric *numeric, int power)
{
    int i = numeric->weight - power;
    return i >= 0 && i < numeric->n ? read_be(numeric->digits + 2 * i, 2) : 0;
}

static bool has_digits_only(const Numeric *numeric)
{
    for (int i = 0; i < numeric->n; i++) {
        if (read_be(numeric->digits + 2 * i, 2) >= NUMERIC_BASE)
            return false;
    }
    return true;
}

/* false: more than 64 bits hold. */
static bool count_hundredths(const Numeric *numeric, int64_t *out)
{
    if (numeric->n > 0 && numeric->weight > NUMERIC_WEIGHT_MAX)
        return false;
    int64_t whole = 0;
    for (int power = numeric->weight; numeric->n > 0 && power >= 0; power--) {
        if (__builtin_mul_overflow(whole, NUMERIC_BASE, &whole) ||
            __builtin_add_overflow(whole, (int64_t)digit_at(numeric, power), &whole))
            return false;
    }
    int64_t parts = (int64_t)digit_at(numeric, -1); /* ten-thousandths */
    return !__builtin_mul_overflow(whole, 100, &whole) &&
           !__builtin_add_overflow(whole, (parts + 50) / 100, out);
}

bool ht_pg_field_centi(const HtPgField *field, int64_t *out, bool *is_nan)
{
    *is_nan = false;
    if (!field->data || field->len < NUMERIC_HEADER)
        return false;
    Numeric numeric = {.digits = field->data + NUMERIC_HEADER,
                       .n = (gint16)read_be(field->data, 2),
                       .weight = (gint16)read_be(field->data + 2, 2)};
    guint64 sign = read_be(field->data + 4, 2);
    if (numeric.n < 0 || field->len != NUMERIC_HEADER + 2 * numeric.n || !has_digits_only(&numeric))
        return false;
    *is_nan = sign == NUMERIC_NAN;
    bool is_infinite = sign == NUMERIC_INFINITE || sign == NUMERIC_MINUS_INFINITE;
    bool is_negative = sign == NUMERIC_NEGATIVE || sign == NUMERIC_MINUS_INFINITE;
    if (*is_nan)
        return true;
    if (sign != 0 && !is_infinite && !is_negative)
        return false;
    int64_t hundredths;
    if (is_infinite || !count_hundredths(&numeric, &hundredths))
        *out = is_negative ? INT64_MIN : INT64_MAX;
    else
        *out = is_negative ? -hundredths : hundredths;
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
