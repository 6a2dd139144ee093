/* One row a field: how a value becomes a condition. Values are always parameters; only our own text
 * becomes SQL. */
#include "match_filter.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"
#include "hiretty/domain/stage.h"

#include <string.h>

#define STAGE "coalesce(s.stage_k, m.stage_k)"
#define SINCE "coalesce(s.stage_since, m.stage_entered_at)"
#define HELD "iif(s.holds, s.held_until, m.held_until)"

static void bind_clear(gpointer data)
{
    HtFilterBind *bind = data;
    g_clear_pointer(&bind->text, g_free);
}

void ht_filter_sql_init(HtFilterSql *sql, int first)
{
    memset(sql, 0, sizeof *sql);
    sql->where = g_string_new(NULL);
    sql->binds = g_array_new(FALSE, TRUE, sizeof(HtFilterBind));
    g_array_set_clear_func(sql->binds, bind_clear);
    sql->first = first;
}

void ht_filter_sql_clear(HtFilterSql *sql)
{
    if (sql->where)
        g_string_free(sql->where, TRUE);
    g_clear_pointer(&sql->binds, g_array_unref);
    sql->where = NULL;
}

void ht_filter_sql_bind(const HtFilterSql *sql, HtStmt *stmt)
{
    for (guint i = 0; i < sql->binds->len; i++) {
        const HtFilterBind *bind = &g_array_index(sql->binds, HtFilterBind, i);
        if (bind->is_int)
            ht_stmt_bind_int(stmt, sql->first + (int)i, bind->number);
        else
            ht_stmt_bind_text(stmt, sql->first + (int)i, bind->text);
    }
}

/* Number of the new parameter. */
static int add_int(HtFilterSql *sql, int64_t value)
{
    HtFilterBind bind = {.is_int = true, .number = value};
    g_array_append_val(sql->binds, bind);
    return sql->first + (int)sql->binds->len - 1;
}

static int add_text(HtFilterSql *sql, char *taken)
{
    HtFilterBind bind = {.text = taken};
    g_array_append_val(sql->binds, bind);
    return sql->first + (int)sql->binds->len - 1;
}

/* --- Full text */

static void append_token(GString *query, const char *start, gsize len, bool phrase)
{
    if (len == 0)
        return;
    if (query->len)
        g_string_append_c(query, ' ');
    g_string_append_printf(query, "\"%.*s\"%s", (int)len, start, phrase ? "" : "*");
}

/* The words of `text` (folded): letters and digits; everything else separates. */
static void append_words(GString *query, const char *text, gsize len, bool phrase)
{
    g_autoptr(GString) all = g_string_new(NULL);
    const char *p = text, *end = text + len;
    while (p < end) {
        while (p < end && !g_unichar_isalnum(g_utf8_get_char(p)))
            p = g_utf8_next_char(p);
        const char *start = p;
        while (p < end &&
               (g_unichar_isalnum(g_utf8_get_char(p)) || g_unichar_ismark(g_utf8_get_char(p))))
            p = g_utf8_next_char(p);
        if (phrase && p > start)
            g_string_append_printf(all, "%s%.*s", all->len ? " " : "", (int)(p - start), start);
        else if (!phrase)
            append_token(query, start, (gsize)(p - start), false);
    }
    append_token(query, all->str, all->len, true);
}

char *ht_fts_query(const char *words)
{
    g_autofree char *valid = g_utf8_make_valid(words ? words : "", -1);
    g_autofree char *folded = ht_text_fold(valid);
    g_autoptr(GString) query = g_string_new(NULL);
    const char *p = folded;
    while (*p) {
        const char *quote = strchr(p, '"');
        gsize len = quote ? (gsize)(quote - p) : strlen(p);
        append_words(query, p, len, false);
        if (!quote)
            break;
        const char *close = strchr(quote + 1, '"');
        gsize inner = close ? (gsize)(close - quote - 1) : strlen(quote + 1);
        append_words(query, quote + 1, inner, close != NULL);
        p = quote + 1 + inner + (close ? 1 : 0);
    }
    return query->len ? g_strdup(query->str) : NULL;
}

/* --- Conditions, one value each */

