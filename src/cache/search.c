/* Searching as one types. The index holds folded words; what is shown is the text as written, so
 * the places that matched are found in it again, word by word, folded the same way. */
#include "hiretty/cache/search.h"

#include "internal.h"
#include "match_filter.h"

#include "hiretty/base/text.h"
#include "hiretty/domain/candidate.h"

#include <string.h>

#define SNIPPET_BEFORE 48 /* bytes before the first word that matched */
#define SNIPPET_BYTES 160
#define RANKED_MOST 2000 /* above so many hits ranking costs seconds at a million people */

void ht_search_hit_free(HtSearchHit *hit)
{
    if (!hit)
        return;
    g_free(hit->name);
    g_free(hit->snippet);
    if (hit->ranges)
        g_array_unref(hit->ranges);
    g_free(hit);
}

/* --- Words of a text */

static bool is_word_char(gunichar c)
{
    return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

/* The next word from *at; false at the end. */
static bool next_word(const char *text, int *at, int *start, int *end)
{
    const char *p = text + *at;
    while (*p && !is_word_char(g_utf8_get_char(p)))
        p = g_utf8_next_char(p);
    *start = (int)(p - text);
    while (*p && is_word_char(g_utf8_get_char(p)))
        p = g_utf8_next_char(p);
    *end = *at = (int)(p - text);
    return *end > *start;
}

static char **words_of(const char *text)
{
    g_autofree char *folded = ht_text_fold(text);
    GPtrArray *words = g_ptr_array_new();
    int at = 0, start, end;
    while (next_word(folded, &at, &start, &end))
        g_ptr_array_add(words, g_strndup(folded + start, (gsize)(end - start)));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static bool word_matches(const char *text, int start, int end, char **wanted)
{
    g_autofree char *word = g_strndup(text + start, (gsize)(end - start));
    g_autofree char *folded = ht_text_fold(word);
    for (char **prefix = wanted; *prefix; prefix++) {
        if (g_str_has_prefix(folded, *prefix))
            return true;
    }
    return false;
}

static GArray *find_ranges(const char *text, char **wanted)
{
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(HtSearchRange));
    int at = 0, start, end;
    while (next_word(text, &at, &start, &end)) {
        HtSearchRange range = {start, end};
        if (word_matches(text, start, end, wanted))
            g_array_append_val(ranges, range);
    }
    return ranges;
}

/* The place around the first word that matches, on one line. */
static char *cut_snippet(const char *text, char **wanted)
{
    int at = 0, start = 0, end = 0;
    bool found = false;
    while (!found && next_word(text, &at, &start, &end))
        found = word_matches(text, start, end, wanted);
    const char *from = text + (found ? MAX(0, start - SNIPPET_BEFORE) : 0);
    while (from > text && (*from & 0xc0) == 0x80)
        from--;
    gsize len = strlen(from);
    const char *to = from + MIN(len, SNIPPET_BYTES);
    while (*to && to > from && (*to & 0xc0) == 0x80)
        to--;
    g_autofree char *part = g_strndup(from, (gsize)(to - from));
    g_strdelimit(part, "\r\n\t", ' ');
    return g_strconcat(from > text ? "…" : "", g_strstrip(part), *to ? "…" : "", NULL);
}

/* --- Hits */

static HtSearchHit *new_hit(const char *kind, HtKey candidate, HtKey document, char *name,
                            char *snippet, char **wanted)
{
    HtSearchHit *hit = g_new0(HtSearchHit, 1);
    *hit = (HtSearchHit){.candidate = candidate,
                         .document = document,
                         .kind = kind,
                         .name = name,
                         .snippet = snippet};
    hit->ranges = find_ranges(snippet, wanted);
    return hit;
}

static void append_part(GString *out, const char *text)
{
    if (text && *text)
        g_string_append_printf(out, "%s%s", out->len ? " · " : "", text);
}

/* "|python|c|" → "python, c", only the skills that were asked for */
static void append_skills(GString *out, const char *skills, char **wanted)
{
    g_auto(GStrv) list = g_strsplit(skills ? skills : "", "|", -1);
    g_autoptr(GString) hits = g_string_new(NULL);
    for (char **skill = list; *skill; skill++) {
        if (**skill && word_matches(*skill, 0, (int)strlen(*skill), wanted))
            g_string_append_printf(hits, "%s%s", hits->len ? ", " : "", *skill);
    }
    append_part(out, hits->str);
}

/* Whether so many have the words that ranking them is not worth its time. */
static bool is_broad(HtReader *reader, const char *resource, const char *query)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, NULL)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_text(use.stmt, 1, query);
    ht_stmt_bind_int(use.stmt, 2, RANKED_MOST + 1);
    int n = 0;
    while (ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW)
        n++;
    return n > RANKED_MOST;
}

