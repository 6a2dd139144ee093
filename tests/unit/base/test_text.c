/* The sanitiser against hostile text, and that widths, cuts, wraps and folds agree with it. */
#include "hiretty/base/text.h"

#include <string.h>
#include <wchar.h>

typedef struct {
    const char *in;
    const char *out;
    guint removed, replaced;
} Case;

static void check_cases(const Case *cases, gsize n, HtTextMode mode)
{
    for (gsize i = 0; i < n; i++) {
        HtTextReport report;
        g_autofree char *out = ht_text_sanitize(cases[i].in, -1, mode, &report);
        g_test_message("case %u", (guint)i);
        g_assert_cmpstr(out, ==, cases[i].out);
        g_assert_cmpuint(report.removed, ==, cases[i].removed);
        g_assert_cmpuint(report.replaced, ==, cases[i].replaced);
        bool same = strcmp(cases[i].in, cases[i].out) == 0;
        g_assert_cmpint(ht_text_is_clean(cases[i].in, -1, mode), ==, same);
    }
}

static void test_controls(void)
{
    static const Case cases[] = {
        {"", "", 0, 0},
        {"Ana Lima", "Ana Lima", 0, 0},
        {"\033[31mred\033[0m", "␛[31mred␛[0m", 0, 2},
        {"no_hire\rHIRE", "no_hire␍HIRE", 0, 1},
        {"abc\b\bX", "abc␈␈X", 0, 2},
        {"a\tb", "a b", 0, 0},
        {"\x7f", "␡", 0, 1},
        {"one\ntwo", "one␊two", 0, 1},
        {"one\r\ntwo", "one␊two", 0, 1},
        {"\xc2\x9b" /* C1 CSI */ "31m",
         "\xEF\xBF\xBD"
         "31m",
         0, 1},
        {"\033]0;title\a", "␛]0;title␇", 0, 2},
        {"a\xE2\x80\xA8z" /* U+2028 */, "a␊z", 0, 1},
    };
    check_cases(cases, G_N_ELEMENTS(cases), HT_TEXT_LINE);
}

static void test_blocks(void)
{
    static const Case cases[] = {
        {"one\ntwo\n", "one\ntwo\n", 0, 0},
        {"one\r\ntwo", "one\ntwo", 0, 0},
        {"one\rtwo", "one␍two", 0, 1},
        {"a\tb", "a  b", 0, 0},
        {"a\xE2\x80\xA9z" /* U+2029 */, "a\nz", 0, 0},
        {"x\n\xCC\x81y" /* a mark at a line's start */, "x\n\xE2\x97\x8C\xCC\x81y", 0, 0},
    };
    check_cases(cases, G_N_ELEMENTS(cases), HT_TEXT_BLOCK);
}

static void test_invisible(void)
{
    static const Case cases[] = {
        {"a\xE2\x80\x8B"
         "b" /* zero width space */,
         "ab", 1, 0},
        {"\xE2\x80\xAE"
         "evil" /* right-to-left override */,
         "evil", 1, 0},
        {"\xE2\x81\xA6x\xE2\x81\xA9" /* isolates */, "x", 2, 0},
        {"\xF3\xA0\x81\x81\xF3\xA0\x81\xBF" /* tags */, "", 2, 0},
        {"\xEF\xBB\xBFname" /* byte order mark */, "name", 1, 0},
        {"soft\xC2\xADhyphen", "softhyphen", 0, 0},
        {"\xD7\xA9\xE2\x80\x8F\xD7\x9C" /* Hebrew with RLM */, "\xD7\xA9\xD7\x9C", 0, 0},
        {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB" /* woman, joiner, laptop */,
         "\xF0\x9F\x91\xA9\xF0\x9F\x92\xBB", 0, 0},
        {"a\xE2\x80\x8D"
         "b" /* a joiner between letters */,
         "ab", 1, 0},
        {"\xE3\x85\xA4" /* Hangul filler */, "", 1, 0},
        {"\xEF\xBF\xB9x\xEF\xBF\xBB" /* interlinear annotation */, "x", 2, 0},
    };
    check_cases(cases, G_N_ELEMENTS(cases), HT_TEXT_LINE);
}

