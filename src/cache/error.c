/* One domain for the layer; the codes are few because callers act on few. */
#include "hiretty/cache/error.h"

G_DEFINE_QUARK(ht - cache - error - quark, ht_cache_error)
