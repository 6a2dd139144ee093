/* A binding is a sequence of keys in one view or in all of them; feeding walks the sequences that
 * start with what was typed. A view's own binding wins over a generic one of the same keys.
 * Commands that work in some views only are bound only there: "Enter" may mean one thing in a list
 * and another in the sheet. */
#include "hiretty/command/keymap.h"

#include "hiretty/base/text.h"
#include "hiretty/command/prompt.h"

#include <string.h>

typedef struct {
    char *sequence;           /* as written: "gg", "g<Enter>" */
    GPtrArray *keys;          /* char *: "g", "g" */
    const HtCommand *command; /* NULL: taken away */
    int view;                 /* HtViewId of its own group, -1: wherever the command works */
} Binding;

struct HtKeymap {
    GPtrArray *bindings; /* Binding, later ones win */
    GPtrArray *typed;    /* char * */
    GString *typed_text; /* with the count, for people */
    GString *sequence;   /* of the last match */
    int count;
};

static const char *const named_keys[] = {
    "Space", "Enter", "Esc",  "Tab", "S-Tab", "Backspace", "Delete", "Insert", "Up", "Down",
    "Left",  "Right", "Home", "End", "PgUp",  "PgDn",      "F1",     "F2",     "F3", "F4",
    "F5",    "F6",    "F7",   "F8",  "F9",    "F10",       "F11",    "F12"};

bool ht_key_is_valid(const char *key)
{
    if (!key || !*key || !g_utf8_validate(key, -1, NULL))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(named_keys); i++) {
        if (strcmp(named_keys[i], key) == 0)
            return true;
    }
    if (g_str_has_prefix(key, "C-") && key[2] && !key[3])
        return g_ascii_islower(key[2]) || strchr("@[\\]^_", key[2]);
    const char *next = g_utf8_next_char(key);
    return *next == '\0' && g_unichar_isprint(g_utf8_get_char(key)) && *key != ' ';
}

static void binding_free(gpointer data)
{
    Binding *binding = data;
    g_free(binding->sequence);
    g_ptr_array_unref(binding->keys);
    g_free(binding);
}

/* "C-d" and names stand alone; "gg" is two keys; names inside a sequence stand in <>. */
static GPtrArray *split_keys(const char *sequence)
{
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
    if (ht_key_is_valid(sequence)) {
        g_ptr_array_add(keys, g_strdup(sequence));
        return keys;
    }
    for (const char *at = sequence; *at;) {
        const char *end = *at == '<' && at[1] ? strchr(at, '>') : NULL;
        gsize skip = end ? 1 : 0;
        gsize len = end ? (gsize)(end - at - 1) : (gsize)(g_utf8_next_char(at) - at);
        char *key = g_strndup(at + skip, len);
        g_ptr_array_add(keys, key);
        at = end ? end + 1 : at + len;
        if (!ht_key_is_valid(key)) {
            g_ptr_array_unref(keys);
            return NULL;
        }
    }
    return keys;
}

static Binding *add_binding(HtKeymap *keymap, const char *sequence, const HtCommand *command,
                            int view)
{
    GPtrArray *keys = split_keys(sequence);
    if (!keys)
        return NULL;
    Binding *binding = g_new0(Binding, 1);
    binding->sequence = g_strdup(sequence);
    binding->keys = keys;
    binding->command = command;
    binding->view = view;
    g_ptr_array_add(keymap->bindings, binding);
    return binding;
}

HtKeymap *ht_keymap_new(void)
{
    HtKeymap *keymap = g_new0(HtKeymap, 1);
    keymap->bindings = g_ptr_array_new_with_free_func(binding_free);
    keymap->typed = g_ptr_array_new_with_free_func(g_free);
    keymap->typed_text = g_string_new(NULL);
    keymap->sequence = g_string_new(NULL);
    int n;
    const HtCommand *commands = ht_commands(&n);
    for (int i = 0; i < n; i++) {
        g_auto(GStrv) keys = g_strsplit(commands[i].keys, " ", -1);
        for (int k = 0; keys[k]; k++) {
            if (*keys[k])
                add_binding(keymap, keys[k], &commands[i], -1);
        }
    }
    return keymap;
}

