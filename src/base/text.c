/* The sanitiser and everything that measures text.
 *
 * The idea: one pass over strictly decoded code points; a table gives the class of the special
 * ones, the Unicode category that of the rest; the output never contains a code point whose width
 * our model, the C library (which ncurses asks) and the terminal could see differently. The width
 * model: marks that combine 0, spacing marks 1 (the C library's view; utf8proc says 0), conjoining
 * jamo 0, wide 2. In a UTF-8 locale each code point is also held against wcwidth(), so an older C
 * library turns what it does not know into U+FFFD instead of shifting a column. */
#include "hiretty/base/text.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <utf8proc.h>
#include <wchar.h>

enum {
    REPLACEMENT = 0xFFFD,
    DOTTED_CIRCLE = 0x25CC,
    PICTURE_LINE_FEED = 0x240A,
    MAX_MARKS = 4, /* security: a base with more is noise that hides its neighbours */
};

typedef enum {
    CLASS_PLAIN = 0,
    CLASS_MARK,    /* combines with what is before it */
    CLASS_CONTROL, /* C0 and DEL: shown as a picture */
    CLASS_TAB,
    CLASS_BREAK,  /* line feed and the two Unicode separators */
    CLASS_HIDDEN, /* taken out and counted */
    CLASS_QUIET,  /* taken out: ordinary in good text */
    CLASS_JOINER, /* quiet after emoji, else hidden */
    CLASS_TONE,   /* taken out after emoji (terminals disagree about the pair's width) */
    CLASS_BAD,    /* U+FFFD */
} Class;

typedef struct {
    gunichar first, last;
    Class class;
} ClassRange;

/* Sorted. Default-ignorable code points of Unicode 15, interlinear annotation, glyphs wider than
 * their cell. What is not here goes by category. */
static const ClassRange class_ranges[] = {
    {0x0000, 0x0008, CLASS_CONTROL},  {0x0009, 0x0009, CLASS_TAB},
    {0x000A, 0x000A, CLASS_BREAK},    {0x000B, 0x001F, CLASS_CONTROL},
    {0x007F, 0x007F, CLASS_CONTROL},  {0x0080, 0x009F, CLASS_BAD},
    {0x00AD, 0x00AD, CLASS_QUIET},    {0x034F, 0x034F, CLASS_HIDDEN},
    {0x061C, 0x061C, CLASS_HIDDEN},   {0x115F, 0x1160, CLASS_HIDDEN},
    {0x17B4, 0x17B5, CLASS_HIDDEN},   {0x180B, 0x180F, CLASS_HIDDEN},
    {0x200B, 0x200B, CLASS_HIDDEN},   {0x200C, 0x200C, CLASS_QUIET},
    {0x200D, 0x200D, CLASS_JOINER},   {0x200E, 0x200F, CLASS_QUIET},
    {0x2028, 0x2029, CLASS_BREAK},    {0x202A, 0x202E, CLASS_HIDDEN},
    {0x2060, 0x206F, CLASS_HIDDEN},   {0x2E3A, 0x2E3B, CLASS_BAD},
    {0x3164, 0x3164, CLASS_HIDDEN},   {0xFDFD, 0xFDFD, CLASS_BAD},
    {0xFE00, 0xFE0E, CLASS_HIDDEN},   {0xFE0F, 0xFE0F, CLASS_JOINER},
    {0xFEFF, 0xFEFF, CLASS_HIDDEN},   {0xFFA0, 0xFFA0, CLASS_HIDDEN},
    {0xFFF0, 0xFFFB, CLASS_HIDDEN},   {0xFFFC, 0xFFFC, CLASS_BAD},
    {0x12031, 0x12031, CLASS_BAD},    {0x1242B, 0x1242B, CLASS_BAD},
    {0x1BCA0, 0x1BCA3, CLASS_HIDDEN}, {0x1D173, 0x1D17A, CLASS_HIDDEN},
    {0x1F3FB, 0x1F3FF, CLASS_TONE},   {0xE0000, 0xE0FFF, CLASS_HIDDEN},
};

static int ascii_only;    /* atomic */
static bool asks_wcwidth; /* set once, before threads */

