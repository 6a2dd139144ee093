/* Where a profile's files live (XDG), and opening them so that nobody else gets at them.
 * Any thread; ht_process_harden at the start of main, before threads. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct HtPaths HtPaths;

/* Profile names: letters, digits, '-', '_', at most 64; NULL means "default". Creates what is
 * missing as 0700 (the configuration folder is never created). HT_ERROR_UNSAFE for a folder of ours
 * that is a link, someone else's or writable by others; also when the folders above can be written
 * by others who could swap it. $XDG_RUNTIME_DIR is used only if it is as its specification says. */
HtPaths *ht_paths_new(const char *profile, GError **error);
void ht_paths_free(HtPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtPaths, ht_paths_free)

const char *ht_paths_profile(const HtPaths *paths);
const char *ht_paths_config_dir(const HtPaths *paths); /* …/hiretty */
const char *ht_paths_cache_dir(const HtPaths *paths);  /* …/hiretty/PROFILE */
const char *ht_paths_state_dir(const HtPaths *paths); /* …/hiretty/PROFILE: outbox, drafts, log */
const char *
ht_paths_runtime_dir(const HtPaths *paths); /* XDG_RUNTIME_DIR, else in the state folder */

/* From now on the cache lives in the runtime folder, which goes when the person's session on this
 * machine ends. HT_ERROR_UNSAFE where the system gives no such folder. Before the cache is opened.
 */
bool ht_paths_use_runtime_cache(HtPaths *paths, GError **error);

/* Makes DIR (with parents) 0700, or checks that it is a folder of ours that no one else can write.
 */
bool ht_dir_ensure_private(const char *dir, GError **error);

/* Removes from DIR what processes that died were about to save there; what another one is writing
 * stays. ht_paths_new does it; a process that lives for long, when people are to be forgotten. */
void ht_dir_sweep(const char *dir);

/* open(2) with O_NOFOLLOW | O_CLOEXEC and 0600; refuses what is not a regular file of ours that no
 * one else can write; takes from group and others what they can read. -1 on failure. */
int ht_file_open_private(const char *path, int flags, GError **error);
/* The whole of such a file, at most `max_bytes`; the NUL after it is not counted. */
char *ht_file_load_private(const char *path, gsize max_bytes, gsize *len, GError **error);
/* The whole of a file that a person writes and we only read (settings, themes): it may be a link,
 * but what is read must be a regular file, this account's or root's, and writable by nobody else.
 */
char *ht_file_load_trusted(const char *path, gsize max_bytes, gsize *len, GError **error);
/* Replaces a private file in one step (a new file, synced, renamed over). A process that dies in
 * between leaves the new one, which ht_dir_sweep removes. */
bool ht_file_save_private(const char *path, const char *data, gssize len, GError **error);
/* Keeps a database that cannot be used under another name, PATH.WHY-TIME, with what belongs to it
 * ("-wal", "-shm", "-journal"). The new names are on disk before the first old one goes: cut at any
 * point, nothing is lost and the next try finds the file where it was. The new file name; caller
 * frees. */
char *ht_file_move_aside(const char *path, const char *why, GError **error);

/* Standard streams that came closed stay unusable, and their numbers are given to no other file;
 * umask 077, a write beyond the limit of a file's size fails with EFBIG, no core dumps, no ptrace
 * by others (the last two not in sanitizer builds). */
void ht_process_harden(void);
/* The calling thread hands much on in small pieces: woken for one, it waits its turn (SCHED_BATCH)
 * and does not stop who works on the last. false: as others. Of a thread that is scheduled in
 * another way nothing changes. */
void ht_thread_in_bulk(bool is_in_bulk);
/* The calling thread works in the background: where processors are short, those who answer keys go
 * first. Nothing changes where they are not. */
void ht_thread_stand_back(void);