#define BAD "\xEF\xBF\xBD"

static void test_bad_bytes(void)
{
    static const Case cases[] = {
        {"a\xff"
         "b",
         "a" BAD "b", 0, 1},
        {"\xc0\xaf" /* overlong */, BAD BAD, 0, 2},
        {"\xed\xa0\x80" /* a surrogate */, BAD BAD BAD, 0, 3},
        {"\xf4\x90\x80\x80" /* above U+10FFFF */, BAD BAD BAD BAD, 0, 4},
        {"\xe2\x82" /* cut off */, BAD, 0, 1},
        {"\xe2\x82"
         "A",
         BAD "A", 0, 1},
        {"\xf0\x9f\x98" /* cut off */, BAD, 0, 1},
        {"\xEE\x80\x80" /* private use */, BAD, 0, 1},
        {"\xEF\xBF\xBE" /* no character */, BAD, 0, 1},
        {"\xEF\xBF\xBC" /* object replacement */, BAD, 0, 1},
        {"\xEF\xB7\xBD" /* U+FDFD, many cells wide */, BAD, 0, 1},
    };
    check_cases(cases, G_N_ELEMENTS(cases), HT_TEXT_LINE);
}

static void test_marks(void)
{
    static const Case cases[] = {
        {"e\xCC\x81", "e\xCC\x81", 0, 0},
        {"\xCC\x81x", "\xE2\x97\x8C\xCC\x81x", 0, 0},
        {"z\xCC\x80\xCC\x81\xCC\x82\xCC\x83\xCC\x84\xCC\x85", "z\xCC\x80\xCC\x81\xCC\x82\xCC\x83",
         2, 0},
        {"\xE0\xA4\x95\xE0\xA4\xBF" /* Devanagari ki */, "\xE0\xA4\x95\xE0\xA4\xBF", 0, 0},
    };
    check_cases(cases, G_N_ELEMENTS(cases), HT_TEXT_LINE);
}

static void test_lengths(void)
{
    g_autofree char *none = ht_text_sanitize(NULL, -1, HT_TEXT_LINE, NULL);
    g_assert_cmpstr(none, ==, "");
    g_autofree char *part = ht_text_sanitize("abcdef", 3, HT_TEXT_LINE, NULL);
    g_assert_cmpstr(part, ==, "abc");
    g_autofree char *nul = ht_text_sanitize("a\0b", 3, HT_TEXT_LINE, NULL);
    g_assert_cmpstr(nul, ==, "a␀b");
    g_assert_true(ht_text_is_clean(NULL, -1, HT_TEXT_LINE));
    g_assert_false(ht_text_is_clean("a\0b", 3, HT_TEXT_LINE));
}

static void test_ascii(void)
{
    ht_text_set_ascii(true);
    static const Case cases[] = {
        {"Łukasz Øster", "Lukasz Oster", 0, 0},
        {"José “Pepe”", "Jose \"Pepe\"", 0, 0},
        {"straße", "strasse", 0, 0},
        {"李", "?", 0, 0},
        {"e\xCC\x81"
         "a",
         "ea", 0, 0},
    };
    check_cases(cases, G_N_ELEMENTS(cases), HT_TEXT_LINE);
    g_autofree char *escape = ht_text_sanitize("\033[2J", -1, HT_TEXT_LINE, NULL);
    for (const char *p = escape; *p; p++)
        g_assert_true(*p >= 0x20 && *p < 0x7f);
    g_autofree char *cut = ht_text_cut("abcdef", 3, true);
    g_assert_cmpstr(cut, ==, "ab~");
    ht_text_set_ascii(false);
}

