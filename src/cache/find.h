/* What people type on a command line → a key. */
#pragma once

#include "hiretty/cache/cache.h"

#define HT_FIND_SHORT_ID "an id is told by at least its first 8 digits"

/* A uuid or a start of one with at least 8 digits; `resource` takes a range of ids. The key; 0 when
 * the text is no such thing or nothing begins so; -1 with an error when several do, or it could not
 * be read. */
HtKey ht_find_by_uuid(HtReader *reader, const char *resource, const char *text, GError **error);
/* The same for who is shown without a name: "Applicant 3f9a21", the digits as they are shown or
 * more of them. `resource` takes a range of people's ids and the job (0: it takes none). */
HtKey ht_find_by_blind_name(HtReader *reader, const char *resource, HtKey job, const char *text,
                            GError **error);
/* What is said of such a name that nobody has; NULL: it is none. */
const char *ht_find_no_blind_name(const char *text);
/* The start of an id that is too short to tell one, by its look: "3fa8", not
 * "Abba". HT_FIND_SHORT_ID says it. */
bool ht_find_is_short_id(const char *text);
/* Steps: exactly one row, else 0 and NOT_FOUND with the sentence for none or for several; to
 * the latter up to five of column 1 are added, where it is not NULL. */
HtKey ht_find_one(HtStmt *stmt, const char *none, const char *several, GError **error);
