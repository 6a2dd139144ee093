/* Bands are what a list shows: a recruiter compares groups of people, not hundredths of a point. */
#include "hiretty/domain/score.h"

HtScoreBand ht_score_band(int64_t score_centi)
{
    if (score_centi == HT_SCORE_NONE)
        return HT_SCORE_BAND_NONE;
    if (score_centi >= HT_SCORE_HIGH_CENTI)
        return HT_SCORE_BAND_HIGH;
    return score_centi >= HT_SCORE_MID_CENTI ? HT_SCORE_BAND_MID : HT_SCORE_BAND_LOW;
}

const char *ht_score_band_name(HtScoreBand band)
{
    static const char *const names[] = {"", "low", "mid", "high"};
    return (unsigned)band <= HT_SCORE_BAND_HIGH ? names[band] : "";
}
