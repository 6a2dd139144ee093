/* Letters become x, digits 9, the rest stays: the shape of what was typed, not its words. What
 * cannot be seen is not in it. */
#include "recorder.h"

#include "hiretty/base/error.h"
#include "hiretty/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct HtRecorder {
    int fd;
    bool texts;
};

static void write_line(HtRecorder *recorder, const char *verb, const char *text)
{
    g_autofree char *line = g_strdup_printf("%s %s\n", verb, text);
    gsize n = strlen(line);
    if (write(recorder->fd, line, n) != (ssize_t)n)
        recorder->fd = -1; /* a full disk ends the recording, not the work */
}

static char *masked(const HtRecorder *recorder, const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!recorder->texts && g_unichar_isalpha(c))
            c = 'x';
        else if (!recorder->texts && g_unichar_isdigit(c))
            c = '9';
        if (c == '\n')
            g_string_append(out, "\\n");
        else
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

void ht_recorder_size(HtRecorder *recorder, int columns, int lines)
{
    if (!recorder)
        return;
    g_autofree char *text = g_strdup_printf("%d %d", columns, lines);
    write_line(recorder, "size", text);
}

/* One that can be seen, or the sign for one that cannot: a terminal shows the recording, too. */
static char *visible(const char *character)
{
    g_autofree char *clean = ht_text_sanitize(character, -1, HT_TEXT_LINE, NULL);
    return g_strdup(g_utf8_strlen(clean, -1) == 1 ? clean : "\xef\xbf\xbd");
}

void ht_recorder_key(HtRecorder *recorder, const char *key, bool typing)
{
    if (!recorder)
        return;
    bool character = g_utf8_strlen(key, -1) == 1;
    g_autofree char *clean = character ? visible(key) : g_strdup(key);
    g_autofree char *text = typing && character ? masked(recorder, clean) : g_strdup(clean);
    write_line(recorder, "key", text);
}

void ht_recorder_paste(HtRecorder *recorder, const char *text)
{
    if (!recorder)
        return;
    g_autofree char *clean = ht_text_sanitize(text, -1, HT_TEXT_BLOCK, NULL);
    g_autofree char *safe = masked(recorder, clean);
    write_line(recorder, "paste", safe);
}

HtRecorder *ht_recorder_new(const char *file, bool texts, GError **error)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        ht_error_set_errno(error, errno, file);
        return NULL;
    }
    HtRecorder *recorder = g_new0(HtRecorder, 1);
    recorder->fd = fd;
    recorder->texts = texts;
    return recorder;
}

void ht_recorder_free(HtRecorder *recorder)
{
    if (!recorder)
        return;
    if (recorder->fd >= 0)
        close(recorder->fd);
    g_free(recorder);
}