void ht_keymap_free(HtKeymap *keymap)
{
    if (!keymap)
        return;
    g_ptr_array_unref(keymap->bindings);
    g_ptr_array_unref(keymap->typed);
    g_string_free(keymap->typed_text, TRUE);
    g_string_free(keymap->sequence, TRUE);
    g_free(keymap);
}

static bool holds_in(const Binding *binding, HtViewId view)
{
    if (binding->view >= 0)
        return binding->view == (int)view;
    return !binding->command || (binding->command->views & (1u << view));
}

/* Of two bindings of the same keys: the view's own, then the later one. */
static const Binding *find_exact(const HtKeymap *keymap, HtViewId view, const GPtrArray *keys)
{
    const Binding *best = NULL;
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = keymap->bindings->pdata[i];
        if (!holds_in(binding, view) || binding->keys->len != keys->len)
            continue;
        bool same = true;
        for (guint k = 0; same && k < keys->len; k++)
            same = strcmp(binding->keys->pdata[k], keys->pdata[k]) == 0;
        if (same && (!best || binding->view >= 0 || best->view < 0))
            best = binding;
    }
    return best;
}

static bool starts_with(const Binding *binding, const GPtrArray *keys)
{
    if (binding->keys->len <= keys->len)
        return false;
    for (guint k = 0; k < keys->len; k++) {
        if (strcmp(binding->keys->pdata[k], keys->pdata[k]) != 0)
            return false;
    }
    return true;
}

static bool is_live(const HtKeymap *keymap, HtViewId view, const Binding *binding)
{
    return binding->command && holds_in(binding, view) &&
           find_exact(keymap, view, binding->keys) == binding;
}

static bool has_longer(const HtKeymap *keymap, HtViewId view)
{
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = keymap->bindings->pdata[i];
        if (is_live(keymap, view, binding) && starts_with(binding, keymap->typed))
            return true;
    }
    return false;
}

bool ht_keymap_reset(HtKeymap *keymap)
{
    bool any = keymap->typed->len > 0 || keymap->count > 0;
    g_ptr_array_set_size(keymap->typed, 0);
    g_string_truncate(keymap->typed_text, 0);
    keymap->count = 0;
    return any;
}

const char *ht_keymap_pending(const HtKeymap *keymap)
{
    return keymap->typed_text->str;
}

static HtKeyMatch finish(HtKeymap *keymap, HtKeyKind kind, const HtCommand *command)
{
    HtKeyMatch match = {kind, command, keymap->count, keymap->sequence->str};
    g_string_truncate(keymap->sequence, 0);
    for (guint i = 0; i < keymap->typed->len; i++)
        g_string_append(keymap->sequence, keymap->typed->pdata[i]);
    match.sequence = keymap->sequence->str;
    if (kind == HT_KEY_COMMAND || kind == HT_KEY_UNKNOWN)
        ht_keymap_reset(keymap);
    return match;
}

HtKeyMatch ht_keymap_feed(HtKeymap *keymap, HtViewId view, const char *key)
{
    bool digit = strlen(key) == 1 && g_ascii_isdigit(*key);
    if (digit && keymap->typed->len == 0 && (*key != '0' || keymap->count > 0)) {
        keymap->count = MIN(keymap->count * 10 + (*key - '0'), 99999999);
        g_string_append(keymap->typed_text, key);
        return finish(keymap, HT_KEY_COUNT, NULL);
    }
    g_ptr_array_add(keymap->typed, g_strdup(key));
    g_string_append(keymap->typed_text, key);
    const Binding *binding = find_exact(keymap, view, keymap->typed);
    if (binding && binding->command)
        return finish(keymap, HT_KEY_COMMAND, binding->command);
    if (has_longer(keymap, view))
        return finish(keymap, HT_KEY_PREFIX, NULL);
    return finish(keymap, HT_KEY_UNKNOWN, NULL);
}

GArray *ht_keymap_choices(const HtKeymap *keymap, HtViewId view)
{
    GArray *choices = g_array_new(FALSE, FALSE, sizeof(HtKeyChoice));
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = keymap->bindings->pdata[i];
        if (!is_live(keymap, view, binding) || !starts_with(binding, keymap->typed))
            continue;
        HtKeyChoice choice = {binding->keys->pdata[keymap->typed->len], binding->command};
        g_array_append_val(choices, choice);
    }
    return choices;
}