typedef struct {
    HtFilterSql *sql;
    const HtFilterTerm *term;
    const HtFilterValue *value;
    int64_t now_us;
} Ask;

static const char *operator_of(HtCompare compare)
{
    static const char *const names[] = {
        [HT_COMPARE_HAS] = "=", [HT_COMPARE_EQ] = "=",  [HT_COMPARE_NE] = "<>",
        [HT_COMPARE_LT] = "<",  [HT_COMPARE_LE] = "<=", [HT_COMPARE_GT] = ">",
        [HT_COMPARE_GE] = ">=",
    };
    return names[compare];
}

static void ask_score(const Ask *ask, GString *out)
{
    g_string_append_printf(out, "m.score %s ?%d", operator_of(ask->term->compare),
                           add_int(ask->sql, ask->value->number));
}

/* "updated<3d": less than three days ago, so the time is after now - 3 d. */
static HtCompare mirrored(HtCompare compare)
{
    switch (compare) {
    case HT_COMPARE_LT:
        return HT_COMPARE_GT;
    case HT_COMPARE_LE:
        return HT_COMPARE_GE;
    case HT_COMPARE_GT:
        return HT_COMPARE_LT;
    case HT_COMPARE_GE:
    case HT_COMPARE_HAS:
    case HT_COMPARE_EQ:
    case HT_COMPARE_NE:
        break;
    }
    return compare == HT_COMPARE_GE ? HT_COMPARE_LE : compare;
}

static void ask_time(const Ask *ask, GString *out, const char *column)
{
    HtCompare compare = ask->term->compare;
    bool loose = compare == HT_COMPARE_HAS || compare == HT_COMPARE_EQ;
    if (ask->value->type == HT_VALUE_DURATION) {
        /* "updated:3d" reads within three days */
        compare = loose ? HT_COMPARE_GE : mirrored(compare);
        g_string_append_printf(out, "%s %s ?%d", column, operator_of(compare),
                               add_int(ask->sql, ask->now_us - ask->value->number));
        return;
    }
    if (loose || compare == HT_COMPARE_NE) { /* that day */
        int from = add_int(ask->sql, ask->value->number);
        int to = add_int(ask->sql, ask->value->number + HT_US_PER_DAY);
        g_string_append_printf(out, "%s(%s >= ?%d AND %s < ?%d)",
                               compare == HT_COMPARE_NE ? "NOT " : "", column, from, column, to);
        return;
    }
    g_string_append_printf(out, "%s %s ?%d", column, operator_of(compare),
                           add_int(ask->sql, ask->value->number));
}

/* `:` looks inside, `=` wants the whole; both folded. `column` is folded already. */
static void ask_text(const Ask *ask, GString *out, const char *column)
{
    int at = add_text(ask->sql, ht_text_fold(ask->value->text));
    HtCompare compare = ask->term->compare;
    if (compare == HT_COMPARE_HAS)
        g_string_append_printf(out, "instr(%s, ?%d) > 0", column, at);
    else
        g_string_append_printf(out, "coalesce(%s, '') %s ?%d", column, operator_of(compare), at);
}

static void ask_stage(const Ask *ask, GString *out)
{
    int at = add_text(ask->sql, ht_text_fold(ask->value->text));
    bool not = ask->term->compare == HT_COMPARE_NE;
    g_string_append_printf(out,
                           STAGE " %sIN (SELECT k FROM job_stages WHERE stage_type = ?%d OR "
                                 "ht_fold(name) = ?%d)",
                           not ? "NOT " : "", at, at);
}

static void ask_skill(const Ask *ask, GString *out)
{
    g_autofree char *folded = ht_text_fold(ask->value->text);
    int at = add_text(ask->sql, g_strdup_printf("|%s|", folded));
    ask->sql->people = true;
    g_string_append_printf(out, "instr(coalesce(p.skills, ''), ?%d) %s 0", at,
                           ask->term->compare == HT_COMPARE_NE ? "=" : ">");
}

