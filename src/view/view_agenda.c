/* Lists that hold their rows: interviews by day, feedback of everybody, hits of a search. */
#include "view_impl.h"

#include "hiretty/cache/feedback.h"
#include "hiretty/cache/interviews.h"
#include "hiretty/cache/matches.h"
#include "hiretty/cache/search.h"
#include "meeting.h"

#include <string.h>

enum { DAYS_BACK = 1, DAYS_AHEAD = 60, MOST_FEEDBACK = 500, MOST_ASKED = 50000, MOST_HITS = 200 };

static GPtrArray *new_rows(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)ht_list_row_free);
}

/* Rows that have the words of the limit, with the heading above them. */
static void add_row(GPtrArray *rows, HtListRow **heading, HtListRow *row, const char *words)
{
    if (words && *words && !ht_list_row_matches(row, words)) {
        ht_list_row_free(row);
        return;
    }
    if (heading && *heading)
        g_ptr_array_add(rows, g_steal_pointer(heading));
    g_ptr_array_add(rows, row);
}

/* ---- agenda
 * -------------------------------------------------------------------------------------- */
static const HtColumn agenda_columns[] = {
    {"time", "My time", 12, 0, HT_ALIGN_LEFT, 0, NULL},
    {"theirs", "Theirs", 14, 1, HT_ALIGN_LEFT, 60, NULL},
    {"candidate", "Candidate", 14, 3, HT_ALIGN_LEFT, 0, NULL},
    {"job", "Job", 12, 3, HT_ALIGN_LEFT, 80, NULL},
    {"type", "Kind", 10, 1, HT_ALIGN_LEFT, 100, NULL},
    {"panel", "Panel", 12, 3, HT_ALIGN_LEFT, 110, NULL},
    {"status", "Status", 10, 0, HT_ALIGN_LEFT, 70, NULL},
};

static char *panel_names(const HtInterview *interview)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; interview->panel && i < interview->panel->len; i++) {
        const HtPanelMember *member = interview->panel->pdata[i];
        const char *name = member->is_me ? "you" : member->name ? member->name : "somebody";
        g_string_append_printf(out, "%s%s", i ? ", " : "", name);
    }
    return g_string_free(out, FALSE);
}

/* For a preview: whom a blind view hides; nobody whose name is known where that is not here. */
static HtKey hidden_person(const HtView *view, const HtListRow *row)
{
    return !view->is_blind ? 0 : row->candidate ? row->candidate : -1;
}

static HtListRow *day_row(const HtViewParts *parts, int64_t us)
{
    g_autofree char *day = ht_clock_format(us, parts->zone, "%A %-d %B");
    g_autofree char *number = ht_clock_format(us, parts->zone, "%Y%m%d");
    HtListRow *row = ht_list_row_new(-g_ascii_strtoll(number, NULL, 10));
    row->state = HT_ROW_SECTION;
    ht_list_row_set(row, 0, HT_STYLE_ROW_SECTION, day);
    return row;
}

static unsigned state_of(bool is_pending, bool is_conflict)
{
    return is_conflict ? HT_ROW_CONFLICT : is_pending ? HT_ROW_PENDING : 0;
}

static HtListRow *interview_row(const HtViewParts *parts, const HtInterview *interview)
{
    HtListRow *row = ht_list_row_new(interview->key);
    row->state = state_of(interview->is_pending, interview->is_conflict);
    row->match = interview->match;
    row->candidate = interview->candidate;
    row->job = interview->job;
    int64_t at = interview->scheduled_at;
    row->number = at + interview->duration_minutes * HT_US_PER_MINUTE; /* its end */
    const char *zone =
        interview->candidate_timezone ? interview->candidate_timezone : interview->timezone;
    g_autofree char *theirs = ht_their_time(parts, at, zone);
    g_autofree char *warning = ht_clock_change_warning(parts, at, zone);
    g_autofree char *from = ht_clock_format(at, parts->zone, "%H:%M");
    g_autofree char *to =
        ht_clock_format(at + interview->duration_minutes * HT_US_PER_MINUTE, parts->zone, "%H:%M");
    g_autofree char *time =
        g_strdup_printf("%s%s%s%s", from, ht_sign_dash(), to, warning ? "!" : "");
    g_autofree char *panel = panel_names(interview);
    ht_list_row_set(row, 0, warning ? HT_STYLE_WARNING : HT_STYLE_TIME, time);
    ht_list_row_set(row, 1, HT_STYLE_TIME, theirs ? theirs : "");
    g_autofree char *who =
        ht_blind_who(parts->reader, interview->match, interview->candidate, parts->blind);
    ht_list_row_set(row, 2, interview->is_mine ? HT_STYLE_STRONG : HT_STYLE_ROW_NORMAL, who);
    ht_list_row_set(row, 3, HT_STYLE_ROW_NORMAL, interview->job_title);
    ht_list_row_set(row, 4, HT_STYLE_MUTED, interview->type);
    ht_list_row_set(row, 5, HT_STYLE_MUTED, panel);
    ht_list_row_set(row, 6, HT_STYLE_ROW_NORMAL, interview->status);
    return row;
}

