/* What is made of the server's rows for searching: one folded row a person, and the words of
 * documents. A full-text index without its own copy of the text can only forget a document when it
 * is told exactly the words it was given; so the text is extracted again before the row changes,
 * and the extraction has a version. */
#include "internal.h"

#include "hiretty/base/clock.h"
#include "hiretty/base/text.h"
#include "hiretty/domain/candidate.h"
#include "hiretty/domain/transcript.h"

#include <string.h>

#define STEP_US (15 * HT_US_PER_MS)
#define STEP_DOCS 50
#define PERSON_COLUMNS 9
#define FTS_COLUMNS 7

static bool run_key(HtDb *db, const char *resource, HtKey k, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    return ht_stmt_run(stmt, error);
}

/* --- People */

typedef struct {
    char *column[PERSON_COLUMNS]; /* name title company place skills tags email last_title … */
} Person;

enum { NAME, TITLE, COMPANY, PLACE, SKILLS, TAGS, EMAIL, LAST_TITLE, LAST_COMPANY };

static void person_clear(Person *person)
{
    for (int i = 0; i < PERSON_COLUMNS; i++)
        g_clear_pointer(&person->column[i], g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

static char *fold_two(const char *first, const char *second)
{
    if (!first && !second)
        return NULL;
    g_autofree char *both =
        g_strconcat(first ? first : "", first && second ? " " : "", second ? second : "", NULL);
    return ht_text_fold(both);
}

static void append_skills(GString *out, char **skills)
{
    for (char **skill = skills; skill && *skill; skill++) {
        g_autofree char *folded = ht_text_fold(*skill);
        g_strdelimit(folded, "|", ' ');
        g_strstrip(folded);
        if (*folded)
            g_string_append_printf(out, "%s|", folded);
    }
}

/* The post before the present one; of somebody without a present one, the newest. */
static const HtExperience *last_post(const HtResume *resume)
{
    for (guint i = 0; i < resume->experience->len; i++) {
        const HtExperience *post = resume->experience->pdata[i];
        if (!post->is_current)
            return post;
    }
    return NULL;
}

static HtResume *read_resume(const char *json)
{
    HtResume *resume = g_new0(HtResume, 1);
    ht_resume_read(resume, json);
    return resume;
}

static void take_resume(Person *person, const char *json)
{
    if (!json)
        return;
    g_autoptr(HtResume) resume = read_resume(json);
    GString *skills = g_string_new("|");
    append_skills(skills, resume->technical);
    append_skills(skills, resume->soft);
    append_skills(skills, resume->languages);
    person->column[SKILLS] = g_string_free(skills, FALSE);
    const HtExperience *post = resume->experience ? last_post(resume) : NULL;
    if (post) {
        person->column[LAST_TITLE] = g_strdup(post->title);
        person->column[LAST_COMPANY] = g_strdup(post->company);
    }
}

/* false: there is no such person (any more), or an error */
static bool make_person(HtDb *db, HtKey k, Person *person, GError **error)
{
    HtStmt *base = ht_db_stmt(db, HT_QUERY("person_base"), error);
    if (!base)
        return false;
    ht_stmt_bind_int(base, 1, k);
    bool there = ht_stmt_step(base, error) == HT_STEP_ROW;
    if (there) {
        take_resume(person, ht_stmt_text(base, 7));
        g_autofree char *name = ht_person_name(ht_stmt_text(base, 0), ht_stmt_text(base, 1));
        person->column[NAME] = ht_text_fold(name);
        person->column[TITLE] = fold_two(ht_stmt_text(base, 3), person->column[LAST_TITLE]);
        person->column[COMPANY] = fold_two(ht_stmt_text(base, 4), person->column[LAST_COMPANY]);
        person->column[PLACE] = fold_two(ht_stmt_text(base, 5), NULL);
        person->column[TAGS] = fold_two(ht_stmt_text(base, 6), NULL);
        person->column[EMAIL] = fold_two(ht_stmt_text(base, 2), NULL);
    }
    ht_stmt_reset(base);
    return there;
}

static bool load_person(HtDb *db, HtKey k, Person *person, GError **error)
{
    HtStmt *row = ht_db_stmt(db, HT_QUERY("person_row"), error);
    if (!row)
        return false;
    ht_stmt_bind_int(row, 1, k);
    bool there = ht_stmt_step(row, error) == HT_STEP_ROW;
    for (int i = 0; there && i < PERSON_COLUMNS; i++)
        person->column[i] = ht_stmt_dup_text(row, i);
    ht_stmt_reset(row);
    return there;
}

static bool put_person(HtDb *db, const char *resource, int n, HtKey k, const Person *person,
                       GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    for (int i = 0; i < n; i++)
        ht_stmt_bind_text(stmt, i + 2, person->column[i]);
    return ht_stmt_run(stmt, error);
}

static bool is_same_person(const Person *a, const Person *b)
{
    for (int i = 0; i < PERSON_COLUMNS; i++) {
        if (g_strcmp0(a->column[i], b->column[i]) != 0)
            return false;
    }
    return true;
}

bool ht_person_derive(HtDb *db, HtKey k, GError **error)
{
    g_auto(Person) old = {{0}};
    g_auto(Person) fresh = {{0}};
    g_autoptr(GError) why = NULL;
    bool had = load_person(db, k, &old, &why);
    bool has = !why && make_person(db, k, &fresh, &why);
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    if (had == has && (!had || is_same_person(&old, &fresh)))
        return true;
    if (had && !put_person(db, HT_QUERY("person_fts_remove"), FTS_COLUMNS, k, &old, error))
        return false;
    if (!has)
        return run_key(db, HT_QUERY("person_delete"), k, error);
    return put_person(db, HT_QUERY("person_put"), PERSON_COLUMNS, k, &fresh, error) &&
           put_person(db, HT_QUERY("person_fts_add"), FTS_COLUMNS, k, &fresh, error);
}

bool ht_people_rebuild(HtDb *db, GError **error)
{
    HtStmt *all = ht_db_stmt(db, HT_QUERY("candidate_keys"), error);
    HtStep step = HT_STEP_ERROR;
    while (all && (step = ht_stmt_step(all, error)) == HT_STEP_ROW) {
        HtKey k = ht_stmt_int(all, 0);
        g_auto(Person) person = {{0}};
        if (!make_person(db, k, &person, error) ||
            !put_person(db, HT_QUERY("person_put"), PERSON_COLUMNS, k, &person, error))
            step = HT_STEP_ERROR;
        if (step == HT_STEP_ERROR)
            break;
    }
    if (all)
        ht_stmt_reset(all);
    if (step != HT_STEP_DONE)
        return false;
    HtStmt *rebuild = ht_db_stmt(db, HT_QUERY("people_fts_rebuild"), error);
    return rebuild && ht_stmt_run(rebuild, error);
}

/* --- Documents */

static void add_line(GString *out, const char *text)
{
    if (text && *text)
        g_string_append_printf(out, "%s\n", text);
}

static void add_lines(GString *out, char **texts)
{
    for (char **text = texts; text && *text; text++)
        add_line(out, *text);
}

static void resume_text(GString *out, const char *json)
{
    g_autoptr(HtResume) resume = read_resume(json);
    add_line(out, resume->summary);
    for (guint i = 0; resume->experience && i < resume->experience->len; i++) {
        const HtExperience *post = resume->experience->pdata[i];
        add_line(out, post->title);
        add_line(out, post->company);
        add_line(out, post->description);
        add_lines(out, post->technologies);
    }
    for (guint i = 0; resume->education && i < resume->education->len; i++) {
        const HtEducation *education = resume->education->pdata[i];
        add_line(out, education->degree);
        add_line(out, education->institution);
    }
    add_lines(out, resume->technical);
    add_lines(out, resume->soft);
    add_lines(out, resume->languages);
}

static void transcript_text(GString *out, HtDocKind kind, const char *turns, const char *analysis)
{
    g_autoptr(HtTranscript) transcript = g_new0(HtTranscript, 1);
    if (kind == HT_DOC_SCREENING)
        ht_transcript_read_messages(transcript, turns);
    else
        ht_transcript_read_segments(transcript, turns);
    ht_transcript_read_analysis(transcript, analysis);
    add_line(out, transcript->summary);
    for (guint i = 0; transcript->turns && i < transcript->turns->len; i++) {
        const HtTurn *turn = transcript->turns->pdata[i];
        add_line(out, turn->text);
    }
}

static const char *const doc_queries[HT_DOC_KINDS] = {
    [HT_DOC_RESUME] = HT_QUERY("doc_resume"),
    [HT_DOC_SCREENING] = HT_QUERY("doc_screening"),
    [HT_DOC_VOICE] = HT_QUERY("doc_voice"),
    [HT_DOC_NOTE] = HT_QUERY("doc_note"),
};

char *ht_index_text(HtDb *db, HtDocKind kind, HtKey k, bool folded, HtKey *candidate,
                    GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, doc_queries[kind], error);
    if (!stmt)
        return NULL;
    ht_stmt_bind_int(stmt, 1, k);
    if (ht_stmt_step(stmt, error) != HT_STEP_ROW) {
        ht_stmt_reset(stmt);
        return NULL;
    }
    if (candidate)
        *candidate = ht_stmt_int(stmt, 0);
    GString *out = g_string_new(NULL);
    if (kind == HT_DOC_RESUME)
        resume_text(out, ht_stmt_text(stmt, 1));
    else if (kind == HT_DOC_NOTE)
        add_line(out, ht_stmt_text(stmt, 1));
    else
        transcript_text(out, kind, ht_stmt_text(stmt, 1), ht_stmt_text(stmt, 2));
    ht_stmt_reset(stmt);
    char *text = g_string_free(out, FALSE);
    if (!folded)
        return text;
    char *clean = ht_text_fold(text);
    g_free(text);
    return clean;
}

bool ht_index_has(HtDb *db, HtKey k)
{
    HtStmt *stmt = ht_db_stmt(db, HT_QUERY("doc_is_indexed"), NULL);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    bool is = ht_stmt_step(stmt, NULL) == HT_STEP_ROW;
    ht_stmt_reset(stmt);
    return is;
}

static bool run_fts(HtDb *db, const char *resource, HtKey k, const char *text, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, resource, error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    ht_stmt_bind_text(stmt, 2, text);
    return ht_stmt_run(stmt, error);
}

bool ht_index_forget(HtDb *db, HtKey k, const char *old_folded, GError **error)
{
    return run_fts(db, HT_QUERY("doc_fts_remove"), k, old_folded, error) &&
           run_key(db, HT_QUERY("doc_forget"), k, error);
}

bool ht_index_queue(HtDb *db, HtDocKind kind, HtKey k, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_QUERY("doc_queue"), error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    ht_stmt_bind_int(stmt, 2, kind);
    return ht_stmt_run(stmt, error);
}

static bool mark_indexed(HtDb *db, HtDocKind kind, HtKey k, HtKey candidate, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_QUERY("doc_indexed"), error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, k);
    ht_stmt_bind_int(stmt, 2, kind);
    if (candidate)
        ht_stmt_bind_int(stmt, 3, candidate);
    return ht_stmt_run(stmt, error);
}