char *ht_keymap_keys_of(const HtKeymap *keymap, HtViewId view, const HtCommand *command)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = keymap->bindings->pdata[i];
        if (binding->command == command && is_live(keymap, view, binding))
            g_string_append_printf(out, "%s%s", out->len ? " " : "", binding->sequence);
    }
    return g_string_free(out, FALSE);
}

const char *ht_keymap_first_key(const HtKeymap *keymap, HtViewId view, const HtCommand *command)
{
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = keymap->bindings->pdata[i];
        if (binding->command == command && is_live(keymap, view, binding))
            return binding->sequence;
    }
    return NULL;
}

const HtCommand *ht_keymap_nearest(const HtKeymap *keymap, HtViewId view, const char *key)
{
    for (guint i = 0; i < keymap->bindings->len; i++) {
        const Binding *binding = keymap->bindings->pdata[i];
        if (is_live(keymap, view, binding) && g_ascii_strcasecmp(binding->sequence, key) == 0)
            return binding->command;
    }
    const HtCommand *best = NULL;
    int n, best_score = 0;
    const HtCommand *commands = ht_commands(&n);
    for (int i = 0; i < n; i++) {
        if (!(commands[i].views & (1u << view)) || strlen(key) < 2)
            continue;
        int score = ht_fuzzy_score(key, commands[i].name);
        if (score > best_score) {
            best_score = score;
            best = &commands[i];
        }
    }
    return best;
}

/* ---- configuration
 * ---------------------------------------------------------------------------------- */
typedef struct {
    HtKeymap *keymap;
    const char *file;
    GPtrArray *warnings;
    GHashTable *seen; /* "view sequence" → line, of this file */
    int line, view, problems;
    bool in_keys;
} Reader;

static void warn(Reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void warn(Reader *reader, const char *format, ...)
{
    reader->problems++;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *clean = ht_text_sanitize(what, -1, HT_TEXT_LINE, NULL);
    if (reader->warnings)
        g_ptr_array_add(reader->warnings,
                        g_strdup_printf("%s:%d: %s", reader->file, reader->line, clean));
}

static int view_by_name(const char *name)
{
    for (int i = 0; i < HT_N_VIEWS; i++) {
        if (strcmp(ht_view_id_name((HtViewId)i), name) == 0)
            return i;
    }
    return -1;
}

/* [keys] or [keys VIEW] */
static void read_group(Reader *reader, char *text)
{
    char *end = strchr(text, ']');
    reader->in_keys = false;
    if (!end)
        return;
    *end = '\0';
    if (strcmp(text, "keys") == 0) {
        reader->in_keys = true;
        reader->view = -1;
    } else if (g_str_has_prefix(text, "keys ")) {
        reader->view = view_by_name(g_strstrip(text + strlen("keys ")));
        reader->in_keys = reader->view >= 0;
        if (!reader->in_keys)
            warn(reader, "there is no view '%s'", text + strlen("keys "));
    }
}

static void bind_one(Reader *reader, const char *key, const HtCommand *command)
{
    g_autofree char *place = g_strdup_printf("%d %s", reader->view, key);
    int before = GPOINTER_TO_INT(g_hash_table_lookup(reader->seen, place));
    if (before) {
        warn(reader, "'%s' is bound already in line %d", key, before);
        return;
    }
    if (command && reader->view >= 0 && !(command->views & (1u << reader->view))) {
        warn(reader, "%s does not work in %s", command->name,
             ht_view_id_name((HtViewId)reader->view));
        return;
    }
    if (!add_binding(reader->keymap, key, command, reader->view)) {
        warn(reader, "'%s' is no key", key);
        return;
    }
    g_hash_table_insert(reader->seen, g_steal_pointer(&place), GINT_TO_POINTER(reader->line));
}

/* command = key key …; an empty value or "none = key" takes keys away. */
static void read_line(Reader *reader, char *name, char *value)
{
    const HtCommand *command = ht_command_find(name);
    if (!command && strcmp(name, "none") != 0) {
        warn(reader, "there is no command '%s'", name);
        return;
    }
    g_auto(GStrv) keys = g_strsplit_set(value, " \t", -1);
    for (guint i = reader->keymap->bindings->len; command && i > 0; i--) {
        const Binding *old = reader->keymap->bindings->pdata[i - 1];
        if (old->command == command && reader->view < 0 && old->view < 0)
            g_ptr_array_remove_index(reader->keymap->bindings, i - 1);
    }
    for (int i = 0; keys[i]; i++) {
        if (*keys[i])
            bind_one(reader, keys[i], command);
    }
}

int ht_keymap_load(HtKeymap *keymap, const char *file, const char *text, GPtrArray *warnings)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Reader reader = {.keymap = keymap, .file = file, .warnings = warnings, .seen = seen};
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    for (int i = 0; lines[i]; i++) {
        reader.line = i + 1;
        char *line = g_strstrip(lines[i]);
        if (!*line || *line == '#')
            continue;
        if (*line == '[') {
            read_group(&reader, line + 1);
            continue;
        }
        /* The name ends at the first '=', which is never part of a command's name. */
        char *equals = strchr(line, '=');
        if (!reader.in_keys || !equals)
            continue;
        *equals = '\0';
        read_line(&reader, g_strstrip(line), g_strstrip(equals + 1));
    }
    return reader.problems;
}

