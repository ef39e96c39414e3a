// A server that sends every message back: one thread, epoll, any number of connections.
//
//     echo_server [--port N] [--origin ORIGIN] [--connections N]
//
// * "/" echoes text and binary messages of up to 16 MiB; without an upgrade it is a page.
// * "/close?code=4001&reason=bye" closes right after the opening handshake.
//
// "--port 0", the default, has the system choose one. "--origin" lets in only pages of that origin; any are let
// in by default. It ends after so many connections, or at SIGTERM or SIGINT, having told everybody goodbye.
//
// echo_peer.c is what one connection does; here is the loop around all of them.
#define _GNU_SOURCE

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "echo_peer.h"

enum { EVENTS = 64, ALARM_SLACK = 50 };

// A connection among others.
struct member {
    struct peer peer;
    uint32_t interest; // what epoll watches
    struct member *next, *previous;
};

struct server {
    struct service service;
    int listener, signals, poller;
    struct member *members;
    unsigned long left;  // connections to accept; 0: any number
    uint64_t next_alarm; // no connection has an earlier deadline
    bool out_of_files;
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

// Waits for connections, or does not: there is no file descriptor for them until another has ended.
static void listen_again(struct server *server, bool again) {
    struct epoll_event wanted = {.events = again ? EPOLLIN : 0, .data.ptr = &server->listener};
    server->out_of_files = !again;
    if (server->listener >= 0) epoll_ctl(server->poller, EPOLL_CTL_MOD, server->listener, &wanted);
}

static void drop(struct server *server, struct member *member) {
    peer_end(&member->peer); // epoll forgets a socket that is closed
    if (member->next) member->next->previous = member->previous;
    *(member->previous ? &member->previous->next : &server->members) = member->next;
    free(member);
    if (server->out_of_files) listen_again(server, true);
}

// Has a connection do what it can. It may be gone afterwards.
static void drive(struct server *server, struct member *member, enum readiness readiness) {
    struct peer *peer = &member->peer;
    peer_drive(peer, &server->service, readiness);
    if (wsp_connection_state(peer->connection) == WSP_STATE_CLOSED) {
        drop(server, member);
        return;
    }
    if (peer->deadline < server->next_alarm) server->next_alarm = peer->deadline;
    uint32_t interest = (peer_may_read(peer) ? EPOLLIN : 0) | (peer->blocked ? EPOLLOUT : 0);
    if (interest != member->interest) {
        struct epoll_event wanted = {.events = interest, .data.ptr = member};
        if (epoll_ctl(server->poller, EPOLL_CTL_MOD, peer->socket, &wanted)) fail("epoll_ctl");
        member->interest = interest;
    }
}

static void watch(struct server *server, int file, void *who) {
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = who};
    if (epoll_ctl(server->poller, EPOLL_CTL_ADD, file, &wanted)) fail("epoll_ctl");
}

static void stop_listening(struct server *server) {
    if (server->listener >= 0) close(server->listener);
    server->listener = -1;
}

static void admit(struct server *server) {
    int socket = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        // Anything else is of that connection only.
        if (!server->members && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) fail("accept4");
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            listen_again(server, false);
        return;
    }
    int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    struct member *member = calloc(1, sizeof *member);
    if (!member) fail("calloc");
    *member = (struct member){.interest = EPOLLIN, .next = server->members};
    peer_begin(&member->peer, socket, &server->service);
    if (server->members) server->members->previous = member;
    server->members = member;
    watch(server, socket, member);
    if (server->left && --server->left == 0) stop_listening(server);
    drive(server, member, UNKNOWN); // its first tick: from here on the handshake has to be in time
}

// Looks at the connections that have something to do though nothing has come. A search of all of them, but
// not too often, so that a deadline costs nothing until it passes.
static void ring(struct server *server, uint64_t now) {
    if (now < server->next_alarm) return;
    server->next_alarm = WSP_NEVER;
    for (struct member *member = server->members, *next; member; member = next) {
        next = member->next;
        if (member->peer.deadline <= now)
            drive(server, member, UNKNOWN);
        else if (member->peer.deadline < server->next_alarm)
            server->next_alarm = member->peer.deadline;
    }
    if (server->next_alarm < now + ALARM_SLACK) server->next_alarm = now + ALARM_SLACK;
}

