/* The table is the documentation, the validator and the default file. GKeyFile parses; it keeps no
 * line numbers, so a second look at the text finds the line of what is reported. */
#include "hiretty/base/settings.h"

#include "hiretty/base/error.h"
#include "hiretty/base/paths.h"

#include <string.h>

enum { MAX_FILE = 1024 * 1024 };

/* clang-format off */
static const HtSetting table[] = {
    /* group      name              type               default    min  max        choices            unit  text */
    {"connect", "dsn",              HT_SETTING_STRING, "",          0, 0,         NULL,              NULL, "libpq connection string or service, without a password"},
    {"connect", "timeout",          HT_SETTING_INT,    "10",        1, 120,       NULL,              "s",  "how long to wait for the server"},
    {"connect", "allow_insecure",   HT_SETTING_BOOL,   "false",     0, 0,         NULL,              NULL, "allow a connection weaker than verify-full (shown as a lasting warning)"},
    {"sync",    "auto",             HT_SETTING_BOOL,   "true",      0, 0,         NULL,              NULL, "keep the cache in step while the workstation runs"},
    {"sync",    "poll_focused",     HT_SETTING_INT,    "0",         0, 3600000,   NULL,              "ms", "between polls while in use; 0: as the server says"},
    {"sync",    "poll_idle",        HT_SETTING_INT,    "0",         0, 3600000,   NULL,              "ms", "between polls after a minute without a key; 0: as the server says"},
    {"cache",   "mode",             HT_SETTING_CHOICE, "disk",      0, 0,         "disk|runtime",    NULL, "where the cache lives: on disk with a lease, or until the session ends"},
    {"cache",   "lease",            HT_SETTING_INT,    "7",         1, 90,        NULL,              "days", "without the server before the cache locks"},
    {"ui",      "theme",            HT_SETTING_STRING, "default",   0, 0,         NULL,              NULL, "name of a theme, or the path of a theme file"},
    {"ui",      "low_bandwidth",    HT_SETTING_CHOICE, "auto",      0, 0,         "auto|on|off",     NULL, "a marker in place of the full selection bar"},
    {"ui",      "preview",          HT_SETTING_CHOICE, "auto",      0, 0,         "auto|right|below|off", NULL, "where the preview pane stands"},
    {"ui",      "mouse",            HT_SETTING_BOOL,   "false",     0, 0,         NULL,              NULL, "click selects, wheel scrolls"},
    {"ui",      "title",            HT_SETTING_BOOL,   "false",     0, 0,         NULL,              NULL, "the window is called after the program and the profile meanwhile"},
    {"ui",      "accessible",       HT_SETTING_BOOL,   "false",     0, 0,         NULL,              NULL, "no boxes, no spinners, status on its own line"},
    {"ui",      "clipboard",        HT_SETTING_CHOICE, "off",       0, 0,         "off|osc52",       NULL, "how y copies"},
    {"ui",      "time_zone",        HT_SETTING_ZONE,   "",          0, 0,         NULL,              NULL, "for showing times, such as Europe/Berlin; empty: this machine's"},
    {"ui",      "escape_delay",     HT_SETTING_INT,    "25",        0, 1000,      NULL,              "ms", "to tell Esc from a key sequence"},
    {"triage",  "undo_window",      HT_SETTING_INT,    "10",        0, 1440,      NULL,              "min", "before a queued mail may leave"},
    {"log",     "level",            HT_SETTING_CHOICE, "info",      0, 0,         "debug|info|warning|error", NULL, "least important message that is written"},
    {NULL,      NULL,               HT_SETTING_BOOL,   NULL,        0, 0,         NULL,              NULL, NULL},
};
/* clang-format on */

enum { TABLE_ROWS = G_N_ELEMENTS(table) - 1 };

struct HtSettings {
    char *values[TABLE_ROWS]; /* NULL: the default */
};

const HtSetting *ht_settings_table(void)
{
    return table;
}

static const HtSetting *find_setting(const char *group, const char *name)
{
    for (const HtSetting *s = table; s->name; s++) {
        if (strcmp(s->group, group) == 0 && strcmp(s->name, name) == 0)
            return s;
    }
    return NULL;
}

static const HtSetting *find_dotted(const char *dotted)
{
    for (const HtSetting *s = table; s->name; s++) {
        gsize len = strlen(s->group);
        if (strncmp(dotted, s->group, len) == 0 && dotted[len] == '.' &&
            strcmp(dotted + len + 1, s->name) == 0)
            return s;
    }
    return NULL;
}