/* ---- texts
 * ------------------------------------------------------------------------------------------- */
char *ht_keymap_dump(const HtKeymap *keymap)
{
    GString *out = g_string_new("[keys]\n");
    int n;
    const HtCommand *commands = ht_commands(&n);
    for (int i = 0; i < n; i++) {
        g_autoptr(GString) keys = g_string_new(NULL);
        for (guint b = 0; b < keymap->bindings->len; b++) {
            const Binding *binding = keymap->bindings->pdata[b];
            if (binding->command == &commands[i] && binding->view < 0)
                g_string_append_printf(keys, "%s%s", keys->len ? " " : "", binding->sequence);
        }
        g_string_append_printf(out, "# %s\n%s = %s\n", commands[i].summary, commands[i].name,
                               keys->str);
    }
    for (int view = 0; view < HT_N_VIEWS; view++) {
        bool heading = false;
        for (guint b = 0; b < keymap->bindings->len; b++) {
            const Binding *binding = keymap->bindings->pdata[b];
            if (binding->view != view)
                continue;
            if (!heading)
                g_string_append_printf(out, "\n[keys %s]\n", ht_view_id_name((HtViewId)view));
            heading = true;
            g_string_append_printf(out, "%s = %s\n",
                                   binding->command ? binding->command->name : "none",
                                   binding->sequence);
        }
    }
    return g_string_free(out, FALSE);
}

static void append_views(GString *out, unsigned views)
{
    if (views == HT_IN_ALL) {
        g_string_append(out, "everywhere");
        return;
    }
    bool first = true;
    for (int i = 0; i < HT_N_VIEWS; i++) {
        if (!(views & (1u << i)))
            continue;
        g_string_append_printf(out, "%s%s", first ? "" : ", ", ht_view_id_name((HtViewId)i));
        first = false;
    }
}

static void append_keys_md(GString *out, const char *keys)
{
    g_auto(GStrv) list = g_strsplit(keys, " ", -1);
    for (int i = 0; list[i]; i++) {
        if (!*list[i])
            continue;
        g_autofree char *cell = g_strdup(list[i]);
        bool pipe = strcmp(cell, "|") == 0;
        g_string_append_printf(out, "%s`%s`", i ? " " : "", pipe ? "\\|" : cell);
    }
}

char *ht_keymap_markdown(const HtKeymap *keymap)
{
    (void)keymap;
    GString *out = g_string_new(
        "# Keys\n\nMade from the table of commands by `hiretty --dump-keys-md`; do not edit. Every "
        "key "
        "can be changed\nin the `[keys]` and `[keys VIEW]` groups of the configuration file "
        "(`hiretty --dump-keys` prints them).\n");
    int n;
    const HtCommand *commands = ht_commands(&n);
    const char *group = "";
    for (int i = 0; i < n; i++) {
        if (strcmp(commands[i].group, group) != 0) {
            group = commands[i].group;
            g_string_append_printf(out,
                                   "\n## %s\n\n| keys | command | what it does | where |\n"
                                   "|---|---|---|---|\n",
                                   group);
        }
        g_string_append(out, "| ");
        append_keys_md(out, commands[i].keys);
        g_string_append_printf(out, " | `%s%s%s` | %s | ", commands[i].name,
                               commands[i].usage ? " " : "",
                               commands[i].usage ? commands[i].usage : "", commands[i].summary);
        append_views(out, commands[i].views);
        g_string_append(out, " |\n");
    }
    return g_string_free(out, FALSE);
}
