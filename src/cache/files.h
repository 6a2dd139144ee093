/* Generations as files: cache-N.db, the link `current`, and a lock each, held shared by everybody
 * who has the generation open and alone by whoever loads or removes it. Numbers only grow: above
 * the current one is a load that was not finished, below it are those that nobody may need any
 * more. All changes of the folder happen under the folder's lock. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    gint refs; /* atomic */
    int number;
    char *dir, *path;
    int lock_fd;
} HtFiles;

/* The folder's lock, for the few milliseconds of looking and linking; -1 on failure,
 * HT_CACHE_ERROR_BUSY when somebody keeps it, who is stopped perhaps. Close it. */
int ht_folder_lock(const char *dir, GError **error);
extern int ht_folder_patience_ms; /* how long it is waited for; tests make it short */
/* Number of the current generation, 0 = none. */
int ht_files_current(const char *dir);
/* Numbers of all generations of which any file is there, ascending (int). */
GArray *ht_files_list(const char *dir);
char *ht_files_path(const char *dir, int number);
/* Takes the lock; HT_CACHE_ERROR_BUSY when somebody else has it (`alone`, or he has it alone). */
HtFiles *ht_files_take(const char *dir, int number, bool alone, GError **error);
/* alone → shared, after publishing */
bool ht_files_share(HtFiles *files, GError **error);
HtFiles *ht_files_ref(HtFiles *files);
void ht_files_unref(HtFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtFiles, ht_files_unref)
/* Points `current` at it in one step, on disk when it returns. */
bool ht_files_link(const char *dir, int number, GError **error);
bool ht_files_sync(const char *path, GError **error); /* fsync of a file and its folder */
void ht_files_remove(const char *dir, int number);
/* Generations that nobody has open: those below `current`, with `unfinished` also those above. */
void ht_files_sweep(const char *dir, int current, bool unfinished);
/* cache-N.db → cache-N.db.WHY-TIME: that name; caller frees. Who has it open goes on with it until
 * he sees that another number is current, so a number is never given twice. */
char *ht_files_move_aside(const char *dir, int number, const char *why, GError **error);
/* A number that no file here has or had, as long as anybody may have it open. */
int ht_files_next(const char *dir);
/* Removes what was moved aside. */
void ht_files_remove_aside(const char *dir);
