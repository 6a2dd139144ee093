/* Passwords on their way through the program: asked for without an echo, taken out of the
 * environment, wiped after use. Main thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Overwrites and frees; NULL is fine. */
void ht_secret_free(char *secret);
/* Asks on the terminal of standard input and error, without an echo; a signal that ends or stops
 * the program gives the terminal back first. NULL when there is no terminal or no answer. Free with
 * ht_secret_free. */
char *ht_secret_ask(const char *question);
/* Takes a variable out of the environment, out of the process's first memory too, so that neither
 * children nor /proc show it. NULL when it is not set or empty. The copy's pages are kept out of
 * swap where the system allows it. Free with ht_secret_free. */
char *ht_secret_take_env(const char *name);