/* What every result must hold, whatever went in. */
static void check_properties(const char *in, gsize len, HtTextMode mode)
{
    g_autofree char *once = ht_text_sanitize(in, (gssize)len, mode, NULL);
    g_autofree char *twice = ht_text_sanitize(once, -1, mode, NULL);
    g_assert_cmpstr(once, ==, twice);
    g_assert_true(ht_text_is_clean(once, -1, mode));
    g_assert_true(g_utf8_validate(once, -1, NULL));
    g_assert_cmpuint(strlen(once), <=, 3 * len + 8);
    int columns = 0;
    for (const char *p = once; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (mode == HT_TEXT_BLOCK && c == '\n')
            continue;
        int width = wcwidth((wchar_t)c);
        g_assert_cmpint(width, >=, 0);
        g_assert_cmpint(width, ==, ht_text_char_width(c));
        columns += width;
    }
    if (mode == HT_TEXT_LINE)
        g_assert_cmpint(ht_text_width(once), ==, columns);
}

static gsize random_text(GRand *rand, char *out, gsize size)
{
    static const gunichar liked[] = {0x1b,   0x0d,   0x0a,   0x08,    0x09,    0x200b,  0x200d,
                                     0x202e, 0xfe0f, 0x0301, 0x0323,  0x1f469, 0x1f3fb, 0xe0041,
                                     0x4e2d, 0xac00, 0x1161, 0x11a8,  0x0e33,  0x093f,  0xfdfd,
                                     0x85,   0x9b,   0x41,   0x1f1e9, 0x20e3,  0x31};
    gsize len = 0;
    while (len + 8 < size) {
        guint32 dice = g_rand_int(rand) % 8;
        if (dice == 0)
            out[len++] = (char)g_rand_int(rand);
        else if (dice < 6)
            len +=
                (gsize)g_unichar_to_utf8(liked[g_rand_int(rand) % G_N_ELEMENTS(liked)], out + len);
        else
            len += (gsize)g_unichar_to_utf8(g_rand_int(rand) % 0xD800, out + len);
    }
    return len;
}

static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(20250301);
    char bytes[64];
    for (int i = 0; i < (HT_SANITIZED ? 3000 : 20000); i++) {
        gsize len = random_text(rand, bytes, sizeof bytes);
        check_properties(bytes, len, HT_TEXT_LINE);
        check_properties(bytes, len, HT_TEXT_BLOCK);
    }
}

static void test_every_code_point(void)
{
    const gunichar step =
        HT_SANITIZED ? 19 : 1; /* ten times slower there; a prime meets all blocks */
    for (gunichar c = 1; c <= 0x10FFFF; c += step) {
        char bytes[8];
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        int len = g_unichar_to_utf8(c, bytes);
        check_properties(bytes, (gsize)len, HT_TEXT_LINE);
    }
}

static void test_width(void)
{
    g_assert_cmpint(ht_text_width(NULL), ==, 0);
    g_assert_cmpint(ht_text_width("abc"), ==, 3);
    g_assert_cmpint(ht_text_width("日本"), ==, 4);
    g_assert_cmpint(ht_text_width("e\xCC\x81"), ==, 1);
    g_assert_cmpint(ht_text_width("שלום"), ==, 4);
    int cols;
    g_assert_cmpuint(ht_text_next("e\xCC\x81x", &cols), ==, 3);
    g_assert_cmpint(cols, ==, 1);
    g_assert_cmpuint(ht_text_next("日x", &cols), ==, 3);
    g_assert_cmpint(cols, ==, 2);
    g_assert_cmpuint(ht_text_next("", &cols), ==, 0);
    g_assert_cmpint(ht_text_char_width(0x1b), ==, -1);
    g_assert_cmpint(ht_text_char_width(0x200b), ==, -1);
}