const char *ht_text_plural(int64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

void ht_text_init_locale(void)
{
    setlocale(LC_ALL, "");
    asks_wcwidth = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    ht_text_set_ascii(!asks_wcwidth);
}

bool ht_text_locale_has_utf8(void)
{
    return asks_wcwidth;
}

bool ht_text_is_ascii(void)
{
    return g_atomic_int_get(&ascii_only) != 0;
}

void ht_text_set_ascii(bool ascii)
{
    g_atomic_int_set(&ascii_only, ascii);
}

/* ---- widths and classes ---- */

static int model_width(gunichar c)
{
    if (c >= 0x20 && c < 0x7f)
        return 1;
    if ((c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FB))
        return 0;
    if ((c >= 0x3248 && c <= 0x324F) || (c >= 0x4DC0 && c <= 0x4DFF))
        return 2;
    if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MC)
        return 1;
    return utf8proc_charwidth((utf8proc_int32_t)c);
}

static bool category_is_shown(utf8proc_category_t category)
{
    return category != UTF8PROC_CATEGORY_CN && category != UTF8PROC_CATEGORY_CO &&
           category != UTF8PROC_CATEGORY_CS && category != UTF8PROC_CATEGORY_CC &&
           category != UTF8PROC_CATEGORY_CF;
}

static Class class_by_category(gunichar c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    if (!category_is_shown(category) || (asks_wcwidth && wcwidth((wchar_t)c) != model_width(c)))
        return CLASS_BAD;
    bool is_mark = category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
                   category == UTF8PROC_CATEGORY_ME || model_width(c) == 0;
    return is_mark ? CLASS_MARK : CLASS_PLAIN;
}

static Class class_of(gunichar c)
{
    if (c >= 0x20 && c < 0x7f)
        return CLASS_PLAIN;
    gsize low = 0, high = G_N_ELEMENTS(class_ranges);
    while (low < high) {
        gsize middle = (low + high) / 2;
        if (c > class_ranges[middle].last)
            low = middle + 1;
        else if (c < class_ranges[middle].first)
            high = middle;
        else
            return class_ranges[middle].class;
    }
    return class_by_category(c);
}

int ht_text_char_width(gunichar c)
{
    Class class = class_of(c);
    bool drawn = class == CLASS_PLAIN || class == CLASS_MARK || class == CLASS_TONE;
    return drawn ? model_width(c) : -1;
}

/* ---- strict decoding (Unicode 15, table 3-7) ---- */