static bool add_people(HtReader *reader, const char *query, char **wanted, gsize limit,
                       GPtrArray *hits, GError **error)
{
    const char *resource = is_broad(reader, HT_QUERY("search_people_many"), query)
                               ? HT_QUERY("search_people_broad")
                               : HT_QUERY("search_people");
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_text(use.stmt, 1, query);
    ht_stmt_bind_int(use.stmt, 2, (int64_t)limit);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        GString *snippet = g_string_new(NULL);
        for (int i = 3; i <= 5; i++)
            append_part(snippet, ht_stmt_text(use.stmt, i));
        append_skills(snippet, ht_stmt_text(use.stmt, 6), wanted);
        char *name = ht_person_name(ht_stmt_text(use.stmt, 1), ht_stmt_text(use.stmt, 2));
        g_ptr_array_add(hits, new_hit("person", ht_stmt_int(use.stmt, 0), 0, name,
                                      g_string_free(snippet, FALSE), wanted));
    }
    return step == HT_STEP_DONE;
}

static const char *const kind_names[HT_DOC_KINDS] = {
    [HT_DOC_RESUME] = "resume",
    [HT_DOC_SCREENING] = "screening",
    [HT_DOC_VOICE] = "voice",
    [HT_DOC_NOTE] = "note",
};

/* ---- notes that are not sent yet: few, and in no index */

/* Have the words of a text what ht_fts_query asks for: starts of words ("abc"*), and words beside
 * each other ("abc de")? */
static bool has_run(char **words, char **run, bool is_start)
{
    for (; *words; words++) {
        int i = 0;
        while (run[i] && words[i] &&
               (is_start ? g_str_has_prefix(words[i], run[i]) : strcmp(words[i], run[i]) == 0))
            i++;
        if (!run[i])
            return true;
    }
    return false;
}

bool ht_fts_answers(const char *text, const char *query)
{
    g_auto(GStrv) words = words_of(text);
    for (const char *at = query; (at = strchr(at, '"'));) {
        const char *end = strchr(at + 1, '"');
        g_autofree char *inner = g_strndup(at + 1, (gsize)(end - at - 1));
        g_auto(GStrv) run = g_strsplit(inner, " ", -1);
        if (!has_run(words, run, end[1] == '*'))
            return false;
        at = end + 1;
    }
    return true;
}

/* Apart from every key: of the id, so that it is the same the next time. */
static HtKey key_of_waiting(const HtUuid *id)
{
    return -(HtKey)((UINT64_C(1) << 62) | (uint64_t)(ht_uuid_hash(id)));
}

/* *instead: the server's notes (keys) for which these stand, whether they have the words or not. */
static bool add_waiting(HtReader *reader, const char *query, char **wanted, gsize limit,
                        GPtrArray *hits, GHashTable *instead, GError **error)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("search_waiting_notes"), error)};
    if (!use.stmt)
        return false;
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtUuid id;
        HtKey note = ht_stmt_int(use.stmt, 1);
        const char *body = ht_stmt_text(use.stmt, 5);
        bool is_gone = ht_stmt_int(use.stmt, 6) != 0;
        if (!body && !is_gone)
            continue;
        if (note)
            g_hash_table_add(instead, GSIZE_TO_POINTER((gsize)note));
        g_autofree char *valid = g_utf8_make_valid(body ? body : "", -1);
        if (is_gone || hits->len >= limit || !ht_stmt_uuid(use.stmt, 0, &id) ||
            !ht_fts_answers(valid, query))
            continue;
        char *name = ht_person_name(ht_stmt_text(use.stmt, 3), ht_stmt_text(use.stmt, 4));
        HtSearchHit *hit =
            new_hit(kind_names[HT_DOC_NOTE], ht_stmt_int(use.stmt, 2),
                    note ? note : key_of_waiting(&id), name, cut_snippet(valid, wanted), wanted);
        hit->is_pending = true;
        g_ptr_array_add(hits, hit);
    }
    return step == HT_STEP_DONE;
}

