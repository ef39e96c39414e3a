// A client and a server talk to each other in memory: every part of the header, used as a C program uses it.
//
// Ends with status 0 and the number of checks if all held. Run under valgrind by ffi/run.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "websocket_proto.h"

static unsigned checks;

#define CHECK(condition)                                                       \
    do {                                                                       \
        checks++;                                                              \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

static bool equals(wsp_slice slice, const char *text) {
    return slice.data && slice.length == strlen(text) && !memcmp(slice.data, text, slice.length);
}

static bool says(const wsp_event *event, wsp_event_type type, const char *payload) {
    return event->type == type && equals((wsp_slice){event->data, event->length}, payload);
}

// What one end has to say, moved to where the other reads it, `at_most` bytes of it. The buffer is of just that
// size, so that valgrind sees who reads or writes beyond it.
static wsp_input carry(wsp_connection *from, size_t at_most) {
    wsp_slice slices[3];
    size_t count, length = 0;
    uint8_t *bytes = malloc(at_most);
    CHECK(bytes);
    while (length < at_most && wsp_transmit(from, slices, 3, &count) == WSP_TRANSMIT_WRITE) {
        size_t before = length;
        CHECK(count > 0 && count <= 3);
        for (size_t i = 0; i < count; i++) {
            size_t part = slices[i].length < at_most - length ? slices[i].length : at_most - length;
            memcpy(bytes + length, slices[i].data, part);
            length += part;
        }
        CHECK(wsp_advance(from, length - before) == WSP_OK);
    }
    uint8_t *exact = realloc(bytes, length ? length : 1);
    CHECK(exact);
    return (wsp_input){exact, length};
}

// Carries all that there is, in pieces, and says what the last event was. Each piece is freed before the next, and
// the event is copied in time.
static wsp_event_type exchange(wsp_connection *from, wsp_connection *to, size_t piece, char *text, size_t room) {
    wsp_event_type last = WSP_EVENT_NONE;
    for (;;) {
        wsp_input input = carry(from, piece);
        uint8_t *bytes = input.data;
        if (input.length == 0) {
            free(bytes);
            return last;
        }
        wsp_event event;
        for (;;) {
            CHECK(wsp_receive(to, &input, &event) == WSP_OK);
            if (event.type == WSP_EVENT_NONE) break;
            last = event.type;
            CHECK(event.length < room);
            if (event.length) memcpy(text, event.data, event.length);
            text[event.length] = 0;
            if (event.type == WSP_EVENT_REQUEST) break;
        }
        CHECK(event.type == WSP_EVENT_REQUEST || input.length == 0);
        free(bytes);
    }
}

struct pair {
    wsp_connection *client, *server;
};

// Both ends, past the opening handshake.
static struct pair open_pair(wsp_config *client_config, wsp_config *server_config) {
    struct pair pair;
    wsp_client_request *request;
    wsp_acceptance *acceptance = wsp_acceptance_new();
    char text[8];
    CHECK(wsp_client_request_new("ws://example.com:8080/chat?room=1", &request) == WSP_OK);
    CHECK(!wsp_client_request_is_secure(request));
    CHECK(equals(wsp_client_request_host(request), "example.com"));
    CHECK(wsp_client_request_port(request) == 8080);
    CHECK(wsp_client_request_add_subprotocol(request, "chat.v2") == WSP_OK);
    CHECK(wsp_client_request_add_subprotocol(request, "chat") == WSP_OK);
    CHECK(wsp_client_request_add_subprotocol(request, "chat") == WSP_SUBPROTOCOL_DUPLICATE);
    CHECK(wsp_client_request_add_subprotocol(request, "no token") == WSP_SUBPROTOCOL_NAME);
    CHECK(wsp_client_request_set_origin(request, "http://example.com:8080") == WSP_OK);
    CHECK(wsp_client_request_add_header(request, "Authorization", "Bearer 42") == WSP_OK);
    CHECK(wsp_client_request_add_header(request, "Host", "a") == WSP_HEADER_RESERVED);
    CHECK(wsp_client_request_add_header(request, "A", "b\r\nC: d") == WSP_HEADER_VALUE);
    CHECK(wsp_client_new(client_config, request, NULL, &pair.client) == WSP_OK);
    wsp_client_request_free(request);
    pair.server = wsp_server_new(server_config);
    CHECK(wsp_connection_state(pair.client) == WSP_STATE_CONNECTING);

    CHECK(exchange(pair.client, pair.server, 7, text, sizeof text) == WSP_EVENT_REQUEST);
    CHECK(wsp_request_is_upgrade(pair.server));
    CHECK(equals(wsp_request_method(pair.server), "GET"));
    CHECK(equals(wsp_request_target(pair.server), "/chat?room=1"));
    CHECK(equals(wsp_request_path(pair.server), "/chat"));
    CHECK(equals(wsp_request_query(pair.server), "room=1"));
    CHECK(equals(wsp_request_host(pair.server), "example.com:8080"));
    CHECK(equals(wsp_request_origin(pair.server), "http://example.com:8080"));
    CHECK(equals(wsp_request_subprotocol_at(pair.server, 0), "chat.v2"));
    CHECK(equals(wsp_request_subprotocol_at(pair.server, 1), "chat"));
    CHECK(!wsp_request_subprotocol_at(pair.server, 2).data);
    CHECK(equals(wsp_header_value(pair.server, "AUTHORIZATION"), "Bearer 42"));
    CHECK(!wsp_header_value(pair.server, "Cookie").data);
    wsp_slice name, value;
    CHECK(wsp_header_at(pair.server, 0, &name, &value) == WSP_OK);
    CHECK(equals(name, "Host") && equals(value, "example.com:8080"));
    CHECK(wsp_header_at(pair.server, 100, &name, &value) == WSP_OK && !name.data && !value.data);

    CHECK(wsp_acceptance_add_subprotocol(acceptance, "chat") == WSP_OK);
    CHECK(wsp_acceptance_add_header(acceptance, "X-Served-By", "7") == WSP_OK);
    CHECK(wsp_acceptance_add_host(acceptance, "example.com") == WSP_OK);
    CHECK(wsp_accept(pair.server, acceptance) == WSP_OK);
    CHECK(wsp_accept(pair.server, acceptance) == WSP_STATE);
    wsp_acceptance_free(acceptance);
    CHECK(!wsp_request_path(pair.server).data);

    wsp_event event;
    wsp_input input = carry(pair.server, 4096);
    uint8_t *bytes = input.data;
    CHECK(wsp_receive(pair.client, &input, &event) == WSP_OK && event.type == WSP_EVENT_OPEN);
    CHECK(wsp_response_status(pair.client) == 101);
    CHECK(equals(wsp_header_value(pair.client, "x-served-by"), "7"));
    CHECK(wsp_receive(pair.client, &input, &event) == WSP_OK && event.type == WSP_EVENT_NONE);
    CHECK(wsp_response_status(pair.client) == 0);
    free(bytes);
    CHECK(equals(wsp_connection_subprotocol(pair.client), "chat"));
    CHECK(equals(wsp_connection_subprotocol(pair.server), "chat"));
    CHECK(wsp_connection_state(pair.client) == WSP_STATE_OPEN);
    CHECK(wsp_connection_state(pair.server) == WSP_STATE_OPEN);
    return pair;
}

// Closes, to the end of both transports.
static void close_pair(struct pair pair) {
    char text[128];
    wsp_close_information end;
    CHECK(wsp_connection_close_information(pair.client, &end) == WSP_STATE);
    CHECK(wsp_close(pair.client, 1005, NULL) == WSP_SEND_CLOSE_CODE);
    CHECK(wsp_close(pair.client, 4000, "so long") == WSP_OK);
    CHECK(wsp_send_text(pair.client, "a", 1) == WSP_SEND_CLOSED);
    CHECK(exchange(pair.client, pair.server, 1, text, sizeof text) == WSP_EVENT_CLOSE && !strcmp(text, "so long"));
    CHECK(exchange(pair.server, pair.client, 4096, text, sizeof text) == WSP_EVENT_CLOSE);
    // The server ends its direction first.
    CHECK(wsp_transmit(pair.client, NULL, 0, NULL) == WSP_TRANSMIT_IDLE);
    CHECK(wsp_transmit(pair.server, NULL, 0, NULL) == WSP_TRANSMIT_SHUTDOWN);
    CHECK(wsp_transport_shut_down(pair.server) == WSP_OK);
    CHECK(wsp_receive_eof(pair.client) == WSP_OK);
    CHECK(wsp_receive_eof(pair.server) == WSP_OK);
    CHECK(wsp_connection_state(pair.client) == WSP_STATE_CLOSED);
    CHECK(wsp_connection_state(pair.server) == WSP_STATE_CLOSED);
    CHECK(wsp_connection_close_information(pair.server, &end) == WSP_OK);
    CHECK(end.clean && end.received == 4000 && end.sent == 4000 && equals(end.reason, "so long"));
    CHECK(end.initiator == WSP_INITIATOR_PEER && end.error == WSP_OK && end.deadline == WSP_DEADLINE_NONE);
    wsp_connection_free(pair.client);
    wsp_connection_free(pair.server);
}

static void messages(wsp_config *client_config, wsp_config *server_config, bool compressed) {
    static const char long_text[] = "all work and no play makes the server a dull peer, all work and no play makes "
                                    "the server a dull peer, all work and no play makes the server a dull peer";
    struct pair pair = open_pair(client_config, server_config);
    char text[512];
    CHECK(wsp_connection_is_compressed(pair.client) == compressed);

    for (size_t piece = 1; piece < 300; piece += 37) {
        CHECK(wsp_send_text(pair.client, long_text, strlen(long_text)) == WSP_OK);
        CHECK(exchange(pair.client, pair.server, piece, text, sizeof text) == WSP_EVENT_TEXT);
        CHECK(!strcmp(text, long_text));
        CHECK(wsp_send_binary(pair.server, "\0\1", 2) == WSP_OK);
        CHECK(exchange(pair.server, pair.client, piece, text, sizeof text) == WSP_EVENT_BINARY);
        CHECK(!memcmp(text, "\0\1", 3));
    }
    CHECK(wsp_send_text(pair.client, NULL, 0) == WSP_OK);
    CHECK(exchange(pair.client, pair.server, 4096, text, sizeof text) == WSP_EVENT_TEXT && !*text);
    CHECK(wsp_ping(pair.client, "are you there?", 14) == WSP_OK);
    CHECK(exchange(pair.client, pair.server, 3, text, sizeof text) == WSP_EVENT_PING);
    CHECK(exchange(pair.server, pair.client, 3, text, sizeof text) == WSP_EVENT_PONG && !strcmp(text, "are you there?"));
    CHECK(wsp_send_fragment(pair.server, WSP_KIND_TEXT, "fra", 3, false) == WSP_OK);
    CHECK(wsp_send_text(pair.server, "a", 1) == WSP_SEND_MESSAGE_OPEN);
    CHECK(wsp_send_fragment(pair.server, WSP_KIND_BINARY, "", 0, true) == WSP_SEND_KIND_MISMATCH);
    CHECK(wsp_send_fragment(pair.server, WSP_KIND_TEXT, "gments", 6, true) == WSP_OK);
    CHECK(exchange(pair.server, pair.client, 5, text, sizeof text) == WSP_EVENT_TEXT && !strcmp(text, "fragments"));

    // A message is sent back while it is held, wherever it stands.
    CHECK(wsp_send_text(pair.client, long_text, strlen(long_text)) == WSP_OK);
    for (bool done = false; !done;) {
        wsp_event event;
        wsp_input input = carry(pair.client, 50);
        uint8_t *bytes = input.data;
        CHECK(wsp_receive(pair.server, &input, &event) == WSP_OK);
        if (event.type == WSP_EVENT_TEXT) {
            CHECK(says(&event, WSP_EVENT_TEXT, long_text));
            CHECK(wsp_send_text(pair.server, event.data, event.length) == WSP_OK);
            done = true;
        }
        free(bytes);
    }
    CHECK(exchange(pair.server, pair.client, 4096, text, sizeof text) == WSP_EVENT_TEXT && !strcmp(text, long_text));

    // One message for many, and a transport that keeps what it writes.
    wsp_prepared *news;
    wsp_slice run;
    CHECK(wsp_prepared_new(server_config, WSP_KIND_TEXT, long_text, strlen(long_text), &news) == WSP_OK);
    CHECK(wsp_send_prepared(pair.client, news) == WSP_SEND_UNMASKED);
    CHECK(wsp_send_prepared(pair.server, news) == WSP_OK);
    wsp_prepared_free(news);
    CHECK(wsp_connection_unsent(pair.server) > 0);
    wsp_output *output = wsp_take_output(pair.server, &run);
    CHECK(output && wsp_connection_unsent(pair.server) == 0 && !wsp_take_output(pair.server, &run));
    uint8_t *copy = malloc(run.length);
    CHECK(copy);
    memcpy(copy, run.data, run.length);
    wsp_input input = {copy, run.length};
    wsp_event event;
    wsp_output_free(output);
    CHECK(wsp_receive(pair.client, &input, &event) == WSP_OK && says(&event, WSP_EVENT_TEXT, long_text));
    free(copy);
    wsp_counters counters;
    CHECK(wsp_connection_counters(pair.server, &counters) == WSP_OK && counters.sent_frames > 10);
    CHECK((counters.received_bytes < 1000) == compressed);
    close_pair(pair);
}

// A client that is refused sees why, and a server that refuses ends its transport.
static void refusal(wsp_config *client_config, wsp_config *server_config) {
    static const wsp_header headers[] = {{"WWW-Authenticate", "Basic realm=\"chat\""}};
    static const wsp_header wrong[] = {{"Content-Length", "7"}};
    wsp_client_request *request;
    wsp_connection *client, *server = wsp_server_new(server_config);
    char text[8];
    CHECK(wsp_client_request_new("ws://[::1]/", &request) == WSP_OK && wsp_client_request_port(request) == 80);
    CHECK(wsp_client_new(client_config, request, NULL, &client) == WSP_OK);
    wsp_client_request_free(request);
    CHECK(exchange(client, server, 4096, text, sizeof text) == WSP_EVENT_REQUEST);
    CHECK(wsp_reject(server, 101, NULL, 0, NULL, 0) == WSP_STATUS_INVALID);
    CHECK(wsp_reject(server, 401, wrong, 1, NULL, 0) == WSP_HEADER_RESERVED);
    CHECK(wsp_reject(server, 401, headers, 1, "who are you?", 12) == WSP_OK);
    wsp_input input = carry(server, 4096);
    uint8_t *bytes = input.data;
    wsp_event event;
    CHECK(wsp_receive(client, &input, &event) == WSP_HANDSHAKE_REFUSED && input.length == 0);
    free(bytes);
    CHECK(wsp_response_status(client) == 401 && equals(wsp_response_body(client), "who are you?"));
    CHECK(equals(wsp_header_value(client, "www-authenticate"), headers[0].value));
    CHECK(wsp_connection_handshake_error(client) == WSP_HANDSHAKE_REFUSED);
    CHECK(wsp_transmit(client, NULL, 0, NULL) == WSP_TRANSMIT_ABORT);
    CHECK(wsp_transport_shut_down(client) == WSP_OK && wsp_connection_state(client) == WSP_STATE_CLOSED);
    CHECK(wsp_transmit(server, NULL, 0, NULL) == WSP_TRANSMIT_SHUTDOWN);
    CHECK(wsp_transport_shut_down(server) == WSP_OK && wsp_receive_eof(server) == WSP_OK);
    CHECK(wsp_connection_state(server) == WSP_STATE_CLOSED);
    wsp_connection_free(client);
    wsp_connection_free(server);
}

// A violation is said once, and the peer is told.
static void violation(wsp_config *server_config) {
    wsp_connection *server = wsp_server_established(server_config);
    uint8_t unmasked[] = {0x81, 0x02, 'n', 'o', 0x81, 0x02, 'n', 'o'};
    wsp_input input = {unmasked, sizeof unmasked};
    wsp_event event;
    CHECK(wsp_receive(server, &input, &event) == WSP_PROTOCOL_UNMASKED_FRAME && input.length == 0);
    CHECK(wsp_receive(server, &input, &event) == WSP_OK && event.type == WSP_EVENT_NONE);
    CHECK(wsp_connection_state(server) == WSP_STATE_CLOSING);
    input = carry(server, 4096);
    CHECK(input.length == 4 && !memcmp(input.data, "\x88\x02\x03\xea", 4)); // 1002
    free(input.data);
    wsp_close_information end;
    CHECK(wsp_connection_close_information(server, &end) == WSP_OK);
    CHECK(end.error == WSP_PROTOCOL_UNMASKED_FRAME && end.sent == 1002 && end.received == 1006 && !end.clean);
    wsp_connection_free(server);
}

int main(void) {
    wsp_config *client_config = wsp_config_client(), *server_config = wsp_config_server();
    uint64_t value;
    CHECK(wsp_config_read(server_config, WSP_OPTION_PING_INTERVAL, &value) == WSP_OK && value == 30000);
    CHECK(wsp_config_read(client_config, WSP_OPTION_PING_INTERVAL, &value) == WSP_OK && value == WSP_NEVER);
    messages(client_config, server_config, false);
    refusal(client_config, server_config);
    violation(server_config);
    if (wsp_has_compression()) {
        CHECK(wsp_config_set(client_config, WSP_OPTION_COMPRESSION, 1) == WSP_OK);
        CHECK(wsp_config_set(server_config, WSP_OPTION_COMPRESSION, 1) == WSP_OK);
        CHECK(wsp_config_set(server_config, WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER, 1) == WSP_OK);
        messages(client_config, server_config, true);
    }
    wsp_config_free(client_config);
    wsp_config_free(server_config);
    wsp_connection_free(NULL);
    wsp_config_free(NULL);
    CHECK(!strcmp(wsp_result_text(WSP_SEND_FULL), "the output is full: transmit first"));
    printf("version %s: %u checks\n", wsp_version(), checks);
    return 0;
}
