/* Bytes to keys, whole and in pieces; pastes; noise. */
#include "hiretty/ui/input.h"

#include <stdio.h>
#include <string.h>

static void take(const HtInputEvent *event, gpointer data)
{
    static const char *const kinds[] = {"", "paste:", "focus:", "mouse:"};
    GString *out = data;
    if (out->len > 0)
        g_string_append_c(out, ' ');
    g_string_append(out, kinds[event->kind]);
    g_string_append(out, event->text);
    if (event->kind == HT_INPUT_MOUSE)
        g_string_append_printf(out, "@%d,%d", event->x, event->y);
}

/* `bytes` in pieces of `piece`, then the escape delay. */
static char *events_of(const char *bytes, gsize n, gsize piece)
{
    GString *out = g_string_new(NULL);
    g_autoptr(HtInput) input = ht_input_new(take, out);
    for (gsize i = 0; i < n; i += piece)
        ht_input_feed(input, bytes + i, MIN(piece, n - i));
    ht_input_flush(input);
    return g_string_free(out, FALSE);
}

static const struct {
    const char *bytes, *events;
} cases[] = {
    {"j", "j"},
    {"gg G", "g g Space G"},
    {"\r\n\t\x7f\b", "Enter Enter Tab Backspace Backspace"},
    {"\x12\x10\x03\x1c", "C-r C-p C-c C-\\"},
    {"\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x91\xA9", "\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x91\xA9"},
    {"\x1b[A\x1b[B\x1b[C\x1b[D", "Up Down Right Left"},
    {"\x1bOA\x1bOB\x1bOH\x1bOF\x1bOP", "Up Down Home End F1"},
    {"\x1b[5~\x1b[6~\x1b[1~\x1b[4~\x1b[2~\x1b[3~", "PgUp PgDn Home End Insert Delete"},
    {"\x1b[15~\x1b[24~\x1b[[A\x1b[[E", "F5 F12 F1 F5"},
    {"\x1b[Z", "S-Tab"},
    {"\x1b[1;5C\x1b[3;2~", "C-Right S-Delete"},
    {"\x1b", "Esc"},
    {"\x1b\x1b[A", "Esc Up"},
    {"\x1bx", "Esc x"},
    {"\x1b\xC3\xA9", "Esc \xC3\xA9"},
    {"\x1b[200~dd\rq\x1b[201~j", "paste:dd\rq j"},
    {"\x1b[200~a\x1b[Ab\x1b[201~", "paste:a\x1b[Ab"},
    {"\x1b[200~\x1b[201~", "paste:"},
    {"\x1b[I\x1b[O", "focus:in focus:out"},
    {"\x1b[<0;5;7M\x1b[<0;5;7m\x1b[<64;1;1M\x1b[<65;1;1M",
     "mouse:press@4,6 mouse:up@0,0 mouse:down@0,0"},
    /* answers and sequences nobody asked for are swallowed whole */
    {"\x1b]52;c;ZGQ=\x07j", "j"},
    {"\x1bP1$r0m\x1b\\j", "j"},
    {"\x1b[?62;c\x1b[>0;1c\x1b[97;5uj", "j"},
    {"\x1b[\x1b[A", "Up"},
    {"\x1bOj", ""},
    /* not UTF-8 */
    {"\xFF\xC3j\x80k", "j k"},
    {"\xED\xA0\x80j", "j"},
};

static void test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *whole = events_of(cases[i].bytes, strlen(cases[i].bytes), 4096);
        g_assert_cmpstr(whole, ==, cases[i].events);
    }
}

/* A line cuts where it likes: the same events must come out. */
static void test_pieces(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (gsize piece = 1; piece < 4; piece++) {
            g_autofree char *whole = events_of(cases[i].bytes, strlen(cases[i].bytes), 4096);
            g_autofree char *pieces = events_of(cases[i].bytes, strlen(cases[i].bytes), piece);
            g_assert_cmpstr(pieces, ==, whole);
        }
    }
}

static void test_half(void)
{
    g_autofree char *csi = events_of("\x1b[1;", 4, 1);
    g_assert_cmpstr(csi, ==, "");
    g_autofree char *utf8 = events_of("\xE6\xBC", 2, 1);
    g_assert_cmpstr(utf8, ==, "");
}

static void test_huge_paste(void)
{
    GString *bytes = g_string_new("\x1b[200~");
    for (int i = 0; i < 300000; i++)
        g_string_append(bytes, "dddddddd");
    g_string_append(bytes, "\x1b[201~j");
    g_autofree char *events = events_of(bytes->str, bytes->len, 4096);
    g_assert_true(g_str_has_prefix(events, "paste:ddd"));
    g_assert_true(g_str_has_suffix(events, "d j"));
    g_assert_cmpuint(strlen(events), <, 1100000);
    g_string_free(bytes, TRUE);
}

/* ---- what was pasted may have been a password
 * ---------------------------------------------------------------- */
enum { MARK = 24 };

static char mark_at(gsize i)
{
    return (char)('a' + (i % MARK * 7 + 3) % 26);
}

