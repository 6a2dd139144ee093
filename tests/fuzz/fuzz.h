/* What the fuzz targets share. A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput: it gives
 * the bytes to one parser and asserts what has to hold for any bytes. g_assert_… ends the run, and
 * so does every critical message of GLib. Main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "../unit/cache/fixture.h"
#include "hiretty/command/context.h"
#include "hiretty/outbox/outbox.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes up to the first NUL, in a block of exactly that size. Caller frees. */
char *fuzz_text(const uint8_t *data, size_t size);
/* The same for several texts in one input, which zero bytes separate; "" for those that are not
 * there. g_strfreev. */
char **fuzz_texts(const uint8_t *data, size_t size, guint n);

/* `text` may go to a terminal: valid UTF-8 without controls, without characters that hide, turn or
 * move others, and as wide as the C library says. */
void fuzz_assert_clean(const char *text, bool lines);

/* A small tenant in a cache of its own with an outbox (fixture.h says what is in it). */
typedef struct {
    Fixture fixture;
    HtOutbox *outbox;
    HtReader *reader;
    HtSettings *settings; /* defaults */
} FuzzDesk;

/* The one desk of the process, opened at the first call and removed at exit. */
FuzzDesk *fuzz_desk(void);
/* Throws it away: what earlier inputs wrote is gone, and the next call opens a new one. */
void fuzz_desk_reset(void);
/* A context on it; `interactive` as in HtContextParts. Caller frees. */
HtContext *fuzz_context(FuzzDesk *desk, bool interactive);
/* Runs what is due in the main context until the context is idle (at most `rounds` turns). */
void fuzz_settle(HtContext *context, int rounds);
