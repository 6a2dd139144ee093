/* Reading unsent ops out of a file that SQLite does not open any more. It looks at every page by
 * itself, of the file and of the committed part of its WAL, and takes what reads like a row of the
 * table `ops`; so one bad page costs the rows on it and nothing else, whichever page it is. The
 * later version of a row wins. Format: https://www.sqlite.org/fileformat2.html */
#include "internal.h"

#include "hiretty/base/log.h"

#include <string.h>

#define FILE_MAX ((gsize)1 << 30)
#define PAGE_DEFAULT 8192
#define WAL_HEADER 32
#define FRAME_HEADER 24
#define COLUMNS_MIN 16 /* of `ops`, in the order of sql/outbox/schema/030_ops.sql */
#define COLUMNS_MAX 40
#define OP_MAX ((gsize)8 << 20)

typedef struct {
    const guint8 *data;
    gsize len;
} Span;

typedef struct {
    gsize page_size;
    Span file, wal;
    GHashTable *pages; /* number → its newest committed place in the WAL */
    GHashTable *ops;   /* HtUuid → HtOp */
} Salvage;

typedef struct {
    gint64 type; /* serial type */
    Span value;
} Value;

/* ---- the format's numbers */

static guint32 big32(const guint8 *p)
{
    return (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3];
}

/* Moves the span on; false at its end. */
static bool take_varint(Span *span, gint64 *value)
{
    guint64 v = 0;
    for (int i = 0; i < 9; i++) {
        if (span->len == 0)
            return false;
        guint8 byte = *span->data++;
        span->len--;
        v = i < 8 ? v << 7 | (byte & 0x7f) : v << 8 | byte;
        if (i == 8 || !(byte & 0x80))
            break;
    }
    *value = (gint64)v;
    return true;
}