static void test_cut(void)
{
    static const struct {
        const char *in;
        int cols;
        const char *plain, *dotted;
    } cases[] = {
        {"abcdef", 6, "abcdef", "abcdef"},
        {"abcdef", 4, "abcd", "abc…"},
        {"日本語", 5, "日本", "日本…"},
        {"日本語", 4, "日本", "日…"},
        {"日本語", 1, "", "…"},
        {"abc", 0, "", ""},
        {"e\xCC\x81x", 1, "e\xCC\x81", "…"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *plain = ht_text_cut(cases[i].in, cases[i].cols, false);
        g_autofree char *dotted = ht_text_cut(cases[i].in, cases[i].cols, true);
        g_assert_cmpstr(plain, ==, cases[i].plain);
        g_assert_cmpstr(dotted, ==, cases[i].dotted);
        g_assert_cmpint(ht_text_width(dotted), <=, cases[i].cols);
    }
}

static void test_pad(void)
{
    g_autofree char *left = ht_text_pad("ab", 4, HT_ALIGN_LEFT);
    g_autofree char *right = ht_text_pad("ab", 4, HT_ALIGN_RIGHT);
    g_autofree char *center = ht_text_pad("ab", 5, HT_ALIGN_CENTER);
    g_autofree char *wide = ht_text_pad("日本語", 4, HT_ALIGN_LEFT);
    g_autofree char *null = ht_text_pad(NULL, 2, HT_ALIGN_LEFT);
    g_assert_cmpstr(left, ==, "ab  ");
    g_assert_cmpstr(right, ==, "  ab");
    g_assert_cmpstr(center, ==, " ab  ");
    g_assert_cmpstr(wide, ==, "日… ");
    g_assert_cmpstr(null, ==, "  ");
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);
    char bytes[40];
    for (int i = 0; i < 5000; i++) {
        gsize len = random_text(rand, bytes, sizeof bytes);
        g_autofree char *clean = ht_text_sanitize(bytes, (gssize)len, HT_TEXT_LINE, NULL);
        int cols = (int)(g_rand_int(rand) % 30);
        g_autofree char *cell = ht_text_pad(clean, cols, HT_ALIGN_RIGHT);
        g_assert_cmpint(ht_text_width(cell), ==, cols);
    }
}

static void check_wrap(const char *text, int cols, const char *joined)
{
    g_autoptr(GPtrArray) lines = ht_text_wrap(text, cols);
    g_ptr_array_add(lines, NULL);
    g_autofree char *all = g_strjoinv("|", (char **)lines->pdata);
    g_assert_cmpstr(all, ==, joined);
}

static void test_wrap(void)
{
    check_wrap(NULL, 10, "");
    check_wrap("", 10, "");
    check_wrap("one two three", 7, "one two|three");
    check_wrap("one two", 3, "one|two");
    check_wrap("a\nb\n\nc", 10, "a|b||c");
    check_wrap("line\n", 10, "line");
    check_wrap("abcdefgh", 3, "abc|def|gh");
    check_wrap("        abc", 3, "   |   |  a|bc");
    check_wrap("well-known fact", 6, "well-|known|fact");
    check_wrap("日本語です", 4, "日本|語で|す");
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    char bytes[80];
    for (int i = 0; i < 3000; i++) {
        gsize len = random_text(rand, bytes, sizeof bytes);
        g_autofree char *clean = ht_text_sanitize(bytes, (gssize)len, HT_TEXT_BLOCK, NULL);
        int cols = 2 + (int)(g_rand_int(rand) % 12);
        g_autoptr(GPtrArray) lines = ht_text_wrap(clean, cols);
        g_assert_cmpuint(lines->len, >, 0);
        for (guint n = 0; n < lines->len; n++) {
            g_assert_null(strchr(lines->pdata[n], '\n'));
            g_assert_cmpint(ht_text_width(lines->pdata[n]), <=, cols);
        }
    }
}

