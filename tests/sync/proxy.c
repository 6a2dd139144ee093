#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRICKLE_US 20000
#define SWALLOWED_QUIET_US 60000

typedef struct {
    ProxyFault fault;
    ProxySide side;
    gint64 after;
    void (*hook)(gpointer data);
    gpointer data;
} Plan;

struct Proxy {
    int listener, port, to_port;
    GThread *thread;
    gint is_over; /* atomic */
    GMutex lock;
    Plan plan;
    bool was_reached;
    gint64 bytes[2];    /* by ProxySide */
    GPtrArray *threads; /* GThread: one a connection */
};

typedef struct {
    Proxy *proxy;
    int ends[2]; /* by ProxySide: whom bytes come from */
    Plan plan;
    gint64 passed[2];
    bool is_reached, is_deaf;
    gint64 swallowed_us; /* when something was swallowed last */
} Line;

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((guint16)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool write_all(int fd, const char *data, gssize len)
{
    while (len > 0) {
        gssize n = send(fd, data, (gsize)len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        data += n;
        len -= n;
    }
    return true;
}

static bool write_split(int fd, const char *data, gssize len)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (gssize at = 0, n = 1; at < len; at += n, n = n % 7 + 1) {
        n = MIN(n, len - at);
        if (!write_all(fd, data + at, n))
            return false;
    }
    return true;
}

static bool write_slowly(Line *line, int fd, const char *data, gssize len)
{
    for (gssize i = 0; i < len && !g_atomic_int_get(&line->proxy->is_over); i++) {
        if (!write_all(fd, data + i, 1))
            return false;
        g_usleep(TRICKLE_US);
    }
    return true;
}

/* What happens to the bytes behind the place of the fault; false: the line is over. */
static bool misbehave(Line *line, int to, const char *data, gssize len)
{
    switch (line->plan.fault) {
    case PROXY_CUT:
    case PROXY_RESET:
        return false;
    case PROXY_STALL:
        return true;
    case PROXY_SWALLOW:
        line->swallowed_us = g_get_monotonic_time();
        return true;
    case PROXY_HALF_CLOSE:
        shutdown(to, SHUT_WR);
        line->is_deaf = true;
        return true;
    case PROXY_TRICKLE:
        return write_slowly(line, to, data, len);
    case PROXY_PASS:
    case PROXY_SPLIT:
    case PROXY_HOLD:
    default:
        return write_all(to, data, len);
    }
}

static void reach(Line *line)
{
    if (line->is_reached)
        return;
    line->is_reached = true;
    g_mutex_lock(&line->proxy->lock);
    line->proxy->was_reached = true;
    g_mutex_unlock(&line->proxy->lock);
    if (line->plan.fault == PROXY_HOLD && line->plan.hook)
        line->plan.hook(line->plan.data);
}

/* true while the line may go on. */
static bool carry(Line *line, ProxySide side, const char *data, gssize len)
{
    int to = line->ends[!side];
    gint64 left = line->plan.after - line->passed[side];
    bool is_planned = line->plan.fault != PROXY_PASS && side == line->plan.side;
    line->passed[side] += len;
    g_mutex_lock(&line->proxy->lock);
    line->proxy->bytes[side] = line->passed[side];
    g_mutex_unlock(&line->proxy->lock);
    if (line->plan.fault == PROXY_SWALLOW) {
        if (is_planned && len >= left)
            reach(line);
        if (side == PROXY_FROM_SERVER && line->is_reached)
            return misbehave(line, to, data, len);
        return write_all(to, data, len);
    }
    if (is_planned && line->plan.fault == PROXY_SPLIT && left > 0)
        return write_split(to, data, len);
    if (!is_planned || len < left || line->plan.fault == PROXY_SPLIT)
        return write_all(to, data, len);
    gssize whole = (gssize)MAX(left, 0);
    bool ok = write_all(to, data, whole);
    reach(line);
    return ok && misbehave(line, to, data + whole, len - whole);
}

/* An answer was swallowed, and no more of it comes. */
static bool is_swallowed(const Line *line)
{
    return line->swallowed_us > 0 &&
           g_get_monotonic_time() - line->swallowed_us > SWALLOWED_QUIET_US;
}

static gpointer pump(gpointer data)
{
    Line *line = data;
    static _Thread_local char buffer[65536];
    bool is_open = true;
    while (is_open && !is_swallowed(line) && !g_atomic_int_get(&line->proxy->is_over)) {
        struct pollfd fds[2] = {{.fd = line->ends[0], .events = POLLIN},
                                {.fd = line->ends[1], .events = POLLIN}};
        if (line->is_deaf)
            fds[line->plan.side].fd = -1;
        if (poll(fds, 2, 20) <= 0)
            continue;
        for (int side = 0; is_open && side < 2; side++) {
            if (!fds[side].revents)
                continue;
            gssize n = recv(line->ends[side], buffer, sizeof buffer, 0);
            is_open = n > 0 && carry(line, (ProxySide)side, buffer, n);
        }
    }
    if (line->plan.fault == PROXY_RESET && line->is_reached) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        for (int side = 0; side < 2; side++)
            setsockopt(line->ends[side], SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(line->ends[0]);
    close(line->ends[1]);
    g_free(line);
    return NULL;
}

static gpointer accept_all(gpointer data)
{
    Proxy *proxy = data;
    while (!g_atomic_int_get(&proxy->is_over)) {
        struct pollfd fd = {.fd = proxy->listener, .events = POLLIN};
        if (poll(&fd, 1, 20) <= 0)
            continue;
        int client = accept(proxy->listener, NULL, NULL);
        int server = client < 0 ? -1 : connect_to(proxy->to_port);
        if (server < 0) {
            if (client >= 0)
                close(client);
            continue;
        }
        Line *line = g_new0(Line, 1);
        g_mutex_lock(&proxy->lock);
        *line = (Line){.proxy = proxy, .plan = proxy->plan};
        line->ends[PROXY_FROM_CLIENT] = client;
        line->ends[PROXY_FROM_SERVER] = server;
        proxy->bytes[0] = proxy->bytes[1] = 0;
        g_mutex_unlock(&proxy->lock);
        g_ptr_array_add(proxy->threads, g_thread_new("line", pump, line));
    }
    return NULL;
}

Proxy *proxy_start(const char *to_port)
{
    Proxy *proxy = g_new0(Proxy, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    proxy->to_port = atoi(to_port);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(proxy->listener, (struct sockaddr *)&address, len), ==, 0);
    g_assert_cmpint(listen(proxy->listener, 5), ==, 0);
    g_assert_cmpint(getsockname(proxy->listener, (struct sockaddr *)&address, &len), ==, 0);
    proxy->port = ntohs(address.sin_port);
    proxy->threads = g_ptr_array_new();
    g_mutex_init(&proxy->lock);
    proxy->thread = g_thread_new("proxy", accept_all, proxy);
    return proxy;
}

int proxy_port(const Proxy *proxy)
{
    return proxy->port;
}

void proxy_set_side(Proxy *proxy, ProxyFault fault, ProxySide side, gint64 after)
{
    g_mutex_lock(&proxy->lock);
    proxy->plan.fault = fault;
    proxy->plan.side = side;
    proxy->plan.after = after;
    proxy->was_reached = false;
    g_mutex_unlock(&proxy->lock);
}

void proxy_set(Proxy *proxy, ProxyFault fault, gint64 after)
{
    proxy_set_side(proxy, fault, PROXY_FROM_SERVER, after);
}

void proxy_set_hook(Proxy *proxy, void (*hook)(gpointer data), gpointer data)
{
    g_mutex_lock(&proxy->lock);
    proxy->plan.hook = hook;
    proxy->plan.data = data;
    g_mutex_unlock(&proxy->lock);
}

bool proxy_was_reached(Proxy *proxy)
{
    g_mutex_lock(&proxy->lock);
    bool was_reached = proxy->was_reached;
    g_mutex_unlock(&proxy->lock);
    return was_reached;
}

gint64 proxy_bytes_of(Proxy *proxy, ProxySide side)
{
    g_mutex_lock(&proxy->lock);
    gint64 bytes = proxy->bytes[side];
    g_mutex_unlock(&proxy->lock);
    return bytes;
}

gint64 proxy_bytes(Proxy *proxy)
{
    return proxy_bytes_of(proxy, PROXY_FROM_SERVER);
}

void proxy_stop(Proxy *proxy)
{
    g_atomic_int_set(&proxy->is_over, 1);
    g_thread_join(proxy->thread);
    for (guint i = 0; i < proxy->threads->len; i++)
        g_thread_join(proxy->threads->pdata[i]);
    g_ptr_array_unref(proxy->threads);
    close(proxy->listener);
    g_mutex_clear(&proxy->lock);
    g_free(proxy);
}