/* How often the mark stands in memory that this process can write. Nothing here holds it whole. */
__attribute__((no_sanitize("address", "thread"))) static guint count_marks(const char *from,
                                                                           const char *to)
{
    guint n = 0;
    const char first = mark_at(0);
    for (const char *p = from; p + MARK <= to; p++) {
        if (*p != first)
            continue;
        gsize i = 0;
        while (i < MARK && p[i] == mark_at(i))
            i++;
        n += i == MARK;
    }
    return n;
}

/* A sanitizer's calls save the registers of what was just copied on the stack, a few bytes each. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool look_on_stack = false;
#else
static const bool look_on_stack = true;
#endif

static guint marks_in_memory(void)
{
    guint n = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    g_assert_nonnull(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char rights[8];
        if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && strncmp(rights, "rw", 2) == 0 &&
            to - from < 64 * 1024 * 1024 && (look_on_stack || !strstr(line, "[stack]")))
            n += count_marks((const char *)from, (const char *)to);
    }
    fclose(maps);
    return n;
}

static void take_length(const HtInputEvent *event, gpointer data)
{
    gsize *longest = data;
    *longest = MAX(*longest, strlen(event->text));
    g_assert_cmpuint(marks_in_memory(), >, 0); /* or looking for them proves nothing */
}

static void feed_marks(HtInput *input, gsize n)
{
    static char piece[4096];
    ht_input_feed(input, "\x1b[200~", 6);
    for (gsize done = 0; done < n; done += sizeof piece) {
        for (gsize i = 0; i < sizeof piece; i++)
            piece[i] = mark_at(done + i);
        ht_input_feed(input, piece, MIN(sizeof piece, n - done));
        explicit_bzero(piece, sizeof piece);
    }
    ht_input_feed(input, "\x1b[201~", 6);
}

/* However long it is, whole or cut, and also half of it: no copy of it stays. */
static void test_paste_leaves_nothing(void)
{
    gsize longest = 0;
    g_autoptr(HtInput) input = ht_input_new(take_length, &longest);
    feed_marks(input, 100000);
    g_assert_cmpuint(longest, ==, 100000);
    g_assert_cmpuint(marks_in_memory(), ==, 0);
    longest = 0;
    ht_input_set_paste_max(input, 1027);
    feed_marks(input, 100000);
    g_assert_cmpuint(longest, ==, 1027);
    g_assert_cmpuint(marks_in_memory(), ==, 0);
    ht_input_set_paste_max(input, 0);
    ht_input_feed(input, "\x1b[200~\xFF", 7); /* and what is no UTF-8 */
    feed_marks(input, 20000);
    g_clear_pointer(&input, ht_input_free);
    g_assert_cmpuint(marks_in_memory(), ==, 0);
}

/* Noise never crashes, and after its end a key is a key again. */
/* However the reads cut it: noise of any length is no keys, and a NUL is one. */
static void test_long_noise(void)
{
    g_autofree char *digits = g_strnfill(200, '5'), *letters = g_strnfill(70000, 'x');
    g_autofree char *csi = g_strconcat("\x1b[", digits, "mj", NULL);
    g_autofree char *cut = g_strconcat("\x1b[", digits, "\rj", NULL);
    g_autofree char *bell = g_strconcat("\x1b]", letters, "\x07j", NULL);
    g_autofree char *st = g_strconcat("\x1bP", letters, "\x1b\\j", NULL);
    const struct {
        const char *bytes, *events;
    } noisy[] = {{csi, "j"}, {cut, "Enter j"}, {bell, "j"}, {st, "j"}};
    for (gsize i = 0; i < G_N_ELEMENTS(noisy); i++) {
        static const gsize pieces[] = {1, 7, 64, 66, 1000, 100000};
        for (gsize p = 0; p < G_N_ELEMENTS(pieces); p++) {
            g_autofree char *events = events_of(noisy[i].bytes, strlen(noisy[i].bytes), pieces[p]);
            g_assert_cmpstr(events, ==, noisy[i].events);
        }
    }
    for (gsize piece = 1; piece < 4; piece++) {
        g_autofree char *events = events_of("\xE6\0\x1C", 3, piece);
        g_assert_cmpstr(events, ==, "C-@ C-\\");
    }
}

static void test_noise(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    for (int round = 0; round < 3000; round++) {
        char bytes[64];
        gsize n = (gsize)g_rand_int_range(random, 1, sizeof bytes);
        for (gsize i = 0; i < n; i++)
            bytes[i] = (char)(g_rand_boolean(random)
                                  ? g_rand_int_range(random, 0, 256)
                                  : "\x1b[O~;0123456789ABCMm<]\\"[g_rand_int_range(random, 0, 23)]);
        g_autofree char *events = events_of(bytes, n, (gsize)g_rand_int_range(random, 1, 9));
        g_assert_true(g_utf8_validate(events, -1, NULL));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ui/input/cases", test_cases);
    g_test_add_func("/ui/input/pieces", test_pieces);
    g_test_add_func("/ui/input/half", test_half);
    g_test_add_func("/ui/input/paste_leaves_nothing", test_paste_leaves_nothing);
    g_test_add_func("/ui/input/huge-paste", test_huge_paste);
    g_test_add_func("/ui/input/noise", test_noise);
    g_test_add_func("/ui/input/long-noise", test_long_noise);
    return g_test_run();
}
