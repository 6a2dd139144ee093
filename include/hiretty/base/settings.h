/* Settings: one table names everything about each; a commented key file gives values. The program
 * never writes that file. Unknown keys and bad values are reported with file and line and change
 * nothing. Load on the main thread; reading is from any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    HT_SETTING_BOOL = 0,
    HT_SETTING_INT,
    HT_SETTING_STRING,
    HT_SETTING_CHOICE, /* one of `choices` */
    HT_SETTING_ZONE,   /* a time zone's name; "": none */
} HtSettingType;

typedef struct {
    const char *group; /* [group] in the file */
    const char *name;
    HtSettingType type;
    const char *fallback; /* as written in the file */
    int64_t min, max;     /* of an INT; both 0: any */
    const char *choices;  /* of a CHOICE: "a|b|c" */
    const char *unit;     /* "ms", "days", or NULL */
    const char *text;     /* one line for people */
} HtSetting;

typedef struct HtSettings HtSettings;

/* The table, ended by a row without a name. */
const HtSetting *ht_settings_table(void);

/* Reads FILE (it need not exist; its own group [profile NAME] overrides the others when `profile`
 * is given). `warnings`: lines for people, "file:line: what", appended as char *; may be NULL.
 * Never NULL: what cannot be read is a warning and the defaults hold. */
HtSettings *ht_settings_load(const char *file, const char *profile, GPtrArray *warnings);
void ht_settings_free(HtSettings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSettings, ht_settings_free)

/* `name` is "group.name" of the table; another name is a programming error (critical message). */
bool ht_settings_bool(const HtSettings *settings, const char *name);
int64_t ht_settings_int(const HtSettings *settings, const char *name);
const char *ht_settings_string(const HtSettings *settings,
                               const char *name); /* borrowed; "" = unset */
/* true if the file, not the default, gave the value. */
bool ht_settings_is_set(const HtSettings *settings, const char *name);
/* Where FILE gives NAME its value, "file:line", the group of PROFILE first; NULL: it does not.
 * Caller frees. */
char *ht_settings_place(const char *file, const char *profile, const char *name);
/* The value as it would stand in the file. Caller frees. */
char *ht_settings_show(const HtSettings *settings, const HtSetting *setting);
/* A complete commented file with the defaults, for `hiretty config --defaults`. Caller frees. */
char *ht_settings_dump_defaults(void);
/* Sets a value for this process (a command-line option); false if the table refuses it. */
bool ht_settings_override(HtSettings *settings, const char *name, const char *value,
                          GError **error);
