/* The reader thread of a workstation: lists, limits, searches and counts run here, so that the UI's
 * thread never waits. One job at a time, in order; cancelling interrupts the statement that runs.
 * All functions are for the thread that made the loader; results arrive in its main context. */
#pragma once

#include "hiretty/cache/cache.h"

#include <glib.h>
#include <stdbool.h>

typedef struct HtLoader HtLoader;

typedef struct HtLoad {
    /* On the reader thread; NULL and error on failure. */
    gpointer (*run)(HtReader *reader, gpointer data, GError **error);
    gpointer data; /* handed to `run`, freed by `free_data` on either thread */
    GDestroyNotify free_data;
    /* In the maker's main context; takes `result`. Not called once cancelled. */
    void (*done)(gpointer result, const GError *error, gpointer done_data);
    gpointer done_data;
    GDestroyNotify free_result; /* of a result nobody wants any more */
} HtLoad;

HtLoader *ht_loader_new(HtCache *cache, GError **error);
/* Interrupts what runs, drops what waits, joins the thread. */
void ht_loader_free(HtLoader *loader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtLoader, ht_loader_free)

/* A number for ht_loader_cancel, never 0. */
guint64 ht_loader_submit(HtLoader *loader, const HtLoad *load);
/* Nothing happens for 0 or a job that is done. */
void ht_loader_cancel(HtLoader *loader, guint64 ticket);
bool ht_loader_is_busy(HtLoader *loader);
/* The cache has a new generation and the UI's reader follows it: so does this one, before its next
 * job, and soon also without one. Cancel what was submitted before. */
void ht_loader_follow(HtLoader *loader);
