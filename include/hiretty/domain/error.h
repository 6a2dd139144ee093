/* Errors of the domain's parsers and rules. */
#pragma once

#include <glib.h>

#define HT_DOMAIN_ERROR (ht_domain_error_quark())
GQuark ht_domain_error_quark(void);

typedef enum {
    HT_DOMAIN_ERROR_SYNTAX = 1, /* the text is not in the grammar */
    HT_DOMAIN_ERROR_RULE,       /* a rule forbids it */
    HT_DOMAIN_ERROR_FIELD,      /* a filter names a field that there is not */
} HtDomainError;
