/* The place where work stopped, as a file: any text gives views that exist, and what is written of
 * them brings the same back. */
#include "fuzz.h"

#include "src/command/context_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FuzzDesk *desk = fuzz_desk();
    g_autofree char *text = fuzz_text(data, size);
    g_autoptr(HtContext) first = fuzz_context(desk, false);
    ht_context_set_size(first, 80, 24);
    bool ok = ht_context_session_restore(first, text);
    fuzz_settle(first, 100);
    g_assert_cmpint(ok, ==, ht_context_depth(first) > 0);
    if (!ok)
        return 0;
    g_autofree char *written = ht_context_session_text(first);
    g_autoptr(HtContext) second = fuzz_context(desk, false);
    ht_context_set_size(second, 80, 24);
    g_assert_true(ht_context_session_restore(second, written));
    fuzz_settle(second, 100);
    g_autofree char *again = ht_context_session_text(second);
    g_assert_cmpstr(again, ==, written);
    return 0;
}
