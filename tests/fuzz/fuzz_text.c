/* The cleaner and everything that measures text: any bytes, all cuts and widths. */
#include "fuzz.h"

#include "hiretty/base/print.h"
#include "hiretty/base/text.h"

#include <stdlib.h>
#include <string.h>

static void check_cleaner(const char *bytes, gsize len, HtTextMode mode)
{
    HtTextReport first, second;
    g_autofree char *out = ht_text_sanitize(bytes, (gssize)len, mode, &first);
    gsize n = strlen(out);
    g_assert_cmpuint(n, <=, 3 * len + 8);
    if (ht_text_is_ascii()) {
        for (gsize i = 0; i < n; i++)
            g_assert_true(out[i] == '\n' || (out[i] >= 0x20 && out[i] < 0x7F));
    } else {
        fuzz_assert_clean(out, mode == HT_TEXT_BLOCK);
    }
    g_autofree char *again = ht_text_sanitize(out, -1, mode, &second);
    g_assert_cmpstr(again, ==, out);
    g_assert_cmpuint(second.removed, ==, 0);
    g_assert_true(ht_text_is_clean(out, -1, mode));
    bool same = n == len && memcmp(out, bytes, n) == 0;
    g_assert_cmpint(ht_text_is_clean(bytes, (gssize)len, mode), ==, same);
}

/* Characters tile the text, and their widths add up. */
static void check_characters(const char *text)
{
    int width = 0, columns;
    gsize at = 0, n;
    while ((n = ht_text_next(text + at, &columns)) > 0) {
        g_assert_cmpint(columns, >=, 0);
        width += columns;
        at += n;
        g_assert_cmpuint(at, <=, strlen(text));
    }
    g_assert_cmpuint(at, ==, strlen(text));
    g_assert_cmpint(ht_text_width(text), ==, width);
}

static void check_cuts(const char *text, int columns)
{
    gsize fits = ht_text_fit(text, columns);
    g_autofree char *start = g_strndup(text, fits);
    g_assert_cmpuint(fits, <=, strlen(text));
    g_assert_cmpint(ht_text_width(start), <=, columns);
    g_autofree char *plain = ht_text_cut(text, columns, false);
    g_assert_cmpstr(plain, ==, start);
    g_autofree char *dotted = ht_text_cut(text, columns, true);
    g_assert_cmpint(ht_text_width(dotted), <=, columns);
    if (ht_text_width(text) <= columns)
        g_assert_cmpstr(dotted, ==, text);
    static const HtAlign ways[] = {HT_ALIGN_LEFT, HT_ALIGN_RIGHT, HT_ALIGN_CENTER};
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autofree char *padded = ht_text_pad(text, columns, ways[i]);
        g_assert_cmpint(ht_text_width(padded), ==, columns);
    }
}

static char *without_blanks(const char *text)
{
    GString *out = g_string_new(NULL);
    for (; *text; text++) {
        if (*text != ' ' && *text != '\n')
            g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}

/* No line is too long, and no character is lost or made up. */
static void check_wrap(const char *text, int columns)
{
    g_autoptr(GPtrArray) lines = ht_text_wrap(text, columns);
    g_autoptr(GString) all = g_string_new(NULL);
    g_assert_cmpuint(lines->len, >=, 1);
    for (guint i = 0; i < lines->len; i++) {
        const char *line = lines->pdata[i];
        g_assert_cmpint(ht_text_width(line), <=, columns);
        g_assert_null(strchr(line, '\n'));
        g_string_append(all, line);
    }
    g_autofree char *before = without_blanks(text), *after = without_blanks(all->str);
    g_assert_cmpstr(after, ==, before);
}

static void check_fold(const char *text)
{
    g_autofree char *once = ht_text_fold(text);
    g_autofree char *twice = ht_text_fold(once);
    g_assert_true(g_utf8_validate(once, -1, NULL));
    g_assert_cmpstr(twice, ==, once);
}

static void check_host(const char *text)
{
    g_autofree char *host = ht_text_host_ascii(text);
    for (const char *p = host; p && *p; p++)
        g_assert_cmpint((guchar)*p, <, 0x80);
    (void)ht_text_is_mixed_script(text);
}

/* The doors of the command line: what comes out is one clean line each. */
static void check_doors(const char *text)
{
    char *out = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&out, &n);
    g_assert_nonnull(memory);
    ht_print_line(memory, "%s", text);
    fclose(memory);
    g_assert_cmpuint(n, >=, 1);
    g_assert_cmpint(out[n - 1], ==, '\n');
    out[n - 1] = '\0';
    fuzz_assert_clean(out, false);
    free(out);
    memory = open_memstream(&out, &n);
    ht_print_block(memory, "%s", text);
    fclose(memory);
    fuzz_assert_clean(out, true);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    int columns = data[0] % 64;
    const char *bytes = (const char *)data + 1;
    ht_text_set_ascii(data[0] >= 192);
    check_cleaner(bytes, size - 1, HT_TEXT_LINE);
    check_cleaner(bytes, size - 1, HT_TEXT_BLOCK);
    ht_text_set_ascii(false);
    g_autofree char *raw = fuzz_text(data + 1, size - 1);
    g_autofree char *line = ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
    g_autofree char *block = ht_text_sanitize(raw, -1, HT_TEXT_BLOCK, NULL);
    check_characters(line);
    check_cuts(line, columns);
    check_wrap(block, MAX(2, columns));
    check_fold(line);
    check_fold(raw);
    check_host(raw);
    check_doors(raw);
    /* Bytes that nobody cleaned may be measured wrongly, not read past their end. */
    g_autofree char *cut = ht_text_cut(raw, columns, true);
    g_autofree char *padded = ht_text_pad(raw, columns, HT_ALIGN_CENTER);
    g_autoptr(GPtrArray) lines = ht_text_wrap(raw, MAX(2, columns));
    return 0;
}
