/* Errors of the cache. */
#pragma once

#include <glib.h>

#define HT_CACHE_ERROR (ht_cache_error_quark())
GQuark ht_cache_error_quark(void);

typedef enum {
    HT_CACHE_ERROR_FAILED = 1,
    HT_CACHE_ERROR_BUSY,        /* another process holds it too long */
    HT_CACHE_ERROR_FULL,        /* the disk is full: nothing of the transaction is kept */
    HT_CACHE_ERROR_IO,          /* the system refused to read or write */
    HT_CACHE_ERROR_CORRUPT,     /* not readable as a database */
    HT_CACHE_ERROR_NEWER,       /* written by a newer version of the program */
    HT_CACHE_ERROR_FOREIGN,     /* a database, but not one of ours */
    HT_CACHE_ERROR_INTERRUPTED, /* ht_reader_interrupt */
    HT_CACHE_ERROR_STALE,       /* the generation is no longer the current one */
    HT_CACHE_ERROR_CLOSED,      /* ht_cache_close has begun */
    HT_CACHE_ERROR_NOT_FOUND,
    HT_CACHE_ERROR_CONSTRAINT,
    HT_CACHE_ERROR_LIMIT, /* of the size of files (ulimit -f): nothing of the transaction is kept */
} HtCacheError;
