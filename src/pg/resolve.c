/* Names are looked up here, not by libpq: its lookup blocks for as long as the resolver likes. The
 * name itself still goes to libpq beside the address, so that the certificate is checked against
 * it. */
#include "internal.h"

#include <errno.h>

#define MAX_ADDRESSES 8

typedef struct {
    bool is_done, is_late;
    GList *addresses;
    GError *error;
} Lookup;

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    Lookup *lookup = data;
    lookup->addresses =
        g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &lookup->error);
    lookup->is_done = true;
}

static gboolean on_late(gpointer data)
{
    Lookup *lookup = data;
    lookup->is_late = true;
    return G_SOURCE_REMOVE;
}

static void on_cancelled(GCancellable *cancellable, gpointer inner)
{
    (void)cancellable;
    g_cancellable_cancel(inner);
}

/* Runs one lookup in a context of its own until it ends, is cancelled or is late. */
static void run_lookup(const char *host, int64_t deadline_us, GCancellable *cancellable,
                       Lookup *lookup)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(GCancellable) inner = g_cancellable_new();
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    g_main_context_push_thread_default(context);
    gulong handler =
        cancellable ? g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), inner, NULL) : 0;
    int64_t left_ms = MAX(0, (deadline_us - g_get_monotonic_time()) / 1000);
    g_autoptr(GSource) timer = g_timeout_source_new((guint)MIN(left_ms, G_MAXINT));
    g_source_set_callback(timer, on_late, lookup, NULL);
    g_source_attach(timer, context);
    g_resolver_lookup_by_name_async(resolver, host, inner, on_found, lookup);
    while (!lookup->is_done) {
        g_main_context_iteration(context, TRUE);
        if (lookup->is_late)
            g_cancellable_cancel(inner);
    }
    g_source_destroy(timer);
    if (handler)
        g_cancellable_disconnect(cancellable, handler);
    g_main_context_pop_thread_default(context);
}

static void add_place(GPtrArray *places, const HtPgPlace *from, char *address)
{
    HtPgPlace *place = g_new0(HtPgPlace, 1);
    place->host = g_strdup(from->host);
    place->port = g_strdup(from->port);
    place->address = address;
    place->is_local = from->is_local;
    g_ptr_array_add(places, place);
}

bool ht_pg_place_resolve(const HtPgPlace *place, GPtrArray *out, int64_t deadline_us,
                         GCancellable *cancellable, GError **error)
{
    if (place->is_local || place->address) {
        add_place(out, place, g_strdup(place->address));
        return true;
    }
    if (g_hostname_is_ip_address(place->host)) {
        add_place(out, place, g_strdup(place->host));
        return true;
    }
    Lookup lookup = {0};
    if (!ht_pg_can_wake()) {
        ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL, "%s: %s", place->host,
                        g_strerror(EMFILE));
        return false;
    }
    run_lookup(place->host, deadline_us, cancellable, &lookup);
    g_autoptr(GError) problem = lookup.error;
    if (!lookup.addresses) {
        if (g_cancellable_is_cancelled(cancellable))
            ht_pg_error_set(error, HT_PG_ERROR_CANCELLED, NULL, "cancelled");
        else
            ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL,
                            "%s: the host's address %s (check the name and the network)",
                            place->host, lookup.is_late ? "took too long" : "is not known");
        return false;
    }
    guint n = 0;
    for (GList *l = lookup.addresses; l && n < MAX_ADDRESSES; l = l->next, n++)
        add_place(out, place, g_inet_address_to_string(l->data));
    g_resolver_free_addresses(lookup.addresses);
    return true;
}
