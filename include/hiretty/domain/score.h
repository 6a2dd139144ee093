/* Scores: hundredths of a point (0 … 10000), and the bands that lists show. */
#pragma once

#include <stdint.h>

#define HT_SCORE_NONE INT64_MIN /* no score */

typedef enum {
    HT_SCORE_BAND_NONE = 0,
    HT_SCORE_BAND_LOW,
    HT_SCORE_BAND_MID,
    HT_SCORE_BAND_HIGH,
} HtScoreBand;

#define HT_SCORE_HIGH_CENTI 7500
#define HT_SCORE_MID_CENTI 5500

HtScoreBand ht_score_band(int64_t score_centi);
const char *ht_score_band_name(HtScoreBand band); /* "high", "mid", "low", "" */
