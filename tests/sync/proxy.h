/* A relay between a client and the test server that misbehaves on demand. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    PROXY_PASS = 0,
    PROXY_CUT,   /* closes both sides after `after` bytes from the server */
    PROXY_RESET, /* the same with a TCP reset */
    PROXY_STALL, /* delivers nothing more, keeps the line open */
    PROXY_SPLIT, /* in pieces of 1 to 7 bytes, the first `after` bytes */
} ProxyFault;

typedef struct Proxy Proxy;

Proxy *proxy_start(const char *to_port);
int proxy_port(const Proxy *proxy);
/* For connections made from now on. */
void proxy_set(Proxy *proxy, ProxyFault fault, gint64 after);
/* Bytes that came from the server on the last connection. */
gint64 proxy_bytes(Proxy *proxy);
void proxy_stop(Proxy *proxy);