/* Range of the second byte, by the first; none for bytes that cannot start a character. */
static int sequence_length(guint8 lead, guint8 *low, guint8 *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/* One code point from p < end; an invalid part gives REPLACEMENT with *valid false and its whole
 * length (a "maximal subpart"). Returns the bytes used. */
static gsize decode(const guint8 *p, const guint8 *end, gunichar *c, bool *valid)
{
    *valid = true;
    *c = *p;
    if (*p < 0x80)
        return 1;
    guint8 low, high;
    int length = sequence_length(*p, &low, &high);
    gunichar value = length == 2 ? *p & 0x1Fu : length == 3 ? *p & 0x0Fu : *p & 0x07u;
    gsize used = 1;
    while ((int)used < length && p + used < end && p[used] >= low && p[used] <= high) {
        value = (value << 6) | (p[used++] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *valid = (int)used == length;
    *c = *valid ? value : REPLACEMENT;
    return used;
}

/* ---- the sanitiser ---- */

typedef struct {
    GString *out;
    HtTextMode mode;
    HtTextReport report;
    gunichar last; /* last character kept; 0 at a line's start */
    guint marks;   /* on the last base */
    bool ascii;
} Cleaner;

static bool is_emoji(gunichar c)
{
    if (c < 0x80)
        return g_ascii_isdigit((char)c) || c == '#' || c == '*'; /* bases of keycaps */
    const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)c);
    return property->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC ||
           (c >= 0x1F3FB && c <= 0x1F3FF) || (c >= 0x1F1E6 && c <= 0x1F1FF) || c == 0x20E3;
}

/* ASCII for a terminal without UTF-8: the letters under the accents, else '?'. */
static void append_ascii(GString *out, gunichar c)
{
    static const struct {
        gunichar c;
        const char *ascii;
    } near[] = {
        {0x00A0, " "},   {0x00C6, "AE"}, {0x00D8, "O"},  {0x00DE, "Th"}, {0x00DF, "ss"},
        {0x00E6, "ae"},  {0x00F0, "d"},  {0x00F8, "o"},  {0x00FE, "th"}, {0x0110, "D"},
        {0x0111, "d"},   {0x0131, "i"},  {0x0141, "L"},  {0x0142, "l"},  {0x0152, "OE"},
        {0x0153, "oe"},  {0x2010, "-"},  {0x2011, "-"},  {0x2013, "-"},  {0x2014, "-"},
        {0x2018, "'"},   {0x2019, "'"},  {0x201C, "\""}, {0x201D, "\""}, {0x2022, "*"},
        {0x2026, "..."}, {0x2190, "<-"}, {0x2192, "->"}, {0x00B7, "."},  {0x20AC, "EUR"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(near); i++) {
        if (near[i].c == c) {
            g_string_append(out, near[i].ascii);
            return;
        }
    }
    gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
    gsize n = g_unichar_fully_decompose(c, TRUE, parts, G_N_ELEMENTS(parts));
    bool letters = n > 0 && n <= 3 && parts[0] >= 0x20 && parts[0] < 0x7f;
    for (gsize i = 0; i < n && letters; i++)
        letters = parts[i] < 0x7f || g_unichar_ismark(parts[i]);
    if (!letters) {
        g_string_append_c(out, '?');
        return;
    }
    for (gsize i = 0; i < n; i++) {
        if (parts[i] >= 0x20 && parts[i] < 0x7f)
            g_string_append_c(out, (char)parts[i]);
    }
}

static void keep(Cleaner *k, gunichar c)
{
    if (c < 0x80)
        g_string_append_c(k->out, (char)c);
    else if (k->ascii)
        append_ascii(k->out, c);
    else
        g_string_append_unichar(k->out, c);
    k->last = c;
    k->marks = 0;
}

static void replace(Cleaner *k, gunichar by)
{
    k->report.replaced++;
    keep(k, by);
}

static void take_mark(Cleaner *k, gunichar c)
{
    if (k->marks >= MAX_MARKS) {
        k->report.removed++;
        return;
    }
    if (k->ascii) {
        k->marks++;
        return;
    }
    if (k->last == 0)
        keep(k, DOTTED_CIRCLE);
    guint marks = k->marks + 1;
    keep(k, c);
    k->marks = marks;
}

static void take_break(Cleaner *k)
{
    if (k->mode == HT_TEXT_LINE) {
        replace(k, k->ascii ? ' ' : PICTURE_LINE_FEED);
        return;
    }
    keep(k, '\n');
    k->last = 0;
}

static void take(Cleaner *k, gunichar c)
{
    Class class = class_of(c);
    bool after_emoji =
        k->last != 0 && (class == CLASS_JOINER || class == CLASS_TONE) && is_emoji(k->last);
    switch (class) {
    case CLASS_PLAIN:
        keep(k, c);
        break;
    case CLASS_MARK:
        take_mark(k, c);
        break;
    case CLASS_CONTROL:
        replace(k, c == 0x7F ? 0x2421 : 0x2400 + c);
        break;
    case CLASS_TAB:
        keep(k, ' ');
        if (k->mode == HT_TEXT_BLOCK)
            keep(k, ' ');
        break;
    case CLASS_BREAK:
        take_break(k);
        break;
    case CLASS_QUIET:
        break;
    case CLASS_HIDDEN:
        k->report.removed++;
        break;
    case CLASS_JOINER:
        k->report.removed += after_emoji ? 0 : 1;
        break;
    case CLASS_TONE:
        if (!after_emoji || k->last < 0x80)
            keep(k, c);
        break;
    case CLASS_BAD:
    default:
        replace(k, REPLACEMENT);
        break;
    }
}

static bool is_plain_ascii(const guint8 *p, const guint8 *end, HtTextMode mode)
{
    for (; p < end; p++) {
        if ((*p < 0x20 || *p >= 0x7f) && !(*p == '\n' && mode == HT_TEXT_BLOCK))
            return false;
    }
    return true;
}

static char *sanitize(const char *bytes, gssize len, HtTextMode mode, bool ascii,
                      HtTextReport *report)
{
    gsize size = !bytes ? 0 : len < 0 ? strlen(bytes) : (gsize)len;
    const guint8 *p = (const guint8 *)(bytes ? bytes : ""), *end = p + size;
    if (report)
        *report = (HtTextReport){0};
    if (is_plain_ascii(p, end, mode))
        return g_strndup((const char *)p, size);
    Cleaner k = {.out = g_string_sized_new(size + 8), .mode = mode, .ascii = ascii};
    while (p < end) {
        gunichar c;
        bool valid;
        p += decode(p, end, &c, &valid);
        if (!valid)
            replace(&k, REPLACEMENT);
        else if (c != '\r' || p == end || *p != '\n') /* CRLF is one line feed */
            take(&k, c);
    }
    if (report) {
        *report = k.report;
        report->mixed_script = ht_text_is_mixed_script(k.out->str);
    }
    return g_string_free(k.out, FALSE);
}

char *ht_text_sanitize(const char *bytes, gssize len, HtTextMode mode, HtTextReport *report)
{
    return sanitize(bytes, len, mode, ht_text_is_ascii(), report);
}

char *ht_text_to_edit(const char *bytes, gssize len)
{
    return sanitize(bytes, len, HT_TEXT_BLOCK, false, NULL);
}

char *ht_text_to_ascii(const char *text)
{
    return sanitize(text, -1, HT_TEXT_BLOCK, true, NULL);
}

bool ht_text_is_clean(const char *bytes, gssize len, HtTextMode mode)
{
    gsize size = !bytes ? 0 : len < 0 ? strlen(bytes) : (gsize)len;
    if (!bytes || is_plain_ascii((const guint8 *)bytes, (const guint8 *)bytes + size, mode))
        return true;
    g_autofree char *clean = ht_text_sanitize(bytes, (gssize)size, mode, NULL);
    return strlen(clean) == size && memcmp(clean, bytes, size) == 0;
}

/* ---- mixed scripts ---- */

enum {
    SET_LATIN = 1,
    SET_HAN = 2,
    SET_JAPANESE = 4,
    SET_KOREAN = 8,
    SET_BOPOMOFO = 16,
    SET_OTHER = 32
};

/* The sets that one word may mix (UTS 39, "highly restrictive"). */
static const guint allowed_sets[] = {
    SET_LATIN | SET_HAN | SET_JAPANESE,
    SET_LATIN | SET_HAN | SET_KOREAN,
    SET_LATIN | SET_HAN | SET_BOPOMOFO,
};

static guint script_set(GUnicodeScript script)
{
    static const struct {
        GUnicodeScript script;
        guint set;
    } sets[] = {
        {G_UNICODE_SCRIPT_COMMON, 0},
        {G_UNICODE_SCRIPT_INHERITED, 0},
        {G_UNICODE_SCRIPT_UNKNOWN, 0},
        {G_UNICODE_SCRIPT_LATIN, SET_LATIN},
        {G_UNICODE_SCRIPT_HAN, SET_HAN},
        {G_UNICODE_SCRIPT_HIRAGANA, SET_JAPANESE},
        {G_UNICODE_SCRIPT_KATAKANA, SET_JAPANESE},
        {G_UNICODE_SCRIPT_HANGUL, SET_KOREAN},
        {G_UNICODE_SCRIPT_BOPOMOFO, SET_BOPOMOFO},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++) {
        if (sets[i].script == script)
            return sets[i].set;
    }
    return SET_OTHER;
}

typedef struct {
    guint sets;
    GUnicodeScript other; /* the one script outside the sets */
    bool two_others;
} WordScripts;

static bool word_is_mixed(const WordScripts *word)
{
    if (word->two_others || ((word->sets & SET_OTHER) && (word->sets & ~(guint)SET_OTHER)))
        return true;
    if (word->sets & SET_OTHER)
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(allowed_sets); i++) {
        if ((word->sets & ~allowed_sets[i]) == 0)
            return false;
    }
    return true;
}

static void word_add(WordScripts *word, gunichar c)
{
    GUnicodeScript script = g_unichar_get_script(c);
    guint set = script_set(script);
    if (set == SET_OTHER && (word->sets & SET_OTHER) && word->other != script)
        word->two_others = true;
    if (set == SET_OTHER)
        word->other = script;
    word->sets |= set;
}

bool ht_text_is_mixed_script(const char *text)
{
    WordScripts word = {0};
    const guint8 *p = (const guint8 *)(text ? text : ""), *end = p + strlen((const char *)p);
    while (p < end) {
        gunichar c;
        bool valid;
        p += decode(p, end, &c, &valid);
        if (!g_unichar_isspace(c)) {
            word_add(&word, c);
            continue;
        }
        if (word_is_mixed(&word))
            return true;
        word = (WordScripts){0};
    }
    return word_is_mixed(&word);
}

char *ht_text_host_ascii(const char *host)
{
    if (!host || !g_utf8_validate(host, -1, NULL) || !g_hostname_is_non_ascii(host))
        return NULL;
    return g_hostname_to_ascii(host);
}

/* ---- measuring and cutting ---- */

gsize ht_text_next(const char *text, int *cols)
{
    const guint8 *p = (const guint8 *)text;
    *cols = 0;
    if (*p == '\0')
        return 0;
    if (*p < 0x80 && p[1] < 0x80) {
        *cols = 1;
        return 1;
    }
    const guint8 *end = p + strnlen(text, 256); /* no honest character is longer */
    gunichar c, next;
    bool valid;
    gsize used = decode(p, end, &c, &valid);
    *cols = MAX(model_width(c), 0);
    utf8proc_int32_t state = 0;
    while (p + used < end) {
        gsize more = decode(p + used, end, &next, &valid);
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)c, (utf8proc_int32_t)next, &state))
            break;
        *cols += MAX(model_width(next), 0);
        used += more;
        c = next;
    }
    return used;
}

