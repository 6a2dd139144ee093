/* Who must never wait. Between a key and its frame the screen's thread waits for no other one: the
 * store may be busy with ten thousand decisions for seconds. Builds for tests end where it does all
 * the same; nothing of the check is in a release. Any thread. */
#pragma once

#include <stdbool.h>

/* From now on the calling thread answers keys, or (false) it does not any more. Returns what was so
 * before. */
bool ht_thread_answers_keys(bool does);
/* The calling thread is about to wait for `whom`, for as long as that takes. */
void ht_thread_waits(const char *whom);
