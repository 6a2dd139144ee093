/* ncurses ends each run of colour with "colours off", "character set back", "all off", and starts
 * the next one with another "all off". On a line that charges by the byte that is a quarter of a
 * step of the selection. Three rules, each of them safe:
 * - ESC ( B selects the character set that is selected anyway (boxes are drawn as Unicode, never by
 *   another set), so it goes;
 * - attributes set right before a reset have no effect, so they go;
 * - several SGR sequences in a row are one with all their parameters. */
#include "shorten.h"

#include <string.h>

enum { ESC = 0x1b };

typedef struct {
    GString *out;
    GString *pending; /* parameters of the SGR sequences that stand at the end, not written yet */
    gboolean any;
} Shortener;

static void flush(Shortener *s)
{
    if (s->any)
        g_string_append_printf(s->out, "\033[%sm", s->pending->str);
    g_string_truncate(s->pending, 0);
    s->any = FALSE;
}

static void add(Shortener *s, const char *parameters, gsize n)
{
    gboolean reset = n == 0 || (parameters[0] == '0' && (n == 1 || parameters[1] == ';'));
    if (reset)
        g_string_truncate(s->pending, 0);
    else if (s->any)
        g_string_append_c(s->pending, ';');
    /* A lone reset is written without its zero; one that others follow needs it. */
    if (s->any && !reset && s->pending->len == 1)
        g_string_prepend_c(s->pending, '0');
    g_string_append_len(s->pending, parameters, (gssize)n);
    s->any = TRUE;
}

/* Length of the SGR sequence at `p`, 0 if there is none. */
static gsize sgr_length(const char *p, const char *end)
{
    if (end - p < 3 || p[0] != ESC || p[1] != '[')
        return 0;
    const char *q = p + 2;
    while (q < end && (g_ascii_isdigit(*q) || *q == ';'))
        q++;
    return q < end && *q == 'm' ? (gsize)(q - p) + 1 : 0;
}

void ht_shorten(GString *out, const char *bytes, gsize n)
{
    const char *end = bytes + n;
    g_autoptr(GString) pending = g_string_new(NULL);
    Shortener s = {out, pending, FALSE};
    for (const char *p = bytes; p < end;) {
        gsize length = sgr_length(p, end);
        if (length > 0) {
            add(&s, p + 2, length - 3);
            p += length;
        } else if (end - p >= 3 && memcmp(p, "\033(B", 3) == 0) {
            p += 3;
        } else {
            flush(&s);
            g_string_append_c(out, *p++);
        }
    }
    flush(&s);
}
