/* Who wants to know of changes. A subscriber gets one call for everything that came since his last
 * one: a source in his context, made when the first change comes. */
#include "internal.h"

typedef struct {
    gint refs; /* under the bus's lock */
    guint id;
    HtBus *bus;
    GMainContext *context;
    HtChangeFunc func;
    gpointer data;
    uint64_t pending;
    GSource *source;
    bool gone;
} Subscriber;

struct HtBus {
    GMutex lock;
    GPtrArray *subscribers;
    guint last_id;
};

static void release_locked(Subscriber *subscriber)
{
    if (--subscriber->refs > 0)
        return;
    g_main_context_unref(subscriber->context);
    g_free(subscriber);
}

HtBus *ht_bus_new(void)
{
    HtBus *bus = g_new0(HtBus, 1);
    g_mutex_init(&bus->lock);
    bus->subscribers = g_ptr_array_new();
    return bus;
}

static void drop_locked(Subscriber *subscriber)
{
    subscriber->gone = true;
    GSource *source = g_steal_pointer(&subscriber->source);
    if (source) {
        g_source_destroy(source);
        g_source_unref(source);
    }
    release_locked(subscriber);
}

void ht_bus_free(HtBus *bus)
{
    if (!bus)
        return;
    for (guint i = 0; i < bus->subscribers->len; i++)
        drop_locked(bus->subscribers->pdata[i]);
    g_ptr_array_unref(bus->subscribers);
    g_mutex_clear(&bus->lock);
    g_free(bus);
}

static gboolean on_dispatch(gpointer data)
{
    Subscriber *subscriber = data;
    HtBus *bus = subscriber->bus;
    g_mutex_lock(&bus->lock);
    uint64_t tables = subscriber->pending;
    bool call = !subscriber->gone && tables != 0;
    subscriber->pending = 0;
    g_clear_pointer(&subscriber->source, g_source_unref);
    subscriber->refs++;
    g_mutex_unlock(&bus->lock);
    if (call)
        subscriber->func(tables, subscriber->data);
    g_mutex_lock(&bus->lock);
    release_locked(subscriber);
    g_mutex_unlock(&bus->lock);
    return G_SOURCE_REMOVE;
}

guint ht_bus_subscribe(HtBus *bus, GMainContext *context, HtChangeFunc func, gpointer data)
{
    Subscriber *subscriber = g_new0(Subscriber, 1);
    subscriber->refs = 1;
    subscriber->bus = bus;
    subscriber->context =
        context ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    subscriber->func = func;
    subscriber->data = data;
    g_mutex_lock(&bus->lock);
    subscriber->id = ++bus->last_id;
    guint id = subscriber->id;
    g_ptr_array_add(bus->subscribers, subscriber);
    g_mutex_unlock(&bus->lock);
    return id;
}

void ht_bus_unsubscribe(HtBus *bus, guint id)
{
    g_mutex_lock(&bus->lock);
    for (guint i = 0; i < bus->subscribers->len; i++) {
        Subscriber *subscriber = bus->subscribers->pdata[i];
        if (subscriber->id != id)
            continue;
        g_ptr_array_remove_index(bus->subscribers, i);
        drop_locked(subscriber);
        break;
    }
    g_mutex_unlock(&bus->lock);
}

void ht_bus_notify(HtBus *bus, uint64_t tables)
{
    if (!tables)
        return;
    g_mutex_lock(&bus->lock);
    for (guint i = 0; i < bus->subscribers->len; i++) {
        Subscriber *subscriber = bus->subscribers->pdata[i];
        subscriber->pending |= tables;
        if (subscriber->source)
            continue;
        subscriber->source = g_idle_source_new();
        g_source_set_priority(subscriber->source, G_PRIORITY_DEFAULT);
        g_source_set_callback(subscriber->source, on_dispatch, subscriber, NULL);
        g_source_attach(subscriber->source, subscriber->context);
    }
    g_mutex_unlock(&bus->lock);
}
