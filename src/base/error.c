/* One domain for the layer; the codes are few because callers act on few. */
#include "hiretty/base/error.h"

G_DEFINE_QUARK(ht - error - quark, ht_error)

void ht_error_set_errno(GError **error, int errno_value, const char *what)
{
    g_set_error(error, HT_ERROR, HT_ERROR_IO, "%s: %s", what, g_strerror(errno_value));
}
