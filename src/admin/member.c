/* Tenants, members and their logins. The rows are written as hiretty_platform in the tenant chosen
 * for the transaction; the login is the administrator's own doing, in the same transaction. Nothing
 * here is a function on the server: who can make logins there could make himself one. */
#include "hiretty/base/ident.h"
#include "internal.h"

#include <string.h>

#define PLATFORM "hiretty_platform"

void ht_admin_added_clear(HtAdminAdded *added)
{
    g_clear_pointer(&added->tenant_id, g_free);
    g_clear_pointer(&added->user_id, g_free);
    g_clear_pointer(&added->member_id, g_free);
    g_clear_pointer(&added->login, g_free);
}

bool ht_admin_add_tenant(HtPgConnection *pg, const char *name, const char *slug, const char *zone,
                         char **id, GError **error)
{
    const char *values[] = {name, slug, zone ? zone : "UTC"};
    if (!ht_admin_begin(pg, PLATFORM, error))
        return false;
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "tenant_create", values, 3, error);
    if (!ht_admin_end(pg, rows != NULL, error))
        return false;
    if (id)
        *id = ht_admin_text(rows, 0, 0);
    return true;
}

/* The tenant's id by slug or id, and works in it from here on. NULL and error. */
static char *choose_tenant(HtPgConnection *pg, const char *tenant, GError **error)
{
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "tenant_find", &tenant, 1, error);
    if (!rows)
        return NULL;
    if (ht_pg_rows_count(rows) != 1) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_MISSING, "there is no tenant %s", tenant);
        return NULL;
    }
    g_autofree char *id = ht_admin_text(rows, 0, 0);
    if (!ht_admin_run(pg, "tenant_choose", (const char *const *)&id, 1, error))
        return NULL;
    return g_steal_pointer(&id);
}

/* The login that this e-mail has in the chosen tenant, or a new name. */
static char *pick_login(HtPgConnection *pg, const char *tenant_id, const char *email,
                        GError **error)
{
    const char *values[] = {NULL, tenant_id, email};
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "member_find", values, 3, error);
    if (!rows)
        return NULL;
    char *login = ht_pg_rows_count(rows) ? ht_admin_text(rows, 0, 2) : NULL;
    if (login)
        return login;
    HtUuid id;
    char text[HT_UUID_TEXT];
    ht_uuid_new_random(&id);
    ht_uuid_format(&id, text);
    return g_strdup_printf("ht_%s", text + 24); /* the last group: 12 hex digits, all random */
}

/* A login that exists may be given a membership only if it is nothing more than a member's. */
static bool login_is_fit(HtPgConnection *pg, const char *login, GError **error)
{
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "login_state", &login, 1, error);
    if (!rows)
        return false;
    bool is_more = false;
    if (ht_pg_rows_count(rows)) {
        HtPgField field = ht_pg_rows_field(rows, 0, 0);
        ht_pg_field_bool(&field, &is_more);
    }
    if (is_more)
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED,
                    "%s may do more than a member may: use another login", login);
    return !is_more;
}

static bool write_member(HtPgConnection *pg, const HtAdminMember *member, HtAdminAdded *added,
                         bool *existed, GError **error)
{
    added->tenant_id = choose_tenant(pg, member->tenant, error);
    if (!added->tenant_id)
        return false;
    added->login = member->login ? g_strdup(member->login)
                                 : pick_login(pg, added->tenant_id, member->email, error);
    if (!added->login || !login_is_fit(pg, added->login, error))
        return false;
    const char *user[] = {member->email, member->first_name, member->last_name, member->timezone};
    g_autoptr(HtPgRows) users = ht_admin_query(pg, "user_upsert", user, 4, error);
    if (!users)
        return false;
    added->user_id = ht_admin_text(users, 0, 0);
    const char *values[] = {added->tenant_id, added->user_id, member->role, added->login};
    g_autoptr(HtPgRows) members = ht_admin_query(pg, "member_upsert", values, 4, error);
    if (!members)
        return false;
    added->member_id = ht_admin_text(members, 0, 0);
    g_autofree char *before = ht_admin_text(members, 0, 1);
    *existed = before != NULL;
    if (before && strcmp(before, added->login) != 0) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_REFUSED,
                    "this member has the login %s already: revoke it first, or leave --login out",
                    before);
        return false;
    }
    return true;
}

bool ht_admin_member_check(const HtAdminMember *member, GError **error)
{
    static const char *const roles[] = {"admin", "recruiter", "interviewer", "viewer", NULL};
    if (!member->role || !g_strv_contains(roles, member->role)) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                    "the role is one of admin, recruiter, interviewer, viewer");
        return false;
    }
    if (!member->tenant || !member->email || !strchr(member->email, '@')) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                    "a member needs a tenant and an e-mail address");
        return false;
    }
    /* The server would cut a longer name and find another login. */
    if (member->login && (!*member->login || strlen(member->login) > 63)) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                    "a login's name has 1 to 63 bytes");
        return false;
    }
    return true;
}

