/* Documents: spans, wrapping, marks of hits; the roles' names. */
#include "hiretty/base/text.h"
#include "hiretty/view/doc.h"

static char *line(const HtDoc *doc, int number)
{
    return ht_doc_line_text(doc, number);
}

static void test_wrap(void)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_add(doc, HT_STYLE_LABEL, "Why: ");
    ht_doc_wrap(doc, HT_STYLE_NORMAL, 4, 20, "one two three four five six seven");
    g_assert_cmpint(ht_doc_lines(doc), ==, 3);
    g_autofree char *first = line(doc, 0);
    g_autofree char *second = line(doc, 1);
    g_assert_cmpstr(first, ==, "Why: one two three");
    g_assert_true(g_str_has_prefix(second, "    four"));
    for (int i = 0; i < ht_doc_lines(doc); i++) {
        g_autofree char *text = line(doc, i);
        g_assert_cmpint(ht_text_width(text), <=, 20);
    }
}

static void test_narrow(void)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_wrap(doc, HT_STYLE_NORMAL, 10, 3, "漢字漢字 and a word");
    g_assert_cmpint(ht_doc_lines(doc), >, 3);
}

static void test_breaks_are_kept(void)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_wrap(doc, HT_STYLE_NORMAL, 0, 40, "a\n\nb");
    g_autofree char *text = ht_doc_dup_text(doc);
    g_assert_cmpstr(text, ==, "a\n\nb\n");
}

static void test_pad(void)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_add(doc, HT_STYLE_NORMAL, "漢");
    ht_doc_pad(doc, 5);
    g_assert_cmpint(ht_doc_column(doc), ==, 5);
    ht_doc_pad(doc, 3);
    g_assert_cmpint(ht_doc_column(doc), ==, 5);
}

static void test_heading(void)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_heading(doc, "One");
    ht_doc_heading(doc, "Two");
    g_autofree char *text = ht_doc_dup_text(doc);
    g_assert_cmpstr(text, ==, "One\n\nTwo\n");
}

static void test_hits(void)
{
    g_autoptr(HtDoc) doc = ht_doc_new();
    ht_doc_add(doc, HT_STYLE_QUOTE, "Café and CAFE, not tea");
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_NORMAL, "nothing here");
    ht_doc_newline(doc);
    ht_doc_add(doc, HT_STYLE_NORMAL, "a cafe");
    g_autoptr(GArray) lines = g_array_new(FALSE, FALSE, sizeof(int));
    g_assert_cmpint(ht_doc_mark_hits(doc, "cafe", lines), ==, 3);
    g_assert_cmpuint(lines->len, ==, 2);
    g_assert_cmpint(g_array_index(lines, int, 1), ==, 2);
    int n;
    const HtSpan *spans = ht_doc_line(doc, 0, &n);
    g_assert_cmpint(n, ==, 4);
    g_assert_cmpstr(spans[0].text, ==, "Café");
    g_assert_cmpint(spans[0].role, ==, HT_STYLE_SEARCH_HIT);
    g_assert_cmpint(spans[1].role, ==, HT_STYLE_QUOTE);
    g_autofree char *text = line(doc, 0);
    g_assert_cmpstr(text, ==, "Café and CAFE, not tea");
    g_assert_cmpint(ht_doc_mark_hits(doc, "", NULL), ==, 0);
}

static void test_styles(void)
{
    for (int i = 0; i < HT_N_STYLES; i++) {
        HtStyle found;
        g_assert_true(ht_style_from_name(ht_style_name((HtStyle)i), &found));
        g_assert_cmpint(found, ==, i);
    }
    HtStyle none;
    g_assert_false(ht_style_from_name("row.purple", &none));
    g_assert_cmpstr(ht_style_mark(HT_STYLE_ROW_MARKED), ==, "*");
}

int main(int argc, char **argv)
{
    ht_text_init_locale();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/view/doc/wrap", test_wrap);
    g_test_add_func("/view/doc/narrow", test_narrow);
    g_test_add_func("/view/doc/breaks_are_kept", test_breaks_are_kept);
    g_test_add_func("/view/doc/pad", test_pad);
    g_test_add_func("/view/doc/heading", test_heading);
    g_test_add_func("/view/doc/hits", test_hits);
    g_test_add_func("/view/style/names", test_styles);
    return g_test_run();
}
