/* Keys of uuids, remembered. A pull names the same jobs, stages and people again and again: a
 * direct-mapped table of 16,384 uuids saves it most look-ups.
 *
 * A first load asks for millions of ids, most of them new. An index over random ids that grows
 * meanwhile costs more than all the rest, so there is none until the load is over: the loader keeps
 * every id in memory, 22 to 27 bytes each (the ids in order of their keys, and a table of keys).
 * Above KEPT_MAX ids the index is built after all and answers instead: slower, but memory stays
 * bounded. When the load is published its ids go along: the wide columns name them all once more.
 *
 * New ids of a load are written in one go, before the rows that name them are committed.
 *
 * All is forgotten after a rollback, because keys made in it never existed; a loader reads the ids
 * of its file again then. */
#include "bulk.h"
#include "internal.h"
#include "schema.h"

#include <string.h>
#include <sys/mman.h>

__extension__ typedef unsigned __int128 Wide;

#define SLOTS 16384u
#define HUGE_BYTES (2u << 20)
#define PAGE_IDS (HUGE_BYTES / (guint32)sizeof(HtUuid))
#define FIRSTS (1u << 16) /* values of an id's first two bytes */
#define FIRST_SHIFT 48
#define SLICE 500000 /* ids that are sorted at once: 8 MB */
#define FETCHED 16   /* ids ahead of the one that is written, which lie anywhere */
#define GUESSES 8    /* a row names few ids that nobody named before */
#define LEAST_BITS 16
#define KEPT_MAX 4000000
guint32 ht_key_cache_max = KEPT_MAX;
/* A slot is a key and, above it, ten more bits of the hash: few other ids are looked at in vain. */
#define KEY_BITS 22
#define KEY_MASK ((1u << KEY_BITS) - 1)
G_STATIC_ASSERT(KEPT_MAX <= KEY_MASK);

/* Every id of a file: keys are 1, 2, 3 … in the order of their making. */
typedef struct {
    GPtrArray *pages; /* HtUuid[PAGE_IDS] each */
    guint32 *slots;   /* open addressing; 0 = empty */
    int bits;
    guint32 n, written; /* the file has those up to `written` */
    guint32 guess;      /* the key that was found last */
    guint64 seed[2];    /* nobody outside can make ids that meet in one slot */
} All;

struct HtKeyCache {
    struct {
        HtUuid id;
        HtKey k; /* 0 = empty */
    } recent[SLOTS];
    bool keeps_all;  /* asked for */
    bool is_shared;  /* others add ids meanwhile: what is not in `all` may be in the file */
    bool has_index;  /* the file is known to have it */
    bool lacks_room; /* there was none for it, the last time somebody tried */
    All *all;        /* NULL: not asked for, not read yet, or too many */
    guint32 max;
};

/* --- All ids of a file */

/* Looked at in random places: with pages of 2 MiB, where the kernel has them, each look is one miss
 * and not two. */
