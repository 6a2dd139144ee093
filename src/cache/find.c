/* A start of a uuid is a range of the unique index: two rows of it tell whether it is one. */
#include "find.h"

#include "internal.h"

#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"

#include <string.h>

#define LEAST_DIGITS 8
#define MOST_NAMED 5

/* Digits of the text (dashes left out); 0 when anything else is in it. */
static gsize hex_digits(const char *text, guint8 digits[32])
{
    gsize n = 0;
    for (const char *p = text; *p; p++) {
        if (*p == '-')
            continue;
        if (!g_ascii_isxdigit(*p) || n == 32)
            return 0;
        digits[n++] = (guint8)g_ascii_xdigit_value(*p);
    }
    return n;
}

/* The row that the statement stands on, if there is no other; else 0 and NOT_FOUND with what tells
 * them apart. */
static HtKey one_of(HtStmt *stmt, const char *several, GError **error)
{
    HtKey k = ht_stmt_int(stmt, 0);
    g_autofree char *first = g_strdup(ht_stmt_text(stmt, 1));
    HtStep step = ht_stmt_step(stmt, error);
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE ? k : 0;
    g_autoptr(GString) text = g_string_new(several);
    for (int n = 0; step == HT_STEP_ROW; n++) {
        const char *one = n == 0 ? first : ht_stmt_text(stmt, 1);
        g_autofree char *clean = one ? ht_text_sanitize(one, -1, HT_TEXT_LINE, NULL) : NULL;
        if (clean && n == MOST_NAMED)
            g_string_append(text, " \xE2\x80\xA6");
        else if (clean)
            g_string_append_printf(text, "%s%s", n == 0 ? ": " : ", ", clean);
        if (n > 0)
            step = ht_stmt_step(stmt, NULL);
    }
    ht_cache_not_found(error, text->str);
    return 0;
}

/* All ids that begin with the digits. */
static void range_of(const guint8 *digits, gsize n, HtUuid *from, HtUuid *to)
{
    for (gsize i = 0; i < 32; i++) {
        guint8 low = i < n ? digits[i] : 0, high = i < n ? digits[i] : 15;
        from->b[i / 2] = (guint8)(i % 2 ? from->b[i / 2] | low : low << 4);
        to->b[i / 2] = (guint8)(i % 2 ? to->b[i / 2] | high : high << 4);
    }
}

/* The key; 0: nothing begins so, -1: several do, or an error. */
static HtKey find_in_range(HtStmt *stmt, const char *several, GError **error)
{
    HtStep step = ht_stmt_step(stmt, error);
    if (step != HT_STEP_ROW)
        return step == HT_STEP_DONE ? 0 : -1;
    HtKey k = one_of(stmt, several, error);
    return k ? k : -1;
}

HtKey ht_find_by_uuid(HtReader *reader, const char *resource, const char *text, GError **error)
{
    guint8 digits[32];
    HtUuid from = {0}, to = {0};
    gsize n = text ? hex_digits(text, digits) : 0;
    if (n < LEAST_DIGITS)
        return 0;
    range_of(digits, n, &from, &to);
    g_auto(HtStmtUse) use = {ht_db_stmt(ht_reader_db(reader), resource, error)};
    if (!use.stmt)
        return -1;
    ht_stmt_bind_uuid(use.stmt, 1, &from);
    ht_stmt_bind_uuid(use.stmt, 2, &to);
    return find_in_range(use.stmt, "several ids begin like that, give more of it", error);
}

/* Digits of a name that stands for one; 0 = it is no such name. */
static gsize blind_digits(const char *text, guint8 digits[32])
{
    g_autofree char *clean = g_strstrip(g_strdup(text ? text : ""));
    const gsize len = strlen(HT_BLIND_NAME);
    if (g_ascii_strncasecmp(clean, HT_BLIND_NAME, len) != 0 || clean[len] != ' ')
        return 0;
    gsize n = hex_digits(clean + len + strspn(clean + len, " "), digits);
    return n >= HT_BLIND_NAME_DIGITS ? n : 0;
}

HtKey ht_find_by_blind_name(HtReader *reader, const char *resource, HtKey job, const char *text,
                            GError **error)
{
    guint8 digits[32];
    HtUuid from = {0}, to = {0};
    gsize n = blind_digits(text, digits);
    if (n == 0)
        return 0;
    range_of(digits, n, &from, &to);
    g_auto(HtStmtUse) use = {ht_db_stmt(ht_reader_db(reader), resource, error)};
    if (!use.stmt)
        return -1;
    ht_stmt_bind_uuid(use.stmt, 1, &from);
    ht_stmt_bind_uuid(use.stmt, 2, &to);
    if (job)
        ht_stmt_bind_int(use.stmt, 3, job);
    return find_in_range(use.stmt, "several are shown by this name, use the id", error);
}

const char *ht_find_no_blind_name(const char *text)
{
    guint8 digits[32];
    return blind_digits(text, digits) ? "nobody is shown by this name" : NULL;
}

bool ht_find_is_short_id(const char *text)
{
    guint8 digits[32];
    gsize n = text ? hex_digits(text, digits) : 0;
    return n > 0 && n < LEAST_DIGITS && strpbrk(text, "0123456789");
}

HtKey ht_find_one(HtStmt *stmt, const char *none, const char *several, GError **error)
{
    HtStep step = ht_stmt_step(stmt, error);
    if (step == HT_STEP_ERROR)
        return 0;
    if (step == HT_STEP_DONE) {
        ht_cache_not_found(error, none);
        return 0;
    }
    return one_of(stmt, several, error);
}