static bool add_texts(HtReader *reader, const char *query, char **wanted, gsize limit,
                      GPtrArray *hits, GHashTable *instead, GError **error)
{
    const char *resource = is_broad(reader, HT_QUERY("search_texts_many"), query)
                               ? HT_QUERY("search_texts_broad")
                               : HT_QUERY("search_texts");
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, error)};
    if (!use.stmt)
        return false;
    ht_stmt_bind_text(use.stmt, 1, query);
    ht_stmt_bind_int(use.stmt, 2, (int64_t)limit);
    HtStep step;
    while ((step = ht_stmt_step(use.stmt, error)) == HT_STEP_ROW) {
        HtKey document = ht_stmt_int(use.stmt, 0);
        int64_t kind = ht_stmt_int(use.stmt, 1);
        if (kind <= 0 || kind >= HT_DOC_KINDS ||
            g_hash_table_contains(instead, GSIZE_TO_POINTER((gsize)document)))
            continue;
        g_autofree char *text =
            ht_index_text(reader->db, (HtDocKind)kind, document, false, NULL, NULL);
        g_autofree char *valid = g_utf8_make_valid(text ? text : "", -1);
        char *name = ht_person_name(ht_stmt_text(use.stmt, 3), ht_stmt_text(use.stmt, 4));
        g_ptr_array_add(hits, new_hit(kind_names[kind], ht_stmt_int(use.stmt, 2), document, name,
                                      cut_snippet(valid, wanted), wanted));
    }
    return step == HT_STEP_DONE;
}

int64_t ht_cache_search_left(HtReader *reader)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, HT_QUERY("docs_left"), NULL)};
    return use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW ? ht_stmt_int(use.stmt, 0) : 0;
}

GPtrArray *ht_cache_search(HtReader *reader, const char *words, unsigned scopes, gsize limit,
                           GError **error)
{
    g_autoptr(GPtrArray) hits =
        g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_search_hit_free);
    g_autofree char *query = ht_fts_query(words);
    if (!query)
        return g_steal_pointer(&hits);
    g_autofree char *valid = g_utf8_make_valid(words, -1);
    g_auto(GStrv) wanted = words_of(valid);
    if ((scopes & HT_SEARCH_PEOPLE) && !add_people(reader, query, wanted, limit, hits, error))
        return NULL;
    if (!(scopes & HT_SEARCH_TEXTS) || hits->len >= limit)
        return g_steal_pointer(&hits);
    g_autoptr(GHashTable) instead = g_hash_table_new(g_direct_hash, g_direct_equal);
    if (!add_waiting(reader, query, wanted, limit, hits, instead, error) ||
        !add_texts(reader, query, wanted, limit - hits->len, hits, instead, error))
        return NULL;
    return g_steal_pointer(&hits);
}

HtKeyArray *ht_cache_search_keys(HtReader *reader, const char *words, gsize limit, GError **error)
{
    g_autofree char *query = ht_fts_query(words);
    if (!query)
        return ht_key_array_new(0);
    const char *resource = is_broad(reader, HT_QUERY("search_people_many"), query)
                               ? HT_QUERY("search_people_many")
                               : HT_QUERY("search_people_keys");
    g_auto(HtStmtUse) use = {ht_db_stmt(reader->db, resource, error)};
    if (!use.stmt)
        return NULL;
    ht_stmt_bind_text(use.stmt, 1, query);
    ht_stmt_bind_int(use.stmt, 2, limit ? (int64_t)limit : -1);
    return ht_reader_keys(use.stmt, error);
}