static gpointer scattered_new(gsize bytes)
{
    gpointer memory =
        g_aligned_alloc0(1, bytes, MIN(HUGE_BYTES, (gsize)1 << g_bit_storage(bytes - 1)));
    if (bytes >= HUGE_BYTES)
        madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static void all_free(All *all)
{
    if (!all)
        return;
    g_ptr_array_unref(all->pages);
    g_aligned_free(all->slots);
    g_free(all);
}

static All *all_new(void)
{
    All *all = g_new0(All, 1);
    all->pages = g_ptr_array_new_with_free_func(g_aligned_free);
    all->bits = LEAST_BITS;
    all->slots = scattered_new(sizeof(guint32) << all->bits);
    for (int i = 0; i < 2; i++)
        all->seed[i] = ((guint64)g_random_int() << 32 | g_random_int()) | 1;
    return all;
}

static const HtUuid *all_id(const All *all, guint32 k)
{
    const HtUuid *page = all->pages->pdata[(k - 1) / PAGE_IDS];
    return &page[(k - 1) % PAGE_IDS];
}

static guint64 all_hash(const All *all, const HtUuid *id)
{
    guint64 half[2];
    memcpy(half, id->b, sizeof half);
    Wide product = (Wide)(half[0] ^ all->seed[0]) * (half[1] ^ all->seed[1]);
    return (guint64)product ^ (guint64)(product >> 64);
}

/* What the slot holds of the hash: bits that its place does not tell. */
static guint32 tag_of(guint64 hash)
{
    return (guint32)(hash << KEY_BITS);
}

/* The key of an id (0: none). *slot: where it is, or the empty one where it belongs. */
static HtKey all_find(const All *all, const HtUuid *id, guint64 hash, guint32 **slot)
{
    guint32 mask = (guint32)(((guint64)1 << all->bits) - 1), tag = tag_of(hash);
    guint32 at = (guint32)(hash >> (64 - all->bits));
    for (; all->slots[at]; at = (at + 1) & mask) {
        guint32 k = all->slots[at] & KEY_MASK;
        if ((all->slots[at] & ~KEY_MASK) == tag && memcmp(all_id(all, k), id, sizeof *id) == 0)
            break;
    }
    *slot = &all->slots[at];
    return all->slots[at] & KEY_MASK;
}

static void all_grow(All *all)
{
    g_aligned_free(all->slots);
    all->bits++;
    all->slots = scattered_new(sizeof(guint32) << all->bits);
    for (guint32 k = 1; k <= all->n; k++) {
        guint64 hash = all_hash(all, all_id(all, k));
        guint32 *slot;
        all_find(all, all_id(all, k), hash, &slot);
        *slot = tag_of(hash) | k;
    }
}

/* The id becomes number n + 1; `slot` is what all_find said. */
static void all_add(All *all, guint32 *slot, guint64 hash, const HtUuid *id)
{
    if (all->n % PAGE_IDS == 0)
        g_ptr_array_add(all->pages, scattered_new(HUGE_BYTES));
    HtUuid *page = all->pages->pdata[all->n / PAGE_IDS];
    page[all->n % PAGE_IDS] = *id;
    *slot = tag_of(hash) | ++all->n;
    if (all->n > ((guint64)1 << all->bits) / 100 * 75)
        all_grow(all);
}

/* --- The file */

static HtKey look_up(HtDb *db, const HtUuid *id, GError **error)
{
    HtStmt *find = ht_db_stmt(db, HT_QUERY("id_key"), error);
    if (!find)
        return 0;
    ht_stmt_bind_id(find, 1, id);
    HtKey k = ht_stmt_step(find, error) == HT_STEP_ROW ? ht_stmt_int(find, 0) : 0;
    ht_stmt_reset(find);
    return k;
}

static HtKey make_key(HtDb *db, const HtUuid *id, GError **error)
{
    HtStmt *add = ht_db_stmt(db, HT_QUERY("id_add"), error);
    if (!add)
        return 0;
    ht_stmt_bind_id(add, 1, id);
    return ht_stmt_run(add, error) ? ht_db_last_rowid(db) : 0;
}

/* NULL without error: not all of them can be kept. */
static All *read_all(HtDb *db, guint32 max, GError **error)
{
    HtStmt *list = ht_db_stmt(db, HT_QUERY("ids_all"), error);
    if (!list)
        return NULL;
    All *all = all_new();
    HtStep step;
    bool fits = true;
    while (fits && (step = ht_stmt_step(list, error)) == HT_STEP_ROW) {
        HtUuid id;
        ht_stmt_uuid(list, 1, &id);
        guint64 hash = all_hash(all, &id);
        guint32 *slot;
        fits = all->n < max && all_find(all, &id, hash, &slot) == 0 &&
               ht_stmt_int(list, 0) == (HtKey)all->n + 1;
        if (fits)
            all_add(all, slot, hash, &id);
    }
    ht_stmt_reset(list);
    all->written = all->n;
    if (!fits || step == HT_STEP_ERROR)
        g_clear_pointer(&all, all_free);
    return all;
}

static bool next_unwritten(HtBulk *bulk, gpointer data, GError **error)
{
    All *all = data;
    (void)error;
    if (all->written == all->n)
        return false;
    all->written++;
    ht_bulk_int(bulk, 0, all->written);
    ht_bulk_uuid(bulk, 1, all_id(all, all->written));
    return true;
}

bool ht_key_cache_write(HtKeyCache *cache, HtDb *db, GError **error)
{
    All *all = cache->all;
    if (!all || all->written == all->n)
        return true;
    HtStmt *add = ht_db_stmt(db, HT_QUERY("ids_add"), error);
    return add && ht_bulk_run(ht_db_bulk(db), add, next_unwritten, all, error);
}

/* From now on the index answers. */
static bool stop_keeping(HtKeyCache *cache, HtDb *db, GError **error)
{
    if (!ht_key_cache_write(cache, db, error))
        return false;
    g_clear_pointer(&cache->all, all_free);
    cache->keeps_all = false;
    cache->has_index = true;
    return ht_schema_add_keys(db, NULL, NULL, error);
}

static bool ensure_all(HtKeyCache *cache, HtDb *db, GError **error)
{
    if (cache->all || !cache->keeps_all)
        return true;
    g_autoptr(GError) why = NULL;
    cache->all = read_all(db, cache->max, &why);
    if (cache->all)
        return true;
    if (!why)
        return stop_keeping(cache, db, error);
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

static HtKey get_kept(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error)
{
    guint64 hash = all_hash(cache->all, id);
    guint32 *slot;
    HtKey k = all_find(cache->all, id, hash, &slot);
    if (k || !make)
        return k;
    if (cache->all->n >= cache->max)
        return stop_keeping(cache, db, error) ? make_key(db, id, error) : 0;
    all_add(cache->all, slot, hash, id);
    return cache->all->n;
}

/* --- The index of the ids: all that are kept, sorted here, a slice at a time */

typedef struct {
    guint64 start; /* of the id, so that few ids are looked at */
    guint32 k;
} Sorted;

typedef struct {
    const All *all;
    const gint *stop; /* not 0: somebody waits */
    guint32 *firsts;  /* how many ids begin with these two bytes, or where the next of them goes */
    guint32 next;     /* two bytes: the first of the next slice */
    GArray *slice;    /* of Sorted */
    guint32 at;
} Order;

static guint64 start_of(const HtUuid *id)
{
    guint64 start;
    memcpy(&start, id->b, sizeof start);
    return GUINT64_FROM_BE(start);
}

static int compare_ids(gconstpointer a, gconstpointer b, gpointer data)
{
    const Sorted *left = a, *right = b;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return memcmp(all_id(data, left->k), all_id(data, right->k), sizeof(HtUuid));
}

static void count_firsts(Order *order)
{
    for (guint32 k = 1; k <= order->all->n; k++)
        order->firsts[start_of(all_id(order->all, k)) >> FIRST_SHIFT]++;
}

/* Ids by their first two bytes at once, where they are random some twenty each; the rest by
 * comparing. */
static void sort_slice(Order *order)
{
    guint32 first = order->next, n = 0, *places = order->firsts;
    for (; order->next < FIRSTS && (n == 0 || n + places[order->next] <= SLICE); order->next++) {
        guint32 count = places[order->next];
        places[order->next] = n;
        n += count;
    }
    g_array_set_size(order->slice, n);
    Sorted *sorted = (Sorted *)(gpointer)order->slice->data;
    for (guint32 k = 1; k <= order->all->n; k++) {
        guint64 start = start_of(all_id(order->all, k));
        guint32 at = (guint32)(start >> FIRST_SHIFT);
        if (at >= first && at < order->next)
            sorted[places[at]++] = (Sorted){start, k};
    }
    for (guint32 i = first, from = 0; i < order->next; from = places[i++])
        g_qsort_with_data(sorted + from, (int)(places[i] - from), sizeof *sorted, compare_ids,
                          (gpointer)(guintptr)order->all);
    order->at = 0;
}

static bool next_sorted(HtBulk *bulk, gpointer data, GError **error)
{
    Order *order = data;
    if (order->stop && g_atomic_int_get(order->stop) > 0) {
        g_set_error_literal(error, HT_CACHE_ERROR, HT_CACHE_ERROR_INTERRUPTED, "somebody waits");
        return false;
    }
    if (order->at == order->slice->len)
        sort_slice(order);
    if (order->at == order->slice->len)
        return false;
    if (order->at + FETCHED < order->slice->len)
        __builtin_prefetch(
            all_id(order->all, g_array_index(order->slice, Sorted, order->at + FETCHED).k));
    guint32 k = g_array_index(order->slice, Sorted, order->at++).k;
    ht_bulk_uuid(bulk, 0, all_id(order->all, k));
    ht_bulk_int(bulk, 1, k);
    return true;
}

static bool add_sorted(HtDb *db, gpointer data, GError **error)
{
    HtStmt *add = ht_db_stmt(db, "sql/cache/keys/add.sql", error);
    return add && ht_bulk_run(ht_db_bulk(db), add, next_sorted, data, error);
}

/* The file has those ids and no others. */
static bool are_all(const All *all, HtDb *db)
{
    g_auto(HtStmtUse) use = {ht_db_stmt(db, HT_QUERY("ids_last"), NULL)};
    return use.stmt && ht_stmt_step(use.stmt, NULL) == HT_STEP_ROW &&
           ht_stmt_int(use.stmt, 0) == all->n && all->written == all->n;
}

bool ht_key_cache_add_index(HtKeyCache *cache, HtDb *db, const gint *stop, GError **error)
{
    if (!cache->all || ht_schema_has_index(db, HT_KEYS_BY_ID) || !are_all(cache->all, db))
        return ht_schema_add_keys(db, NULL, NULL, error);
    g_autofree guint32 *firsts = g_new0(guint32, FIRSTS);
    g_autoptr(GArray) slice = g_array_new(FALSE, FALSE, sizeof(Sorted));
    Order order = {.all = cache->all, .stop = stop, .firsts = firsts, .slice = slice};
    count_firsts(&order);
    return ht_schema_add_keys(db, add_sorted, &order, error);
}

/* A load is published before its ids have their index. Who adds one makes the index first, so
 * that no id gets two keys; until then the file has no other ids than its loader made. */
static bool ensure_index(HtKeyCache *cache, HtDb *db, bool make, GError **error)
{
    if (!cache->has_index)
        cache->has_index = make ? ht_key_cache_add_index(cache, db, NULL, error)
                                : ht_schema_has_index(db, HT_KEYS_BY_ID);
    return cache->has_index;
}

static GError *no_room_error(void)
{
    return g_error_new_literal(HT_CACHE_ERROR, HT_CACHE_ERROR_FULL, "ids: the disk is full");
}

static HtKey get_indexed(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error)
{
    g_autoptr(GError) why = NULL, no_room = NULL;
    bool is_indexed = ensure_index(cache, db, make && !cache->lacks_room, &why);
    /* A full disk: what is known is found row by row, so that what waits can be shown. */
    if (g_error_matches(why, HT_CACHE_ERROR, HT_CACHE_ERROR_FULL) && ht_db_in_transaction(db))
        cache->lacks_room = true;
    if (cache->lacks_room && !is_indexed)
        no_room = why ? g_steal_pointer(&why) : no_room_error();
    if (!is_indexed && !no_room && (why || cache->all)) {
        if (why)
            g_propagate_error(error, g_steal_pointer(&why));
        return 0;
    }
    HtKey k = look_up(db, id, &why);
    if (!k && !why && make && no_room)
        why = g_steal_pointer(&no_room);
    else if (!k && !why && make)
        k = make_key(db, id, &why);
    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    return k;
}

/* --- Both */

HtKeyCache *ht_key_cache_new(bool keeps_all)
{
    HtKeyCache *cache = g_new0(HtKeyCache, 1);
    cache->keeps_all = keeps_all;
    cache->max = ht_key_cache_max;
    return cache;
}

void ht_key_cache_free(HtKeyCache *cache)
{
    if (!cache)
        return;
    all_free(cache->all);
    g_free(cache);
}

void ht_key_cache_forget(HtKeyCache *cache)
{
    if (!cache->is_shared)
        g_clear_pointer(&cache->all, all_free);
    memset(cache->recent, 0, sizeof cache->recent);
    cache->has_index = cache->lacks_room = false;
}

void ht_key_cache_drop(HtKeyCache *cache)
{
    g_clear_pointer(&cache->all, all_free);
    ht_key_cache_forget(cache);
}

void ht_key_cache_share(HtKeyCache *cache)
{
    cache->keeps_all = false;
    cache->is_shared = true;
}

static HtKey find(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error)
{
    if (!cache->all)
        return get_indexed(cache, db, id, make, error);
    if (!cache->is_shared)
        return get_kept(cache, db, id, make, error);
    HtKey k = get_kept(cache, db, id, false, NULL);
    return k ? k : get_indexed(cache, db, id, make, error);
}

bool ht_key_cache_has_room(HtKeyCache *cache, HtDb *db, guint n, GError **error)
{
    return cache->keeps_all && ensure_all(cache, db, error) && cache->all &&
           cache->all->n + n <= cache->max;
}

/* The wide columns come in the order in which the rows came: the id is mostly one of the next. */
static HtKey guess(All *all, const HtUuid *id)
{
    guint32 last = MIN(all->n, all->guess + GUESSES);
    for (guint32 k = all->guess + 1; k <= last; k++) {
        if (memcmp(all_id(all, k), id, sizeof *id) == 0)
            return all->guess = k;
    }
    return 0;
}

HtKey ht_key_cache_get_own(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error)
{
    if (!ensure_all(cache, db, error))
        return 0;
    if (cache->all && !make) {
        HtKey k = guess(cache->all, id);
        if (!k && (k = find(cache, db, id, false, error)))
            cache->all->guess = (guint32)MIN(k, cache->all->n);
        return k;
    }
    return cache->all ? find(cache, db, id, make, error)
                      : ht_key_cache_get(cache, db, id, make, error);
}

void ht_key_cache_expect(const HtKeyCache *cache, const HtUuid *id, bool is_near)
{
    const All *all = cache->all;
    if (!all)
        return;
    guint64 hash = all_hash(all, id);
    const guint32 *slot = &all->slots[hash >> (64 - all->bits)];
    guint32 k = is_near ? *slot & KEY_MASK : 0;
    if (!is_near)
        __builtin_prefetch(slot);
    else if (k && (*slot & ~KEY_MASK) == tag_of(hash))
        __builtin_prefetch(all_id(all, k));
}

static HtKey get_recent(const HtKeyCache *cache, const HtUuid *id)
{
    guint recent = ht_uuid_hash(id) % SLOTS;
    return ht_uuid_equal(&cache->recent[recent].id, id) ? cache->recent[recent].k : 0;
}

HtKey ht_key_cache_recall(const HtKeyCache *cache, const HtUuid *id)
{
    guint32 *slot;
    HtKey k = get_recent(cache, id);
    return k || !cache->all ? k : all_find(cache->all, id, all_hash(cache->all, id), &slot);
}

void ht_key_cache_note(HtKeyCache *cache, const HtUuid *id, HtKey k)
{
    guint recent = ht_uuid_hash(id) % SLOTS;
    cache->recent[recent].id = *id;
    cache->recent[recent].k = k;
}

HtKey ht_key_cache_get(HtKeyCache *cache, HtDb *db, const HtUuid *id, bool make, GError **error)
{
    if (cache->all && !cache->is_shared)
        return get_kept(cache, db, id, make, error);
    HtKey k = get_recent(cache, id);
    if (k)
        return k;
    if (!ensure_all(cache, db, error))
        return 0;
    k = find(cache, db, id, make, error);
    if (k)
        ht_key_cache_note(cache, id, k);
    return k;
}
