#include "server/transport/listen_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { BACKLOG = 1024 };

static struct sockaddr *generic(struct listen_address *address)
{
    return (struct sockaddr *)&address->socket_address;
}

static bool parse_host(struct listen_address *out, const char *host, uint16_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&out->socket_address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->socket_address;

    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        out->len = sizeof(*v4);
        return true;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        out->len = sizeof(*v6);
        return true;
    }
    return false;
}

bool listen_address_parse(struct listen_address *out, const char *text, struct err *err)
{
    char host[INET6_ADDRSTRLEN] = "";
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);
    bool in_brackets = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    uint64_t port = 0;
    bool ok;

    *out = (struct listen_address){0};
    if (in_brackets) {
        text++;
        len -= 2;
    }
    ok = len > 0 && len < sizeof(host) && text_parse_uint(&port, bytes_of_text(colon + 1), 65535);
    if (ok) {
        memcpy(host, text, len);
        ok = parse_host(out, host, (uint16_t)port) &&
             in_brackets == (out->socket_address.ss_family == AF_INET6);
    }
    return ok || err_set(err, ERR_INVALID,
                         "\"%.100s\" is not an address and port like 127.0.0.1:8080 or [::1]:8080",
                         text - in_brackets);
}

bool listen_address_is_loopback(const struct listen_address *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->socket_address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->socket_address;

    if (address->socket_address.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Options are inherited by accepted connections: no reply waits for another one's packet. */
static bool prepare(int fd, const struct listen_address *address, struct err *err)
{
    static const int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
        return err_set_errno(err, ERR_IO, errno, "prepare a socket");
    if (bind(fd, (const struct sockaddr *)&address->socket_address, address->len) != 0 ||
        listen(fd, BACKLOG) != 0)
        return err_set_errno(err, errno == EADDRINUSE ? ERR_BUSY : ERR_IO, errno, "listen");
    return true;
}

bool listen_address_open(const struct listen_address *address, int *out_fd, struct err *err)
{
    int fd =
        socket(address->socket_address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return err_set_errno(err, ERR_IO, errno, "create a socket");
    if (!prepare(fd, address, err)) {
        close(fd);
        return false;
    }
    *out_fd = fd;
    return true;
}

void listen_address_append(struct buf *out, int fd)
{
    struct listen_address address = {.len = sizeof(address.socket_address)};
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address.socket_address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address.socket_address;
    char text[INET6_ADDRSTRLEN] = "";

    if (getsockname(fd, generic(&address), &address.len) != 0)
        return;
    if (address.socket_address.ss_family == AF_INET) {
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
        buf_append_format(out, "%s:%u", text, ntohs(v4->sin_port));
    } else {
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
        buf_append_format(out, "[%s]:%u", text, ntohs(v6->sin6_port));
    }
}