static gint64 length_of(gint64 type)
{
    static const gint64 fixed[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (type < 0)
        return -1;
    if (type < (gint64)G_N_ELEMENTS(fixed))
        return fixed[type];
    return type < 12 ? -1 : (type - 12) / 2;
}

static gint64 int_of(const Value *value)
{
    if (value->type == 8 || value->type == 9)
        return value->type - 8;
    if (value->type < 1 || value->type > 6)
        return -1;
    guint64 v = value->value.data[0] & 0x80 ? G_MAXUINT64 : 0;
    for (gsize i = 0; i < value->value.len; i++)
        v = v << 8 | value->value.data[i];
    return (gint64)v;
}

static bool is_text(const Value *value)
{
    return value->type >= 13 && value->type % 2 == 1 &&
           g_utf8_validate((const char *)value->value.data, (gssize)value->value.len, NULL);
}

static char *text_of(const Value *value)
{
    return is_text(value) ? g_strndup((const char *)value->value.data, value->value.len) : NULL;
}

static bool uuid_of(const Value *value, HtUuid *out)
{
    memset(out, 0, sizeof *out);
    if (value->type != 12 + 2 * (gint64)sizeof out->b)
        return false;
    memcpy(out->b, value->value.data, sizeof out->b);
    return true;
}

/* ---- rows */

static bool read_values(Span record, Value values[COLUMNS_MAX], int *n)
{
    Span header = record;
    gint64 header_len;
    if (!take_varint(&header, &header_len) || header_len < 1 || (gsize)header_len > record.len)
        return false;
    header.len = (gsize)header_len - (gsize)(header.data - record.data);
    Span body = {record.data + header_len, record.len - (gsize)header_len};
    *n = 0;
    while (header.len > 0) {
        gint64 type;
        if (*n == COLUMNS_MAX || !take_varint(&header, &type))
            return false;
        gint64 len = length_of(type);
        if (len < 0 || (gsize)len > body.len)
            return false;
        values[(*n)++] = (Value){type, {body.data, (gsize)len}};
        body.data += len;
        body.len -= (gsize)len;
    }
    return true;
}

/* NULL when it is no row of `ops`. */
static HtOp *op_of(gint64 seq, const Value *v, int n)
{
    g_autoptr(HtOp) op = g_new0(HtOp, 1);
    gint64 state = n >= COLUMNS_MIN ? int_of(&v[5]) : -1, fn = n >= COLUMNS_MIN ? int_of(&v[3]) : 0;
    if (n < COLUMNS_MIN || v[0].type != 0 || !uuid_of(&v[2], &op->op) || (fn != 1 && fn != 2) ||
        state < HT_OP_PENDING || state > HT_OP_DROPPED || !uuid_of(&v[8], &op->row) ||
        !is_text(&v[4]) || !is_text(&v[13]))
        return NULL;
    g_autofree char *body = text_of(&v[13]), *prev = text_of(&v[14]);
    op->body = ht_json_parse(body, -1, NULL);
    if (!op->body)
        return NULL;
    op->prev = prev ? ht_json_parse(prev, -1, NULL) : NULL;
    op->seq = seq;
    op->group = int_of(&v[1]);
    op->fn = (int)fn;
    op->kind = text_of(&v[4]);
    op->state = (HtOpState)state;
    op->tbl = (int)int_of(&v[7]);
    uuid_of(&v[9], &op->match);
    uuid_of(&v[10], &op->candidate);
    op->at = int_of(&v[12]);
    op->label = text_of(&v[15]);
    return g_steal_pointer(&op);
}

static void take_record(Salvage *salvage, gint64 rowid, Span record)
{
    Value values[COLUMNS_MAX];
    int n;
    HtOp *op = read_values(record, values, &n) ? op_of(rowid, values, n) : NULL;
    if (op)
        g_hash_table_replace(salvage->ops, &op->op, op);
}

/* ---- pages */

static const guint8 *page_at(const Salvage *salvage, guint32 number)
{
    gsize place = GPOINTER_TO_SIZE(g_hash_table_lookup(salvage->pages, GUINT_TO_POINTER(number)));
    if (place)
        return salvage->wal.data + place;
    gsize start = ((gsize)number - 1) * salvage->page_size;
    return number > 0 && start + salvage->page_size <= salvage->file.len
               ? salvage->file.data + start
               : NULL;
}

/* The rest of a record that is too long for its page. */
static bool follow(const Salvage *salvage, guint32 next, gsize left, GByteArray *record)
{
    gsize usable = salvage->page_size - 4;
    while (left > 0) {
        const guint8 *page = page_at(salvage, next);
        if (!page)
            return false;
        gsize here = MIN(left, usable);
        g_byte_array_append(record, page + 4, (guint)here);
        next = big32(page);
        left -= here;
    }
    return true;
}

static void read_cell(Salvage *salvage, Span cell)
{
    gint64 length, rowid;
    if (!take_varint(&cell, &length) || !take_varint(&cell, &rowid) || length < 1 ||
        (gsize)length > OP_MAX)
        return;
    gsize len = (gsize)length, usable = salvage->page_size, most = usable - 35, local = len;
    if (len > most) {
        gsize least = (usable - 12) * 32 / 255 - 23, odd = least + (len - least) % (usable - 4);
        local = odd <= most ? odd : least;
    }
    if (local + (local < len ? 4 : 0) > cell.len)
        return;
    if (local == len) {
        take_record(salvage, rowid, (Span){cell.data, len});
        return;
    }
    g_autoptr(GByteArray) record = g_byte_array_new();
    g_byte_array_append(record, cell.data, (guint)local);
    if (follow(salvage, big32(cell.data + local), len - local, record))
        take_record(salvage, rowid, (Span){record->data, record->len});
}

/* Neither the page's kind nor its count of cells is believed: the pointers end where nothing was
 * written, and what is no row of `ops` does not read like one. */
static void read_page(Salvage *salvage, const guint8 *page, bool is_first)
{
    gsize start = is_first ? 100 : 0, size = salvage->page_size;
    for (gsize i = start + 8; i + 2 <= size; i += 2) {
        gsize at = (gsize)page[i] << 8 | page[i + 1];
        if (at == 0)
            return;
        if (at > i && at < size)
            read_cell(salvage, (Span){page + at, size - at});
    }
}

static void read_file(Salvage *salvage)
{
    for (gsize at = 0; at + salvage->page_size <= salvage->file.len; at += salvage->page_size)
        read_page(salvage, salvage->file.data + at, at == 0);
}

/* Frames of the present run of the WAL (those of an earlier one have another salt), up to the last
 * one that ends a transaction: first their places are noted, then they are read. */
static void walk_wal(Salvage *salvage, gsize end, bool reads)
{
    gsize step = FRAME_HEADER + salvage->page_size;
    for (gsize at = WAL_HEADER; at + step <= end; at += step) {
        const guint8 *frame = salvage->wal.data + at, *page = frame + FRAME_HEADER;
        guint32 number = big32(frame);
        if (reads)
            read_page(salvage, page, number == 1);
        else
            g_hash_table_insert(salvage->pages, GUINT_TO_POINTER(number),
                                GSIZE_TO_POINTER(at + FRAME_HEADER));
    }
}

static gsize committed_end(const Salvage *salvage)
{
    gsize step = FRAME_HEADER + salvage->page_size, end = 0;
    for (gsize at = WAL_HEADER; at + step <= salvage->wal.len; at += step) {
        const guint8 *frame = salvage->wal.data + at;
        if (memcmp(frame + 8, salvage->wal.data + 16, 8) != 0)
            break;
        if (big32(frame + 4) != 0)
            end = at + step;
    }
    return end;
}

static gsize page_size_of(const Span *file)
{
    gsize size = file->len >= 18 ? (gsize)file->data[16] << 8 | file->data[17] : 0;
    bool is_one = size >= 512 && size <= 32768 && (size & (size - 1)) == 0;
    bool is_ours = file->len >= 16 && memcmp(file->data, "SQLite format 3", 16) == 0;
    return is_one && is_ours ? size : PAGE_DEFAULT;
}

/* The caller frees what it returns, after the span was used. */
static char *load(const char *path, const char *ending, Span *span)
{
    g_autofree char *name = g_strconcat(path, ending, NULL);
    gsize len = 0;
    char *data = ht_file_load_private(name, FILE_MAX, &len, NULL);
    *span = (Span){(const guint8 *)data, data ? len : 0};
    return data;
}

static gint by_seq(gconstpointer a, gconstpointer b)
{
    const HtOp *left = *(HtOp *const *)a, *right = *(HtOp *const *)b;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

GPtrArray *ht_outbox_salvage(const char *path, bool settled)
{
    GPtrArray *unsent = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)ht_op_free);
    Salvage salvage = {0};
    g_autofree char *file = load(path, "", &salvage.file);
    g_autofree char *wal = load(path, "-wal", &salvage.wal);
    salvage.page_size = page_size_of(&salvage.file);
    salvage.pages = g_hash_table_new(NULL, NULL);
    salvage.ops = g_hash_table_new_full(ht_uuid_hash, ht_uuid_equal, NULL,
                                        (GDestroyNotify)(void *)ht_op_free);
    gsize end = committed_end(&salvage);
    walk_wal(&salvage, end, false);
    read_file(&salvage);
    walk_wal(&salvage, end, true);
    GHashTableIter iter;
    gpointer op;
    g_hash_table_iter_init(&iter, salvage.ops);
    while (g_hash_table_iter_next(&iter, NULL, &op)) {
        if (!settled && ((HtOp *)op)->state >= HT_OP_DONE)
            continue;
        g_hash_table_iter_steal(&iter);
        g_ptr_array_add(unsent, op);
    }
    g_ptr_array_sort(unsent, by_seq);
    g_hash_table_unref(salvage.ops);
    g_hash_table_unref(salvage.pages);
    return unsent;
}
