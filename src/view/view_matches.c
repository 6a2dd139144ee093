/* Applications, ranked: to one job, or to all of them. The list is an array of keys; what is on the
 * screen is fetched by key, intents included, so a row shows a decision as soon as it is on disk.
 */
#include "view_impl.h"

#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"

#include <string.h>

enum {
    COL_SCORE,
    COL_NAME,
    COL_JOB, /* candidates only */
    COL_TITLE,
    COL_COMPANY,
    COL_LAST,
    COL_LOCATION,
    COL_STAGE,
    COL_AGE,
    COL_SOURCE,
    COL_TAGS,
    N_COLUMNS
};

/* clang-format off */
#define SHARED_COLUMNS                                                                             \
    {"title", "Current title", 13, 4, HT_ALIGN_LEFT, 60, "title"},                                 \
    {"company", "Company", 9, 2, HT_ALIGN_LEFT, 84, "company"},                                   \
    {"last", "Before", 9, 3, HT_ALIGN_LEFT, 88, NULL},                                            \
    {"location", "Location", 8, 2, HT_ALIGN_LEFT, 72, "location"},                                 \
    {"stage", "Stage", 9, 0, HT_ALIGN_LEFT, 0, "stage"},                                          \
    {"age", "For", 6, 0, HT_ALIGN_RIGHT, 50, "age"},                                               \
    {"source", "Source", 9, 0, HT_ALIGN_LEFT, 130, "source"},                                      \
    {"tags", "Tags", 8, 2, HT_ALIGN_LEFT, 115, NULL},

static const HtColumn match_columns[] = {
    {"score", "Score", 7, 0, HT_ALIGN_LEFT, 0, "score"},
    {"name", "Name", 14, 4, HT_ALIGN_LEFT, 0, "name"},
    SHARED_COLUMNS
};

static const HtColumn candidate_columns[] = {
    {"score", "Score", 7, 0, HT_ALIGN_LEFT, 0, "score"},
    {"name", "Name", 14, 4, HT_ALIGN_LEFT, 0, "name"},
    {"job", "Job", 14, 4, HT_ALIGN_LEFT, 70, NULL},
    SHARED_COLUMNS
};
/* clang-format on */

typedef struct {
    char *job_title; /* clean; NULL for all jobs */
} Matches;

static HtLoaded *matches_load(HtReader *reader, const HtViewQuery *query, GError **error)
{
    HtMatchQuery matches = {.job = query->subject[0], .filter = query->filter};
    if (!ht_match_sort_parse(query->sort, &matches.sort))
        matches.sort = HT_MATCH_SORT_SCORE;
    /* The cache's best first is most, newest and longest, of all else from A and the first stage:
     * `ascending` there turns that round. Here it is what the arrow says. */
    bool falls = matches.sort == HT_MATCH_SORT_SCORE || matches.sort == HT_MATCH_SORT_APPLIED ||
                 matches.sort == HT_MATCH_SORT_AGE;
    matches.ascending = query->descending != falls;
    return ht_loaded_new_keys(ht_cache_match_keys(reader, &matches, error));
}

static void matches_clear(HtView *view)
{
    HtMatchRow *rows = view->window;
    if (rows)
        ht_match_rows_free(rows, view->window_n);
    view->window = NULL;
}

static void matches_fetch(HtView *view, const HtKey *keys, gsize n)
{
    HtMatchRow *rows = g_new0(HtMatchRow, n);
    g_autoptr(GError) error = NULL;
    if (!ht_cache_match_rows(view->parts.reader, keys, n, rows, &error))
        ht_log(HT_LOG_WARNING, "matches: %s", error->message);
    view->window = rows;
}

static const HtMatchRow *row_at(HtView *view, gsize slot)
{
    return &((const HtMatchRow *)view->window)[slot];
}

static bool is_blind(const HtView *view, const HtMatchRow *row)
{
    return view->is_blind || (row->flags & HT_MATCH_BLIND);
}

static HtCell text_cell(HtView *view, char *clean, HtStyle role)
{
    HtCell cell = {ht_view_keep(view, clean ? clean : g_strdup("")), role};
    return cell;
}

