/* A relay between a client and the test server that misbehaves on demand: it knows nothing of what
 * it carries, TLS or not. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    PROXY_PASS = 0,
    PROXY_CUT,        /* closes both sides after `after` bytes of a direction */
    PROXY_RESET,      /* the same with a TCP reset */
    PROXY_STALL,      /* delivers nothing more of that direction, keeps the line open */
    PROXY_SPLIT,      /* in pieces of 1 to 7 bytes, the first `after` bytes */
    PROXY_TRICKLE,    /* from there on a byte each 20 ms */
    PROXY_HALF_CLOSE, /* the side it went to sees an end, the other direction stays */
    PROXY_SWALLOW, /* from there on the server's answers vanish; the line is cut when they ended */
    PROXY_HOLD,    /* calls the hook once, then passes */
} ProxyFault;

typedef enum { PROXY_FROM_SERVER = 0, PROXY_FROM_CLIENT } ProxySide;

typedef struct Proxy Proxy;

Proxy *proxy_start(const char *to_port);
int proxy_port(const Proxy *proxy);
/* For connections made from now on; counts bytes from the server. */
void proxy_set(Proxy *proxy, ProxyFault fault, gint64 after);
void proxy_set_side(Proxy *proxy, ProxyFault fault, ProxySide side, gint64 after);
/* What PROXY_HOLD calls, in a thread of the proxy. */
void proxy_set_hook(Proxy *proxy, void (*hook)(gpointer data), gpointer data);
/* Was the place of the fault reached since it was set? */
bool proxy_was_reached(Proxy *proxy);
/* Bytes that came from the server, or from the client, on the last connection. */
gint64 proxy_bytes(Proxy *proxy);
gint64 proxy_bytes_of(Proxy *proxy, ProxySide side);
void proxy_stop(Proxy *proxy);