int ht_text_width(const char *text)
{
    int total = 0, cols;
    if (!text)
        return 0;
    for (gsize n = ht_text_next(text, &cols); n > 0; n = ht_text_next(text, &cols)) {
        total += cols;
        text += n;
    }
    return total;
}

/* ht_text_fit with the columns used. */
static gsize fit(const char *text, int cols, int *used)
{
    gsize at = 0;
    int width = 0, w;
    for (gsize n = ht_text_next(text, &w); n > 0 && width + w <= cols;
         n = ht_text_next(text + at, &w)) {
        at += n;
        width += w;
    }
    *used = width;
    return at;
}

gsize ht_text_fit(const char *text, int cols)
{
    int used;
    return text ? fit(text, cols, &used) : 0;
}

/* Appends the cut text; returns the columns written. */
static int append_cut(GString *out, const char *text, int cols, bool ellipsis)
{
    int used;
    gsize bytes = fit(text, cols, &used);
    if (text[bytes] == '\0' || !ellipsis || cols < 1) {
        g_string_append_len(out, text, (gssize)bytes);
        return used;
    }
    bytes = fit(text, cols - 1, &used);
    g_string_append_len(out, text, (gssize)bytes);
    g_string_append(out, ht_text_is_ascii() ? "~" : "…");
    return used + 1;
}

