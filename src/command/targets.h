/* The applications that a command is about, read in one go: many of them away from the thread that
 * answers keys. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/command/command.h"
#include "hiretty/domain/stage.h"

typedef struct {
    HtKey match, candidate, job;
    HtStageType stage_type;
    bool is_blind;                             /* its stage is reviewed blind */
    bool is_seen;                              /* was opened here, in this session or before */
    int seconds;                               /* for so long */
    const char *name, *stage_name, *job_title; /* of `texts`; not cleaned */
} HtTarget;

typedef struct {
    HtTarget *rows; /* as the keys */
    guint n;
    GStringChunk *texts;
} HtTargets;

/* Where one stands in a moment, or more than can be read between two frames. */
enum { HT_FEW_ROWS = 200 };

/* Any thread that has a reader. Not here any more: stage and texts are empty. NULL once *stop. */
HtTargets *ht_targets_read(HtReader *reader, const GArray *keys, const gint *stop, GError **error);
void ht_targets_free(gpointer targets);
/* Adds what this session knows of who was opened. Main thread. */
void ht_targets_add_viewed(HtContext *context, HtTargets *targets);

/* Reads those of `keys` (copied; HtKey), then calls `done` with them, here or later. */
typedef HtResult (*HtTargetsFunc)(HtContext *context, const HtTargets *targets, gpointer data);
HtResult ht_context_with_targets(HtContext *context, const GArray *keys, HtTargetsFunc done,
                                 gpointer data, GDestroyNotify free_data);
