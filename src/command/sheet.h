/* The sheet of a bulk rejection: its rows, and what the handlers ask of it. */
#pragma once

#include "hiretty/view/views.h"

void ht_sheet_counts(HtView *sheet, int *taken, int *left_out);
/* Leaves the row under the cursor out or takes it in again; false for one that may not be taken. */
bool ht_sheet_toggle(HtView *sheet);
/* Keys of the matches that are taken. New. */
GArray *ht_sheet_taken(HtView *sheet);
/* A rule written by a person marked at least one of them. */
bool ht_sheet_by_rule(HtView *sheet);
