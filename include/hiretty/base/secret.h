/* Passwords on their way through the program: asked for without an echo, taken out of the
 * environment, wiped after use. What these functions return stands in pages of its own, kept out of
 * swap and of core files where the system allows it. Any thread, except where it says. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* The longest secret that is read or typed, in bytes without its end. */
#define HT_SECRET_MAX 1024

/* Empty, with room for HT_SECRET_MAX bytes and their end; whoever writes into it wipes what it
 * takes away. Free with ht_secret_free. */
char *ht_secret_new(void);
/* A copy of any length; NULL for NULL. Free with ht_secret_free. */
char *ht_secret_dup(const char *text);
/* Overwrites and frees, also what came from g_strdup; NULL is fine. */
void ht_secret_free(char *secret);
/* One line of a file descriptor without its end, byte by byte, so that nothing behind it is taken
 * and no buffer keeps it. NULL when it is empty, longer than HT_SECRET_MAX, or has a NUL in it:
 * half a password is none. Blocks. */
char *ht_secret_read(int fd);
/* Asks on the terminal of standard input and error, without an echo; a signal that ends or stops
 * the program gives the terminal back first. NULL when there is no terminal or no answer. Free with
 * ht_secret_free. Main thread. */
char *ht_secret_ask(const char *question);
/* Takes a variable out of the environment, out of the process's first memory too, so that neither
 * children nor /proc show it. NULL when it is not set or empty. Free with ht_secret_free. Main
 * thread, before any other. */
char *ht_secret_take_env(const char *name);
