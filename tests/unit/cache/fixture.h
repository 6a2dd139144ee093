/* A cache in a folder of its own, and rows to put into it. Test thread. */
#pragma once

#include "hiretty/cache/apply.h"
#include "hiretty/cache/cache.h"

typedef struct {
    char *dir; /* removed at the end */
    HtPaths *paths;
    HtCache *cache;
} Fixture;

void fixture_open(Fixture *fixture);
void fixture_close(Fixture *fixture);
/* Closes the cache and opens it again. */
void fixture_reopen(Fixture *fixture);

/* The same small number always gives the same id; kinds keep apart what shares a number. */
HtUuid test_id(char kind, int number);

/* Column=value pairs, ended by NULL: "id", "J1", "title", "Cook". Ids and refs are a letter and a
 * number; numbers are decimal; texts as they are; "\\N" is NULL. */
void put_row(HtApply *apply, HtApplyMode mode, const char *table, ...) G_GNUC_NULL_TERMINATED;
/* A job J<n> with its eight stages S<n*10+i>, i = 1 applied … 8 withdrawn. */
void put_job(HtApply *apply, int n, const char *title);
/* A person C<n> and an application M<n> of his to job J<job>, in stage S<stage>. */
void put_match(HtApply *apply, int n, int job, int stage, int score_centi, const char *first,
               const char *last);

typedef void (*FillFunc)(HtApply *apply, gpointer data);
/* One transaction. */
void fixture_apply(Fixture *fixture, FillFunc fill, gpointer data);
/* Two jobs, twenty applications to the first (M1 … M20, scores 10 … 200 centi × 10), five to the
 * second (M21 … M25), all in `applied`; reasons R1, R2; the default machine. */
void fixture_fill(Fixture *fixture);
HtKey fixture_key(HtReader *reader, const char *name);
