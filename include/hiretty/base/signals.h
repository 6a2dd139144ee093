/* Signals that nobody here expects, and that end whoever does not: sent by hand, by a limit of the
 * processor's time, by a timer that was inherited. Whoever changed the terminal gives it back. */
#pragma once

#include <signal.h>

/* Initializers of an array of int. */
#define HT_SIGNALS_STRAY                                                                           \
    SIGQUIT, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGPROF, SIGIO, SIGPWR, SIGVTALRM, SIGSTKFLT
