/* One buffer, one question: does a whole event stand at its start? A paste has its own mode, in
 * which nothing but its end mark means anything: that is what keeps pasted text from becoming keys.
 */
#include "hiretty/ui/input.h"

#include <stdio.h>
#include <string.h>

enum {
    ESC = 0x1b,
    MAX_PASTE = 1024 * 1024, /* more is cut: nobody pastes a longer note */
    MAX_SEQUENCE = 64,       /* a longer CSI sequence is noise */
    BUFFER = 8192,           /* to begin with; the reader brings 4 kB at a time */
    MAX_STRING = 4096,       /* a longer OSC, DCS … is noise too, and not looked at again */
};

static const char paste_end[] = "\033[201~";

/* A sequence that grew too long is swallowed to its end, wherever the reads cut it. */
typedef enum { NOISE_NONE, NOISE_CSI, NOISE_STRING } Noise;

struct HtInput {
    HtInputFunc func;
    gpointer data;
    GByteArray *bytes;
    GString *paste;
    gsize paste_max;
    bool pasting;
    Noise noise;
};

/* What is at the start of the buffer. */
typedef enum { WHOLE, PARTIAL } Found;

static void emit(HtInput *input, HtInputKind kind, const char *text)
{
    HtInputEvent event = {.kind = kind, .text = text};
    input->func(&event, input->data);
}

/* What was read leaves nothing behind in the buffer: it may have been a password. */
static void drop(HtInput *input, gsize n)
{
    guint gone = (guint)MIN(n, input->bytes->len);
    g_byte_array_remove_range(input->bytes, 0, gone);
    explicit_bzero(input->bytes->data + input->bytes->len, gone);
}

/* ---- names ---- */

static const struct {
    char final;
    const char *name;
} letter_keys[] = {{'A', "Up"},  {'B', "Down"},  {'C', "Right"}, {'D', "Left"}, {'H', "Home"},
                   {'F', "End"}, {'Z', "S-Tab"}, {'P', "F1"},    {'Q', "F2"},   {'R', "F3"},
                   {'S', "F4"},  {'M', "Enter"}, {'E', "Begin"}};

static const struct {
    int number;
    const char *name;
} tilde_keys[] = {{1, "Home"}, {2, "Insert"}, {3, "Delete"}, {4, "End"},  {5, "PgUp"},
                  {6, "PgDn"}, {7, "Home"},   {8, "End"},    {11, "F1"},  {12, "F2"},
                  {13, "F3"},  {14, "F4"},    {15, "F5"},    {17, "F6"},  {18, "F7"},
                  {19, "F8"},  {20, "F9"},    {21, "F10"},   {23, "F11"}, {24, "F12"}};

static const char *letter_name(char final)
{
    for (gsize i = 0; i < G_N_ELEMENTS(letter_keys); i++) {
        if (letter_keys[i].final == final)
            return letter_keys[i].name;
    }
    return NULL;
}

static const char *tilde_name(int number)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tilde_keys); i++) {
        if (tilde_keys[i].number == number)
            return tilde_keys[i].name;
    }
    return NULL;
}

/* With Shift, Alt or Control held a named key is another key. */
static void emit_modified(HtInput *input, const char *name, int modifier)
{
    static const char *const prefixes[] = {"", "S-", "M-", "S-M-", "C-", "S-C-", "M-C-", "S-M-C-"};
    int index = modifier >= 2 && modifier <= 8 ? modifier - 1 : 0;
    g_autofree char *text = g_strconcat(prefixes[index], name, NULL);
    emit(input, HT_INPUT_KEY, text);
}

/* ---- sequences ---- */

static void emit_mouse(HtInput *input, const int *numbers, bool press)
{
    int button = numbers[0] & ~(4 | 8 | 16);
    const char *text = button == 64 ? "up" : button == 65 ? "down" : button == 0 ? "press" : NULL;
    if (!text || !press)
        return;
    HtInputEvent event = {HT_INPUT_MOUSE, text, MAX(numbers[1] - 1, 0), MAX(numbers[2] - 1, 0)};
    input->func(&event, input->data);
}

static void take_csi(HtInput *input, const char *sequence, gsize n)
{
    int numbers[3] = {0, 0, 0};
    bool mouse = n > 3 && sequence[2] == '<';
    const char *p = sequence + 2 + (mouse ? 1 : 0);
    for (int i = 0; i < 3; i++) {
        for (; g_ascii_isdigit(*p); p++)
            numbers[i] = MIN(numbers[i] * 10 + (*p - '0'), 100000);
        if (*p != ';')
            break;
        p++;
    }
    char final = sequence[n - 1];
    const char *name = final == '~' ? tilde_name(numbers[0]) : letter_name(final);
    if (mouse)
        emit_mouse(input, numbers, final == 'M');
    else if (final == '~' && numbers[0] == 200)
        input->pasting = true;
    else if (n == 3 && (final == 'I' || final == 'O'))
        emit(input, HT_INPUT_FOCUS, final == 'I' ? "in" : "out");
    else if (name && sequence[2] != '?' && sequence[2] != '>')
        emit_modified(input, name, numbers[1]);
}