char *ht_text_cut(const char *text, int cols, bool ellipsis)
{
    GString *out = g_string_new(NULL);
    append_cut(out, text ? text : "", cols, ellipsis);
    return g_string_free(out, FALSE);
}

static void append_spaces(GString *out, int count)
{
    for (int i = 0; i < count; i++)
        g_string_append_c(out, ' ');
}

void ht_text_pad_into(GString *row, const char *text, int cols, HtAlign align)
{
    gsize start = row->len;
    int fill = cols - append_cut(row, text ? text : "", cols, true);
    if (fill <= 0)
        return;
    int before = align == HT_ALIGN_RIGHT ? fill : align == HT_ALIGN_CENTER ? fill / 2 : 0;
    if (before > 0) {
        g_autofree char *blank = g_strnfill((gsize)before, ' ');
        g_string_insert(row, (gssize)start, blank);
    }
    append_spaces(row, fill - before);
}

char *ht_text_pad(const char *text, int cols, HtAlign align)
{
    GString *row = g_string_new(NULL);
    ht_text_pad_into(row, text, cols, align);
    return g_string_free(row, FALSE);
}

/* ---- wrapping ---- */

typedef struct {
    gsize end;  /* bytes of the line without trailing spaces */
    gsize next; /* where the next line starts */
} Break;

