#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct Proxy {
    int listener, port, to_port;
    GThread *thread;
    gint is_over; /* atomic */
    GMutex lock;
    ProxyFault fault;
    gint64 after, bytes;
    GPtrArray *threads; /* GThread: one a connection */
};

typedef struct {
    Proxy *proxy;
    int client, server;
    ProxyFault fault;
    gint64 after;
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

/* true while the line may go on. */
static bool to_client(Line *line, const char *data, gssize len, gint64 *passed)
{
    gint64 left = line->after - *passed;
    bool is_cutting =
        line->fault == PROXY_CUT || line->fault == PROXY_RESET || line->fault == PROXY_STALL;
    bool ok = true;
    if (is_cutting && len >= left) {
        write_all(line->client, data, (gssize)MAX(left, 0));
        ok = line->fault == PROXY_STALL;
    } else if (line->fault == PROXY_SPLIT && left > 0) {
        ok = write_split(line->client, data, len);
    } else {
        ok = write_all(line->client, data, len);
    }
    *passed += len;
    g_mutex_lock(&line->proxy->lock);
    line->proxy->bytes = *passed;
    g_mutex_unlock(&line->proxy->lock);
    return ok;
}

static gpointer pump(gpointer data)
{
    Line *line = data;
    static _Thread_local char buffer[65536];
    gint64 passed = 0;
    bool is_open = true;
    while (is_open && !g_atomic_int_get(&line->proxy->is_over)) {
        struct pollfd fds[2] = {{.fd = line->client, .events = POLLIN},
                                {.fd = line->server, .events = POLLIN}};
        if (poll(fds, 2, 20) <= 0)
            continue;
        if (fds[0].revents) {
            gssize n = recv(line->client, buffer, sizeof buffer, 0);
            is_open = n > 0 && write_all(line->server, buffer, n);
        }
        if (is_open && fds[1].revents) {
            gssize n = recv(line->server, buffer, sizeof buffer, 0);
            is_open = n > 0 && to_client(line, buffer, n, &passed);
        }
    }
    if (line->fault == PROXY_RESET) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(line->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(line->client);
    close(line->server);
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
        *line = (Line){.proxy = proxy,
                       .client = client,
                       .server = server,
                       .fault = proxy->fault,
                       .after = proxy->after};
        proxy->bytes = 0;
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

void proxy_set(Proxy *proxy, ProxyFault fault, gint64 after)
{
    g_mutex_lock(&proxy->lock);
    proxy->fault = fault;
    proxy->after = after;
    g_mutex_unlock(&proxy->lock);
}

gint64 proxy_bytes(Proxy *proxy)
{
    g_mutex_lock(&proxy->lock);
    gint64 bytes = proxy->bytes;
    g_mutex_unlock(&proxy->lock);
    return bytes;
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