/* Ends what a login has open; `statements` prepare for that. */
static bool end_sessions(HtPgConnection *pg, const char *statements, const char *login,
                         int *n_sessions, GError **error)
{
    const char *values[] = {login};
    if (!ht_admin_begin(pg, NULL, error) ||
        !ht_admin_end(pg, ht_admin_run_returned(pg, statements, values, 1, error), error))
        return false;
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "login_terminate", values, 1, error);
    if (rows && n_sessions) {
        int64_t n = 0;
        HtPgField field = ht_pg_rows_field(rows, 0, 0);
        ht_pg_field_int(&field, &n);
        *n_sessions = (int)n;
    }
    GError **unless_set = rows ? error : NULL;
    return ht_admin_run_returned(pg, "login_return_statements", values, 1, unless_set) &&
           rows != NULL;
}

bool ht_admin_add_member(HtPgConnection *pg, const HtAdminMember *member, HtAdminAdded *added,
                         GError **error)
{
    HtAdminAdded own = {0};
    if (!ht_admin_member_check(member, error))
        return false;
    g_autofree char *verifier = NULL;
    if (member->password) {
        verifier = ht_admin_scram_verifier(member->password, NULL, error);
        if (!verifier)
            return false;
    }
    bool existed = false, ok = ht_admin_begin(pg, PLATFORM, error);
    if (ok) {
        ok = write_member(pg, member, &own, &existed, error) && ht_pg_run(pg, "RESET ROLE", error);
        const char *values[] = {own.login, member->role, verifier};
        ok = ok && ht_admin_run_returned(pg, "login_statements", values, 3, error);
        ok = ht_admin_end(pg, ok, error);
    }
    /* A plan that a session has kept goes on with the policies of the role it was made for. */
    if (ok && existed)
        ok = end_sessions(pg, "login_borrow_statements", own.login, NULL, error);
    if (ok && added) {
        *added = own;
        added->is_new = !existed;
        return true;
    }
    ht_admin_added_clear(&own);
    return ok;
}

/* The tenant of a login; only hiretty_auth sees the memberships of all tenants. */
static char *tenant_of(HtPgConnection *pg, const char *login, GError **error)
{
    if (!ht_admin_begin(pg, "hiretty_auth", error))
        return NULL;
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "login_tenant", &login, 1, error);
    if (!ht_admin_end(pg, rows != NULL, error))
        return NULL;
    if (ht_pg_rows_count(rows) == 1)
        return ht_admin_text(rows, 0, 0);
    g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_MISSING, "no membership has the login %s",
                login);
    return NULL;
}

/* Sets the status; *login receives the membership's login, NULL for none. */
static bool end_membership(HtPgConnection *pg, const char *tenant, const char *login,
                           const char *email, char **found, GError **error)
{
    g_autofree char *id = choose_tenant(pg, tenant, error);
    if (!id)
        return false;
    const char *who[] = {login, id, email};
    g_autoptr(HtPgRows) rows = ht_admin_query(pg, "member_find", who, 3, error);
    if (!rows)
        return false;
    if (ht_pg_rows_count(rows) != 1) {
        g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_MISSING, "there is no such member");
        return false;
    }
    g_autofree char *member = ht_admin_text(rows, 0, 1);
    *found = ht_admin_text(rows, 0, 2);
    const char *values[] = {id, member};
    return ht_admin_run(pg, "member_revoke", values, 2, error);
}

bool ht_admin_revoke_check(const char *login, const char *tenant, const char *email, GError **error)
{
    if (login || (tenant && email))
        return true;
    g_set_error(error, HT_ADMIN_ERROR, HT_ADMIN_ERROR_INVALID,
                "say which member: a login, or a tenant and an e-mail address");
    return false;
}

bool ht_admin_revoke(HtPgConnection *pg, const char *login, const char *tenant, const char *email,
                     int *n_sessions, GError **error)
{
    if (n_sessions)
        *n_sessions = 0;
    if (!ht_admin_revoke_check(login, tenant, email, error))
        return false;
    g_autofree char *of_login = NULL;
    if (!tenant) {
        of_login = tenant_of(pg, login, error);
        tenant = of_login;
        if (!tenant)
            return false;
    }
    g_autofree char *found = NULL;
    if (!ht_admin_begin(pg, PLATFORM, error) ||
        !ht_admin_end(pg, end_membership(pg, tenant, login, email, &found, error), error))
        return false;
    /* Closed and committed first: what its sessions ask until they are ended finds no row. */
    return !found || end_sessions(pg, "login_close_statements", found, n_sessions, error);
}