static void test_fold(void)
{
    static const char *const pairs[][2] = {
        {"Đặng Thị Ngọc", "dang thi ngoc"},
        {"Ångström", "angstrom"},
        {"STRASSE Straße", "strasse strasse"},
        {"Łódź", "lodz"},
        {"Øyvind", "oyvind"},
        {"Æsir Œuvre", "aesir oeuvre"},
        {"Þór", "thor"},
        {"ﬁne", "fine"},
        {"", ""},
        {"かば がば", "かば がば"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_autofree char *folded = ht_text_fold(pairs[i][0]);
        g_autofree char *again = ht_text_fold(folded);
        g_assert_cmpstr(folded, ==, pairs[i][1]);
        g_assert_cmpstr(again, ==, folded);
    }
    g_autofree char *null = ht_text_fold(NULL);
    g_assert_cmpstr(null, ==, "");
    g_autofree char *bad = ht_text_fold("\xff\xc3");
    g_assert_true(g_utf8_validate(bad, -1, NULL));
}

static void test_fold_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(3);
    char bytes[48];
    for (int i = 0; i < 5000; i++) {
        gsize len = random_text(rand, bytes, sizeof bytes);
        g_autofree char *text = ht_text_sanitize(bytes, (gssize)len, HT_TEXT_LINE, NULL);
        g_autofree char *once = ht_text_fold(text);
        g_autofree char *twice = ht_text_fold(once);
        g_assert_cmpstr(once, ==, twice);
    }
}

static void test_scripts(void)
{
    static const struct {
        const char *text;
        bool mixed;
    } cases[] = {
        {"Ana Lima", false},
        {"p\xD0\xB0ypal" /* a Cyrillic a */, true},
        {"Иван Petrov", false},
        {"李Wei", false},
        {"東京タワーTokyo", false},
        {"김Kim", false},
        {"αpple", true},
        {NULL, false},
        {"Ωmega\xD0\xB0", true},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(ht_text_is_mixed_script(cases[i].text), ==, cases[i].mixed);
    HtTextReport report;
    g_autofree char *clean = ht_text_sanitize("p\xD0\xB0ypal", -1, HT_TEXT_LINE, &report);
    g_assert_true(report.mixed_script);
    g_autofree char *host = ht_text_host_ascii("bücher.example");
    g_assert_cmpstr(host, ==, "xn--bcher-kva.example");
    g_assert_null(ht_text_host_ascii("plain.example"));
    g_assert_null(ht_text_host_ascii(NULL));
}

/* Linear: a hostile megabyte costs what a megabyte costs. */
static void test_large(void)
{
    gsize len = 1024 * 1024;
    g_autofree char *bytes = g_malloc(len);
    for (gsize i = 0; i < len; i++)
        bytes[i] = (char)(i % 2 ? 0x81 : 0xCC);
    gint64 began = g_get_monotonic_time();
    g_autofree char *out = ht_text_sanitize(bytes, (gssize)len, HT_TEXT_BLOCK, NULL);
    g_assert_cmpint(g_get_monotonic_time() - began, <, 10 * G_USEC_PER_SEC);
    g_assert_cmpuint(strlen(out), <=, 16);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ht_text_init_locale();
    g_test_add_func("/base/text/controls", test_controls);
    g_test_add_func("/base/text/blocks", test_blocks);
    g_test_add_func("/base/text/invisible", test_invisible);
    g_test_add_func("/base/text/bad_bytes", test_bad_bytes);
    g_test_add_func("/base/text/marks", test_marks);
    g_test_add_func("/base/text/lengths", test_lengths);
    g_test_add_func("/base/text/ascii", test_ascii);
    g_test_add_func("/base/text/random", test_random);
    g_test_add_func("/base/text/every_code_point", test_every_code_point);
    g_test_add_func("/base/text/width", test_width);
    g_test_add_func("/base/text/cut", test_cut);
    g_test_add_func("/base/text/pad", test_pad);
    g_test_add_func("/base/text/wrap", test_wrap);
    g_test_add_func("/base/text/fold", test_fold);
    g_test_add_func("/base/text/fold_random", test_fold_random);
    g_test_add_func("/base/text/scripts", test_scripts);
    g_test_add_func("/base/text/large", test_large);
    return g_test_run();
}