static HtLoaded *agenda_load(HtReader *reader, const HtViewQuery *query, GError **error)
{
    HtViewParts parts = {.reader = reader, .zone = query->zone, .blind = query->blind};
    int64_t now = ht_clock_now_us();
    g_autoptr(GPtrArray) list = ht_cache_agenda(reader, now - DAYS_BACK * HT_US_PER_DAY,
                                                now + DAYS_AHEAD * HT_US_PER_DAY, false, error);
    if (!list)
        return NULL;
    GPtrArray *rows = new_rows();
    HtListRow *heading = NULL;
    g_autofree char *last_day = g_strdup("");
    for (guint i = 0; i < list->len; i++) {
        const HtInterview *interview = list->pdata[i];
        g_autofree char *day = ht_clock_format(interview->scheduled_at, query->zone, "%F");
        if (strcmp(day, last_day) != 0) {
            ht_list_row_free(heading);
            heading = day_row(&parts, interview->scheduled_at);
            g_free(last_day);
            last_day = g_steal_pointer(&day);
        }
        add_row(rows, &heading, interview_row(&parts, interview), NULL);
    }
    ht_list_row_free(heading);
    return ht_loaded_new_rows(rows);
}

static void agenda_place(HtView *view, GString *out)
{
    int n = 0;
    for (guint i = 0; view->rows && i < view->rows->len; i++)
        n += !(((const HtListRow *)view->rows->pdata[i])->state & HT_ROW_SECTION);
    g_autoptr(GTimeZone) zone =
        view->parts.zone ? g_time_zone_ref(view->parts.zone) : g_time_zone_new_local();
    g_string_append_printf(out, "Interviews%s%d from yesterday on%sbold: yours%s%s", ht_sign_dot(),
                           n, ht_sign_dot(), ht_sign_dot(), g_time_zone_get_identifier(zone));
}

static void agenda_preview(HtView *view, gsize slot, HtDoc *doc, int width)
{
    const HtListRow *row = view->rows->pdata[slot];
    if (row->state & HT_ROW_SECTION)
        return;
    g_autoptr(HtInterview) interview = ht_cache_interview(view->parts.reader, row->key, NULL);
    if (interview)
        ht_doc_interview(doc, &view->parts, interview, hidden_person(view, row), width);
}

static const HtViewClass agenda_class = {
    .id = HT_VIEW_AGENDA,
    .kind = HT_VIEW_TABLE,
    .columns = agenda_columns,
    .n_columns = G_N_ELEMENTS(agenda_columns),
    .tables = HT_CHANGED_SHOWN | HT_CHANGED(11) | HT_CHANGED(20) | HT_CHANGED(21) | HT_CHANGED(23),
    .is_live = true,
    .loads_here = true,
    .is_plain = true,
    .takes_words = ht_limit_is_words,
    .keeps_all = true,
    .load = agenda_load,
    .place = agenda_place,
    .preview = agenda_preview,
};

/* At what is next, or goes on now; what is above it is over. */
static void start_at_now(HtView *view)
{
    int64_t now = ht_clock_now_us();
    guint n = view->rows ? view->rows->len : 0, at = 0;
    for (; at < n; at++) {
        const HtListRow *row = view->rows->pdata[at];
        if (!(row->state & HT_ROW_SECTION) && row->number > now)
            break;
    }
    ht_view_put_cursor(view, at);
    view->top = MAX(0, view->cursor - 1); /* its day stays above it; the page is not known yet */
}

