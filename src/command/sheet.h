/* The sheet of a bulk rejection: its rows, and what the handlers ask of it. Main thread. */
#pragma once

#include "targets.h"

#include "hiretty/view/views.h"

int ht_sheet_n_taken(HtView *sheet);
/* "7 left out: 4 hired, 3 withdrawn"; NULL where nobody is. Caller frees. */
char *ht_sheet_left_out(HtView *sheet);
/* Leaves the row under the cursor out or takes it in again; false with a line for people for one
 * that may not be taken. */
bool ht_sheet_toggle(HtView *sheet, GError **error);
/* Shows it anew after such a change: nothing is read. */
void ht_sheet_show(HtView *sheet);
/* The next that is taken, from row *from (0 at first) on; NULL: none is left. Borrowed. */
const HtTarget *ht_sheet_taken(HtView *sheet, guint *from);
/* The cache was loaded anew since: its keys are other rows'. */
bool ht_sheet_is_of_before(HtView *sheet);
/* A rule written by a person marked at least one of them. */
bool ht_sheet_by_rule(HtView *sheet);
