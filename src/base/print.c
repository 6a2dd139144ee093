/* Formats, cleans, writes. Whoever prints says what a line is; this file decides what may leave. */
#include "hiretty/base/print.h"

#include "hiretty/base/error.h"
#include "hiretty/base/text.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A pipe or a file gets the text as it is, whatever the locale: a name that became '?' would be
 * lost to whoever reads it next, and cron has no locale. */
static bool takes_ascii_alone(FILE *out)
{
    return !ht_text_locale_has_utf8() && isatty(fileno(out));
}

static void put(FILE *out, const char *text)
{
    g_autofree char *plain = takes_ascii_alone(out) ? ht_text_to_ascii(text) : NULL;
    fputs(plain ? plain : text, out);
}

G_GNUC_PRINTF(2, 0)
static char *clean_format(HtTextMode mode, const char *format, va_list arguments)
{
    g_autofree char *raw = g_strdup_vprintf(format, arguments);
    gsize skip = format[0] == '\r' ? 1 : 0; /* only ht_print_part has one, and writes it itself */
    return ht_text_sanitize(raw + skip, -1, mode, NULL);
}

void ht_print_line(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = clean_format(HT_TEXT_LINE, format, arguments);
    va_end(arguments);
    put(out, text);
    put(out, "\n");
}

void ht_print_part(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = clean_format(HT_TEXT_LINE, format, arguments);
    va_end(arguments);
    if (format[0] == '\r')
        put(out, "\r");
    put(out, text);
    fflush(out);
}

void ht_print_block(FILE *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = clean_format(HT_TEXT_BLOCK, format, arguments);
    va_end(arguments);
    put(out, text);
    if (*text && !g_str_has_suffix(text, "\n"))
        put(out, "\n");
}

/* true for what a terminal draws as one harmless character. */
static bool is_harmless(gunichar c)
{
    return c == '\n' ||
           (c < 0x80 ? c >= 0x20 && c < 0x7f : !ht_text_is_ascii() && ht_text_char_width(c) >= 0);
}

void ht_print_json(FILE *out, const char *json)
{
    g_autoptr(GString) text = g_string_sized_new(strlen(json) + 1);
    for (const char *p = json; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (is_harmless(c))
            g_string_append_unichar(text, c);
        else if (c == '\t')
            g_string_append_c(text, '\t'); /* indentation: inside strings it is always written \t */
        else if (c < 0x10000)
            g_string_append_printf(text, "\\u%04x", c);
        else
            g_string_append_printf(text, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10),
                                   0xDC00 + ((c - 0x10000) & 0x3FF));
    }
    put(out, text->str);
    if (!g_str_has_suffix(text->str, "\n"))
        put(out, "\n");
}

void ht_print_error(const char *what, const char *why, const char *todo)
{
    g_autofree char *reason = g_strchomp(g_strdup(why ? why : ""));
    g_autofree char *raw = g_strdup_printf("hiretty: %s%s%s%s%s%s", what, why ? ": " : "", reason,
                                           todo ? " (" : "", todo ? todo : "", todo ? ")" : "");
    g_strdelimit(raw, "\n\t", ' ');
    g_strchomp(raw);
    g_autofree char *text = ht_text_sanitize(raw, -1, HT_TEXT_LINE, NULL);
    fflush(stdout);
    put(stderr, text);
    put(stderr, "\n");
}

bool ht_print_flush(FILE *out, GError **error)
{
    if (fflush(out) == 0 && !ferror(out))
        return true;
    ht_error_set_errno(error, errno, "writing output");
    return false;
}
