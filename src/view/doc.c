/* Lines are arrays of spans; span texts live in one string chunk, so that a document is a handful
 * of allocations and is freed at once. The current line is always the last one. */
#include "hiretty/view/doc.h"

#include "hiretty/base/text.h"

#include <stdarg.h>
#include <string.h>

typedef struct {
    GArray *spans; /* HtSpan */
    int columns;
} Line;

struct HtDoc {
    GPtrArray *lines; /* Line */
    GStringChunk *texts;
};

static void line_free(gpointer data)
{
    Line *line = data;
    g_array_unref(line->spans);
    g_free(line);
}

static const Line *line_at(const HtDoc *doc, int line)
{
    return line >= 0 && line < (int)doc->lines->len ? doc->lines->pdata[line] : NULL;
}

static Line *last_line(HtDoc *doc)
{
    if (doc->lines->len == 0)
        ht_doc_newline(doc);
    return doc->lines->pdata[doc->lines->len - 1];
}

HtDoc *ht_doc_new(void)
{
    HtDoc *doc = g_new0(HtDoc, 1);
    doc->lines = g_ptr_array_new_with_free_func(line_free);
    doc->texts = g_string_chunk_new(4096);
    return doc;
}

void ht_doc_free(HtDoc *doc)
{
    if (!doc)
        return;
    g_ptr_array_unref(doc->lines);
    g_string_chunk_free(doc->texts);
    g_free(doc);
}

int ht_doc_lines(const HtDoc *doc)
{
    return (int)doc->lines->len;
}

const HtSpan *ht_doc_line(const HtDoc *doc, int line, int *n_spans)
{
    const Line *l = line_at(doc, line);
    *n_spans = l ? (int)l->spans->len : 0;
    return l ? (const HtSpan *)(const void *)l->spans->data : NULL;
}

char *ht_doc_line_text(const HtDoc *doc, int line)
{
    GString *out = g_string_new(NULL);
    int n;
    const HtSpan *spans = ht_doc_line(doc, line, &n);
    for (int i = 0; i < n; i++)
        g_string_append(out, spans[i].text);
    return g_string_free(out, FALSE);
}

char *ht_doc_dup_text(const HtDoc *doc)
{
    GString *out = g_string_new(NULL);
    for (int i = 0; i < ht_doc_lines(doc); i++) {
        g_autofree char *text = ht_doc_line_text(doc, i);
        g_string_append(out, g_strchomp(text));
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

void ht_doc_newline(HtDoc *doc)
{
    Line *line = g_new0(Line, 1);
    line->spans = g_array_new(FALSE, FALSE, sizeof(HtSpan));
    g_ptr_array_add(doc->lines, line);
}

void ht_doc_add(HtDoc *doc, HtStyle role, const char *text)
{
    Line *line = last_line(doc);
    if (!text || !*text)
        return;
    HtSpan span = {g_string_chunk_insert(doc->texts, text), role};
    g_array_append_val(line->spans, span);
    line->columns += ht_text_width(text);
}

void ht_doc_addf(HtDoc *doc, HtStyle role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    ht_doc_add(doc, role, text);
}

void ht_doc_pad(HtDoc *doc, int column)
{
    int missing = column - ht_doc_column(doc);
    if (missing <= 0)
        return;
    g_autofree char *spaces = g_strnfill((gsize)missing, ' ');
    ht_doc_add(doc, HT_STYLE_NORMAL, spaces);
}

int ht_doc_column(const HtDoc *doc)
{
    return doc->lines->len ? ((const Line *)doc->lines->pdata[doc->lines->len - 1])->columns : 0;
}

void ht_doc_wrap(HtDoc *doc, HtStyle role, int indent, int width, const char *text)
{
    if (!text)
        return;
    int first = MAX(2, width - ht_doc_column(doc));
    int rest = MAX(2, width - indent);
    g_autoptr(GPtrArray) lines = ht_text_wrap(text, MIN(first, rest));
    for (guint i = 0; i < lines->len; i++) {
        if (i > 0) {
            ht_doc_newline(doc);
            ht_doc_pad(doc, indent);
        }
        ht_doc_add(doc, role, lines->pdata[i]);
    }
}

void ht_doc_heading(HtDoc *doc, const char *text)
{
    if (doc->lines->len > 0)
        ht_doc_newline(doc);
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_HEADING, text);
}

/* Number of code points of `text` whose fold makes `folded_len` bytes from the start; folding may
 * change lengths, so walk character by character. */
static gsize raw_offset(const char *text, gsize folded_len)
{
    gsize at = 0, folded = 0;
    while (text[at] && folded < folded_len) {
        gsize len = (gsize)(g_utf8_next_char(text + at) - (text + at));
        g_autofree char *one = g_strndup(text + at, len);
        g_autofree char *fold = ht_text_fold(one);
        folded += strlen(fold);
        at += len;
    }
    return at;
}

static void push_piece(HtDoc *doc, GArray *out, HtStyle role, const char *text, gsize len)
{
    if (len == 0)
        return;
    HtSpan span = {g_string_chunk_insert_len(doc->texts, text, (gssize)len), role};
    g_array_append_val(out, span);
}

static int mark_span(HtDoc *doc, GArray *out, const HtSpan *span, const char *needle)
{
    int hits = 0;
    const char *rest = span->text;
    g_autofree char *folded = ht_text_fold(rest);
    const char *at = folded;
    for (const char *found; (found = strstr(at, needle)); hits++) {
        gsize before = raw_offset(rest, (gsize)(found - at));
        gsize len = raw_offset(rest + before, strlen(needle));
        push_piece(doc, out, span->role, rest, before);
        push_piece(doc, out, HT_STYLE_SEARCH_HIT, rest + before, len);
        rest += before + len;
        at = found + strlen(needle);
    }
    push_piece(doc, out, span->role, rest, strlen(rest));
    return hits;
}

int ht_doc_mark_hits(HtDoc *doc, const char *needle, GArray *lines)
{
    g_autofree char *folded = ht_text_fold(needle);
    int hits = 0;
    for (int i = 0; *folded && i < ht_doc_lines(doc); i++) {
        Line *line = doc->lines->pdata[i];
        GArray *out = g_array_new(FALSE, FALSE, sizeof(HtSpan));
        int here = 0;
        for (guint s = 0; s < line->spans->len; s++)
            here += mark_span(doc, out, &g_array_index(line->spans, HtSpan, s), folded);
        if (here > 0 && lines)
            g_array_append_val(lines, i);
        hits += here;
        g_array_unref(line->spans);
        line->spans = out;
    }
    return hits;
}
