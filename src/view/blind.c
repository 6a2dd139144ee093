/* One rule for all that is shown: a name that one list hides and another one shows is not hidden.
 *
 * A text that somebody wrote or said may name the person at any place. Words are compared in the
 * folded form, so that "ANA" and "Aña" go with "Ana"; a part of a name of one or two letters only
 * as it is written, for "de" and "li" are words too. Scripts that put no spaces between words are
 * searched for the part itself. */
#include "hiretty/view/blind.h"

#include "hiretty/base/text.h"
#include "hiretty/cache/candidates.h"
#include "hiretty/cache/error.h"
#include "hiretty/cache/jobs.h"
#include "hiretty/cache/matches.h"

#include <string.h>

enum { SHORT_PART = 3 };

#define NAME_SIGN "[name]"
#define CONTACT_SIGN "[contact]"

struct HtMask {
    GPtrArray *folded; /* char *, parts of the name, folded */
    GPtrArray *exact;  /* char *, those of one or two letters */
    GPtrArray *wide;   /* char *, those of scripts without spaces */
    char *phone;       /* may be NULL */
    bool hides_all;    /* the name could not be read */
};

/* ---- who
 * ------------------------------------------------------------------------------------------ */
char *ht_blind_name(HtReader *reader, HtKey candidate)
{
    HtUuid id;
    char text[HT_UUID_TEXT];
    if (!candidate || !ht_reader_uuid(reader, candidate, &id))
        return g_strdup(HT_BLIND_NAME);
    ht_uuid_format(&id, text);
    return g_strdup_printf(HT_BLIND_NAME " %.*s", HT_BLIND_NAME_DIGITS, text);
}

/* false: it is not here, or could not be read (error). */
static bool match_hides(HtReader *reader, HtKey match, bool *hides, char **name, GError **error)
{
    HtMatchRow *row = match ? ht_cache_match(reader, match, error) : NULL;
    if (!row)
        return false;
    *hides = row->flags & HT_MATCH_BLIND;
    if (name)
        *name =
            *hides ? ht_blind_name(reader, row->candidate) : g_strdup(row->name ? row->name : "");
    ht_match_rows_free(row, 1);
    return true;
}

static bool is_missing(const GError *error)
{
    return !error || g_error_matches(error, HT_CACHE_ERROR, HT_CACHE_ERROR_NOT_FOUND);
}

bool ht_blind_hides(HtReader *reader, HtKey match, HtKey candidate)
{
    g_autoptr(GError) error = NULL;
    bool hides;
    if (match_hides(reader, match, &hides, NULL, &error))
        return hides;
    if (!is_missing(error))
        return true;
    g_clear_error(&error);
    return ht_cache_blind_match(reader, candidate, &error) != 0 || error;
}

/* Whose application it is; `candidate` where that is not here. */
static HtKey person_of(HtReader *reader, HtKey match, HtKey candidate)
{
    HtMatchRow *row = match ? ht_cache_match(reader, match, NULL) : NULL;
    if (!row)
        return candidate;
    candidate = row->candidate;
    ht_match_rows_free(row, 1);
    return candidate;
}

char *ht_blind_who(HtReader *reader, HtKey match, HtKey candidate, bool blind)
{
    g_autoptr(GError) error = NULL;
    bool hides;
    char *name = NULL;
    if (blind) {
        HtKey person = person_of(reader, match, candidate);
        return person ? ht_blind_name(reader, person) : g_strdup("");
    }
    if (match_hides(reader, match, &hides, &name, &error))
        return name;
    if (!is_missing(error))
        return g_strdup(HT_BLIND_NAME);
    g_clear_error(&error);
    if (candidate && ht_cache_blind_match(reader, candidate, &error))
        return ht_blind_name(reader, candidate);
    g_autoptr(HtCandidate) person =
        candidate && !error ? ht_cache_candidate(reader, candidate, NULL) : NULL;
    return g_strdup(error ? HT_BLIND_NAME : person && person->name ? person->name : "");
}

bool ht_blind_hid(HtReader *reader, HtKey match)
{
    HtMatchRow *row = match ? ht_cache_match(reader, match, NULL) : NULL;
    g_autoptr(GPtrArray) history =
        row ? ht_cache_history(reader, row->candidate, match, NULL) : NULL;
    g_autoptr(HtJob) job = row ? ht_cache_job(reader, row->job, NULL) : NULL;
    const char *from = NULL;
    for (guint i = 0; history && i < history->len && !from; i++)
        from = ((const HtHistoryItem *)history->pdata[i])->from_stage;
    bool blind = false;
    for (guint i = 0; from && job && i < job->stages->len; i++) {
        const HtJobStage *stage = job->stages->pdata[i];
        blind = blind || (stage->is_blind && g_strcmp0(stage->name, from) == 0);
    }
    ht_match_rows_free(row, row ? 1 : 0);
    return blind;
}

/* ---- texts
 * ---------------------------------------------------------------------------------------- */
static bool is_word_char(gunichar c)
{
    return g_unichar_isalnum(c) || g_unichar_ismark(c);
}

static const char *word_end(const char *p)
{
    while (*p && is_word_char(g_utf8_get_char(p)))
        p = g_utf8_next_char(p);
    return p;
}

