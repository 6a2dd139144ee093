/* Errors of the base layer and what a process's exit status means.
 * Any thread. Each layer has one such domain; its codes are what a caller acts on. */
#pragma once

#include <glib.h>

#define HT_ERROR (ht_error_quark())
GQuark ht_error_quark(void);

typedef enum {
    HT_ERROR_FAILED,  /* nothing better is known */
    HT_ERROR_INVALID, /* the input is malformed or out of range */
    HT_ERROR_TOO_BIG, /* the input is above a bound of ours */
    HT_ERROR_UNSAFE,  /* a folder or file that others own or can change */
    HT_ERROR_MISSING, /* there is no such file, resource or key */
    HT_ERROR_IO,      /* the system refused; the message says why */
} HtError;

/* The exit statuses of every command; part of the documented interface. */
typedef enum {
    HT_EXIT_DONE = 0,
    HT_EXIT_FAILED = 1,
    HT_EXIT_USAGE = 2,
    HT_EXIT_OFFLINE = 3,  /* no server; the work is kept */
    HT_EXIT_CONFLICT = 4, /* somebody else decided otherwise */
    HT_EXIT_REFUSED = 5,  /* the server or a rule said no */
} HtExit;

/* Sets HT_ERROR_IO from errno's value: "WHAT: strerror". */
void ht_error_set_errno(GError **error, int errno_value, const char *what);
