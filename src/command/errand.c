/* What has to be read before something can be done, and may take seconds (100,000 marked people):
 * on the reader's thread, while the screen says so. Keys wait for it as they do for an intent, but
 * Esc stops it, and so does the key that ends the program. Where few rows are read, or there is no
 * screen, it is done at once. */
#include "context_impl.h"
#include "targets.h"

#include <string.h>

typedef struct HtErrand {
    HtContext *context;
    HtErrandSpec spec;
    const HtView *view; /* where it began; compared, never followed */
    guint64 ticket;
    gint stop; /* atomic */
} Errand;

static void errand_free(gpointer data)
{
    Errand *errand = data;
    if (errand->spec.free_data)
        errand->spec.free_data(errand->spec.data);
    g_free(errand);
}

static gpointer run(HtReader *reader, gpointer data, GError **error)
{
    Errand *errand = data;
    return errand->spec.run(reader, errand->spec.data, &errand->stop, error);
}

static HtResult finish(Errand *errand, gpointer result, const GError *error)
{
    HtContext *context = errand->context;
    bool is_here = ht_top(context) == errand->view;
    HtResult outcome =
        !result    ? ht_result_error("%s", error ? error->message : "nothing could be read")
        : !is_here ? ht_result_error("that place is not here any more, so nothing was done")
                   : errand->spec.done(context, result, errand->spec.data);
    if (result)
        errand->spec.free_result(result);
    return outcome;
}

static void arrived(gpointer result, const GError *error, gpointer data)
{
    Errand *errand = data;
    HtContext *context = errand->context;
    context->errand = NULL;
    context->in_flight--;
    g_clear_pointer(&context->message, g_free);
    HtResult outcome = finish(errand, result, error);
    ht_context_go_on(context, &outcome, false);
}

HtResult ht_context_errand(HtContext *context, const HtErrandSpec *spec)
{
    Errand *errand = g_new0(Errand, 1);
    *errand = (Errand){.context = context, .spec = *spec, .view = ht_top(context)};
    bool is_many = spec->rows > HT_FEW_ROWS;
    if (!context->loader || !(is_many || spec->is_long)) {
        g_autoptr(GError) error = NULL;
        gpointer result = run(context->parts.reader, errand, &error);
        HtResult outcome = finish(errand, result, error);
        errand_free(errand);
        return outcome;
    }
    HtLoad load = {.run = run,
                   .data = errand,
                   .free_data = errand_free,
                   .done = arrived,
                   .done_data = errand,
                   .free_result = spec->free_result};
    context->errand = errand;
    context->in_flight++;
    errand->ticket = ht_loader_submit(context->loader, &load);
    if (!is_many)
        return ht_result_none();
    return ht_result_message("Reading %u\xE2\x80\xA6 Esc stops it.", spec->rows);
}

bool ht_context_stop_errand(HtContext *context, const char *why)
{
    Errand *errand = g_steal_pointer(&context->errand);
    if (!errand)
        return false;
    context->in_flight--;
    g_atomic_int_set(&errand->stop, 1);
    ht_loader_cancel(context->loader, errand->ticket); /* frees it, now or when it has stopped */
    ht_context_forget_waiting(context);                /* typed for what does not come */
    if (why)
        ht_context_set_message(context, HT_STYLE_NORMAL, "%s", why);
    return true;
}

static bool is_quit(HtContext *context, const char *key)
{
    HtView *view = ht_top(context);
    const char *quit =
        view ? ht_keymap_first_key(context->keymap, ht_view_id(view), ht_command_find("quit"))
             : NULL;
    return quit && strcmp(key, quit) == 0;
}

bool ht_context_meanwhile(HtContext *context, const char *key)
{
    /* What is being written may be refused, and is worth waiting for; but not in silence. */
    if (context->writing && is_quit(context, key))
        ht_context_set_message(context, HT_STYLE_NORMAL,
                               "Writing %u\xE2\x80\xA6 The program ends when that is done.",
                               context->writing);
    if (!context->errand)
        return false;
    if (strcmp(key, "Esc") == 0)
        return ht_context_stop_errand(context, "Stopped: nothing was done.");
    if (context->typeahead.length == 0 && is_quit(context, key))
        ht_context_stop_errand(context, NULL);
    return false; /* it ends the program, as ever */
}
