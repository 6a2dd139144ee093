/* The filter language: from text to terms and back, to SQL, and through a real cache. No text may
 * become an error of SQLite's, and the SQL of a list and of one row must agree. */
#include "fuzz.h"

#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/search.h"
#include "hiretty/domain/filter.h"
#include "src/command/context_impl.h"

#include <string.h>

static void check_round_trip(const HtFilter *filter)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = ht_filter_format(filter);
    g_autoptr(HtFilter) again = ht_filter_parse(text, NULL, &error);
    /* The canonical text may be longer than what a person may type. */
    if (!again && strlen(text) > 4096)
        return;
    g_assert_no_error(error);
    g_autofree char *second = ht_filter_format(again);
    g_assert_cmpstr(second, ==, text);
    g_assert_cmpuint(again->terms->len, ==, filter->terms->len);
    g_autoptr(HtFilter) copy = ht_filter_dup(filter);
    for (guint i = 0; i < filter->terms->len; i++) {
        const HtFilterTerm *a = filter->terms->pdata[i], *b = again->terms->pdata[i],
                           *c = copy->terms->pdata[i];
        g_assert_cmpint(a->field, ==, b->field);
        g_assert_cmpint(a->compare, ==, b->compare);
        g_assert_cmpint(a->is_negated, ==, b->is_negated);
        g_assert_cmpuint(a->values->len, ==, b->values->len);
        g_assert_cmpuint(a->values->len, ==, c->values->len);
        for (guint v = 0; v < a->values->len; v++) {
            const HtFilterValue *x = a->values->pdata[v], *y = b->values->pdata[v];
            g_assert_cmpint(x->type, ==, y->type);
            g_assert_cmpint(x->number, ==, y->number);
            g_assert_cmpstr(x->text, ==, y->text);
        }
    }
}

static void check_list(FuzzDesk *desk, const HtFilter *filter)
{
    g_autoptr(GError) error = NULL;
    HtMatchQuery query = {.job = fixture_key(desk->reader, "J1"), .filter = filter};
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(desk->reader, &query, &error);
    g_assert_no_error(error);
    for (int i = 1; i <= 3; i++) {
        g_autofree char *name = g_strdup_printf("M%d", i);
        HtKey key = fixture_key(desk->reader, name);
        g_assert_cmpint(ht_cache_match_passes(desk->reader, key, filter, 0), ==,
                        ht_key_array_find(keys, key) >= 0);
    }
    HtJobQuery jobs = {.filter = filter};
    g_autoptr(HtKeyArray) job_keys = ht_cache_job_keys(desk->reader, &jobs, &error);
    g_assert_no_error(error);
}

static void check_search(FuzzDesk *desk, const char *words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) hits =
        ht_cache_search(desk->reader, words, HT_SEARCH_PEOPLE | HT_SEARCH_TEXTS, 10, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < hits->len; i++) {
        const HtSearchHit *hit = hits->pdata[i];
        int n = (int)strlen(hit->snippet ? hit->snippet : "");
        for (guint r = 0; r < hit->ranges->len; r++) {
            const HtSearchRange *range = &g_array_index(hit->ranges, HtSearchRange, r);
            g_assert_cmpint(range->start, >=, 0);
            g_assert_cmpint(range->end, >=, range->start);
            g_assert_cmpint(range->end, <=, n);
        }
    }
    g_autoptr(HtKeyArray) keys = ht_cache_search_keys(desk->reader, words, 10, &error);
    g_assert_no_error(error);
}

/* Who may be rejected by a rule is never everybody of the job. */
static void check_rule(FuzzDesk *desk, const char *text, const HtFilter *filter)
{
    HtMatchQuery query = {.job = fixture_key(desk->reader, "J1")};
    g_autoptr(HtKeyArray) all = ht_cache_match_keys(desk->reader, &query, NULL);
    query.filter = filter;
    g_autoptr(HtKeyArray) keys = ht_cache_match_keys(desk->reader, &query, NULL);
    if (!ht_rule_lacks(desk->reader, text, query.job))
        g_assert_cmpuint(keys->n, <, all->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = fuzz_text(data, size);
    g_autoptr(GError) error = NULL;
    int column = -1;
    g_autoptr(HtFilter) filter = ht_filter_parse(text, &column, &error);
    if (filter) {
        check_round_trip(filter);
        check_list(fuzz_desk(), filter);
        check_rule(fuzz_desk(), text, filter);
    } else {
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        g_assert_nonnull(error);
        g_assert_cmpint(column, >=, 0);
        g_assert_cmpint(column, <=, g_utf8_strlen(valid, -1));
        g_assert_null(strchr(error->message, '\n'));
    }
    check_search(fuzz_desk(), text);
    return 0;
}