static bool parse_bool(const char *value, bool *out)
{
    static const char *const words[] = {"false", "true", "off", "on", "no", "yes", "0", "1"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_ascii_strcasecmp(value, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static bool parse_int(const char *value, const HtSetting *setting, int64_t *out)
{
    bool any = setting->min == 0 && setting->max == 0;
    return g_ascii_string_to_signed(value, 10, any ? INT64_MIN : setting->min,
                                    any ? INT64_MAX : setting->max, out, NULL);
}

static bool is_choice(const char *value, const char *choices)
{
    g_auto(GStrv) names = g_strsplit(choices, "|", -1);
    return g_strv_contains((const char *const *)names, value);
}

/* As this machine's zone files have it, or an offset such as +01:00. */
static bool is_zone(const char *value)
{
    g_autoptr(GTimeZone) zone = *value ? g_time_zone_new_identifier(value) : NULL;
    return !*value || zone;
}

/* NULL if `value` is good, else what would be (caller frees). */
static char *complaint(const HtSetting *setting, const char *value)
{
    bool flag;
    int64_t number;
    switch (setting->type) {
    case HT_SETTING_BOOL:
        return parse_bool(value, &flag) ? NULL : g_strdup("true or false is wanted");
    case HT_SETTING_INT:
        if (parse_int(value, setting, &number))
            return NULL;
        return g_strdup_printf("a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                               " is wanted",
                               setting->min, setting->max);
    case HT_SETTING_CHOICE:
        return is_choice(value, setting->choices)
                   ? NULL
                   : g_strdup_printf("one of %s is wanted", setting->choices);
    case HT_SETTING_ZONE:
        if (g_utf8_validate(value, -1, NULL) && is_zone(value))
            return NULL;
        return g_strdup("a time zone that this machine knows is wanted, such as Europe/Berlin");
    case HT_SETTING_STRING:
    default:
        return g_utf8_validate(value, -1, NULL) ? NULL : g_strdup("text is wanted");
    }
}

/* 1-based line of `[group]`, or of `key` inside it; 1 if it cannot be found. */
static guint line_of(const char *text, const char *group, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *header = g_strdup_printf("[%s]", group);
    bool inside = false;
    for (guint i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '[') {
            inside = g_str_has_prefix(line, header);
            if (inside && !key)
                return i + 1;
        } else if (inside && key && g_str_has_prefix(line, key)) {
            const char *after = line + strlen(key);
            after += strspn(after, " \t");
            if (*after == '=')
                return i + 1;
        }
    }
    return 1;
}

typedef struct {
    HtSettings *settings;
    GKeyFile *keys;
    const char *file, *text;
    GPtrArray *warnings;
} Loader;

static void warn(Loader *l, guint line, const char *what)
{
    if (l->warnings)
        g_ptr_array_add(l->warnings, g_strdup_printf("%s:%u: %s", l->file, line, what));
}

static void take_value(Loader *l, const char *group, const char *key, const HtSetting *setting)
{
    g_autofree char *value = g_key_file_get_string(l->keys, group, key, NULL);
    g_autofree char *bad = value ? complaint(setting, value) : g_strdup("text is wanted");
    if (bad) {
        g_autofree char *what = g_strdup_printf("%s: %s", key, bad);
        warn(l, line_of(l->text, group, key), what);
        return;
    }
    char **slot = &l->settings->values[setting - table];
    g_free(*slot);
    *slot = g_steal_pointer(&value);
}

static bool group_is_known(const char *group)
{
    for (const HtSetting *s = table; s->name; s++) {
        if (strcmp(s->group, group) == 0)
            return true;
    }
    return false;
}

/* In [profile NAME] keys are written "group.name". */
static void take_group(Loader *l, const char *group, bool dotted)
{
    g_auto(GStrv) keys = g_key_file_get_keys(l->keys, group, NULL, NULL);
    for (gsize i = 0; keys && keys[i]; i++) {
        const HtSetting *setting = dotted ? find_dotted(keys[i]) : find_setting(group, keys[i]);
        if (setting) {
            take_value(l, group, keys[i], setting);
            continue;
        }
        g_autofree char *what = g_strdup_printf("unknown key '%s' in [%s]", keys[i], group);
        warn(l, line_of(l->text, group, keys[i]), what);
    }
}

static void take_groups(Loader *l, const char *profile)
{
    g_auto(GStrv) groups = g_key_file_get_groups(l->keys, NULL);
    g_autofree char *mine = g_strdup_printf("profile %s", profile ? profile : "default");
    for (gsize i = 0; groups[i]; i++) {
        if (group_is_known(groups[i])) {
            take_group(l, groups[i], false);
        } else if (!g_str_has_prefix(groups[i], "profile ") && strcmp(groups[i], "keys") != 0 &&
                   !g_str_has_prefix(groups[i], "keys.")) {
            g_autofree char *what = g_strdup_printf("unknown group [%s]", groups[i]);
            warn(l, line_of(l->text, groups[i], NULL), what);
        }
    }
    if (g_key_file_has_group(l->keys, mine))
        take_group(l, mine, true);
}

HtSettings *ht_settings_load(const char *file, const char *profile, GPtrArray *warnings)
{
    HtSettings *settings = g_new0(HtSettings, 1);
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize len = 0;
    if (!file || !g_file_test(file, G_FILE_TEST_EXISTS))
        return settings;
    Loader l = {settings, keys, file, "", warnings};
    text = ht_file_load_trusted(file, MAX_FILE, &len, &error);
    if (!text) {
        g_autofree char *why = g_strdup_printf("ignored: %s", error->message);
        warn(&l, 1, why);
    } else if (!g_utf8_validate(text, (gssize)len, NULL)) {
        warn(&l, 1, "not UTF-8; ignored");
    } else if (!g_key_file_load_from_data(keys, text, len, G_KEY_FILE_NONE, &error)) {
        warn(&l, 1, error->message);
    } else {
        l.text = text;
        take_groups(&l, profile);
    }
    return settings;
}

void ht_settings_free(HtSettings *settings)
{
    if (!settings)
        return;
    for (gsize i = 0; i < TABLE_ROWS; i++)
        g_free(settings->values[i]);
    g_free(settings);
}

static const char *value_of(const HtSettings *settings, const HtSetting *setting)
{
    const char *value = settings->values[setting - table];
    return value ? value : setting->fallback;
}

static const char *typed_value(const HtSettings *settings, const char *name, bool text,
                               HtSettingType type)
{
    const HtSetting *setting = find_dotted(name);
    bool is_text =
        setting && (setting->type == HT_SETTING_CHOICE || setting->type == HT_SETTING_ZONE);
    bool fits = setting && (setting->type == type || (text && is_text));
    if (!fits)
        g_critical("no such setting: %s", name);
    return fits ? value_of(settings, setting) : "";
}

bool ht_settings_bool(const HtSettings *settings, const char *name)
{
    bool value = false;
    parse_bool(typed_value(settings, name, false, HT_SETTING_BOOL), &value);
    return value;
}

int64_t ht_settings_int(const HtSettings *settings, const char *name)
{
    return g_ascii_strtoll(typed_value(settings, name, false, HT_SETTING_INT), NULL, 10);
}

const char *ht_settings_string(const HtSettings *settings, const char *name)
{
    return typed_value(settings, name, true, HT_SETTING_STRING);
}

bool ht_settings_is_set(const HtSettings *settings, const char *name)
{
    const HtSetting *setting = find_dotted(name);
    return setting && settings->values[setting - table];
}

char *ht_settings_place(const char *file, const char *profile, const char *name)
{
    const HtSetting *setting = find_dotted(name);
    g_return_val_if_fail(setting, NULL);
    g_autoptr(GKeyFile) keys = g_key_file_new();
    gsize len = 0;
    g_autofree char *text = ht_file_load_trusted(file, MAX_FILE, &len, NULL);
    if (!text || !g_key_file_load_from_data(keys, text, len, G_KEY_FILE_NONE, NULL))
        return NULL;
    g_autofree char *mine = g_strdup_printf("profile %s", profile ? profile : "default");
    if (g_key_file_has_key(keys, mine, name, NULL))
        return g_strdup_printf("%s:%u", file, line_of(text, mine, name));
    if (g_key_file_has_key(keys, setting->group, setting->name, NULL))
        return g_strdup_printf("%s:%u", file, line_of(text, setting->group, setting->name));
    return NULL;
}

char *ht_settings_show(const HtSettings *settings, const HtSetting *setting)
{
    return g_strdup(value_of(settings, setting));
}

char *ht_settings_dump_defaults(void)
{
    GString *out =
        g_string_new("# Hiretty's settings with their defaults. Nothing here is needed.\n"
                     "# A group [profile NAME] may override: ui.theme = mono\n");
    const char *group = "";
    for (const HtSetting *s = table; s->name; s++) {
        if (strcmp(group, s->group) != 0)
            g_string_append_printf(out, "\n[%s]\n", s->group);
        group = s->group;
        g_string_append_printf(out, "# %s", s->text);
        if (s->choices)
            g_string_append_printf(out, " (%s)", s->choices);
        if (s->type == HT_SETTING_INT)
            g_string_append_printf(out, " (%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " %s)",
                                   s->min, s->max, s->unit ? s->unit : "");
        g_string_append_printf(out, "\n#%s = %s\n", s->name, s->fallback);
    }
    return g_string_free(out, FALSE);
}

bool ht_settings_override(HtSettings *settings, const char *name, const char *value, GError **error)
{
    const HtSetting *setting = find_dotted(name);
    g_autofree char *bad =
        setting ? complaint(setting, value) : g_strdup("there is no such setting");
    if (bad) {
        g_set_error(error, HT_ERROR, HT_ERROR_INVALID, "%s: %s", name, bad);
        return false;
    }
    g_free(settings->values[setting - table]);
    settings->values[setting - table] = g_strdup(value);
    return true;
}