static Found csi(HtInput *input)
{
    const char *b = (const char *)input->bytes->data;
    gsize n = input->bytes->len;
    if (n > 2 && b[2] == '[') { /* the Linux console's F1 … F5 */
        if (n < 4)
            return PARTIAL;
        char name[] = "F1";
        name[1] = (char)('1' + (b[3] - 'A'));
        if (b[3] >= 'A' && b[3] <= 'E')
            emit(input, HT_INPUT_KEY, name);
        drop(input, 4);
        return WHOLE;
    }
    for (gsize i = 2; i < n; i++) {
        guchar c = (guchar)b[i];
        if (c >= 0x40 && c <= 0x7e) {
            char sequence[MAX_SEQUENCE + 1];
            gsize length = MIN(i + 1, (gsize)MAX_SEQUENCE);
            memcpy(sequence, b, length);
            sequence[length] = '\0';
            drop(input, i + 1);
            if (i + 1 <= MAX_SEQUENCE)
                take_csi(input, sequence, length);
            return WHOLE;
        }
        if (c < 0x20 || c > 0x7e) { /* broken off: what came so far is noise */
            drop(input, i);
            return WHOLE;
        }
    }
    if (n > MAX_SEQUENCE) {
        input->noise = NOISE_CSI;
        drop(input, n);
    }
    return PARTIAL;
}

static Found ss3(HtInput *input)
{
    const char *b = (const char *)input->bytes->data;
    gsize n = input->bytes->len, i = 2;
    while (i < n && (g_ascii_isdigit(b[i]) || b[i] == ';') && i < 8)
        i++;
    if (i >= n)
        return PARTIAL;
    const char *name = letter_name(b[i]);
    int modifier = i > 2 ? b[i - 1] - '0' : 0;
    drop(input, (guchar)b[i] >= 0x20 ? i + 1 : i);
    if (name)
        emit_modified(input, name, modifier);
    return WHOLE;
}

/* OSC, DCS, APC, PM, SOS: up to BEL or ST. */
static Found control_string(HtInput *input)
{
    const guint8 *b = input->bytes->data;
    for (gsize i = 2; i < input->bytes->len; i++) {
        if (b[i] == 0x07 || (b[i] == '\\' && b[i - 1] == ESC && i > 2)) {
            drop(input, i + 1);
            return WHOLE;
        }
    }
    if (input->bytes->len > MAX_STRING) {
        input->noise = NOISE_STRING;
        drop(input, input->bytes->len - 1); /* the last one may be half of its end */
    }
    return PARTIAL;
}

/* What is left of a sequence that was too long. */
static Found noise(HtInput *input)
{
    const guint8 *b = input->bytes->data;
    gsize n = input->bytes->len, i = 0;
    bool in_string = input->noise == NOISE_STRING;
    while (i < n && (in_string ? b[i] != 0x07 && (i == 0 || b[i] != '\\' || b[i - 1] != ESC)
                               : b[i] >= 0x20 && b[i] < 0x40))
        i++;
    if (i == n) {
        drop(input, in_string ? n - 1 : n);
        return PARTIAL;
    }
    bool is_end = in_string || (b[i] >= 0x40 && b[i] <= 0x7e);
    input->noise = NOISE_NONE;
    drop(input, is_end ? i + 1 : i);
    return WHOLE;
}

static Found utf8(HtInput *input, char *name)
{
    const char *b = (const char *)input->bytes->data;
    gsize n = input->bytes->len;
    gunichar c = g_utf8_get_char_validated(b, (gssize)n);
    /* GLib takes a NUL for the end of the text: here it is a key. */
    if (c == (gunichar)-2 && n < 4 && !memchr(b, '\0', n))
        return PARTIAL;
    gsize used = c == (gunichar)-1 || c == (gunichar)-2 ? 1 : (gsize)g_unichar_to_utf8(c, NULL);
    name[0] = '\0';
    if (used > 1 || (guchar)*b < 0x80) {
        memcpy(name, b, used);
        name[used] = '\0';
    }
    drop(input, used);
    return WHOLE;
}

static Found escape(HtInput *input)
{
    guint8 next = input->bytes->len > 1 ? input->bytes->data[1] : 0;
    if (input->bytes->len < 2)
        return PARTIAL;
    if (next == '[')
        return csi(input);
    if (next == 'O')
        return ss3(input);
    if (strchr("]P_^X", next) && next)
        return control_string(input);
    /* Esc and a key typed fast, or held up together by the line; no Alt key means anything here. */
    drop(input, 1);
    emit(input, HT_INPUT_KEY, "Esc");
    return WHOLE;
}

