/* One line a role: attributes and colour names in any order, "on" before the background. GKeyFile
 * keeps no line numbers, so the line of a problem is looked up in the text. */
#include "hiretty/ui/theme.h"

#include "hiretty/base/paths.h"
#include "hiretty/base/resource.h"

#include <stdio.h>
#include <string.h>

enum { MAX_FILE = 256 * 1024 };

struct HtTheme {
    char *name;
    HtLook looks[HT_N_STYLES];
};

static const struct {
    const char *name;
    HtLookFlags flag;
} attributes[] = {
    {"bold", HT_LOOK_BOLD},           {"dim", HT_LOOK_DIM},       {"reverse", HT_LOOK_REVERSE},
    {"underline", HT_LOOK_UNDERLINE}, {"italic", HT_LOOK_ITALIC},
};

static const char *const color_names[] = {"black", "red",     "green", "yellow",
                                          "blue",  "magenta", "cyan",  "white"};

typedef struct {
    const char *file, *text;
    GPtrArray *warnings;
} Report;

static guint line_of(const char *text, const char *key)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);
        if (!g_str_has_prefix(line, key))
            continue;
        const char *after = line + strlen(key);
        after += strspn(after, " \t");
        if (*after == '=' || *key == '[')
            return i + 1;
    }
    return 1;
}

