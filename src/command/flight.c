/* Intents on their way to the disk. Where there is a screen nothing waits for them: what was typed
 * meanwhile waits in `typeahead`, and the outcome is said, or asked about, when it is there. */
#include "context_impl.h"
#include "targets.h"

typedef struct {
    HtContext *context;
    HtReceiptFunc done;
    HtSettledFunc settled;
    gpointer data;
    GDestroyNotify free_data;
} Flight;

static Flight *new_flight(HtContext *context, gpointer data, GDestroyNotify free_data)
{
    Flight *flight = g_new0(Flight, 1);
    *flight = (Flight){.context = context, .data = data, .free_data = free_data};
    return flight;
}

static void flight_free(Flight *flight)
{
    if (flight->free_data)
        flight->free_data(flight->data);
    g_free(flight);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Flight, flight_free)

/* false: nobody is there any more to hear of it. */
static bool land(HtContext *context)
{
    context->in_flight--;
    context->writing = 0;
    if (!context->is_closing)
        ht_context_landed(context);
    return !context->is_closing;
}

/* ---- new intents, undo and redo
 * --------------------------------------------------------------------------- */
static void submitted(GObject *source, GAsyncResult *async, gpointer data)
{
    (void)source;
    g_autoptr(Flight) flight = data;
    HtContext *context = flight->context;
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit_finish(context->parts.outbox, async, &error);
    if (!land(context))
        return;
    HtResult result = flight->done(context, receipt, error, flight->data);
    ht_context_go_on(context, &result, receipt != NULL);
}

static HtResult say_now(Flight *flight, const HtReceipt *receipt, const GError *error)
{
    HtContext *context = flight->context;
    if (context->places->len)
        ht_view_refresh(ht_top(context), HT_CHANGED_SHOWN);
    HtResult result = flight->done(context, receipt, error, flight->data);
    flight_free(flight);
    return result;
}

HtResult ht_context_submit(HtContext *context, HtIntent *intent, HtReceiptFunc done, gpointer data,
                           GDestroyNotify free_data)
{
    Flight *flight = new_flight(context, data, free_data);
    flight->done = done;
    if (context->parts.interactive) {
        guint n = MAX(intent->matches->len, intent->candidates->len);
        context->in_flight++;
        ht_outbox_submit_async(context->parts.outbox, intent, context->cancel, submitted, flight);
        context->writing = n > HT_FEW_ROWS ? n : 0;
        return context->writing ? ht_result_message("Writing %u\xE2\x80\xA6", n) : ht_result_none();
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_submit(context->parts.outbox, intent, &error);
    return say_now(flight, receipt, error);
}

HtResult ht_context_submit_undo_pass(HtContext *context, guint64 pass, HtReceiptFunc done)
{
    Flight *flight = new_flight(context, NULL, NULL);
    flight->done = done;
    if (context->parts.interactive) {
        context->in_flight++;
        ht_outbox_undo_pass_async(context->parts.outbox, pass, context->cancel, submitted, flight);
        return ht_result_none();
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HtReceipt) receipt = ht_outbox_undo_pass(context->parts.outbox, pass, &error);
    return say_now(flight, receipt, error);
}

/* ---- what is stuck
 * --------------------------------------------------------------------------------------- */
static void settled(GObject *source, GAsyncResult *async, gpointer data)
{
    (void)source;
    g_autoptr(Flight) flight = data;
    HtContext *context = flight->context;
    g_autoptr(GError) error = NULL;
    guint n = 0;
    bool ok = ht_outbox_settle_finish(context->parts.outbox, async, &n, &error);
    if (!land(context))
        return;
    HtResult result = flight->settled(context, n, error, flight->data);
    ht_context_go_on(context, &result, ok);
}

HtResult ht_context_settle(HtContext *context, const HtSettle *settle, HtSettledFunc done,
                           gpointer data, GDestroyNotify free_data)
{
    g_autoptr(Flight) flight = new_flight(context, data, free_data);
    flight->settled = done;
    if (context->parts.interactive) {
        context->in_flight++;
        ht_outbox_settle_async(context->parts.outbox, settle, settled, g_steal_pointer(&flight));
        return ht_result_none();
    }
    g_autoptr(GError) error = NULL;
    guint n = 0;
    ht_outbox_settle(context->parts.outbox, settle, &n, &error);
    return done(context, n, error, data);
}
