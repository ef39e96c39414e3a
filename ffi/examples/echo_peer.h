// One connection: a socket that never blocks, and the WebSocket that it carries.
#ifndef ECHO_PEER_H
#define ECHO_PEER_H

#include "websocket_proto.h"

struct held;

// All that is kept of a connection. While it is idle there is no buffer among it.
struct peer {
    int socket;
    wsp_connection *connection;
    uint64_t deadline; // when to drive it though nothing has come
    bool blocked;      // the socket takes no more
    struct held *held; // what could not be answered yet
};

// What all connections have in common.
struct service {
    wsp_config *config;
    wsp_acceptance *acceptance;
    // One for everybody: all input is used up before the next connection reads.
    uint8_t buffer[64 * 1024];
};

// What is known of a socket.
enum readiness { UNKNOWN, READABLE, GONE };

// Takes on a socket, which must not block.
void peer_begin(struct peer *peer, int socket, const struct service *service);

// Does all that can be done without waiting. Afterwards the state of the connection, `deadline`, `blocked` and
// `peer_may_read` say what to wait for.
void peer_drive(struct peer *peer, struct service *service, enum readiness readiness);

// Whether there is room for answers: who does not read them gets no more questions in.
bool peer_may_read(const struct peer *peer);

// Closes the socket and frees what was kept; says how the WebSocket ended.
void peer_end(struct peer *peer);

// A clock that never goes back.
uint64_t milliseconds(void);

#endif
