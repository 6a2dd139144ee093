/* One domain for the layer; the codes are few because callers act on few. */
#include "hiretty/base/error.h"

#include "hiretty/base/limits.h"

#include <errno.h>

G_DEFINE_QUARK(ht - error - quark, ht_error)

void ht_error_set_errno(GError **error, int errno_value, const char *what)
{
    g_set_error(error, HT_ERROR, HT_ERROR_IO, "%s: %s", what,
                errno_value == EFBIG ? HT_LIMIT_FILE_SIZE : g_strerror(errno_value));
}
