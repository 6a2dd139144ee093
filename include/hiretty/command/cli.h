/* The command line: one table of verbs, each with its options, help and function; bash completion
 * and the usage texts walk it. Data goes to stdout, messages to stderr, exit codes are HtExit. Main
 * thread. */
#pragma once

#include "hiretty/command/context.h"

#include <glib.h>
#include <stdbool.h>

/* What a verb may use: opened only on demand, so that `--help` and `config` work without any of it.
 */
typedef struct HtCliHost HtCliHost;

/* What one look at the server found, for doctor. */
typedef struct HtCliProbe {
    HtSyncProbe seen;
    char *error; /* why it was not reached or does not know us; NULL = neither */
    char *mend;  /* what to do about that; free both with g_free */
} HtCliProbe;

/* How app opens things for a verb; implemented by app, or by a test. */
typedef struct HtCliOps {
    /* A context with an open cache and outbox; NULL and error. Owned by the host. */
    HtContext *(*context)(HtCliHost *host, GError **error);
    /* A sync that is not started (for ht_sync_once); NULL and error when there is no server given.
     */
    HtSync *(*sync)(HtCliHost *host, GError **error);
    /* Connects once, looks, closes. */
    void (*probe)(HtCliHost *host, HtCliProbe *probe);
    /* A text changed in the person's editor; NULL and error. `initial` is clean. NULL: there is no
     * editor here. */
    char *(*edit)(HtCliHost *host, const char *initial, GError **error);
    /* Appends what is wrong with the themes, "place: what" as char *. NULL: no themes here. */
    void (*check_themes)(HtCliHost *host, GPtrArray *warnings);
} HtCliOps;

struct HtCliHost {
    const HtCliOps *ops;
    const HtPaths *paths;
    const HtSettings *settings;
    const char *password; /* PGPASSWORD's, taken out of the environment; NULL */
    const char *note;     /* a lasting warning about where the password comes from; NULL */
    const char *dsn;      /* --dsn or HIRETTY_DSN or the profile's; NULL = none */
    bool offline;         /* --offline */
    bool no_color;
    bool is_disk_full; /* set by verbs: files were opened on a disk that is full */
    gpointer user_data;
};

typedef int (*HtVerbFunc)(HtCliHost *host, int argc, char **argv);

typedef struct HtVerb {
    const char *name;
    const char *usage;   /* after the name: "--job JOB [--where FILTER]" */
    const char *summary; /* one line */
    const char *words;   /* for completion: sub-commands, "list push drop export"; NULL = none */
    const char *options; /* for completion: "--json --job"; --help is always there */
    HtVerbFunc run;      /* argv[0] is the verb; returns an HtExit */
} HtVerb;

const HtVerb *ht_verbs(int *n_verbs);
const HtVerb *ht_verb_find(const char *name);
/* Runs argv[0] as a verb. Unknown verb: one line and HT_EXIT_USAGE. */
int ht_cli_main(HtCliHost *host, int argc, char **argv);
/* Usage of the whole program for `hiretty --help`. Caller frees. */
char *ht_cli_help(void);
/* docs/filters.md from the table of fields. Caller frees. */
char *ht_cli_filters_markdown(void);
/* The bash completion script. Caller frees. */
char *ht_cli_completion(void);

/* Checks settings, keys and theme files; prints problems as "file:line: what"; HT_EXIT_DONE or
 * _FAILED. */
int ht_cli_check_config(HtCliHost *host);
/* Prints the present bindings (--dump-keys). */
int ht_cli_dump_keys(const HtPaths *paths);
