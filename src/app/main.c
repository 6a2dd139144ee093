/* The program's start: what must hold before anything else runs, then the command line or the
 * workstation. */
#include "cli_host.h"
#include "screen.h"

#include "hiretty/base/error.h"
#include "hiretty/base/print.h"
#include "hiretty/base/text.h"

int main(int argc, char **argv)
{
    ht_process_harden();
    ht_text_init_locale();
    g_auto(HtAppOptions) options;
    g_autoptr(GError) error = NULL;
    if (!ht_app_options_take(&options, &argc, argv, &error)) {
        ht_print_error("options", error->message, "hiretty --help");
        return HT_EXIT_USAGE;
    }
    int status = ht_app_cli(&options, argc, argv);
    return status >= 0 ? status : ht_app_run_screen(&options);
}