// Says goodbye to everybody. Who does not answer has until WSP_OPTION_CLOSE_TIMEOUT.
static void stop(struct server *server) {
    struct signalfd_siginfo signal;
    if (read(server->signals, &signal, sizeof signal) == sizeof signal)
        printf("told to end by process %u, signal %u\n", signal.ssi_pid, signal.ssi_signo);
    stop_listening(server);
    for (struct member *member = server->members, *next; member; member = next) {
        next = member->next;
        wsp_connection *connection = member->peer.connection;
        if (wsp_close(connection, 1001, NULL) == WSP_STATE) wsp_abort(connection);
        drive(server, member, UNKNOWN);
    }
}

static enum readiness readiness(uint32_t events) {
    return events & (EPOLLERR | EPOLLHUP) ? GONE : events & EPOLLIN ? READABLE : UNKNOWN;
}

static void run(struct server *server) {
    struct epoll_event events[EVENTS];
    while (server->listener >= 0 || server->members) {
        uint64_t now = milliseconds(), wait = server->next_alarm - now;
        if (server->next_alarm < now) wait = 0;
        int timeout = server->next_alarm == WSP_NEVER ? -1 : wait > 60000 ? 60000 : (int)wait;
        int count = epoll_wait(server->poller, events, EVENTS, timeout);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &server->listener) {
                if (server->listener >= 0) admit(server);
            } else if (events[i].data.ptr != &server->signals) {
                drive(server, events[i].data.ptr, readiness(events[i].events));
            } else {
                stop(server);
                break; // some of the others may be gone
            }
        }
        ring(server, milliseconds());
    }
}

static int listen_on(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(listener, (struct sockaddr *)&address, length) || listen(listener, SOMAXCONN) ||
        getsockname(listener, (struct sockaddr *)&address, &length))
        fail("listen");
    printf("listening on ws://127.0.0.1:%u\n", ntohs(address.sin_port));
    return listener;
}

int main(int count, char **arguments) {
    static struct server server = {.next_alarm = WSP_NEVER};
    static const char *const subprotocols[] = {"chat", "superchat", "echo"};
    uint16_t port = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGPIPE, SIG_IGN);

    server.service.config = wsp_config_server();
    if (wsp_has_compression()) wsp_config_set(server.service.config, WSP_OPTION_COMPRESSION, 1);
    server.service.acceptance = wsp_acceptance_new();
    // Everybody may talk to an echo. A server with cookies leaves it at the default, or names origins.
    wsp_acceptance_any_origin(server.service.acceptance);
    for (size_t i = 0; i < sizeof subprotocols / sizeof *subprotocols; i++)
        wsp_acceptance_add_subprotocol(server.service.acceptance, subprotocols[i]);
    for (int i = 1; i < count; i += 2) {
        const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : "";
        wsp_result result = *value ? WSP_OK : WSP_ARGUMENT;
        if (!strcmp(name, "--port"))
            port = (uint16_t)strtoul(value, NULL, 10);
        else if (!strcmp(name, "--connections"))
            server.left = strtoul(value, NULL, 10);
        else if (!strcmp(name, "--origin"))
            result = wsp_acceptance_add_origin(server.service.acceptance, value);
        else
            result = WSP_ARGUMENT;
        if (result != WSP_OK) {
            fprintf(stderr, "%s %s: %s\n", name, value, wsp_result_text(result));
            return 2;
        }
    }

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    server.signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    server.poller = epoll_create1(EPOLL_CLOEXEC);
    if (server.signals < 0 || server.poller < 0) fail("signalfd, epoll_create1");
    server.listener = listen_on(port);
    watch(&server, server.listener, &server.listener);
    watch(&server, server.signals, &server.signals);

    run(&server);

    close(server.poller);
    close(server.signals);
    wsp_acceptance_free(server.service.acceptance);
    wsp_config_free(server.service.config);
    return 0;
}
