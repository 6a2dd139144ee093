/* Decoders of binary rows, byte by byte, and with bytes that lie. */
#include "hiretty/pg/field.h"

#include <math.h>
#include <string.h>

#define FIELD(bytes)                                                                               \
    {                                                                                              \
        (const guint8 *)(bytes), sizeof(bytes) - 1                                                 \
    }

static void test_ints(void)
{
    HtPgField two = FIELD("\xff\xfe"), four = FIELD("\x00\x01\x00\x00"),
              eight = FIELD("\x80\x00\x00\x00\x00\x00\x00\x00"), three = FIELD("abc"), none = {0};
    int64_t value = 77;
    g_assert_true(ht_pg_field_int(&two, &value));
    g_assert_cmpint(value, ==, -2);
    g_assert_true(ht_pg_field_int(&four, &value));
    g_assert_cmpint(value, ==, 65536);
    g_assert_true(ht_pg_field_int(&eight, &value));
    g_assert_cmpint(value, ==, INT64_MIN);
    value = 77;
    g_assert_false(ht_pg_field_int(&three, &value));
    g_assert_false(ht_pg_field_int(&none, &value));
    g_assert_cmpint(value, ==, 77);
}

static void test_times(void)
{
    HtPgField zero = FIELD("\x00\x00\x00\x00\x00\x00\x00\x00"),
              before = FIELD("\xff\xff\xff\xff\xff\xff\xff\xff"),
              late = FIELD("\x7f\xff\xff\xff\xff\xff\xff\xff"),
              early = FIELD("\x80\x00\x00\x00\x00\x00\x00\x00"), small = FIELD("1234");
    int64_t us = 0;
    g_assert_true(ht_pg_field_time(&zero, &us));
    g_assert_cmpint(us, ==, INT64_C(946684800000000));
    g_assert_true(ht_pg_field_time(&before, &us));
    g_assert_cmpint(us, ==, INT64_C(946684799999999));
    g_assert_true(ht_pg_field_time(&late, &us));
    g_assert_cmpint(us, ==, INT64_MAX);
    g_assert_true(ht_pg_field_time(&early, &us));
    g_assert_cmpint(us, ==, INT64_MIN);
    g_assert_false(ht_pg_field_time(&small, &us));
}

