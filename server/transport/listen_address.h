/* The address the log listens on: "127.0.0.1:8080" or "[::1]:8080", numbers only. */
#ifndef VOUCH_SERVER_TRANSPORT_LISTEN_ADDRESS_H
#define VOUCH_SERVER_TRANSPORT_LISTEN_ADDRESS_H

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/err.h"

struct listen_address {
    struct sockaddr_storage socket_address;
    socklen_t len;
};

MUST_USE bool listen_address_parse(struct listen_address *out, const char *text, struct err *err);

/* Whether only this machine can reach it. */
bool listen_address_is_loopback(const struct listen_address *address);

/* A listening socket; ERR_BUSY when the port is taken. The caller closes it. */
MUST_USE bool listen_address_open(const struct listen_address *address, int *out_fd,
                                  struct err *err);

/* Appends the address a socket really has: port 0 becomes the port it was given. */
void listen_address_append(struct buf *out, int fd);

#endif