/* Nothing where it says no more than the present title and company do. */
static char *before_text(const HtMatchRow *row)
{
    bool title = row->last_title && g_strcmp0(row->last_title, row->current_title) != 0;
    bool company = row->last_company && g_strcmp0(row->last_company, row->current_company) != 0;
    if (title && company) {
        g_autofree char *both = g_strdup_printf("%s, %s", row->last_title, row->last_company);
        return ht_clean(both);
    }
    return ht_clean(title ? row->last_title : company ? row->last_company : NULL);
}

static HtCell stage_cell(HtView *view, const HtMatchRow *row)
{
    HtStyle role = ht_style_of_stage(row->stage_type);
    const char *name = row->stage_name ? row->stage_name : ht_stage_type_label(row->stage_type);
    g_autofree char *clean = ht_clean(name);
    if (row->flags & HT_MATCH_HELD)
        return text_cell(view, g_strdup_printf("held%s%s", ht_sign_dot(), clean), role);
    return text_cell(view, g_steal_pointer(&clean), role);
}

static HtCell age_cell(HtView *view, const HtMatchRow *row)
{
    if (!row->stage_since)
        return text_cell(view, NULL, HT_STYLE_TIME);
    char age[16];
    ht_clock_format_age(ht_clock_now_us() - row->stage_since, age);
    bool late = row->flags & HT_MATCH_OVER_SLA;
    return text_cell(view, g_strdup_printf("%s%s", age, late ? "!" : ""),
                     late ? HT_STYLE_TIME_LATE : HT_STYLE_TIME);
}

static HtCell name_cell(HtView *view, const HtMatchRow *row)
{
    if (row->flags & HT_MATCH_GONE)
        return text_cell(view, g_strdup("no longer there"), HT_STYLE_ROW_GONE);
    if (is_blind(view, row))
        return text_cell(view, ht_blind_name(view->parts.reader, row->candidate),
                         HT_STYLE_ROW_NORMAL);
    HtStyle role = row->flags & HT_MATCH_UNREAD ? HT_STYLE_STRONG : HT_STYLE_ROW_NORMAL;
    const char *sign = row->flags & HT_MATCH_FLAGGED ? "!" : "";
    g_autofree char *clean = ht_clean(row->name && *row->name ? row->name : "(erased)");
    return text_cell(view, g_strconcat(sign, clean, NULL), role);
}

static HtCell match_cell(HtView *view, gsize slot, int column)
{
    const HtMatchRow *row = row_at(view, slot);
    if (view->class->id == HT_VIEW_MATCHES && column >= COL_JOB)
        column++;
    if (column == COL_NAME)
        return name_cell(view, row);
    if (row->flags & HT_MATCH_GONE)
        return text_cell(view, NULL, HT_STYLE_ROW_GONE);
    switch (column) {
    case COL_SCORE:
        return text_cell(view, ht_score_text(row->score, row->band), ht_style_of_band(row->band));
    case COL_JOB:
        return text_cell(view, ht_clean(row->job_title), HT_STYLE_ROW_NORMAL);
    case COL_TITLE:
        return text_cell(view, ht_clean(row->current_title), HT_STYLE_ROW_NORMAL);
    case COL_COMPANY:
        return text_cell(view, ht_clean(row->current_company), HT_STYLE_ROW_NORMAL);
    case COL_LAST:
        return text_cell(view, before_text(row), HT_STYLE_MUTED);
    case COL_LOCATION:
        return text_cell(view, ht_clean(row->location), HT_STYLE_MUTED);
    case COL_STAGE:
        return stage_cell(view, row);
    case COL_AGE:
        return age_cell(view, row);
    case COL_SOURCE:
        return text_cell(view, ht_clean(row->source), HT_STYLE_MUTED);
    default:
        return text_cell(view, ht_clean(row->tags), HT_STYLE_TAG);
    }
}

