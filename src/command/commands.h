/* Every handler of the table, by file. */
#pragma once

#include "hiretty/command/command.h"

#define HT_HANDLER(name) HtResult name(HtContext *context, const HtArgs *args)

/* cmd_move.c */
HT_HANDLER(ht_cmd_down);
HT_HANDLER(ht_cmd_up);
HT_HANDLER(ht_cmd_half_down);
HT_HANDLER(ht_cmd_half_up);
HT_HANDLER(ht_cmd_page_down);
HT_HANDLER(ht_cmd_page_up);
HT_HANDLER(ht_cmd_first);
HT_HANDLER(ht_cmd_last);
HT_HANDLER(ht_cmd_open);
HT_HANDLER(ht_cmd_back);
HT_HANDLER(ht_cmd_escape);
HT_HANDLER(ht_cmd_quit);
HT_HANDLER(ht_cmd_next_tab);
HT_HANDLER(ht_cmd_previous_tab);
HT_HANDLER(ht_cmd_tab);
HT_HANDLER(ht_cmd_preview);
HT_HANDLER(ht_cmd_preview_down);
HT_HANDLER(ht_cmd_preview_up);
HT_HANDLER(ht_cmd_refresh);
/* cmd_mark.c */
HT_HANDLER(ht_cmd_mark_toggle);
HT_HANDLER(ht_cmd_mark_range);
HT_HANDLER(ht_cmd_mark_all);
HT_HANDLER(ht_cmd_mark_filter);
HT_HANDLER(ht_cmd_unmark_filter);
HT_HANDLER(ht_cmd_mark_same);
HT_HANDLER(ht_cmd_mark_invert);
HT_HANDLER(ht_cmd_mark_none);
HT_HANDLER(ht_cmd_mark_last);
HT_HANDLER(ht_cmd_mark_only);
/* cmd_decide.c */
HT_HANDLER(ht_cmd_advance);
HT_HANDLER(ht_cmd_reject);
HT_HANDLER(ht_cmd_reason);
HT_HANDLER(ht_cmd_hold);
HT_HANDLER(ht_cmd_undo);
HT_HANDLER(ht_cmd_redo);
HT_HANDLER(ht_cmd_undo_pass);
HT_HANDLER(ht_cmd_repeat);
HT_HANDLER(ht_cmd_sheet_commit);
HT_HANDLER(ht_cmd_sheet_toggle);
/* cmd_reopen.c */
HT_HANDLER(ht_cmd_reopen);
/* cmd_read.c */
HT_HANDLER(ht_cmd_review);
HT_HANDLER(ht_cmd_review_skip);
HT_HANDLER(ht_cmd_evidence);
HT_HANDLER(ht_cmd_blind);
HT_HANDLER(ht_cmd_note);
HT_HANDLER(ht_cmd_note_editor);
HT_HANDLER(ht_cmd_tags);
/* cmd_find.c */
HT_HANDLER(ht_cmd_limit);
HT_HANDLER(ht_cmd_search);
HT_HANDLER(ht_cmd_search_next);
HT_HANDLER(ht_cmd_search_previous);
HT_HANDLER(ht_cmd_sort_next);
HT_HANDLER(ht_cmd_sort_previous);
HT_HANDLER(ht_cmd_sort_turn);
HT_HANDLER(ht_cmd_copy);
HT_HANDLER(ht_cmd_palette);
/* cmd_go.c */
HT_HANDLER(ht_cmd_go_jobs);
HT_HANDLER(ht_cmd_go_candidates);
HT_HANDLER(ht_cmd_go_agenda);
HT_HANDLER(ht_cmd_go_feedback);
HT_HANDLER(ht_cmd_go_search);
HT_HANDLER(ht_cmd_go_outbox);
HT_HANDLER(ht_cmd_go_conflicts);
HT_HANDLER(ht_cmd_go_status);
HT_HANDLER(ht_cmd_help);
HT_HANDLER(ht_cmd_sync_now);
/* cmd_password.c */
HT_HANDLER(ht_cmd_password);
/* cmd_resolve.c */
HT_HANDLER(ht_cmd_keep_mine);
HT_HANDLER(ht_cmd_unpark);
HT_HANDLER(ht_cmd_take_theirs);
HT_HANDLER(ht_cmd_edit_mine);
HT_HANDLER(ht_cmd_drop);
/* cmd_meet.c */
HT_HANDLER(ht_cmd_feedback);
HT_HANDLER(ht_cmd_schedule);
