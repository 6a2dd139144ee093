/* People and their papers. A résumé's parsed_data was made by a parser from a stranger's file: each
 * part is read on its own, so that one broken entry costs that entry alone. */
#include "hiretty/domain/candidate.h"

#include "json_read.h"

char *ht_person_name(const char *first_name, const char *last_name)
{
    bool first = first_name && *first_name, last = last_name && *last_name;
    return g_strconcat(first ? first_name : "", first && last ? " " : "", last ? last_name : "",
                       NULL);
}

static void experience_free(gpointer data)
{
    HtExperience *item = data;
    g_free(item->title);
    g_free(item->company);
    g_free(item->location);
    g_free(item->start_date);
    g_free(item->end_date);
    g_free(item->description);
    g_strfreev(item->technologies);
    g_free(item);
}

static void education_free(gpointer data)
{
    HtEducation *item = data;
    g_free(item->degree);
    g_free(item->institution);
    g_free(item);
}

static void gap_free(gpointer data)
{
    HtGap *item = data;
    g_free(item->from);
    g_free(item->to);
    g_free(item->note);
    g_free(item);
}

static gpointer read_experience(const HtJson *json)
{
    HtExperience *item = g_new0(HtExperience, 1);
    item->title = ht_domain_json_text(json, "title");
    item->company = ht_domain_json_text(json, "company");
    item->location = ht_domain_json_text(json, "location");
    item->start_date = ht_domain_json_text(json, "start_date");
    item->end_date = ht_domain_json_text(json, "end_date");
    item->description = ht_domain_json_text(json, "description");
    item->is_current = ht_json_get_bool(json, "current", false);
    item->technologies = ht_domain_json_texts(json, "technologies");
    return item;
}

static gpointer read_education(const HtJson *json)
{
    HtEducation *item = g_new0(HtEducation, 1);
    item->degree = ht_domain_json_text(json, "degree");
    item->institution = ht_domain_json_text(json, "institution");
    item->graduation_year = ht_json_get_int(json, "graduation_year", 0);
    return item;
}

static gpointer read_gap(const HtJson *json)
{
    HtGap *item = g_new0(HtGap, 1);
    item->from = ht_domain_json_text(json, "from");
    item->to = ht_domain_json_text(json, "to");
    item->note = ht_domain_json_text(json, "note");
    return item;
}

/* Objects of the array member, each read by `read`. */
static GPtrArray *read_list(const HtJson *root, const char *key, gpointer (*read)(const HtJson *),
                            GDestroyNotify free_item)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(free_item);
    for (const HtJson *e = ht_json_first(ht_json_get(root, key)); e; e = ht_json_next(e))
        if (ht_json_type(e) == HT_JSON_OBJECT)
            g_ptr_array_add(list, read(e));
    return list;
}

static void resume_clear_parsed(HtResume *resume)
{
    g_clear_pointer(&resume->summary, g_free);
    g_clear_pointer(&resume->experience, g_ptr_array_unref);
    g_clear_pointer(&resume->education, g_ptr_array_unref);
    g_clear_pointer(&resume->gaps, g_ptr_array_unref);
    g_clear_pointer(&resume->technical, g_strfreev);
    g_clear_pointer(&resume->soft, g_strfreev);
    g_clear_pointer(&resume->languages, g_strfreev);
}

void ht_resume_read(HtResume *resume, const char *parsed_json)
{
    resume_clear_parsed(resume);
    g_autoptr(HtJson) root = parsed_json ? ht_json_parse(parsed_json, -1, NULL) : NULL;
    const HtJson *skills = ht_json_get(root, "skills");
    resume->summary = ht_domain_json_text(root, "summary");
    resume->experience = read_list(root, "experience", read_experience, experience_free);
    resume->education = read_list(root, "education", read_education, education_free);
    resume->gaps = read_list(root, "gaps", read_gap, gap_free);
    resume->technical = ht_domain_json_texts(skills, "technical");
    resume->soft = ht_domain_json_texts(skills, "soft");
    resume->languages = ht_domain_json_texts(skills, "languages");
}

void ht_tag_free(HtTag *tag)
{
    if (!tag)
        return;
    g_free(tag->tag);
    g_free(tag);
}

void ht_candidate_free(HtCandidate *candidate)
{
    if (!candidate)
        return;
    char *const texts[] = {
        candidate->name,       candidate->first_name,      candidate->last_name,
        candidate->email,      candidate->phone,           candidate->linkedin_url,
        candidate->github_url, candidate->portfolio_url,   candidate->current_title,
        candidate->last_title, candidate->current_company, candidate->last_company,
        candidate->location,   candidate->source,          candidate->timezone,
        candidate->skills,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_clear_pointer(&candidate->tags, g_ptr_array_unref);
    g_free(candidate);
}

void ht_resume_free(HtResume *resume)
{
    if (!resume)
        return;
    resume_clear_parsed(resume);
    g_free(resume->file_name);
    g_free(resume->language);
    g_free(resume);
}

void ht_note_free(HtNote *note)
{
    if (!note)
        return;
    g_free(note->body);
    g_free(note->author);
    g_free(note->visibility);
    g_free(note);
}

void ht_history_item_free(HtHistoryItem *item)
{
    if (!item)
        return;
    g_free(item->job_title);
    g_free(item->actor);
    g_free(item->from_stage);
    g_free(item->to_stage);
    g_free(item->reason);
    g_free(item->text);
    g_free(item);
}
