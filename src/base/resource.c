/* GLib does the finding; this adds the prefix, the NUL that an overlay's mapped file lacks, and one
 * copy for the life of the program where callers want plain text. */
#include "hiretty/base/resource.h"

#include "hiretty/base/error.h"

#include <gio/gio.h>
#include <string.h>

static GMutex texts_lock;
static GHashTable *texts; /* path → text, never freed: callers keep the pointers */

static char *full_path(const char *path)
{
    return g_strconcat("/hiretty/", path, NULL);
}

GBytes *ht_resource_load(const char *path, GError **error)
{
    g_autofree char *full = full_path(path);
    g_autoptr(GBytes) bytes = g_resources_lookup_data(full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    if (!bytes) {
        g_set_error(error, HT_ERROR, HT_ERROR_MISSING, "%s is not part of the program", path);
        return NULL;
    }
    if (!g_getenv("G_RESOURCE_OVERLAYS"))
        return g_steal_pointer(&bytes);
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    return g_bytes_new_take(g_strndup(data ? data : "", len), len);
}

const char *ht_resource_text(const char *path)
{
    g_mutex_lock(&texts_lock);
    if (!texts)
        texts = g_hash_table_new(g_str_hash, g_str_equal);
    const char *text = g_hash_table_lookup(texts, path);
    if (!text) {
        g_autoptr(GBytes) bytes = ht_resource_load(path, NULL);
        if (!bytes)
            g_error("embedded file missing: %s", path);
        gsize len;
        const char *data = g_bytes_get_data(bytes, &len);
        char *copy = g_strndup(data ? data : "", len);
        g_hash_table_insert(texts, g_strdup(path), copy);
        text = copy;
    }
    g_mutex_unlock(&texts_lock);
    return text;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

char **ht_resource_list(const char *folder)
{
    g_autofree char *full = full_path(folder);
    g_auto(GStrv) names = g_resources_enumerate_children(full, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    GPtrArray *files = g_ptr_array_new();
    for (gsize i = 0; names && names[i]; i++) {
        if (!g_str_has_suffix(names[i], "/"))
            g_ptr_array_add(files, g_strdup(names[i]));
    }
    g_ptr_array_sort(files, compare_names);
    g_ptr_array_add(files, NULL);
    return (char **)g_ptr_array_free(files, FALSE);
}
