/* The filter language: the same in a list's limit, in marks, on the command line and in saved
 * searches.
 *
 *     stage:screening score>=80 skill:python loc:"Berlin" -tag:hold updated<3d reject:none
 * "kubernetes operator"
 *
 * Terms are joined by AND; `|` between values of one field is OR (stage:applied|shortlist); a
 * leading `-` or
 * `!` negates a term; a quoted or bare word without a field searches people's full text.
 * Comparisons: : = (has, equals) and != < <= > >= . Times are a duration before now (30m 12h 3d 2w
 * 6mo 1y) or a date YYYY-MM-DD; `updated<3d` reads "less than three days ago". Numbers: score in
 * points (80, 72.5). Pure: any thread, no I/O. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    HT_FIELD_WORDS = 0, /* free words */
    HT_FIELD_STAGE,     /* stage type or a stage's name */
    HT_FIELD_SCORE,
    HT_FIELD_SKILL,
    HT_FIELD_LOCATION, /* loc, location */
    HT_FIELD_TAG,
    HT_FIELD_SOURCE,
    HT_FIELD_TITLE,   /* current or last title */
    HT_FIELD_COMPANY, /* current or last company */
    HT_FIELD_NAME,
    HT_FIELD_EMAIL,
    HT_FIELD_REJECT,  /* reject:none, reject:any, reject:CODE */
    HT_FIELD_UPDATED, /* the application's last change */
    HT_FIELD_APPLIED,
    HT_FIELD_AGE, /* time in the present stage: age>5d reads "longer than five days" */
    HT_FIELD_IS,  /* held pending conflict unread new flagged blind open closed duplicate */
    HT_FIELD_JOB, /* words of the job's title */
    HT_FIELD_DEPARTMENT,
    HT_FIELD_STATUS, /* a job's status, in lists of jobs */
    HT_FIELDS
} HtFilterField;

typedef enum {
    HT_COMPARE_HAS = 0, /* ':' */
    HT_COMPARE_EQ,
    HT_COMPARE_NE,
    HT_COMPARE_LT,
    HT_COMPARE_LE,
    HT_COMPARE_GT,
    HT_COMPARE_GE,
} HtCompare;

typedef enum {
    HT_VALUE_TEXT = 0,
    HT_VALUE_SCORE,    /* centi */
    HT_VALUE_DURATION, /* µs before now */
    HT_VALUE_TIME,     /* µs since the epoch */
} HtFilterValueType;

typedef struct {
    HtFilterValueType type;
    char *text;     /* as typed, quotes removed; always set */
    int64_t number; /* score, duration or time */
    bool is_quoted; /* exact phrase */
} HtFilterValue;

typedef struct {
    HtFilterField field;
    HtCompare compare;
    bool is_negated;
    int column;        /* of its first character, in code points, from 0 */
    GPtrArray *values; /* HtFilterValue*, at least one: any of them */
} HtFilterTerm;

typedef struct {
    char *text;       /* as typed */
    GPtrArray *terms; /* HtFilterTerm*, all of them; empty = everything */
} HtFilter;

/* The first word outside quotes that begins like a term on a field ("skill:python", "-tag:x"), for
 * who takes words alone; NULL: there is none. Caller frees. */
char *ht_filter_find_field(const char *text);

/* NULL on an error: HT_DOMAIN_ERROR_SYNTAX, or _FIELD for a field that there is not, one line for
 * people; *column (nullable) is the character, in code points from 0, that the message speaks of.
 * Empty text is a filter that lets everything pass. */
HtFilter *ht_filter_parse(const char *text, int *column, GError **error);
void ht_filter_free(HtFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtFilter, ht_filter_free)

/* A deep copy; NULL gives NULL. */
HtFilter *ht_filter_dup(const HtFilter *filter);
/* The canonical text of a filter: parsing it gives the same filter. Caller frees. */
char *ht_filter_format(const HtFilter *filter);

/* For completion and help: every field's names (main first), value hints and one line of help. */
typedef struct {
    HtFilterField field;
    const char *name;    /* main name */
    const char *aliases; /* "loc location", space-separated, the main one included */
    const char *values;  /* "applied shortlist …" or "" */
    const char *summary;
    const char *signs;   /* comparisons it takes: ": = !=" */
    const char *example; /* a term; "" for free words */
    bool of_jobs;        /* can be asked of jobs */
} HtFilterFieldInfo;

const HtFilterFieldInfo *ht_filter_fields(gsize *n);

/* What a value of `is` or `reject` means, one line each, in the order of the fields' `values`. */
typedef struct {
    HtFilterField field;
    const char *value;
    const char *text;
    bool of_jobs;
} HtFilterValueInfo;

const HtFilterValueInfo *ht_filter_values(gsize *n);
