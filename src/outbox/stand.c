/* Where an application stands within one undo or redo. A group may hold two decisions about one
 * application (a reopening, and what was kept behind it), and what is shown follows only once the
 * change is on disk: what the first of them leaves is what the second one meets. */
#include "internal.h"

bool ht_stand_get(HtPlan *plan, const HtUuid *match, HtStand *stand)
{
    const HtStand *left = plan->stands ? g_hash_table_lookup(plan->stands, match) : NULL;
    if (left) {
        *stand = *left;
        return true;
    }
    *stand = (HtStand){0};
    HtMatchRow *row = ht_cache_match(plan->reader, ht_reader_key(plan->reader, match), NULL);
    if (!row)
        return false;
    ht_reader_uuid(plan->reader, row->stage, &stand->stage);
    stand->last = row->last_decision_id;
    stand->is_undone = row->last_decision == HT_DECISION_UNDO;
    ht_match_rows_free(row, 1);
    return true;
}

void ht_stand_set(HtPlan *plan, const HtUuid *match, const HtStand *stand)
{
    if (!plan->stands)
        plan->stands = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, g_free, g_free);
    g_hash_table_insert(plan->stands, ht_uuid_dup(match), g_memdup2(stand, sizeof *stand));
}

void ht_stand_before(HtPlan *plan, const HtOp *op)
{
    HtStand stand = {0};
    ht_json_get_uuid(op->body, "from_stage", &stand.stage);
    ht_json_get_uuid(op->body, "base_decision", &stand.last);
    ht_stand_set(plan, &op->match, &stand);
}

void ht_stand_after(HtPlan *plan, const HtOp *op)
{
    HtStand stand = {.last = op->op, .is_undone = g_str_equal(op->kind, "undo")};
    const HtJson *where = stand.is_undone ? op->prev : op->body;
    if (!ht_json_get_uuid(where, stand.is_undone ? "to" : "to_stage", &stand.stage))
        ht_json_get_uuid(op->body, "from_stage", &stand.stage);
    ht_stand_set(plan, &op->match, &stand);
}
