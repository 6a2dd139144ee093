/* Filters as SQL conditions on an application. */
#pragma once

#include "hiretty/cache/db.h"
#include "hiretty/domain/filter.h"

typedef struct {
    bool is_int;
    int64_t number;
    char *text;
} HtFilterBind;

typedef struct {
    GString *where;                  /* "" or " AND …"; names m, s, p, st, j, seen */
    GArray *binds;                   /* HtFilterBind, for ?first … */
    int first;                       /* number of the first parameter */
    bool people, stages, jobs, seen; /* joins that the conditions need */
} HtFilterSql;

void ht_filter_sql_init(HtFilterSql *sql, int first);
void ht_filter_sql_clear(HtFilterSql *sql);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HtFilterSql, ht_filter_sql_clear)
void ht_filter_sql_add(HtFilterSql *sql, const HtFilter *filter, int64_t now_us);
void ht_filter_sql_bind(const HtFilterSql *sql, HtStmt *stmt);

/* A full-text query of a person's words: each a prefix, quoted ones a phrase; NULL when nothing
 * searchable is in it. Caller frees. */
char *ht_fts_query(const char *words);
/* Has a text that is in no index what such a query asks for? SQL: ht_answers(text, query). */
bool ht_fts_answers(const char *text, const char *query);