/* What psql shows of numeric_send() for the amount in the last column. */
static void test_hundredths(void)
{
    static const struct {
        HtPgField field;
        int64_t centi;
    } amounts[] = {
        {FIELD("\0\0\0\0\0\0\0\0"), 0},                     /* 0 */
        {FIELD("\0\2\0\0\0\0\0\2\0\x5d\x1d\x4c"), 9375},    /* 93.75 */
        {FIELD("\0\2\0\0\x40\0\0\2\0\x5d\x1d\x4c"), -9375}, /* -93.75 */
        {FIELD("\0\1\0\1\0\0\0\0\0\x0c"), 12000000},        /* 120000 */
        {FIELD("\0\1\xff\xff\0\0\0\2\0\x64"), 1},           /* 0.01 */
        {FIELD("\0\1\xff\xff\0\0\0\4\0\x32"), 1},           /* 0.0050 */
        {FIELD("\0\1\xff\xff\0\0\0\4\0\x31"), 0},           /* 0.0049 */
        {FIELD("\0\1\xff\xff\x40\0\0\4\0\x32"), -1},        /* -0.0050 */
        {FIELD("\0\1\xff\xfe\0\0\0\6\x27\x0f"), 0},         /* 0.00009999 */
        {FIELD("\0\1\0\x09\0\0\0\0\0\1"), INT64_MAX},       /* 1e36 */
        {FIELD("\0\1\x7f\xff\x40\0\0\0\0\1"), INT64_MIN},   /* -1e131068 */
        {FIELD("\0\0\0\0\xd0\0\0\0"), INT64_MAX},           /* Infinity */
        {FIELD("\0\0\0\0\xf0\0\0\0"), INT64_MIN},           /* -Infinity */
    };
    static const HtPgField wrong[] = {
        FIELD(""),
        FIELD("\0\0\0\0\0\0\0"),           /* cut */
        FIELD("\0\1\0\0\0\0\0\0"),         /* a digit is missing */
        FIELD("\0\0\0\0\0\0\0\0\0\1"),     /* one too many */
        FIELD("\xff\xff\0\0\0\0\0\0"),     /* fewer than none */
        FIELD("\0\1\0\0\0\0\0\0\x27\x10"), /* 10,000 is no digit */
        FIELD("\0\0\0\0\x12\x34\0\0"),     /* no sign */
    };
    int64_t centi;
    bool is_nan;
    for (gsize i = 0; i < G_N_ELEMENTS(amounts); i++) {
        centi = 77;
        g_assert_true(ht_pg_field_centi(&amounts[i].field, &centi, &is_nan));
        g_assert_false(is_nan);
        g_assert_cmpint(centi, ==, amounts[i].centi);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(ht_pg_field_centi(&wrong[i], &centi, &is_nan));
    HtPgField nan = FIELD("\0\0\0\0\xc0\0\0\0"), null = {NULL, 0};
    g_assert_true(ht_pg_field_centi(&nan, &centi, &is_nan) && is_nan);
    g_assert_false(ht_pg_field_centi(&null, &centi, &is_nan));
}

static void test_others(void)
{
    HtPgField real8 = FIELD("\x3f\xf8\x00\x00\x00\x00\x00\x00"), real4 = FIELD("\xbf\x80\x00\x00"),
              yes = FIELD("\x01"), no = FIELD("\x00"), json = FIELD("\x01{}"),
              json2 = FIELD("\x02{}"), empty = FIELD("");
    double real = 0;
    bool flag = false;
    gsize len = 9;
    g_assert_true(ht_pg_field_real(&real8, &real));
    g_assert_cmpfloat(real, ==, 1.5);
    g_assert_true(ht_pg_field_real(&real4, &real));
    g_assert_cmpfloat(real, ==, -1.0);
    g_assert_true(ht_pg_field_bool(&yes, &flag));
    g_assert_true(flag);
    g_assert_true(ht_pg_field_bool(&no, &flag));
    g_assert_false(flag);
    g_assert_cmpmem(ht_pg_field_jsonb(&json, &len), 2, "{}", 2);
    g_assert_cmpint(len, ==, 2);
    g_assert_null(ht_pg_field_jsonb(&json2, &len));
    g_assert_null(ht_pg_field_jsonb(&empty, &len));
    g_autofree char *copy = ht_pg_field_dup_text(&empty);
    g_assert_cmpstr(copy, ==, "");
    HtPgField none = {0};
    g_assert_null(ht_pg_field_dup_text(&none));
    g_assert_true(ht_pg_field_is_null(&none));
}

static void test_uuid(void)
{
    HtPgField id = FIELD("0123456789abcdef"), small = FIELD("0123456789abcde");
    HtUuid out;
    g_assert_true(ht_pg_field_uuid(&id, &out));
    g_assert_cmpmem(out.b, 16, "0123456789abcdef", 16);
    g_assert_false(ht_pg_field_uuid(&small, &out));
}

static const char two_rows[] = "\x00\x02"
                               "\x00\x00\x00\x01x"
                               "\xff\xff\xff\xff"
                               "\x00\x02"
                               "\x00\x00\x00\x00"
                               "\x00\x00\x00\x02yz";

static void test_tuples(void)
{
    HtPgTuples tuples;
    HtPgField fields[2];
    ht_pg_tuples_init(&tuples, NULL, 0);
    g_assert_false(ht_pg_tuples_next(&tuples, fields, 2));
    g_assert_false(tuples.broken);
    ht_pg_tuples_init(&tuples, (const guint8 *)two_rows, sizeof two_rows - 1);
    g_assert_true(ht_pg_tuples_next(&tuples, fields, 2));
    g_assert_cmpmem(fields[0].data, fields[0].len, "x", 1);
    g_assert_null(fields[1].data);
    g_assert_true(ht_pg_tuples_next(&tuples, fields, 2));
    g_assert_nonnull(fields[0].data);
    g_assert_cmpint(fields[0].len, ==, 0);
    g_assert_cmpmem(fields[1].data, fields[1].len, "yz", 2);
    g_assert_false(ht_pg_tuples_next(&tuples, fields, 2));
    g_assert_false(tuples.broken);
}

/* Every shorter block is broken or ends between rows; never a read past its end (ASan). */
static void test_tuples_cut(void)
{
    for (gsize len = 0; len < sizeof two_rows - 1; len++) {
        g_autofree guint8 *copy = g_memdup2(two_rows, MAX(len, 1));
        HtPgTuples tuples;
        HtPgField fields[2];
        ht_pg_tuples_init(&tuples, copy, len);
        while (ht_pg_tuples_next(&tuples, fields, 2)) {
        }
        g_assert_true(tuples.broken == (len != 0 && len != 11));
    }
}

static void test_tuples_lie(void)
{
    static const struct {
        const char *bytes;
        gsize len;
    } bad[] = {
        {"\x00\x01\x7f\xff\xff\xff", 6},
        {"\x00\x01\xff\xff\xff\xfe", 6},
        {"\x00\x02\xff\xff\xff\xff", 6},
        {"\xff\xff", 2},
        {"\x00\x00", 2},
        {"\x00", 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        HtPgTuples tuples;
        HtPgField field;
        g_autofree guint8 *copy = g_memdup2(bad[i].bytes, bad[i].len);
        ht_pg_tuples_init(&tuples, copy, bad[i].len);
        g_assert_false(ht_pg_tuples_next(&tuples, &field, 1));
        g_assert_true(tuples.broken);
        g_assert_false(ht_pg_tuples_next(&tuples, &field, 1));
    }
}

/* Random bytes: nothing is read outside (ASan), and it always ends. */
static void test_tuples_random(void)
{
    for (int round = 0; round < 20000; round++) {
        gsize len = (gsize)g_test_rand_int_range(0, 64);
        g_autofree guint8 *bytes = g_malloc(len + 1);
        for (gsize i = 0; i < len; i++)
            bytes[i] = (guint8)(g_test_rand_int_range(0, 3) ? 0 : g_test_rand_int());
        g_autofree guint8 *exact = g_memdup2(bytes, len ? len : 1);
        HtPgTuples tuples;
        HtPgField fields[3];
        int n = g_test_rand_int_range(0, 4);
        ht_pg_tuples_init(&tuples, exact, len);
        gsize rows = 0;
        while (ht_pg_tuples_next(&tuples, fields, n))
            rows++;
        g_assert_cmpint(rows, <=, len / 2 + 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pg/field/ints", test_ints);
    g_test_add_func("/pg/field/times", test_times);
    g_test_add_func("/pg/field/hundredths", test_hundredths);
    g_test_add_func("/pg/field/others", test_others);
    g_test_add_func("/pg/field/uuid", test_uuid);
    g_test_add_func("/pg/tuples/rows", test_tuples);
    g_test_add_func("/pg/tuples/cut", test_tuples_cut);
    g_test_add_func("/pg/tuples/lie", test_tuples_lie);
    g_test_add_func("/pg/tuples/random", test_tuples_random);
    return g_test_run();
}