static void ask_tag(const Ask *ask, GString *out)
{
    int at = add_text(ask->sql, ht_text_fold(ask->value->text));
    g_string_append_printf(
        out,
        "%s(EXISTS (SELECT 1 FROM candidate_tags t WHERE t.candidate_k = m.candidate_k AND "
        "ht_fold(t.tag) = ?%d AND NOT EXISTS (SELECT 1 FROM shown_tags x WHERE x.candidate_k = "
        "t.candidate_k AND x.tag = t.tag)) OR EXISTS (SELECT 1 FROM shown_tags x WHERE "
        "x.candidate_k = m.candidate_k AND NOT x.gone AND ht_fold(x.tag) = ?%d))",
        ask->term->compare == HT_COMPARE_NE ? "NOT " : "", at, at);
}

static void ask_reject(const Ask *ask, GString *out)
{
    g_autofree char *folded = ht_text_fold(ask->value->text);
    ask->sql->stages = true;
    bool not = ask->term->compare == HT_COMPARE_NE;
    if (g_str_equal(folded, "none")) {
        g_string_append_printf(out, "coalesce(st.stage_type, '') %s 'rejected'", not ? "=" : "<>");
    } else if (g_str_equal(folded, "any")) {
        g_string_append_printf(out, "coalesce(st.stage_type, '') %s 'rejected'", not ? "<>" : "=");
    } else {
        int at = add_text(ask->sql, g_steal_pointer(&folded));
        g_string_append_printf(
            out,
            "%s(coalesce(st.stage_type, '') = 'rejected' AND coalesce(s.reason_k, (SELECT "
            "d.reason_k FROM hiring_decisions d WHERE d.match_k = m.k AND d.decision = 'reject' "
            "ORDER BY d.decided_at DESC LIMIT 1)) IN (SELECT r.k FROM rejection_reasons r WHERE "
            "ht_fold(r.code) = ?%d))",
            not ? "NOT " : "", at);
    }
}

/* As search finds them: a note that was changed or taken away here does not count as the server has
 * it. */
static void ask_words(const Ask *ask, GString *out)
{
    g_autofree char *quoted = ask->value->is_quoted ? g_strdup_printf("\"%s\"", ask->value->text)
                                                    : g_strdup(ask->value->text);
    char *query = ht_fts_query(quoted);
    if (!query) {
        g_string_append(out, "1");
        return;
    }
    int at = add_text(ask->sql, query);
    g_string_append_printf(
        out,
        "(m.candidate_k IN (SELECT rowid FROM people_fts WHERE people_fts MATCH ?%d) OR "
        "m.candidate_k IN (SELECT d.candidate_k FROM texts_fts f JOIN indexed d ON d.k = f.rowid "
        "WHERE texts_fts MATCH ?%d AND f.rowid NOT IN (SELECT ht_sure(i.k, i.id, o.id) FROM "
        "shown_notes x JOIN keys_by_id i ON i.id = x.id LEFT JOIN ids o ON o.k = i.k WHERE x.gone "
        "= 1 OR x.body IS NOT NULL)) OR m.candidate_k IN (SELECT x.candidate_k FROM shown_notes x "
        "WHERE x.gone <> 1 AND ht_answers(x.body, ?%d)))",
        at, at, at);
}

typedef struct {
    const char *name;
    const char *sql; /* %s: now */
    bool stages, jobs, seen;
} IsRule;

static const IsRule is_rules[] = {
    {"held", HELD " > %s", false, false, false},
    {"pending", "coalesce(s.n_pending, 0) > 0", false, false, false},
    {"conflict", "coalesce(s.n_conflict, 0) > 0", false, false, false},
    {"unread", "seen.k IS NULL", false, false, true},
    {"new",
     "m.applied_at > coalesce((SELECT since FROM visits v WHERE v.job_k = m.job_k), 0) AND "
     "st.stage_type = 'applied'",
     true, false, false},
    {"flagged",
     "m.bias_flags IS NOT NULL AND m.bias_flags NOT IN ('[]', '{}', 'null', '{\"flags\": []}')",
     false, false, false},
    {"blind", "coalesce(st.is_blind, 0) = 1", true, false, false},
    {"open", "coalesce(st.is_terminal, 0) = 0", true, false, false},
    {"closed", "coalesce(st.is_terminal, 0) = 1", true, false, false},
    {"duplicate",
     "EXISTS (SELECT 1 FROM candidates c WHERE c.k = m.candidate_k AND c.merged_into_k IS NOT "
     "NULL)",
     false, false, false},
};

