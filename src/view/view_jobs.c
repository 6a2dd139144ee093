/* Jobs: what is open, how many stand where, what is new and who waits. */
#include "view_impl.h"

#include "hiretty/cache/jobs.h"

#include <string.h>

enum {
    COL_TITLE,
    COL_DEPARTMENT,
    COL_LOCATION,
    COL_STATUS,
    COL_TOTAL,
    COL_APPLIED,
    COL_SHORTLIST,
    COL_SCREENING,
    COL_INTERVIEW,
    COL_OFFER,
    COL_NEW,
    COL_WAITING,
    N_COLUMNS
};

static const HtColumn columns[N_COLUMNS] = {
    {"title", "Job", 28, 8, HT_ALIGN_LEFT, 0, "title"},
    {"department", "Department", 10, 2, HT_ALIGN_LEFT, 125, "department"},
    {"location", "Location", 12, 2, HT_ALIGN_LEFT, 100, "location"},
    {"status", "Status", 8, 0, HT_ALIGN_LEFT, 140, "status"},
    {"total", "Total", 6, 0, HT_ALIGN_RIGHT, 115, "total"},
    {"applied", "Appl", 5, 0, HT_ALIGN_RIGHT, 0, NULL},
    {"shortlist", "Short", 5, 0, HT_ALIGN_RIGHT, 0, NULL},
    {"screening", "Scrn", 5, 0, HT_ALIGN_RIGHT, 70, NULL},
    {"interview", "Intv", 5, 0, HT_ALIGN_RIGHT, 60, NULL},
    {"offer", "Offer", 5, 0, HT_ALIGN_RIGHT, 84, NULL},
    {"new", "New", 5, 0, HT_ALIGN_RIGHT, 0, "new"},
    {"waiting", "Waits", 7, 0, HT_ALIGN_RIGHT, 0, "waiting"},
};

static HtJobSort sort_of(const char *name)
{
    static const struct {
        const char *name;
        HtJobSort sort;
    } sorts[] = {
        {"activity", HT_JOB_SORT_ACTIVITY},
        {"title", HT_JOB_SORT_TITLE},
        {"department", HT_JOB_SORT_DEPARTMENT},
        {"location", HT_JOB_SORT_LOCATION},
        {"status", HT_JOB_SORT_STATUS},
        {"total", HT_JOB_SORT_TOTAL},
        {"new", HT_JOB_SORT_NEW},
        {"waiting", HT_JOB_SORT_WAITING},
    };
    for (gsize i = 0; name && i < G_N_ELEMENTS(sorts); i++) {
        if (strcmp(sorts[i].name, name) == 0)
            return sorts[i].sort;
    }
    return HT_JOB_SORT_ACTIVITY;
}

static HtLoaded *jobs_load(HtReader *reader, const HtViewQuery *query, GError **error)
{
    bool all = false;
    for (guint i = 0; query->filter && i < query->filter->terms->len; i++) {
        const HtFilterTerm *term = query->filter->terms->pdata[i];
        all = all || term->field == HT_FIELD_STATUS || term->field == HT_FIELD_IS;
    }
    HtJobQuery jobs = {.open_only = !all, .filter = query->filter, .sort = sort_of(query->sort)};
    /* The cache's natural order: most and longest first, texts from A. */
    bool falls = jobs.sort == HT_JOB_SORT_ACTIVITY || jobs.sort >= HT_JOB_SORT_TOTAL;
    jobs.descending = query->descending != falls;
    return ht_loaded_new_keys(ht_cache_job_keys(reader, &jobs, error));
}

static void jobs_clear(HtView *view)
{
    HtJobRow *rows = view->window;
    for (gsize i = 0; rows && i < view->window_n; i++)
        ht_job_row_clear(&rows[i]);
    g_clear_pointer(&view->window, g_free);
}

static void jobs_fetch(HtView *view, const HtKey *keys, gsize n)
{
    HtJobRow *rows = g_new0(HtJobRow, n);
    g_autoptr(GError) error = NULL;
    if (!ht_cache_job_rows(view->parts.reader, keys, n, rows, &error))
        ht_log(HT_LOG_WARNING, "jobs: %s", error->message);
    view->window = rows;
}

static HtCell number_cell(HtView *view, int64_t value, HtStyle role)
{
    char *text = value ? g_strdup_printf("%" G_GINT64_FORMAT, value) : g_strdup(ht_sign_dot() + 1);
    g_strchomp(text);
    HtCell cell = {ht_view_keep(view, text), value ? role : HT_STYLE_MUTED};
    return cell;
}

static HtCell text_cell(HtView *view, const char *text, HtStyle role)
{
    HtCell cell = {ht_view_keep(view, ht_clean(text)), role};
    return cell;
}

static HtCell waiting_cell(HtView *view, const HtJobRow *row)
{
    if (!row->oldest_waiting)
        return number_cell(view, 0, HT_STYLE_MUTED);
    char age[16];
    ht_clock_format_age(ht_clock_now_us() - row->oldest_waiting, age);
    char *text = g_strdup_printf("%s%s", age, row->over_sla ? "!" : "");
    HtCell cell = {ht_view_keep(view, text), row->over_sla ? HT_STYLE_TIME_LATE : HT_STYLE_TIME};
    return cell;
}

