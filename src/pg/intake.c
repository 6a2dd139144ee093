/* How much libpq may read. It makes room for whatever length a message claims, up to 2 GB, and one
 * call of its reads as long as the socket has something: a server that sends faster than it is read
 * decides how much memory that is. libpq has no setting for it, and what lies behind TLS cannot be
 * looked at before it is read. But every byte of a connection, encrypted or not, comes through
 * recv(), and a program's own definition stands before the C library's. Ours is the same call with
 * an allowance: where that is used up, nothing more is there for now (EAGAIN), as it is whenever a
 * line pauses, and the caller of libpq looks at what came before it allows the next part.
 *
 * The allowance is the thread's, and holds between ht_pg_intake_begin and ht_pg_intake_end only:
 * what else in the process receives something is let through. */
#include "internal.h"

#include <errno.h>
#include <sys/socket.h>

static _Thread_local struct {
    bool is_on, was_dry;
    gsize left, taken;
} intake;

void ht_pg_intake_begin(gsize most)
{
    intake.is_on = true;
    intake.was_dry = false;
    intake.left = most;
    intake.taken = 0;
}

gsize ht_pg_intake_end(void)
{
    intake.is_on = false;
    return intake.taken;
}

bool ht_pg_intake_was_dry(void)
{
    return intake.was_dry;
}

void ht_pg_finish(PGconn *conn)
{
    ht_pg_intake_begin(0);
    PQfinish(conn);
    ht_pg_intake_end();
}

/* The C library's, with the allowance. */
ssize_t recv(int fd, void *buffer, size_t length, int flags)
{
    if (!intake.is_on)
        return recvfrom(fd, buffer, length, flags, NULL, NULL);
    if (intake.left == 0 && length > 0) {
        intake.was_dry = true;
        errno = EAGAIN;
        return -1;
    }
    ssize_t n = recvfrom(fd, buffer, MIN(length, intake.left), flags, NULL, NULL);
    intake.was_dry |= n == 0 || (n < 0 && errno != EINTR);
    if (n > 0 && !(flags & MSG_PEEK)) {
        intake.left -= (gsize)n;
        intake.taken += (gsize)n;
    }
    return n;
}
