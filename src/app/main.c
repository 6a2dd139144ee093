/* The program's start: what must hold before anything else runs. */
#include "hiretty/base/error.h"
#include "hiretty/base/paths.h"
#include "hiretty/base/print.h"
#include "hiretty/base/text.h"

#include <string.h>

int main(int argc, char **argv)
{
    ht_process_harden();
    ht_text_init_locale();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        ht_print_line(stdout, "hiretty %s", HT_VERSION);
        return ht_print_flush(stdout, NULL) ? HT_EXIT_DONE : HT_EXIT_FAILED;
    }
    ht_print_error("nothing to do", "only --version is known", NULL);
    return HT_EXIT_USAGE;
}