/* The first line of `text` (up to `size` bytes, no line feeds), at most `cols` wide. */
static Break first_line(const char *text, gsize size, int cols)
{
    Break last = {0}; /* next == 0: no place to break yet */
    gsize at = 0, word_end = 0;
    int width = 0, w;
    while (at < size) {
        gsize n = ht_text_next(text + at, &w);
        bool space = n == 1 && text[at] == ' ';
        if (w > 1 && at > 0)
            last = (Break){word_end, at};
        /* Blanks may hang over the end of a line that has a word, else they fill lines of their
         * own. */
        if ((!space || word_end == 0) && width + w > cols)
            break;
        at += n;
        width += w;
        if (!space)
            word_end = at;
        if (space || w > 1 || (n == 1 && text[at - 1] == '-'))
            last = (Break){word_end, at};
    }
    if (at >= size)
        return (Break){word_end, size};
    if (last.next > 0 && last.end > 0)
        return last;
    if (at == 0) /* one character wider than the line: by code point, so that it always ends */
        at = (gsize)(g_utf8_next_char(text) - text);
    return (Break){MIN(at, size), MIN(at, size)};
}

GPtrArray *ht_text_wrap(const char *text, int cols)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    cols = MAX(cols, 2);
    const char *p = text ? text : "";
    for (;;) {
        gsize size = strcspn(p, "\n"), at = 0;
        do {
            Break line = first_line(p + at, size - at, cols);
            g_ptr_array_add(lines, g_strndup(p + at, line.end));
            at += line.next;
        } while (at < size);
        if (p[size] == '\0' || p[size + 1] == '\0')
            return lines;
        p += size + 1;
    }
}

/* ---- folding ---- */

/* Letters that Unicode does not decompose but people type without their stroke. */
static const char *stroke_letter(gunichar c)
{
    static const struct {
        gunichar c;
        const char *base;
    } map[] = {
        {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"}, {0x00FE, "th"}, {0x0111, "d"},
        {0x0127, "h"},  {0x0131, "i"}, {0x0142, "l"}, {0x0153, "oe"}, {0x0167, "t"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(map); i++) {
        if (map[i].c == c)
            return map[i].base;
    }
    return NULL;
}

/* Accents go, but not the marks that make another letter: Indic and Thai vowels, Japanese voicing.
 */
static bool mark_is_accent(gunichar c)
{
    GUnicodeScript script = g_unichar_get_script(c);
    if (c == 0x3099 || c == 0x309A || g_unichar_type(c) != G_UNICODE_NON_SPACING_MARK)
        return false;
    return script == G_UNICODE_SCRIPT_INHERITED || script == G_UNICODE_SCRIPT_ARABIC ||
           script == G_UNICODE_SCRIPT_HEBREW || script == G_UNICODE_SCRIPT_CYRILLIC ||
           script == G_UNICODE_SCRIPT_LATIN || script == G_UNICODE_SCRIPT_GREEK;
}

/* GLib swaps the cases of Cherokee at each fold; Unicode's folded form is the capital. */
static gunichar settle_case(gunichar c)
{
    if (c >= 0x13F8 && c <= 0x13FD)
        return c - 8;
    return c >= 0xAB70 && c <= 0xABBF ? c - 0xAB70 + 0x13A0 : c;
}

static char *fold_ascii(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((guint8)*p >= 0x80)
            return NULL;
    }
    return g_ascii_strdown(text, -1);
}

char *ht_text_fold(const char *text)
{
    char *ascii = fold_ascii(text ? text : "");
    if (ascii)
        return ascii;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *compat = g_utf8_normalize(valid, -1, G_NORMALIZE_ALL);
    g_autofree char *folded = g_utf8_casefold(compat, -1);
    g_autofree char *apart = g_utf8_normalize(folded, -1, G_NORMALIZE_ALL);
    GString *out = g_string_sized_new(strlen(apart));
    for (const char *p = apart; *p; p = g_utf8_next_char(p)) {
        gunichar c = settle_case(g_utf8_get_char(p));
        const char *base = stroke_letter(c);
        Class class = class_of(c);
        if (base)
            g_string_append(out, base);
        else if (class != CLASS_HIDDEN && class != CLASS_QUIET && class != CLASS_JOINER &&
                 !mark_is_accent(c))
            g_string_append_unichar(out, c);
    }
    char *composed = g_utf8_normalize(out->str, -1, G_NORMALIZE_ALL_COMPOSE);
    g_string_free(out, TRUE);
    return composed;
}