static HtCell jobs_cell(HtView *view, gsize slot, int column)
{
    const HtJobRow *row = &((const HtJobRow *)view->window)[slot];
    if (row->key == 0)
        return text_cell(view, column == COL_TITLE ? "no longer there" : "", HT_STYLE_ROW_GONE);
    switch (column) {
    case COL_TITLE:
        return text_cell(view, row->title,
                         row->confidential ? HT_STYLE_STRONG : HT_STYLE_ROW_NORMAL);
    case COL_DEPARTMENT:
        return text_cell(view, row->department, HT_STYLE_ROW_NORMAL);
    case COL_LOCATION:
        return text_cell(view, row->location, HT_STYLE_MUTED);
    case COL_STATUS:
        return text_cell(view, row->status, HT_STYLE_MUTED);
    case COL_TOTAL:
        return number_cell(view, row->n_total, HT_STYLE_ROW_NORMAL);
    case COL_APPLIED:
    case COL_SHORTLIST:
    case COL_SCREENING:
    case COL_INTERVIEW:
    case COL_OFFER: {
        HtStageType type = (HtStageType)(HT_STAGE_APPLIED + (column - COL_APPLIED));
        return number_cell(view, row->counts[type], ht_style_of_stage(type));
    }
    case COL_NEW:
        return number_cell(view, row->n_new, HT_STYLE_STRONG);
    default:
        return waiting_cell(view, row);
    }
}

static unsigned jobs_state(HtView *view, gsize slot)
{
    const HtJobRow *row = &((const HtJobRow *)view->window)[slot];
    return (row->key == 0 ? HT_ROW_GONE : 0u) | (row->n_new > 0 ? HT_ROW_UNREAD : 0u);
}

static HtKey jobs_job(HtView *view, gsize slot)
{
    return ((const HtJobRow *)view->window)[slot].key;
}

static void jobs_place(HtView *view, GString *out)
{
    g_string_append_printf(out, "Jobs%s%zu %s", ht_sign_dot(), view->base->n,
                           view->limit ? "found" : "open");
}

/* Whole days are read as days. */
static void add_within(HtDoc *doc, int64_t hours)
{
    bool days = hours % 24 == 0;
    ht_doc_addf(doc, HT_STYLE_MUTED, "  within %" G_GINT64_FORMAT " %s", days ? hours / 24 : hours,
                days ? "d" : "h");
}

static void add_stages(HtDoc *doc, const HtJob *job)
{
    ht_doc_heading(doc, "Stages");
    for (guint i = 0; i < job->stages->len; i++) {
        const HtJobStage *stage = job->stages->pdata[i];
        g_autofree char *name = ht_clean(stage->name);
        ht_doc_newline(doc);
        ht_doc_addf(doc, ht_style_of_stage(stage->type), "%6" G_GINT64_FORMAT "  %s", stage->n,
                    name);
        if (stage->is_blind)
            ht_doc_add(doc, HT_STYLE_MUTED, "  reviewed blind");
        if (stage->sla_hours > 0 && !stage->is_terminal)
            add_within(doc, stage->sla_hours);
    }
}

static void add_wants(HtDoc *doc, const HtJob *job, int width)
{
    if (job->requirements->len > 0)
        ht_doc_heading(doc, "Requirements");
    for (guint i = 0; i < job->requirements->len; i++) {
        const HtJobRequirement *wanted = job->requirements->pdata[i];
        g_autofree char *label = ht_clean(wanted->label);
        ht_doc_newline(doc);
        ht_doc_add(doc, HT_STYLE_LABEL, "  ");
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 2, width, label);
    }
    if (job->skills->len > 0)
        ht_doc_heading(doc, "Skills");
    for (guint i = 0; i < job->skills->len; i++) {
        const HtJobSkill *skill = job->skills->pdata[i];
        g_autofree char *name = ht_clean(skill->skill);
        ht_doc_newline(doc);
        ht_doc_addf(doc, HT_STYLE_NORMAL, "  %s", name);
        if (skill->required)
            ht_doc_add(doc, HT_STYLE_MUTED, "  must have");
    }
}

static void jobs_preview(HtView *view, gsize slot, HtDoc *doc, int width)
{
    const HtJobRow *row = &((const HtJobRow *)view->window)[slot];
    g_autoptr(GError) error = NULL;
    g_autoptr(HtJob) job = ht_cache_job(view->parts.reader, row->key, &error);
    if (!job) {
        ht_doc_add(doc, HT_STYLE_ROW_GONE, "This job is no longer there.");
        return;
    }
    g_autofree char *title = ht_clean(job->row.title);
    ht_doc_newline(doc);
    ht_doc_wrap(doc, HT_STYLE_TITLE, 0, width, title);
    ht_doc_newline(doc);
    g_autofree char *department = ht_clean(job->row.department);
    g_autofree char *location = ht_clean(job->row.location);
    ht_doc_addf(doc, HT_STYLE_MUTED, "%s%s%s", department ? department : "",
                department && location ? ht_sign_dot() : "", location ? location : "");
    add_stages(doc, job);
    add_wants(doc, job, width);
    if (job->description) {
        ht_doc_heading(doc, "Description");
        ht_doc_newline(doc);
        g_autofree char *text = ht_clean_block(job->description);
        ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, width, text);
    }
}

static const HtViewClass jobs_class = {
    .id = HT_VIEW_JOBS,
    .kind = HT_VIEW_TABLE,
    .columns = columns,
    .n_columns = N_COLUMNS,
    .sort = "activity",
    .descending = true, /* most to do first: jobs_load knows what the cache calls so */
    .tables = HT_CHANGED_SHOWN | HT_CHANGED_SEEN | HT_CHANGED_META | HT_CHANGED(6) | HT_CHANGED(7) |
              HT_CHANGED(15),
    .accepts = ht_cache_job_filter_check,
    .load = jobs_load,
    .fetch = jobs_fetch,
    .clear_window = jobs_clear,
    .cell = jobs_cell,
    .state = jobs_state,
    .job_of = jobs_job,
    .place = jobs_place,
    .preview = jobs_preview,
};

HtView *ht_view_new_jobs(const HtViewParts *parts)
{
    HtView *view = ht_view_alloc(&jobs_class, parts);
    ht_view_load(view, true);
    return view;
}