static unsigned match_state(HtView *view, gsize slot)
{
    static const struct {
        unsigned flag, state;
    } table[] = {{HT_MATCH_PENDING, HT_ROW_PENDING},
                 {HT_MATCH_CONFLICT, HT_ROW_CONFLICT},
                 {HT_MATCH_GONE, HT_ROW_GONE},
                 {HT_MATCH_UNREAD, HT_ROW_UNREAD}};
    unsigned flags = row_at(view, slot)->flags, state = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (flags & table[i].flag)
            state |= table[i].state;
    }
    return state;
}

static HtKey match_of(HtView *view, gsize slot)
{
    return row_at(view, slot)->key;
}

static HtKey candidate_of(HtView *view, gsize slot)
{
    return row_at(view, slot)->candidate;
}

static HtKey job_of(HtView *view, gsize slot)
{
    return row_at(view, slot)->job;
}

static void place(HtView *view, GString *out)
{
    const Matches *matches = view->data;
    /* Of all jobs a person may stand in the list several times. */
    g_string_append_printf(out, "%s%s%zu %s%s",
                           matches->job_title ? matches->job_title : "Candidates", ht_sign_dot(),
                           view->base->n, matches->job_title ? "applicant" : "application",
                           ht_text_plural((int64_t)view->base->n, "", "s"));
}

static void preview(HtView *view, gsize slot, HtDoc *doc, int width)
{
    const HtMatchRow *row = row_at(view, slot);
    if (row->flags & HT_MATCH_GONE) {
        ht_doc_add(doc, HT_STYLE_ROW_GONE, "This application is no longer there.");
        return;
    }
    ht_doc_evidence(doc, &view->parts, row->key, is_blind(view, row), width);
    ht_doc_resume(doc, &view->parts, row->candidate, is_blind(view, row), width);
}

static int64_t since(HtView *view, gsize slot)
{
    const HtMatchRow *row = row_at(view, slot);
    return row->flags & HT_MATCH_GONE ? 0 : row->stage_since;
}

static void free_matches(HtView *view)
{
    g_free(((Matches *)view->data)->job_title);
}

#define MATCH_TABLES                                                                               \
    (HT_CHANGED_SHOWN | HT_CHANGED_SEEN | HT_CHANGED(7) | HT_CHANGED(11) | HT_CHANGED(12) |        \
     HT_CHANGED(14) | HT_CHANGED(15) | HT_CHANGED(16))

#define MATCH_CLASS(view, table)                                                                   \
    {                                                                                              \
        .id = view, .kind = HT_VIEW_TABLE, .columns = table, .n_columns = G_N_ELEMENTS(table),     \
        .sort = "score", .descending = true, .tables = MATCH_TABLES, .load = matches_load,         \
        .fetch = matches_fetch, .clear_window = matches_clear, .cell = match_cell,                 \
        .state = match_state, .match_of = match_of, .candidate_of = candidate_of,                  \
        .job_of = job_of, .place = place, .preview = preview, .since = since,                      \
        .free = free_matches,                                                                      \
    }

static const HtViewClass matches_class = MATCH_CLASS(HT_VIEW_MATCHES, match_columns);
static const HtViewClass candidates_class = MATCH_CLASS(HT_VIEW_CANDIDATES, candidate_columns);

HtView *ht_view_new_matches(const HtViewParts *parts, HtKey job, GError **error)
{
    HtJobRow row = {0};
    ht_reader_watch(parts->reader);
    if (!ht_cache_job_rows(parts->reader, &job, 1, &row, error))
        return NULL;
    if (row.key == 0) {
        ht_job_row_clear(&row);
        if (ht_reader_check(parts->reader, error))
            g_set_error(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND,
                        "this job is no longer there");
        return NULL;
    }
    Matches *matches = g_new0(Matches, 1);
    matches->job_title = ht_clean(row.title ? row.title : "Job");
    ht_job_row_clear(&row);
    HtView *view = ht_view_alloc(&matches_class, parts);
    view->data = view->own = matches;
    view->subject[0] = job;
    ht_view_load(view, true);
    return view;
}

HtView *ht_view_new_candidates(const HtViewParts *parts)
{
    HtView *view = ht_view_alloc(&candidates_class, parts);
    view->data = view->own = g_new0(Matches, 1);
    ht_view_load(view, true);
    return view;
}