HtView *ht_view_new_agenda(const HtViewParts *parts)
{
    HtView *view = ht_view_alloc(&agenda_class, parts);
    ht_view_load(view, true);
    start_at_now(view);
    return view;
}

/* ---- feedback
 * --------------------------------------------------------------------------------------- */
static const HtColumn feedback_columns[] = {
    {"when", "Given", 12, 0, HT_ALIGN_LEFT, 0, NULL},
    {"candidate", "Candidate", 14, 3, HT_ALIGN_LEFT, 0, NULL},
    {"author", "By", 12, 2, HT_ALIGN_LEFT, 60, NULL},
    {"type", "Interview", 10, 1, HT_ALIGN_LEFT, 90, NULL},
    {"rating", "Rating", 6, 0, HT_ALIGN_RIGHT, 0, NULL},
    {"said", "Recommends", 12, 1, HT_ALIGN_LEFT, 70, NULL},
    {"flags", "Flags", 12, 3, HT_ALIGN_LEFT, 110, NULL},
};

static HtListRow *feedback_row(const HtViewParts *parts, const HtFeedback *feedback)
{
    HtListRow *row = ht_list_row_new(feedback->key);
    row->state = state_of(feedback->is_pending, feedback->is_conflict);
    row->match = feedback->match;
    g_autofree char *when = ht_day_text(parts, feedback->submitted_at);
    g_autofree char *rating = feedback->rating > 0
                                  ? g_strdup_printf("%" G_GINT64_FORMAT "/5", feedback->rating)
                                  : g_strdup("");
    g_autofree char *flags =
        feedback->red_flags ? g_strjoinv(", ", feedback->red_flags) : g_strdup("");
    g_autofree char *said = g_strdup(feedback->recommendation ? feedback->recommendation : "");
    ht_list_row_set(row, 0, HT_STYLE_TIME, feedback->submitted_at ? when : "draft");
    HtMatchRow *match = ht_cache_match(parts->reader, feedback->match, NULL);
    if (match) {
        row->candidate = match->candidate;
        row->job = match->job;
        ht_match_rows_free(match, 1);
    }
    g_autofree char *who =
        ht_blind_who(parts->reader, feedback->match, row->candidate, parts->blind);
    ht_list_row_set(row, 1, HT_STYLE_ROW_NORMAL, who);
    ht_list_row_set(row, 2, HT_STYLE_ROW_NORMAL, feedback->is_mine ? "you" : feedback->author);
    ht_list_row_set(row, 3, HT_STYLE_MUTED, feedback->interview_type);
    ht_list_row_set(row, 4, HT_STYLE_STRONG, rating);
    ht_list_row_set(row, 5, HT_STYLE_ROW_NORMAL, g_strdelimit(said, "_", ' '));
    ht_list_row_set(row, 6, *flags ? HT_STYLE_FLAG : HT_STYLE_MUTED, flags);
    return row;
}

/* The newest; a limit asks all of them. One more than are promised says that there are others. */
static HtLoaded *feedback_load(HtReader *reader, const HtViewQuery *query, GError **error)
{
    HtViewParts parts = {.reader = reader, .zone = query->zone, .blind = query->blind};
    bool narrowed = query->limit && *query->limit;
    g_autoptr(GPtrArray) list =
        ht_cache_feedback_recent(reader, narrowed ? MOST_ASKED : MOST_FEEDBACK + 1, error);
    if (!list)
        return NULL;
    GPtrArray *rows = new_rows();
    for (guint i = 0; i < list->len && rows->len <= MOST_FEEDBACK; i++)
        add_row(rows, NULL, feedback_row(&parts, list->pdata[i]), query->limit);
    return ht_loaded_new_rows(rows);
}

static void feedback_place(HtView *view, GString *out)
{
    bool more = view->base->n > MOST_FEEDBACK;
    g_string_append_printf(out, "Feedback%s%zu%s", ht_sign_dot(),
                           MIN(view->base->n, (gsize)MOST_FEEDBACK),
                           !more                  ? ""
                           : *ht_view_limit(view) ? "+"
                                                  : "+, the newest; l asks all");
}