static void ask_is(const Ask *ask, GString *out)
{
    g_autofree char *folded = ht_text_fold(ask->value->text);
    for (gsize i = 0; i < G_N_ELEMENTS(is_rules); i++) {
        const IsRule *rule = &is_rules[i];
        if (!g_str_equal(rule->name, folded))
            continue;
        ask->sql->stages |= rule->stages;
        ask->sql->jobs |= rule->jobs;
        ask->sql->seen |= rule->seen;
        g_string_append(out, ask->term->compare == HT_COMPARE_NE ? "NOT (" : "(");
        const char *now = strstr(rule->sql, "%s");
        if (now)
            g_string_append_printf(out, "coalesce(%.*s?%d, 0)", (int)(now - rule->sql), rule->sql,
                                   add_int(ask->sql, ask->now_us));
        else
            g_string_append(out, rule->sql);
        g_string_append_c(out, ')');
        return;
    }
    g_string_append(out, "0");
}

static void ask_person(const Ask *ask, GString *out, const char *column)
{
    ask->sql->people = true;
    ask_text(ask, out, column);
}

static void ask_job(const Ask *ask, GString *out, const char *column)
{
    ask->sql->jobs = true;
    ask_text(ask, out, column);
}

static void ask_value(const Ask *ask, GString *out)
{
    switch (ask->term->field) {
    case HT_FIELD_WORDS:
        ask_words(ask, out);
        return;
    case HT_FIELD_STAGE:
        ask_stage(ask, out);
        return;
    case HT_FIELD_SCORE:
        ask_score(ask, out);
        return;
    case HT_FIELD_SKILL:
        ask_skill(ask, out);
        return;
    case HT_FIELD_LOCATION:
        ask_person(ask, out, "p.place");
        return;
    case HT_FIELD_TAG:
        ask_tag(ask, out);
        return;
    case HT_FIELD_SOURCE:
        ask_text(ask, out, "ht_fold(m.source)");
        return;
    case HT_FIELD_TITLE:
        ask_person(ask, out, "p.title");
        return;
    case HT_FIELD_COMPANY:
        ask_person(ask, out, "p.company");
        return;
    case HT_FIELD_NAME:
        ask_person(ask, out, "p.name");
        return;
    case HT_FIELD_EMAIL:
        ask_person(ask, out, "p.email");
        return;
    case HT_FIELD_REJECT:
        ask_reject(ask, out);
        return;
    case HT_FIELD_UPDATED:
        ask_time(ask, out, "coalesce(s.at, m.updated_at)");
        return;
    case HT_FIELD_APPLIED:
        ask_time(ask, out, "m.applied_at");
        return;
    case HT_FIELD_AGE:
        ask_time(ask, out, SINCE);
        return;
    case HT_FIELD_IS:
        ask_is(ask, out);
        return;
    case HT_FIELD_JOB:
        ask_job(ask, out, "ht_fold(j.title)");
        return;
    case HT_FIELD_DEPARTMENT:
        ask_job(ask, out, "ht_fold(j.department)");
        return;
    case HT_FIELD_STATUS:
        ask_job(ask, out, "j.status");
        return;
    case HT_FIELDS:
        break;
    }
    g_string_append(out, "0");
}

void ht_filter_sql_add(HtFilterSql *sql, const HtFilter *filter, int64_t now_us)
{
    for (guint t = 0; filter && t < filter->terms->len; t++) {
        const HtFilterTerm *term = filter->terms->pdata[t];
        /* "a <> x|y" means neither */
        const char *glue = term->compare == HT_COMPARE_NE ? " AND " : " OR ";
        g_string_append(sql->where, term->is_negated ? " AND NOT coalesce(" : " AND (");
        for (guint v = 0; v < term->values->len; v++) {
            Ask ask = {sql, term, term->values->pdata[v], now_us};
            g_string_append(sql->where, v ? glue : "");
            g_string_append_c(sql->where, '(');
            ask_value(&ask, sql->where);
            g_string_append_c(sql->where, ')');
        }
        g_string_append(sql->where, term->is_negated ? ", 0)" : ")");
    }
}
