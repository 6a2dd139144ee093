/* Mail: rendering a template of the tenant on this machine. A variable without a value is never
 * sent blank: it is reported and the mail is held back. Pure: any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    char *subject, *body;
    char **unfilled; /* names without braces, each once, NULL-terminated; empty = may be sent */
} HtMail;

/* `values`: char* name → char* value (borrowed); an empty value counts as unfilled. {{ name }} and
 * {{name}} are the same; anything else stays as written. */
HtMail *ht_mail_render(const char *subject, const char *body, GHashTable *values);
bool ht_mail_is_ready(const HtMail *mail);
void ht_mail_free(HtMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMail, ht_mail_free)