static void add_part(HtMask *mask, const char *from, const char *to)
{
    g_autofree char *part = g_strndup(from, (gsize)(to - from));
    if (g_unichar_iswide(g_utf8_get_char(part)))
        g_ptr_array_add(mask->wide, g_steal_pointer(&part));
    else if (g_utf8_strlen(part, -1) < SHORT_PART)
        g_ptr_array_add(mask->exact, g_steal_pointer(&part));
    else
        g_ptr_array_add(mask->folded, ht_text_fold(part));
}

static void add_parts(HtMask *mask, const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name ? name : "", -1);
    for (const char *p = valid; *p;) {
        const char *end = word_end(p);
        if (end > p)
            add_part(mask, p, end);
        p = end > p ? end : g_utf8_next_char(p);
    }
}

HtMask *ht_mask_new(HtReader *reader, HtKey candidate)
{
    HtMask *mask = g_new0(HtMask, 1);
    mask->folded = g_ptr_array_new_with_free_func(g_free);
    mask->exact = g_ptr_array_new_with_free_func(g_free);
    mask->wide = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HtCandidate) person = ht_cache_candidate(reader, candidate, NULL);
    mask->hides_all = !person;
    if (!person)
        return mask;
    add_parts(mask, person->first_name);
    add_parts(mask, person->last_name);
    mask->phone = person->phone && *person->phone ? g_strdup(person->phone) : NULL;
    return mask;
}

void ht_mask_free(HtMask *mask)
{
    if (!mask)
        return;
    g_ptr_array_unref(mask->folded);
    g_ptr_array_unref(mask->exact);
    g_ptr_array_unref(mask->wide);
    g_free(mask->phone);
    g_free(mask);
}

static bool has(const GPtrArray *parts, const char *word)
{
    for (guint i = 0; i < parts->len; i++) {
        if (strcmp(parts->pdata[i], word) == 0)
            return true;
    }
    return false;
}

/* Bytes of the part of a name that begins here, in a script without spaces; 0 = none. */
static gsize wide_part(const HtMask *mask, const char *at)
{
    for (guint i = 0; i < mask->wide->len; i++) {
        if (g_str_has_prefix(at, mask->wide->pdata[i]))
            return strlen(mask->wide->pdata[i]);
    }
    return 0;
}

static void append_word(const HtMask *mask, GString *out, const char *from, const char *to)
{
    g_autofree char *word = g_strndup(from, (gsize)(to - from));
    g_autofree char *folded = ht_text_fold(word);
    if (has(mask->folded, folded) || has(mask->exact, word)) {
        g_string_append(out, NAME_SIGN);
        return;
    }
    for (const char *p = word; *p;) {
        gsize part = wide_part(mask, p), one = (gsize)(g_utf8_next_char(p) - p);
        if (part > 0)
            g_string_append(out, NAME_SIGN);
        else
            g_string_append_len(out, p, (gssize)one);
        p += part > 0 ? part : one;
    }
}

/* The end of a run without spaces that has an @ between two characters, or NULL. */
static const char *address_end(const char *at)
{
    const char *end = at + strcspn(at, " \t\r\n,;<>()\"");
    const char *sign = memchr(at, '@', (gsize)(end - at));
    return sign && sign > at && sign + 1 < end ? end : NULL;
}

char *ht_mask_text(const HtMask *mask, const char *text)
{
    if (!mask || !text)
        return g_strdup(text);
    if (mask->hides_all)
        return g_strdup(NAME_SIGN);
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_sized_new(strlen(valid));
    gsize phone = mask->phone ? strlen(mask->phone) : 0;
    bool begins = true; /* of a run without spaces */
    for (const char *p = valid; *p;) {
        const char *end = begins ? address_end(p) : NULL;
        const char *word = end ? NULL : word_end(p);
        if (phone > 0 && strncmp(p, mask->phone, phone) == 0)
            end = p + phone;
        if (end) {
            g_string_append(out, CONTACT_SIGN);
        } else if (word > p) {
            append_word(mask, out, p, word);
            end = word;
        } else {
            end = g_utf8_next_char(p);
            g_string_append_len(out, p, end - p);
        }
        begins = strchr(" \t\r\n,;<>()\"", end[-1]) != NULL;
        p = end;
    }
    return g_string_free(out, FALSE);
}

char *ht_blind_snippet(HtReader *reader, const HtSearchHit *hit, bool blind)
{
    bool is_person = strcmp(hit->kind, "person") == 0; /* what lists show of everybody */
    if (is_person || !(blind || ht_blind_hides(reader, 0, hit->candidate)))
        return g_strdup(hit->snippet);
    if (strcmp(hit->kind, "resume") == 0)
        return g_strdup("(reviewed blind)");
    g_autoptr(HtMask) mask = ht_mask_new(reader, hit->candidate);
    return ht_mask_text(mask, hit->snippet);
}

char *ht_blind_words(HtReader *reader, HtKey match, HtKey candidate, const char *text, bool blind)
{
    if (!text || !*text || !(blind || ht_blind_hides(reader, match, candidate)))
        return g_strdup(text);
    g_autoptr(HtMask) mask = ht_mask_new(reader, person_of(reader, match, candidate));
    return ht_mask_text(mask, text);
}
