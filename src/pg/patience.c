/* How long a server may keep us waiting. Not "until the next byte": a line that lets one byte a
 * second through would never be given up. Progress is a part of the answer of some size, or bytes
 * of ours that the other side has confirmed, so that a large batch on a slow line has the time it
 * needs. Only the time spent waiting counts, not what a callback took. What the network swallows
 * the kernel notices first (tcp_user_timeout, keepalives); these limits are for servers that are
 * stopped, and for lines that trickle.
 *
 * The same place counts what arrives: libpq makes room for whatever length a message claims (up to
 * 1 GB), so an answer that outgrows its limit ends the connection. One read of libpq takes all that
 * is there, so what comes faster than it is read can go past the limit once. */
#include "internal.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Less than so many bytes are no progress. */
#define LEAST_BYTES 512
/* The kernel does not say when our bytes were confirmed: it is asked so often. */
#define LOOK_US G_USEC_PER_SEC

gsize ht_pg_waiting_bytes(int fd)
{
    int n = 0;
    return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (gsize)n : 0;
}

static int unsent_bytes(int fd)
{
    int n = 0;
    return ioctl(fd, SIOCOUTQ, &n) == 0 && n > 0 ? n : 0;
}

/* All bytes that ever came, where the kernel counts them (TCP); 0 elsewhere. */
static guint64 received_bytes(int fd)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
        return 0;
    return info.tcpi_bytes_received;
}

void ht_pg_patience_begin(HtPgConnection *pg, gsize limit)
{
    pg->waited_us = 0;
    pg->got = 0;
    pg->received = received_bytes(PQsocket(pg->conn));
    pg->unsent = unsent_bytes(PQsocket(pg->conn));
    pg->answer_bytes = 0;
    pg->answer_limit = limit;
    pg->is_chatting = false;
}

void ht_pg_patience_row(HtPgConnection *pg)
{
    pg->answer_bytes = 0;
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
    for (;;) {
        look_at_unsent(pg);
        int64_t before_us = g_get_monotonic_time();
        int64_t left_us = MAX(pg->silence_us - pg->waited_us, 0);
        int64_t until_us = before_us + (pg->unsent > 0 ? MIN(left_us, LOOK_US) : left_us);
        g_autoptr(GError) problem = NULL;
        bool is_ready = ht_pg_wait_socket(PQsocket(pg->conn), condition, until_us, pg->cancellable,
                                          "late", &problem);
        pg->waited_us += g_get_monotonic_time() - before_us;
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
}

bool ht_pg_patience_consume(HtPgConnection *pg)
{
    gsize n = ht_pg_waiting_bytes(PQsocket(pg->conn));
    if (!PQconsumeInput(pg->conn))
        return false;
    guint64 received = received_bytes(PQsocket(pg->conn));
    if (received > 0) {
        n = (gsize)(received - pg->received);
        pg->received = received;
    }
    pg->got += n;
    if (pg->got >= LEAST_BYTES) {
        pg->got = 0;
        pg->waited_us = 0;
    }
    pg->answer_bytes += n;
    if (pg->answer_bytes <= pg->answer_limit)
        return true;
    pg->is_broken = true;
    return false;
}
