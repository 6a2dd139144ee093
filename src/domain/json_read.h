/* Small helpers of this layer for reading JSON that strangers wrote. */
#pragma once

#include "hiretty/base/json.h"

/* A new string of the member, NULL when it is missing, empty or no string. */
char *ht_domain_json_text(const HtJson *json, const char *key);
/* Strings of the array member; never NULL, ends in NULL; other elements are left out. */
char **ht_domain_json_texts(const HtJson *json, const char *key);
/* The time of an ISO member in µs; 0 when it is missing or no time. */
int64_t ht_domain_json_time(const HtJson *json, const char *key);
