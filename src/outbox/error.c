/* One domain for the layer; the codes are few because callers act on few. */
#include "hiretty/outbox/outbox.h"

G_DEFINE_QUARK(ht - outbox - error - quark, ht_outbox_error)
