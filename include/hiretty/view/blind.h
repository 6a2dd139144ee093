/* Blind review: who is hidden, how a hidden person is called, and texts without the name. Lists,
 * texts, prompts and the command line all ask here. Any thread, with a reader of its own. */
#pragma once

#include "hiretty/cache/cache.h"
#include "hiretty/cache/search.h"

#include <stdbool.h>

/* How a blind reader calls somebody: "Applicant 3f9a21", by the person's id, in every job, list and
 * text the same. Caller frees. */
char *ht_blind_name(HtReader *reader, HtKey candidate);

/* Is this person hidden? An application is when its stage is reviewed blind. Where none is spoken
 * of
 * (`match` 0, or not here any more), a person is when one of the applications is. Whatever cannot
 * be read is hidden. */
bool ht_blind_hides(HtReader *reader, HtKey match, HtKey candidate);

/* Was the stage of an application reviewed blind that its newest decision led out of? For what is
 * said of that decision. */
bool ht_blind_hid(HtReader *reader, HtKey match);

/* `blind` below: whoever asks shows nobody's name, whatever the stage says (a view that `b` made
 * blind, or that was opened from such a one). The command line has no view: it passes false.
 *
 * What somebody may be called under the same rule: the name, not cleaned, or the blind name; ""
 * when neither application nor person is here. Caller frees. */
char *ht_blind_who(HtReader *reader, HtKey match, HtKey candidate, bool blind);

/* The place that a search found, under the same rule: without the name, and nothing of a résumé,
 * which names schools and years as it likes. Caller frees; may be NULL. */
char *ht_blind_snippet(HtReader *reader, const HtSearchHit *hit, bool blind);

/* What somebody wrote about an application or a person (either may be 0), under the same rule.
 * `text` may be NULL: NULL. Caller frees. */
char *ht_blind_words(HtReader *reader, HtKey match, HtKey candidate, const char *text, bool blind);

/* Takes a person's name, mail addresses and phone number out of texts. */
typedef struct HtMask HtMask;
HtMask *ht_mask_new(HtReader *reader, HtKey candidate);
void ht_mask_free(HtMask *mask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtMask, ht_mask_free)
/* New; the text as it is where `mask` is NULL. `text` may be NULL: NULL. */
char *ht_mask_text(const HtMask *mask, const char *text);
