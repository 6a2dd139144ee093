/* Candidates: reading everything about one person, by key. UI thread unless said otherwise. Arrays
 * free their elements. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/domain/candidate.h"

/* Who is reviewed blind is shown by this, a blank and the first digits of the id; what finds people
 * takes that for a name. */
#define HT_BLIND_NAME "Applicant"
#define HT_BLIND_NAME_DIGITS 6

/* NULL with HT_CACHE_ERROR_NOT_FOUND. Tags as shown. */
HtCandidate *ht_cache_candidate(HtReader *reader, HtKey key, GError **error);
/* The current résumé; NULL without error when there is none. */
HtResume *ht_cache_resume(HtReader *reader, HtKey candidate, GError **error);
/* Keys of the person's matches, newest first (rows by ht_cache_match_rows). Slow before
 * ht_reader_is_settled: everybody's are read. */
HtKeyArray *ht_cache_candidate_matches(HtReader *reader, HtKey candidate, GError **error);
/* HtNote*, newest first, pending ones of this machine included. */
GPtrArray *ht_cache_notes(HtReader *reader, HtKey candidate, GError **error);
/* HtTag* as shown, by name. */
GPtrArray *ht_cache_tags(HtReader *reader, HtKey candidate, GError **error);
/* Every tag in use, folded order; char *. Reader thread. */
GPtrArray *ht_cache_all_tags(HtReader *reader, GError **error);
/* HtHistoryItem*, newest first: decisions, moves by others (once ht_reader_is_settled), and what is
 * pending here. match 0 = all of the person. */
GPtrArray *ht_cache_history(HtReader *reader, HtKey candidate, HtKey match, GError **error);
/* A command line's word for a person: uuid, unique start of one (8 digits), e-mail, full name, or
 * the name of who is shown blind. */
HtKey ht_cache_candidate_find(HtReader *reader, const char *text, GError **error);
/* Opened here (the evidence was in view): kept in the outbox's file, see ht_outbox_note_view. */
bool ht_cache_match_seen(HtReader *reader, HtKey match, int64_t *seconds);