static void control(HtInput *input, guint8 c)
{
    drop(input, 1);
    if (c == '\r' || c == '\n') {
        emit(input, HT_INPUT_KEY, "Enter");
    } else if (c == '\t') {
        emit(input, HT_INPUT_KEY, "Tab");
    } else if (c == 0x7f || c == '\b') {
        emit(input, HT_INPUT_KEY, "Backspace");
    } else {
        char name[] = "C-@";
        name[2] = (char)(c >= 1 && c <= 26 ? 'a' + c - 1 : '@' + c);
        emit(input, HT_INPUT_KEY, name);
    }
}

/* What is pasted may be a password: nothing of it stays in memory that was given back. */
static void wipe_paste(HtInput *input, gsize room)
{
    explicit_bzero(input->paste->str, input->paste->allocated_len);
    if (input->paste->allocated_len <= room) {
        g_string_truncate(input->paste, 0);
        return;
    }
    g_string_free(input->paste, TRUE);
    input->paste = g_string_sized_new(room - 1);
}

static void append_paste(HtInput *input, const char *bytes, gsize n)
{
    GString *old = input->paste;
    if (old->len + n >= old->allocated_len) {
        input->paste = g_string_sized_new(2 * (old->len + n));
        g_string_append_len(input->paste, old->str, (gssize)old->len);
        explicit_bzero(old->str, old->allocated_len);
        g_string_free(old, TRUE);
    }
    g_string_append_len(input->paste, bytes, (gssize)n);
}

/* As g_utf8_make_valid, in one piece of memory that the caller wipes. */
static char *make_valid(const char *bytes, gsize n)
{
    char *out = g_malloc(3 * n + 1), *p = out;
    while (n > 0) {
        const char *end;
        g_utf8_validate(bytes, (gssize)n, &end);
        gsize sound = (gsize)(end - bytes);
        memcpy(p, bytes, sound);
        p += sound;
        bytes += sound;
        n -= sound;
        if (n == 0)
            break;
        p += g_unichar_to_utf8(0xFFFD, p);
        bytes++;
        n--;
    }
    *p = '\0';
    return out;
}

static Found paste(HtInput *input)
{
    gsize n = input->bytes->len, end_length = sizeof paste_end - 1;
    const char *b = (const char *)input->bytes->data;
    const char *end = memmem(b, n, paste_end, end_length);
    /* Half an end mark may still be under way. */
    gsize take = end ? (gsize)(end - b) : n > end_length ? n - end_length : 0;
    gsize room = input->paste_max - MIN(input->paste->len, input->paste_max);
    append_paste(input, b, MIN(take, room));
    if (!end) {
        drop(input, take);
        return PARTIAL;
    }
    drop(input, take + end_length);
    input->pasting = false;
    g_autofree char *text = make_valid(input->paste->str, input->paste->len);
    wipe_paste(input, BUFFER);
    emit(input, HT_INPUT_PASTE, text);
    explicit_bzero(text, strlen(text));
    return WHOLE;
}

static Found take_one(HtInput *input)
{
    guint8 c = input->bytes->data[0];
    if (input->noise)
        return noise(input);
    if (input->pasting)
        return paste(input);
    if (c == ESC)
        return escape(input);
    if (c < 0x20 || c == 0x7f) {
        control(input, c);
        return WHOLE;
    }
    char name[8];
    if (utf8(input, name) == PARTIAL)
        return PARTIAL;
    if (*name)
        emit(input, HT_INPUT_KEY, strcmp(name, " ") == 0 ? "Space" : name);
    return WHOLE;
}

void ht_input_feed(HtInput *input, const void *bytes, gsize n)
{
    g_byte_array_append(input->bytes, bytes, (guint)n);
    while (input->bytes->len > 0 && take_one(input) == WHOLE)
        continue;
}

bool ht_input_is_pending(const HtInput *input)
{
    return (input->bytes->len > 0 || input->noise) && !input->pasting;
}

void ht_input_flush(HtInput *input)
{
    if (!ht_input_is_pending(input))
        return;
    bool lone_escape = !input->noise && input->bytes->len == 1 && input->bytes->data[0] == ESC;
    input->noise = NOISE_NONE;
    drop(input, input->bytes->len);
    if (lone_escape)
        emit(input, HT_INPUT_KEY, "Esc");
}

HtInput *ht_input_new(HtInputFunc func, gpointer data)
{
    HtInput *input = g_new0(HtInput, 1);
    input->func = func;
    input->data = data;
    /* Large enough that what is typed, or pasted as a password, is not copied about in memory. */
    input->bytes = g_byte_array_sized_new(BUFFER);
    input->paste = g_string_sized_new(BUFFER - 1);
    input->paste_max = MAX_PASTE;
    return input;
}

void ht_input_set_paste_max(HtInput *input, gsize bytes)
{
    input->paste_max = bytes > 0 ? MIN(bytes, (gsize)MAX_PASTE) : MAX_PASTE;
}

void ht_input_free(HtInput *input)
{
    if (!input)
        return;
    drop(input, input->bytes->len);
    wipe_paste(input, BUFFER);
    g_byte_array_free(input->bytes, TRUE);
    g_string_free(input->paste, TRUE);
    g_free(input);
}
