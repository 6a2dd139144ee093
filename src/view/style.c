/* The table of roles as code: the header's list says everything. */
#include "hiretty/view/style.h"

#include <string.h>

typedef struct {
    const char *name;
    const char *mark;
} Row;

static const Row table[HT_N_STYLES] = {
#define HT_STYLE_ROW(id, name, mark) [HT_STYLE_##id] = {name, mark},
    HT_STYLES(HT_STYLE_ROW)
#undef HT_STYLE_ROW
};

static bool in_table(HtStyle style)
{
    return (int)style >= 0 && style < HT_N_STYLES;
}

const char *ht_style_name(HtStyle style)
{
    return in_table(style) ? table[style].name : "normal";
}

const char *ht_style_mark(HtStyle style)
{
    return in_table(style) ? table[style].mark : "";
}

bool ht_style_from_name(const char *name, HtStyle *style)
{
    for (int i = 0; name && i < HT_N_STYLES; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *style = (HtStyle)i;
            return true;
        }
    }
    return false;
}
