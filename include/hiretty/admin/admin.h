/* An administrator's work on the server: schema, tenants, members, and the check that the wall
 * stands. The connection is one of a database owner with CREATEROLE; superuser is not needed once
 * the extensions btree_gist and pgcrypto exist. Every function works in its own transactions and
 * leaves none open. The caller closes the connection. Any one thread; waits for the server. */
#pragma once

#include "hiretty/pg/connection.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HT_ADMIN_ERROR (ht_admin_error_quark())
GQuark ht_admin_error_quark(void);

typedef enum {
    HT_ADMIN_ERROR_NEWER = 1, /* the database is of a newer version of Hiretty than this */
    HT_ADMIN_ERROR_CHANGED,   /* a migration differs from the one that was applied */
    HT_ADMIN_ERROR_MISSING,   /* no such tenant, member or login; no schema yet */
    HT_ADMIN_ERROR_INVALID,   /* an argument is not what it should be */
    HT_ADMIN_ERROR_REFUSED,   /* would break a rule: a login of another tenant, or one with more
                                 rights */
} HtAdminError;

/* ---- schema ------------------------------------------------------------------------------------
 */
/* Told of each migration before it runs. */
typedef void (*HtAdminStepFunc)(int version, const char *name, gpointer data);

typedef struct {
    int from, to; /* versions before and after; 0: none */
    int applied;  /* how many migrations ran */
} HtAdminApplied;

/* Brings the schema to this program's version: each migration in a transaction of its own, with its
 * checksum recorded; two administrators at once wait for each other. Then, every time, what is
 * optional (pgvector) and the time zones. `step` and `applied` may be NULL. */
bool ht_admin_apply(HtPgConnection *pg, HtAdminStepFunc step, gpointer data,
                    HtAdminApplied *applied, GError **error);

/* ---- check -------------------------------------------------------------------------------------
 */
typedef struct {
    char *rule;     /* "wall": the file of sql/admin/check that found it, or "schema" */
    char *object;   /* "jobs, policy wall" */
    char *detail;   /* what is wrong, one line */
    bool is_advice; /* needs a superuser or a restart to mend; no hole by itself */
} HtAdminFinding;

void ht_admin_finding_free(HtAdminFinding *finding);

/* Compares the catalog with what docs/security.md promises. An array of HtAdminFinding*, empty when
 * all is well; freed with g_ptr_array_unref. NULL and error when it could not look. */
GPtrArray *ht_admin_check(HtPgConnection *pg, GError **error);

/* ---- tenants and members -----------------------------------------------------------------------
 */
/* Makes a tenant; `timezone` NULL is UTC. *id (may be NULL) receives its id; g_free. */
bool ht_admin_add_tenant(HtPgConnection *pg, const char *name, const char *slug,
                         const char *timezone, char **id, GError **error);

typedef struct {
    const char *tenant; /* slug or id */
    const char *role;   /* admin, recruiter, interviewer, viewer */
    const char *email;
    const char *first_name, *last_name, *timezone; /* NULL: unchanged, or not known */
    const char *login; /* NULL: the one there is, else ht_ and 12 random hex digits */
    const char
        *password; /* NULL: unchanged; never sent as it is, the server gets a SCRAM verifier */
} HtAdminMember;

typedef struct {
    char *tenant_id, *user_id, *member_id, *login;
    bool is_new; /* there was no such membership */
} HtAdminAdded;

void ht_admin_added_clear(HtAdminAdded *added);

/* Whether it can be meant, as far as no server is needed to tell; the functions that do it ask the
 * same. */
bool ht_admin_member_check(const HtAdminMember *member, GError **error);

/* Makes a person, a membership and its login, or puts an existing one right (another role, a new
 * password, active again) and ends its sessions. `added` may be NULL. */
bool ht_admin_add_member(HtPgConnection *pg, const HtAdminMember *member, HtAdminAdded *added,
                         GError **error);

bool ht_admin_revoke_check(const char *login, const char *tenant, const char *email,
                           GError **error);

/* Ends a membership: its status, its login, its sessions. Either `login`, or `tenant` (slug or id)
 * and `email`. *n_sessions (may be NULL) receives how many sessions were ended. */
bool ht_admin_revoke(HtPgConnection *pg, const char *login, const char *tenant, const char *email,
                     int *n_sessions, GError **error);

/* ---- retention ---------------------------------------------------------------------------------
 */
#define HT_ADMIN_KEEP_DAYS 30
#define HT_ADMIN_KEEP_DAYS_MAX 3650

typedef struct {
    int64_t removed;             /* keys that went, or would go */
    int keep_days;               /* what it came to: asked for, 30, or twice the longest absence */
    double longest_absence_days; /* of a device that came back, within a year */
    char *floor;                 /* cursors older than this transaction are too old */
    char *floor_at;   /* since when there have been newer ones, ISO; NULL: none removed */
    char *first_mark; /* since when it is known what had ended, ISO */
} HtAdminPruned;

void ht_admin_pruned_clear(HtAdminPruned *pruned);

bool ht_admin_prune_check(int keep_days, GError **error);

/* Removes the keys of old changes, which clients ask for by their cursor: those that had ended
 * `keep_days` ago (0: the least, 30). With `is_trial` nothing is changed. In one transaction,
 * for which it waits up to an hour; writers and clients go on meanwhile. */
bool ht_admin_prune(HtPgConnection *pg, int keep_days, bool is_trial, HtAdminPruned *pruned,
                    GError **error);

/* The verifier that PostgreSQL keeps for a password; `salt` of 16 bytes, NULL: random. Caller
 * frees. NULL and HT_ADMIN_ERROR_INVALID for an empty password or one that is not UTF-8. */
char *ht_admin_scram_verifier(const char *password, const guint8 *salt, GError **error);
