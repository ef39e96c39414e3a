// See echo_peer.h: all that an integration has to do.
#define _GNU_SOURCE

#include "echo_peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { SLICES = 16 };

// A message that the output had no room for, and the input behind it: nothing more is read until both are
// done with.
struct held {
    wsp_event_type type;
    size_t length; // of the message; the input stands behind it
    size_t rest;
    uint8_t bytes[];
};

// ---- the application ------------------------------------------------------------------------------------------

static bool is_text(wsp_slice slice, const char *text) {
    return slice.length == strlen(text) && memcmp(slice.data, text, slice.length) == 0;
}

// Decides about a request.
static void answer(const struct service *service, struct peer *peer) {
    static const wsp_header plain[] = {{"Content-Type", "text/plain"}};
    static const char page[] = "Echoes WebSocket messages.\n";
    wsp_connection *connection = peer->connection;
    wsp_slice path = wsp_request_path(connection), query = wsp_request_query(connection);

    if (is_text(path, "/close")) {
        char text[256], reason[124] = "";
        unsigned short code = 1000;
        // What the slices show is gone with the request.
        snprintf(text, sizeof text, "%.*s", (int)query.length, query.data ? (const char *)query.data : "");
        sscanf(text, "code=%hu&reason=%123[^&]", &code, reason);
        if (wsp_accept(connection, service->acceptance) == WSP_OK && wsp_close(connection, code, reason) != WSP_OK)
            wsp_close(connection, 1000, NULL);
    } else if (!is_text(path, "/")) {
        wsp_reject(connection, 404, NULL, 0, NULL, 0);
    } else if (!wsp_request_is_upgrade(connection)) {
        wsp_reject(connection, 200, plain, 1, page, sizeof page - 1);
    } else {
        wsp_accept(connection, service->acceptance);
    }
}

static wsp_result echo(struct peer *peer, wsp_event_type type, const uint8_t *data, size_t length) {
    if (type == WSP_EVENT_TEXT) return wsp_send_text(peer->connection, data, length);
    return wsp_send_binary(peer->connection, data, length);
}

static void report(const struct peer *peer) {
    wsp_close_information end;
    if (wsp_connection_close_information(peer->connection, &end) == WSP_OK) {
        printf("closed code=%u reason=\"", end.received);
        for (size_t i = 0; i < end.reason.length; i++)
            putchar(end.reason.data[i] < ' ' ? '?' : end.reason.data[i]);
        printf("\" clean=%s\n", end.clean ? "true" : "false");
    } else if (wsp_connection_handshake_error(peer->connection) != WSP_OK) {
        printf("refused: %s\n", wsp_result_text(wsp_connection_handshake_error(peer->connection)));
    }
}

// ---- what any application does ------------------------------------------------------------------------------

// The transport is of no more use, in either direction.
static void lose(struct peer *peer) {
    wsp_transport_shut_down(peer->connection);
    wsp_receive_eof(peer->connection);
}

// Writes until nothing is left or the socket takes no more, and says whether that is so; ends the transport
// when asked.
static bool flush(struct peer *peer) {
    union {
        wsp_slice ours[SLICES];
        struct iovec theirs[SLICES]; // the same
    } parts;
    size_t count;
    for (;;) {
        switch (wsp_transmit(peer->connection, parts.ours, SLICES, &count)) {
        case WSP_TRANSMIT_WRITE: {
            ssize_t written = writev(peer->socket, parts.theirs, (int)count);
            if (written >= 0)
                wsp_advance(peer->connection, (size_t)written);
            else if (errno == EAGAIN || errno == EWOULDBLOCK)
                return true;
            else if (errno != EINTR)
                lose(peer);
            break;
        }
        case WSP_TRANSMIT_SHUTDOWN:
            shutdown(peer->socket, SHUT_WR);
            wsp_transport_shut_down(peer->connection);
            break;
        case WSP_TRANSMIT_ABORT:
            wsp_transport_shut_down(peer->connection); // closed from here on: the socket is dropped
            break;
        case WSP_TRANSMIT_IDLE:
            return false;
        }
    }
}

