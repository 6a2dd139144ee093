/* What the domain reads out of a row's texts: résumés, factors, transcripts, mail templates. Broken
 * input leaves empty lists, never a failure, and every list's members are whole. */
#include "fuzz.h"

#include "hiretty/domain/candidate.h"
#include "hiretty/domain/mail.h"
#include "hiretty/domain/match.h"
#include "hiretty/domain/transcript.h"

#include <string.h>

static void check_text(const char *text)
{
    g_assert_true(!text || g_utf8_validate(text, -1, NULL));
}

static void check_texts(char **texts)
{
    g_assert_nonnull(texts);
    for (int i = 0; texts[i]; i++)
        check_text(texts[i]);
}

static void check_resume(const char *text)
{
    g_autoptr(HtResume) resume = g_new0(HtResume, 1);
    ht_resume_read(resume, text);
    for (guint i = 0; i < resume->experience->len; i++) {
        const HtExperience *one = resume->experience->pdata[i];
        check_text(one->title);
        check_text(one->description);
        check_texts(one->technologies);
    }
    for (guint i = 0; i < resume->education->len; i++)
        check_text(((HtEducation *)resume->education->pdata[i])->institution);
    for (guint i = 0; i < resume->gaps->len; i++)
        check_text(((HtGap *)resume->gaps->pdata[i])->note);
    check_texts(resume->technical);
    check_texts(resume->soft);
    check_texts(resume->languages);
}

static void check_factors(const char *text)
{
    g_autoptr(HtExplanation) explanation = g_new0(HtExplanation, 1);
    ht_explanation_read_factors(explanation, text);
    for (guint i = 0; i < explanation->factors->len; i++) {
        const HtFactor *factor = explanation->factors->pdata[i];
        check_text(factor->name);
        check_text(factor->quote);
        g_assert_cmpint(factor->weight, >=, 1);
        g_assert_cmpint(factor->weight, <=, 5);
        g_assert_cmpint(factor->score_centi, >=, 0);
        g_assert_cmpint(factor->score_centi, <=, 10000);
        g_assert_nonnull(ht_verdict_name(factor->verdict));
    }
}

static void check_transcript(const char *text, bool voice)
{
    g_autoptr(HtTranscript) transcript = g_new0(HtTranscript, 1);
    if (voice)
        ht_transcript_read_segments(transcript, text);
    else
        ht_transcript_read_messages(transcript, text);
    ht_transcript_read_analysis(transcript, text);
    for (guint i = 0; transcript->turns && i < transcript->turns->len; i++) {
        const HtTurn *turn = transcript->turns->pdata[i];
        check_text(turn->text);
        check_texts(turn->flags);
    }
}

/* A template, and the value of {{name}}. */
static void check_mail(const uint8_t *data, size_t size)
{
    g_auto(GStrv) texts = fuzz_texts(data, size, 3);
    g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(values, (gpointer) "name", texts[2]);
    g_autoptr(HtMail) mail = ht_mail_render(texts[0], texts[1], values);
    g_assert_nonnull(mail->subject);
    g_assert_nonnull(mail->body);
    g_assert_cmpint(ht_mail_is_ready(mail), ==, !mail->unfilled[0]);
    for (int i = 0; mail->unfilled[i]; i++) {
        for (int k = 0; k < i; k++)
            g_assert_cmpstr(mail->unfilled[k], !=, mail->unfilled[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    g_autofree char *text = fuzz_text(data + 1, size - 1);
    if (data[0] % 4 == 0)
        check_resume(text);
    else if (data[0] % 4 == 1)
        check_factors(text);
    else if (data[0] % 4 == 2)
        check_transcript(text, data[0] & 64);
    else
        check_mail(data + 1, size - 1);
    return 0;
}