static void complain(const Report *report, guint line, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void complain(const Report *report, guint line, const char *format, ...)
{
    if (!report->warnings)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(report->warnings, g_strdup_printf("%s:%u: %s", report->file, line, what));
}

/* The nearest of the 256: a corner of the 6×6×6 cube or one of the 24 greys. */
static gint16 nearest_of_256(guint rgb)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    int channels[3] = {(int)(rgb >> 16 & 255), (int)(rgb >> 8 & 255), (int)(rgb & 255)};
    int best = 16, best_distance = G_MAXINT;
    for (int i = 16; i < 256; i++) {
        int cube = i - 16, grey = 8 + (i - 232) * 10, distance = 0;
        int parts[3] = {steps[cube / 36 % 6], steps[cube / 6 % 6], steps[cube % 6]};
        for (int k = 0; k < 3; k++) {
            int d = channels[k] - (i < 232 ? parts[k] : grey);
            distance += d * d;
        }
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return (gint16)best;
}

static bool parse_color(const char *word, gint16 *out)
{
    if (strcmp(word, "default") == 0) {
        *out = -1;
        return true;
    }
    bool bright = g_str_has_prefix(word, "bright-");
    for (gsize i = 0; i < G_N_ELEMENTS(color_names); i++) {
        if (strcmp(word + (bright ? 7 : 0), color_names[i]) == 0) {
            *out = (gint16)(i + (bright ? 8 : 0));
            return true;
        }
    }
    guint64 number;
    if (*word == '#' && strlen(word) == 7 &&
        g_ascii_string_to_unsigned(word + 1, 16, 0, 0xFFFFFF, &number, NULL)) {
        *out = nearest_of_256((guint)number);
        return true;
    }
    if (g_ascii_string_to_unsigned(word, 10, 0, 255, &number, NULL)) {
        *out = (gint16)number;
        return true;
    }
    return false;
}

/* NULL, or the word that is not understood (borrowed from `words`). */
static const char *parse_look(char **words, HtLook *look)
{
    *look = (HtLook){-1, -1, 0};
    bool background = false;
    for (gsize i = 0; words[i]; i++) {
        bool known = *words[i] == '\0';
        for (gsize k = 0; k < G_N_ELEMENTS(attributes) && !known; k++) {
            known = strcmp(words[i], attributes[k].name) == 0;
            look->flags |= known ? (guint16)attributes[k].flag : 0;
        }
        if (known)
            continue;
        if (strcmp(words[i], "on") == 0 && words[i + 1] && !background)
            background = true;
        else if (!parse_color(words[i], background ? &look->background : &look->foreground))
            return words[i];
    }
    return NULL;
}

static void take_role(HtTheme *theme, GKeyFile *keys, const char *key, bool *given,
                      const Report *report)
{
    HtStyle role;
    if (!ht_style_from_name(key, &role)) {
        complain(report, line_of(report->text, key), "unknown role '%s'", key);
        return;
    }
    g_autofree char *value = g_key_file_get_string(keys, "roles", key, NULL);
    g_auto(GStrv) words = g_strsplit_set(value ? value : "", " \t", -1);
    HtLook look;
    const char *bad = parse_look(words, &look);
    if (bad) {
        complain(report, line_of(report->text, key), "%s: '%s' is no colour and no attribute", key,
                 bad);
        return;
    }
    theme->looks[role] = look;
    given[role] = true;
}

static void take_groups(HtTheme *theme, GKeyFile *keys, const Report *report)
{
    g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
    for (gsize i = 0; groups[i]; i++) {
        if (strcmp(groups[i], "roles") != 0 && strcmp(groups[i], "theme") != 0) {
            g_autofree char *header = g_strdup_printf("[%s]", groups[i]);
            complain(report, line_of(report->text, header), "unknown group %s", header);
        }
    }
    bool given[HT_N_STYLES] = {false};
    g_auto(GStrv) roles = g_key_file_get_keys(keys, "roles", NULL, NULL);
    for (gsize i = 0; roles && roles[i]; i++)
        take_role(theme, keys, roles[i], given, report);
    for (int i = 0; i < HT_N_STYLES; i++) {
        if (!given[i])
            theme->looks[i] = theme->looks[HT_STYLE_NORMAL];
    }
    if (!given[HT_STYLE_ROW_SELECTED])
        theme->looks[HT_STYLE_ROW_SELECTED].flags |= HT_LOOK_REVERSE;
}

HtTheme *ht_theme_parse(const char *file, const char *text, GPtrArray *warnings)
{
    HtTheme *theme = g_new0(HtTheme, 1);
    Report report = {file, text, warnings};
    for (int i = 0; i < HT_N_STYLES; i++)
        theme->looks[i] = (HtLook){-1, -1, 0};
    g_autoptr(GKeyFile) keys = g_key_file_new();
    g_autoptr(GError) error = NULL;
    if (!g_utf8_validate(text, -1, NULL))
        complain(&report, 1, "not UTF-8; ignored");
    else if (!g_key_file_load_from_data(keys, text, strlen(text), G_KEY_FILE_NONE, &error))
        complain(&report, 1, "%s", error->message);
    take_groups(theme, keys, &report);
    theme->name = g_key_file_get_string(keys, "theme", "name", NULL);
    if (!theme->name)
        theme->name = g_path_get_basename(file);
    return theme;
}

static char *load_text(const char *file, GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize len;
    Report report = {file, "", warnings};
    text = ht_file_load_trusted(file, MAX_FILE, &len, &error);
    if (!text) {
        complain(&report, 1, "%s", error->message);
        return NULL;
    }
    if (strlen(text) != len) {
        complain(&report, 1, "not a text");
        return NULL;
    }
    return g_steal_pointer(&text);
}

static bool name_is_plain(const char *name)
{
    for (const char *p = name; *p; p++) {
        if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_')
            return false;
    }
    return *name != '\0';
}

/* A theme that ships; NULL if there is none of this name. */
static HtTheme *load_shipped(const char *name)
{
    g_autofree char *path = g_strdup_printf("themes/%s.theme", name);
    g_autoptr(GBytes) bytes = ht_resource_load(path, NULL);
    return bytes ? ht_theme_parse(path, g_bytes_get_data(bytes, NULL), NULL) : NULL;
}

char **ht_theme_names(void)
{
    g_auto(GStrv) files = ht_resource_list("themes");
    GPtrArray *names = g_ptr_array_new();
    for (gsize i = 0; files[i]; i++) {
        if (g_str_has_suffix(files[i], ".theme"))
            g_ptr_array_add(names, g_strndup(files[i], strlen(files[i]) - strlen(".theme")));
    }
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

HtTheme *ht_theme_load(const HtPaths *paths, const char *name, GPtrArray *warnings)
{
    g_autofree char *file = NULL;
    if (strchr(name, '/')) {
        file = g_strdup(name);
    } else if (name_is_plain(name) && paths) {
        g_autofree char *base = g_strdup_printf("%s.theme", name);
        file = g_build_filename(ht_paths_config_dir(paths), "themes", base, NULL);
        if (!g_file_test(file, G_FILE_TEST_EXISTS))
            g_clear_pointer(&file, g_free);
    }
    g_autofree char *text = file ? load_text(file, warnings) : NULL;
    if (text)
        return ht_theme_parse(file, text, warnings);
    HtTheme *theme = name_is_plain(name) ? load_shipped(name) : NULL;
    if (!theme && !file && warnings) {
        g_auto(GStrv) names = ht_theme_names();
        g_autofree char *all = g_strjoinv(" ", names);
        g_ptr_array_add(warnings, g_strdup_printf("there is no theme '%s': %s", name, all));
    }
    if (!theme)
        theme = load_shipped("default");
    return theme ? theme : ht_theme_parse("default", "", NULL);
}

void ht_theme_free(HtTheme *theme)
{
    if (!theme)
        return;
    g_free(theme->name);
    g_free(theme);
}

const char *ht_theme_name(const HtTheme *theme)
{
    return theme->name;
}

const HtLook *ht_theme_look(const HtTheme *theme, HtStyle role)
{
    g_return_val_if_fail((int)role >= 0 && role < HT_N_STYLES, &theme->looks[HT_STYLE_NORMAL]);
    return &theme->looks[role];
}

bool ht_theme_has_colors(const HtTheme *theme)
{
    for (int i = 0; i < HT_N_STYLES; i++) {
        if (theme->looks[i].foreground >= 0 || theme->looks[i].background >= 0)
            return true;
    }
    return false;
}

void ht_theme_remove_colors(HtTheme *theme)
{
    for (int i = 0; i < HT_N_STYLES; i++) {
        HtLook *look = &theme->looks[i];
        /* A background was there to set something off: reverse does the same. */
        if (look->background >= 0)
            look->flags |= HT_LOOK_REVERSE;
        look->foreground = look->background = -1;
    }
}

guint ht_theme_check(const char *file, GPtrArray *warnings)
{
    guint before = warnings->len;
    g_autofree char *text = load_text(file, warnings);
    g_autoptr(HtTheme) theme = text ? ht_theme_parse(file, text, warnings) : NULL;
    return warnings->len - before;
}
