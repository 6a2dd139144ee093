/* The password that a server asks for, typed into the workstation. The prompt stays open until the
 * server has said how it went, and the rest of the screen lives on meanwhile: nothing here waits.
 * It opens on a key, never by itself, since a decision's key would then be the start of a password.
 */
#include "commands.h"
#include "context_impl.h"

#include <string.h>

enum { WITH_SERVER_COLUMNS = 72 };

static const char asking[] = "asking the server   Esc works on meanwhile";

bool ht_context_wants_password(HtContext *context, HtSyncStatus *status)
{
    memset(status, 0, sizeof *status);
    if (context->parts.sync)
        ht_sync_status(context->parts.sync, status);
    return status->password == HT_SYNC_PASSWORD_WANTED ||
           status->password == HT_SYNC_PASSWORD_WRONG;
}

/* How the offer went, as far as it is known. */
static bool is_decided(HtPrompt *prompt, const HtSyncStatus *status, HtResult *result)
{
    switch (status->password) {
    case HT_SYNC_PASSWORD_TRYING:
        if (status->state == HT_SYNC_CONNECTING || status->state == HT_SYNC_LOADING)
            return false;
        if (status->state == HT_SYNC_ELSEWHERE)
            *result = ht_result_message("Kept: another Hiretty of this profile syncs now.");
        else
            *result = ht_result_error("not connected: %s", status->error);
        return true;
    case HT_SYNC_PASSWORD_WANTED:
    case HT_SYNC_PASSWORD_WRONG:
        if (status->state == HT_SYNC_CONNECTING)
            return false;
        prompt->waiting = NULL;
        g_free(prompt->error);
        prompt->error = g_strdup("the server refused it: again, or Esc");
        return false;
    case HT_SYNC_PASSWORD_HELD:
    case HT_SYNC_PASSWORD_NONE:
    default:
        *result = ht_result_message("The server took the password.");
        return true;
    }
}

static bool followed(HtContext *context, HtPrompt *prompt, HtResult *result)
{
    HtSyncStatus status;
    bool is_wanted = ht_context_wants_password(context, &status);
    if (prompt->waiting)
        return is_decided(prompt, &status, result);
    if (is_wanted || status.state == HT_SYNC_CONNECTING)
        return false;
    *result = ht_result_message("No password is needed any more.");
    return true;
}

static HtPrompt *new_prompt(HtContext *context, const HtSyncStatus *status);

static HtResult given(HtContext *context, HtPrompt *prompt)
{
    HtSyncStatus status;
    ht_context_wants_password(context, &status);
    HtPrompt *next = new_prompt(context, &status);
    if (!*prompt->secret) {
        next->error = g_strdup("type it, or Esc works on offline");
        return ht_result_prompt(next);
    }
    next->waiting = asking;
    ht_sync_offer_password(context->parts.sync, g_steal_pointer(&prompt->secret));
    return ht_result_prompt(next);
}

static void put_off(HtContext *context, HtPrompt *prompt)
{
    ht_context_set_message(context, HT_STYLE_NORMAL, "%s",
                           prompt->waiting ? "The server is still being asked."
                                           : "Work goes on offline; what you decide is kept.");
}

static HtPrompt *new_prompt(HtContext *context, const HtSyncStatus *status)
{
    bool is_wide = context->columns >= WITH_SERVER_COLUMNS && *status->server;
    HtPrompt *prompt = ht_prompt_new(HT_PROMPT_SECRET, given, "password of %s%s%s", status->login,
                                     is_wide ? " at " : "", is_wide ? status->server : "");
    prompt->followed = followed;
    prompt->cancelled = put_off;
    return prompt;
}

HT_HANDLER(ht_cmd_password)
{
    HtSyncStatus status;
    bool is_wanted = ht_context_wants_password(context, &status);
    if (args->text)
        return ht_result_error("the password is not part of the command: it is asked for, unseen");
    if (!context->parts.sync)
        return ht_result_error("this session works offline: no server is asked");
    if (!is_wanted)
        return ht_result_message("The server asks for no password now.");
    return ht_result_prompt(new_prompt(context, &status));
}
