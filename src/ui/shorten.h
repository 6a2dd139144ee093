/* Makes the bytes of a frame fewer, without changing what a terminal shows. Pure; any thread. */
#pragma once

#include <glib.h>

/* Appends the shortened bytes of one whole frame (no sequence is cut at its end) to `out`. */
void ht_shorten(GString *out, const char *bytes, gsize n);