static bool index_doc(HtDb *db, HtDocKind kind, HtKey k, GError **error)
{
    if (!run_key(db, HT_QUERY("doc_unqueue"), k, error))
        return false;
    if (ht_index_has(db, k))
        return true;
    HtKey candidate = 0;
    g_autoptr(GError) why = NULL;
    g_autofree char *text = ht_index_text(db, kind, k, true, &candidate, &why);
    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    if (!text || !*text)
        return true;
    return run_fts(db, HT_QUERY("doc_fts_add"), k, text, error) &&
           mark_indexed(db, kind, k, candidate, error);
}

typedef struct {
    HtKey k;
    HtDocKind kind;
} Doc;

static bool next_docs(HtDb *db, GArray *docs, GError **error)
{
    HtStmt *stmt = ht_db_stmt(db, HT_QUERY("doc_next"), error);
    if (!stmt)
        return false;
    ht_stmt_bind_int(stmt, 1, STEP_DOCS);
    HtStep step;
    while ((step = ht_stmt_step(stmt, error)) == HT_STEP_ROW) {
        int64_t kind = ht_stmt_int(stmt, 1);
        Doc doc = {.k = ht_stmt_int(stmt, 0), .kind = (HtDocKind)kind};
        if (kind > 0 && kind < HT_DOC_KINDS)
            g_array_append_val(docs, doc);
    }
    ht_stmt_reset(stmt);
    return step == HT_STEP_DONE;
}

bool ht_index_step(HtDb *db, bool *more, GError **error)
{
    g_autoptr(GArray) docs = g_array_new(FALSE, FALSE, sizeof(Doc));
    *more = false;
    if (!next_docs(db, docs, error))
        return false;
    int64_t until = ht_clock_mono_us() + STEP_US;
    for (guint i = 0; i < docs->len; i++) {
        const Doc *doc = &g_array_index(docs, Doc, i);
        if (!index_doc(db, doc->kind, doc->k, error))
            return false;
        if (ht_clock_mono_us() > until)
            break;
    }
    *more = docs->len > 0;
    return true;
}

bool ht_index_queue_all(HtDb *db, GError **error)
{
    static const char *const queries[] = {
        HT_QUERY("docs_queue_resumes"),
        HT_QUERY("docs_queue_screenings"),
        HT_QUERY("docs_queue_voices"),
        HT_QUERY("docs_queue_notes"),
    };
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        HtStmt *stmt = ht_db_stmt(db, queries[i], error);
        if (!stmt || !ht_stmt_run(stmt, error))
            return false;
    }
    return true;
}
