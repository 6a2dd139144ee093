/* The error domain of parsers and rules. */
#include "hiretty/domain/error.h"

G_DEFINE_QUARK(ht - domain - error - quark, ht_domain_error)