static void feedback_preview(HtView *view, gsize slot, HtDoc *doc, int width)
{
    const HtListRow *row = view->rows->pdata[slot];
    g_autoptr(GPtrArray) list =
        ht_cache_feedback(view->parts.reader, row->candidate, row->match, NULL);
    for (guint i = 0; list && i < list->len; i++) {
        const HtFeedback *feedback = list->pdata[i];
        if (feedback->key == row->key)
            ht_doc_feedback(doc, &view->parts, feedback, hidden_person(view, row), width);
    }
}

static const HtViewClass feedback_class = {
    .id = HT_VIEW_FEEDBACK,
    .kind = HT_VIEW_TABLE,
    .columns = feedback_columns,
    .n_columns = G_N_ELEMENTS(feedback_columns),
    .tables = HT_CHANGED_SHOWN | HT_CHANGED(20) | HT_CHANGED(23),
    .is_live = true,
    .is_plain = true,
    .takes_words = ht_limit_is_words,
    .load = feedback_load,
    .place = feedback_place,
    .preview = feedback_preview,
};

HtView *ht_view_new_feedback(const HtViewParts *parts)
{
    HtView *view = ht_view_alloc(&feedback_class, parts);
    ht_view_load(view, true);
    return view;
}

/* ---- search: the limit is the words
 * ------------------------------------------------------------------- */
static const HtColumn search_columns[] = {
    {"name", "Name", 16, 2, HT_ALIGN_LEFT, 0, NULL},
    {"kind", "Where", 9, 0, HT_ALIGN_LEFT, 60, NULL},
    {"snippet", "Text", 20, 6, HT_ALIGN_LEFT, 0, NULL},
};

static HtLoaded *search_load(HtReader *reader, const HtViewQuery *query, GError **error)
{
    GPtrArray *rows = new_rows();
    if (!query->limit || !*query->limit)
        return ht_loaded_new_rows(rows);
    g_autoptr(GPtrArray) hits =
        ht_cache_search(reader, query->limit, HT_SEARCH_PEOPLE | HT_SEARCH_TEXTS, MOST_HITS, error);
    if (!hits) {
        g_ptr_array_unref(rows);
        return NULL;
    }
    for (guint i = 0; i < hits->len; i++) {
        const HtSearchHit *hit = hits->pdata[i];
        /* One person may have several places: the key is the place's own. */
        HtListRow *row = ht_list_row_new(hit->document ? -hit->document : hit->candidate);
        row->candidate = hit->candidate;
        g_autofree char *who = ht_blind_who(reader, 0, hit->candidate, query->blind);
        g_autofree char *snippet = ht_blind_snippet(reader, hit, query->blind);
        ht_list_row_set(row, 0, HT_STYLE_ROW_NORMAL, who);
        ht_list_row_set(row, 1, HT_STYLE_MUTED, hit->kind);
        ht_list_row_set(row, 2, HT_STYLE_ROW_NORMAL, snippet);
        row->state = state_of(hit->is_pending, false);
        g_ptr_array_add(rows, row);
    }
    HtLoaded *loaded = ht_loaded_new_rows(rows);
    loaded->unread = ht_cache_search_left(reader);
    return loaded;
}

/* Nothing found may mean not yet. */
static void search_place(HtView *view, GString *out)
{
    g_string_append_printf(out, "Search%s%zu%s place%s", ht_sign_dot(), view->base->n,
                           view->base->n >= MOST_HITS ? "+" : "",
                           ht_text_plural((int64_t)view->base->n, "", "s"));
    if (view->unread > 0)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT " text%s not read yet", ht_sign_dot(),
                               view->unread, ht_text_plural(view->unread, "", "s"));
}

static const HtViewClass search_class = {
    .id = HT_VIEW_SEARCH,
    .kind = HT_VIEW_TABLE,
    .columns = search_columns,
    .n_columns = G_N_ELEMENTS(search_columns),
    .tables = HT_CHANGED_SHOWN | HT_CHANGED(11) | HT_CHANGED(13) | HT_CHANGED(14) | HT_CHANGED(19),
    .is_plain = true,
    .takes_words = ht_search_is_words,
    .load = search_load,
    .place = search_place,
};

HtView *ht_view_new_search(const HtViewParts *parts, const char *words)
{
    HtView *view = ht_view_alloc(&search_class, parts);
    ht_view_set_limit(view, words ? words : "", NULL);
    return view;
}
