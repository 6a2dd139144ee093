/* How long a server may keep us waiting. Not "until the next byte": a line that lets one byte a
 * second through would never be given up. Progress is a part of the answer of some size, or bytes
 * of ours that the other side has confirmed, so that a large batch on a slow line has the time it
 * needs. Only the time spent waiting counts, not what a callback took. What the network swallows
 * the kernel notices first (tcp_user_timeout, keepalives); these limits are for servers that are
 * stopped, and for lines that trickle.
 *
 * Nor is everything that comes an answer. A server may say notices and settings at any time, and
 * one that goes on saying them would never be given up. Notices are seen here: what brings them is
 * no progress, and there are few of them. Settings libpq takes in without a word, each in a list
 * that it searches: what it computes over what is no row is limited like a wait. Whatever else a
 * server may think of, a row or a result is whole in the end.
 *
 * The same place counts what arrives: an answer that outgrows its limit ends the connection. It is
 * taken in by parts of a bounded size (intake.c), so that it can be that part larger and no more.
 */
#include "internal.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

/* Less than so many bytes are no progress. */
#define LEAST_BYTES 512
/* What is taken in before it is looked at. */
#define PART_BYTES ((gsize)1 << 20)
/* The kernel does not say when our bytes were confirmed: it is asked so often. */
#define LOOK_US G_USEC_PER_SEC
/* So many notices between two rows are no answer: an update of a schema has tens of them. */
#define NOTICES_MAX 10000
/* One row, or one result, is there after so many times the patience, usually five and a half
 * minutes, however steadily it comes. */
#define WHOLE_SILENCES 30

static int unsent_bytes(int fd)
{
    int n = 0;
    return ioctl(fd, SIOCOUTQ, &n) == 0 && n > 0 ? n : 0;
}

void ht_pg_patience_begin(HtPgConnection *pg, gsize limit)
{
    pg->waited_us = 0;
    pg->got = 0;
    pg->unsent = unsent_bytes(PQsocket(pg->conn));
    pg->answer_bytes = 0;
    pg->answer_limit = limit;
    pg->is_chatting = false;
    ht_pg_patience_row(pg);
}

void ht_pg_patience_row(HtPgConnection *pg)
{
    pg->answer_bytes = 0;
    pg->n_notices = 0;
    pg->computed_us = pg->lasted_us = 0;
}

void ht_pg_patience_sent(HtPgConnection *pg)
{
    pg->lasted_us = 0;
}

void ht_pg_patience_notice(HtPgConnection *pg)
{
    pg->n_notices++;
    pg->waited_us = MAX(pg->waited_us, pg->credited_us);
    pg->credited_us = 0;
}

bool ht_pg_patience_busy(HtPgConnection *pg)
{
    int64_t before_us = g_get_monotonic_time();
    bool is_busy = PQisBusy(pg->conn);
    pg->computed_us += g_get_monotonic_time() - before_us;
    return is_busy;
}

int ht_pg_patience_copy(HtPgConnection *pg, char **bytes)
{
    int64_t before_us = g_get_monotonic_time();
    int n = PQgetCopyData(pg->conn, bytes, 1);
    pg->computed_us += g_get_monotonic_time() - before_us;
    return n;
}

bool ht_pg_patience_holds(HtPgConnection *pg, GError **error)
{
    bool makes_sense = pg->n_notices <= NOTICES_MAX && pg->computed_us <= pg->silence_us;
    if (makes_sense && pg->lasted_us <= WHOLE_SILENCES * pg->silence_us)
        return true;
    pg->is_broken = true;
    if (makes_sense)
        ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL,
                        "%s: an answer was not whole after %" G_GINT64_FORMAT " s", pg->label,
                        pg->lasted_us / G_USEC_PER_SEC);
    else
        ht_pg_error_set(error, HT_PG_ERROR_PROTOCOL, NULL,
                        "%s: the server says much, but no answer (connect again)", pg->label);
    return false;
}

/* Did the other side take some of what we sent? */
static void look_at_unsent(HtPgConnection *pg)
{
    int before = pg->unsent;
    int now = unsent_bytes(PQsocket(pg->conn));
    if (now > before) {
        pg->unsent = now; /* more was handed to the kernel meanwhile */
    } else if (before - now >= LEAST_BYTES || (before > 0 && now == 0)) {
        pg->unsent = now;
        pg->waited_us = 0;
    }
}

bool ht_pg_patience_wait(HtPgConnection *pg, GIOCondition condition, GError **error)
{
    while (ht_pg_patience_holds(pg, error)) {
        look_at_unsent(pg);
        int64_t before_us = g_get_monotonic_time();
        int64_t left_us = MAX(pg->silence_us - pg->waited_us, 0);
        int64_t until_us = before_us + (pg->unsent > 0 ? MIN(left_us, LOOK_US) : left_us);
        g_autoptr(GError) problem = NULL;
        bool is_ready = ht_pg_wait_socket(PQsocket(pg->conn), condition, until_us, pg->cancellable,
                                          "late", &problem);
        int64_t took_us = g_get_monotonic_time() - before_us;
        pg->waited_us += took_us;
        pg->lasted_us += took_us;
        if (is_ready)
            return true;
        bool is_cancelled = g_error_matches(problem, HT_PG_ERROR, HT_PG_ERROR_CANCELLED);
        if (!is_cancelled && pg->waited_us < pg->silence_us)
            continue;
        pg->is_broken = true; /* an answer may still come; nobody may take it for another one's */
        pg->was_silent = !is_cancelled;
        if (is_cancelled)
            g_propagate_error(error, g_steal_pointer(&problem));
        else
            ht_pg_error_set(error, HT_PG_ERROR_OFFLINE, NULL,
                            "%s: the server is silent for %" G_GINT64_FORMAT " s", pg->label,
                            pg->silence_us / G_USEC_PER_SEC);
        return false;
    }
    return false;
}

/* A TLS record may hold more than libpq asks for at once. What is left of it is in no socket, so no
 * poll tells of it: it is asked for until the socket was empty. */
static bool take_part(PGconn *conn)
{
    bool ok = PQconsumeInput(conn);
    while (ok && PQsslInUse(conn) && !ht_pg_intake_was_dry())
        ok = PQconsumeInput(conn);
    return ok;
}

bool ht_pg_patience_consume(HtPgConnection *pg)
{
    pg->credited_us = 0;
    ht_pg_intake_begin(PART_BYTES);
    bool ok = take_part(pg->conn);
    gsize n = ht_pg_intake_end();
    if (!ok)
        return false;
    pg->got += n;
    if (pg->got >= LEAST_BYTES) {
        pg->got = 0;
        pg->credited_us = pg->waited_us; /* a notice among them takes it back */
        pg->waited_us = 0;
    }
    pg->answer_bytes += n;
    if (pg->answer_bytes <= pg->answer_limit)
        return true;
    pg->is_broken = true;
    return false;
}