// Keeps a message for later, and the input behind it, out of the read buffer.
static void hold(struct peer *peer, const wsp_event *event, const wsp_input *input) {
    struct held *held = malloc(sizeof *held + event->length + input->length);
    if (!held) {
        wsp_abort(peer->connection);
        return;
    }
    *held = (struct held){.type = event->type, .length = event->length, .rest = input->length};
    if (event->length) memcpy(held->bytes, event->data, event->length);
    if (input->length) memcpy(held->bytes + event->length, input->data, input->length);
    peer->held = held;
}

// Answers each message, up to the first one that there is no room for.
static void receive(struct service *service, struct peer *peer, wsp_input input) {
    wsp_event event;
    wsp_result result;
    while ((result = wsp_receive(peer->connection, &input, &event)) == WSP_OK && event.type != WSP_EVENT_NONE) {
        switch (event.type) {
        case WSP_EVENT_REQUEST:
            answer(service, peer);
            break;
        case WSP_EVENT_TEXT:
        case WSP_EVENT_BINARY:
            result = echo(peer, event.type, event.data, event.length);
            if (result == WSP_SEND_FULL && !flush(peer))
                result = echo(peer, event.type, event.data, event.length);
            if (result == WSP_SEND_FULL) {
                hold(peer, &event, &input);
                return;
            }
            break;
        default: // the Pong to a Ping and the answer to a Close are queued
            break;
        }
    }
    // An error is no reason to stop: the answer to it is queued, and what comes after it is discarded.
    if (result != WSP_OK) printf("failed: %s\n", wsp_result_text(result));
}

// Sends what was kept, and goes on with what came behind it.
static void retry(struct service *service, struct peer *peer) {
    struct held *held = peer->held;
    if (echo(peer, held->type, held->bytes, held->length) == WSP_SEND_FULL) return;
    peer->held = NULL;
    receive(service, peer, (wsp_input){held->bytes + held->length, held->rest});
    free(held);
}

static bool can_retry(const struct peer *peer) {
    return peer->held && !wsp_connection_is_full(peer->connection);
}

bool peer_may_read(const struct peer *peer) {
    return !peer->held && !wsp_connection_is_full(peer->connection);
}

// One read at most: the others want their turn, too. All that it causes goes out together.
static void read_once(struct service *service, struct peer *peer) {
    ssize_t count = read(peer->socket, service->buffer, sizeof service->buffer);
    if (count > 0)
        receive(service, peer, (wsp_input){service->buffer, (size_t)count});
    else if (count == 0)
        wsp_receive_eof(peer->connection);
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        lose(peer);
}

void peer_begin(struct peer *peer, int socket, const struct service *service) {
    *peer = (struct peer){.socket = socket, .connection = wsp_server_new(service->config)};
}

void peer_drive(struct peer *peer, struct service *service, enum readiness readiness) {
    if (readiness != UNKNOWN && peer_may_read(peer))
        read_once(service, peer);
    else if (readiness == GONE)
        lose(peer); // nobody is there any more to make room
    wsp_transmit_step step;
    do {
        if (can_retry(peer)) retry(service, peer);
        peer->blocked = flush(peer);
        // Behind everything else: whatever happens may move the deadline.
        wsp_tick(peer->connection, milliseconds(), &peer->deadline);
        step = wsp_transmit(peer->connection, NULL, 0, NULL);
    } while ((step != WSP_TRANSMIT_IDLE && !(step == WSP_TRANSMIT_WRITE && peer->blocked)) || can_retry(peer));
}

void peer_end(struct peer *peer) {
    report(peer);
    close(peer->socket);
    wsp_connection_free(peer->connection);
    free(peer->held);
}

uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
