/* Filling a mail template. A template is text with {{name}}; nothing in it is executed, a value is
 * never expanded again (so a candidate's name cannot pull in another variable). */
#include "hiretty/domain/mail.h"

#include <string.h>

#define MAX_NAME 64 /* longer than any variable; what is longer is text */

/* Length of "{{ name }}" at `text` and its name (new string); 0 when it is something else. */
static gsize read_variable(const char *text, char **name)
{
    if (strncmp(text, "{{", 2) != 0)
        return 0;
    const char *start = text + 2;
    while (*start == ' ')
        start++;
    const char *end = start;
    while (g_ascii_isalnum(*end) || *end == '_' || *end == '.')
        end++;
    const char *close = end;
    while (*close == ' ')
        close++;
    if (end == start || end - start > MAX_NAME || strncmp(close, "}}", 2) != 0)
        return 0;
    *name = g_strndup(start, (gsize)(end - start));
    return (gsize)(close + 2 - text);
}

static char *fill(const char *text, GHashTable *values, GPtrArray *unfilled)
{
    GString *out = g_string_new(NULL);
    for (const char *at = text ? text : ""; *at;) {
        g_autofree char *name = NULL;
        gsize len = read_variable(at, &name);
        if (!len) {
            g_string_append_c(out, *at++);
            continue;
        }
        const char *value = g_hash_table_lookup(values, name);
        if (value && *value)
            g_string_append(out, value);
        else
            g_string_append_len(out, at, (gssize)len);
        if ((!value || !*value) &&
            !g_ptr_array_find_with_equal_func(unfilled, name, g_str_equal, NULL))
            g_ptr_array_add(unfilled, g_steal_pointer(&name));
        at += len;
    }
    return g_string_free(out, FALSE);
}

HtMail *ht_mail_render(const char *subject, const char *body, GHashTable *values)
{
    GPtrArray *unfilled = g_ptr_array_new();
    HtMail *mail = g_new0(HtMail, 1);
    mail->subject = fill(subject, values, unfilled);
    mail->body = fill(body, values, unfilled);
    g_ptr_array_add(unfilled, NULL);
    mail->unfilled = (char **)g_ptr_array_free(unfilled, FALSE);
    return mail;
}

bool ht_mail_is_ready(const HtMail *mail)
{
    return !mail->unfilled[0];
}

void ht_mail_free(HtMail *mail)
{
    if (!mail)
        return;
    g_free(mail->subject);
    g_free(mail->body);
    g_strfreev(mail->unfilled);
    g_free(mail);
}
