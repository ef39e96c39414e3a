// Written by ffi/tests/header.rs: change the sources instead.

// WebSocket (RFC 6455) for programs that move the bytes themselves: the C interface of websocket-proto.
//
// The library owns no socket, no clock and no thread. A program has one wsp_connection for each
// transport, from the first byte of the opening handshake to the last of the closing one, and does four
// things with it:
//
//   bytes came          wsp_receive, until it says WSP_EVENT_NONE; at their end wsp_receive_eof
//   there is to send    wsp_send_text, wsp_send_binary, wsp_ping, wsp_close: they only queue
//   the transport is    wsp_transmit says what to do; wsp_advance, or wsp_transport_shut_down, that
//   writable            it was done
//   before each wait    wsp_tick: what time it is, and when to call again at the latest
//
// Every function may be called at every moment. What does not fit the moment returns an error and changes
// nothing. Nothing blocks, nothing calls back.
//
// Rules that hold for all functions:
//
// * Objects are made by functions called ..._new, wsp_config_..., wsp_prepared_... and wsp_..._established,
//   belong to the caller, and are given back once, by the ..._free of their type. Freeing NULL does nothing;
//   freeing twice, or using what was freed, is undefined. Objects keep what they need of each other: they
//   can be freed in any order.
// * Beside WSP_OK, a function that returns a wsp_result returns those that are listed with it, and WSP_PANIC.
// * NULL where an object has to be is WSP_NULL, or the answer that is named there; it is never undefined.
// * Bytes are given as a pointer and a length; the pointer may be NULL if the length is 0. Texts called
//   `const char *` end with a 0 and are UTF-8. The library reads either only during the call.
// * Bytes that the library hands out (wsp_slice, wsp_event) are lent: each function says for how long.
// * Structures that functions fill in need not be initialised, and are untouched unless WSP_OK is returned.
// * An object is used by one thread at a time, whichever; a wsp_config, wsp_acceptance,
//   wsp_client_request and wsp_prepared that nobody changes, by any number of threads. Different objects
//   have nothing to do with each other.
// * Times are milliseconds of a monotonic clock, since whenever.
// * With no memory left the program is aborted. A bug of the library (a Rust panic) is WSP_PANIC.

#ifndef WEBSOCKET_PROTO_H
#define WEBSOCKET_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// --------------------------------------------------------------------------------------------------------------
// Results. Each function says which it returns; after all but WSP_OK and those of wsp_receive nothing has
// changed.
// --------------------------------------------------------------------------------------------------------------

// What came of a call. 0 is success. Others may be added.
typedef enum {
    // It is done.
    WSP_OK = 0,
    // A pointer is NULL that may not be.
    WSP_NULL = 1,
    // A value that cannot be: out of its range, a text that is not UTF-8, a length that nothing has.
    WSP_ARGUMENT = 2,
    // Not at this time of the connection's life, such as wsp_accept without a request.
    WSP_STATE = 3,
    // Not in this build: compression without the feature `deflate`.
    WSP_UNSUPPORTED = 4,
    // The operating system gave no random bytes; nothing falls back to weaker ones.
    WSP_NO_RANDOM_BYTES = 5,
    // A bug of the library. A connection that it happened to is given up: wsp_transmit says
    // WSP_TRANSMIT_ABORT.
    WSP_PANIC = 6,
    // The URI does not begin with ws:// or wss://
    WSP_URI_SCHEME = 20,
    // The URI has a user name or password.
    WSP_URI_CREDENTIALS = 21,
    // The host of the URI is missing or invalid.
    WSP_URI_HOST = 22,
    // The port of the URI is no number from 1 to 65535.
    WSP_URI_PORT = 23,
    // The path or query of the URI has a character that it cannot have.
    WSP_URI_RESOURCE_NAME = 24,
    // The URI has a fragment (#).
    WSP_URI_FRAGMENT = 25,
    // The name of a header is no token.
    WSP_HEADER_NAME = 26,
    // The value of a header has a control character in it.
    WSP_HEADER_VALUE = 27,
    // The library itself sets headers of this name.
    WSP_HEADER_RESERVED = 28,
    // The subprotocol is no token.
    WSP_SUBPROTOCOL_NAME = 29,
    // The subprotocol is offered already.
    WSP_SUBPROTOCOL_DUPLICATE = 30,
    // No origin as browsers write it: scheme://host[:port] or null.
    WSP_ORIGIN_INVALID = 31,
    // No final status of HTTP, 200 to 599.
    WSP_STATUS_INVALID = 32,
    // The connection is closing or closed, so that nothing can be sent.
    WSP_SEND_CLOSED = 100,
    // The output is full: transmit first, then send again. wsp_connection_is_full says when there is room.
    WSP_SEND_FULL = 101,
    // A message in fragments is not finished.
    WSP_SEND_MESSAGE_OPEN = 102,
    // The open message is of the other kind.
    WSP_SEND_KIND_MISMATCH = 103,
    // A Ping or Pong of more than 125 bytes.
    WSP_SEND_CONTROL_TOO_LONG = 104,
    // A close reason of more than 123 bytes.
    WSP_SEND_REASON_TOO_LONG = 105,
    // A status code that this end may not send.
    WSP_SEND_CLOSE_CODE = 106,
    // Text that is not UTF-8.
    WSP_SEND_INVALID_UTF8 = 107,
    // A client cannot send what was prepared: it masks each message anew.
    WSP_SEND_UNMASKED = 108,
    // The peer broke the protocol; what follows says how. The peer is told: a Close is queued.
    WSP_PROTOCOL_ERROR = 200,
    // A reserved bit is set that no extension defines.
    WSP_PROTOCOL_RESERVED_BITS = 201,
    // A reserved opcode.
    WSP_PROTOCOL_RESERVED_OPCODE = 202,
    // A control frame without FIN.
    WSP_PROTOCOL_FRAGMENTED_CONTROL = 203,
    // An unmasked frame from a client.
    WSP_PROTOCOL_UNMASKED_FRAME = 204,
    // A masked frame from a server.
    WSP_PROTOCOL_MASKED_FRAME = 205,
    // A control frame of more than 125 bytes.
    WSP_PROTOCOL_CONTROL_TOO_LONG = 206,
    // A continuation frame with no message open.
    WSP_PROTOCOL_UNEXPECTED_CONTINUATION = 207,
    // A new message inside an unfinished one.
    WSP_PROTOCOL_UNFINISHED_MESSAGE = 208,
    // A payload length that is not in its shortest form.
    WSP_PROTOCOL_LENGTH_NOT_MINIMAL = 209,
    // A payload length with its most significant bit set.
    WSP_PROTOCOL_LENGTH_OVERFLOW = 210,
    // A frame over WSP_OPTION_MAX_FRAME_SIZE.
    WSP_PROTOCOL_FRAME_TOO_LARGE = 211,
    // A message over WSP_OPTION_MAX_MESSAGE_SIZE.
    WSP_PROTOCOL_MESSAGE_TOO_LARGE = 212,
    // A message of more frames than WSP_OPTION_MAX_FRAGMENTS.
    WSP_PROTOCOL_TOO_MANY_FRAGMENTS = 213,
    // A message of more empty frames than WSP_OPTION_MAX_EMPTY_FRAGMENTS.
    WSP_PROTOCOL_TOO_MANY_EMPTY_FRAGMENTS = 214,
    // A compressed message of too many final blocks.
    WSP_PROTOCOL_TOO_MANY_FINAL_BLOCKS = 215,
    // Text that is not UTF-8.
    WSP_PROTOCOL_INVALID_UTF8 = 216,
    // A compressed message that is corrupt or cut off.
    WSP_PROTOCOL_INVALID_COMPRESSION = 217,
    // A Close with a body of one byte.
    WSP_PROTOCOL_CLOSE_PAYLOAD_TOO_SHORT = 218,
    // A Close with a status code that may not be sent.
    WSP_PROTOCOL_INVALID_CLOSE_CODE = 219,
    // A Close whose reason is not UTF-8.
    WSP_PROTOCOL_INVALID_CLOSE_REASON = 220,
    // No memory for the message.
    WSP_PROTOCOL_OUT_OF_MEMORY = 221,
    // The opening handshake has failed; what follows says how. A server's answer is queued.
    WSP_HANDSHAKE_ERROR = 300,
    // A head that is none of HTTP/1.1.
    WSP_HANDSHAKE_MALFORMED = 301,
    // A header that may be there once is there twice.
    WSP_HANDSHAKE_DUPLICATE_HEADER = 302,
    // A head over WSP_OPTION_MAX_HEAD_SIZE.
    WSP_HANDSHAKE_HEAD_TOO_LARGE = 303,
    // A request line over WSP_OPTION_MAX_REQUEST_LINE.
    WSP_HANDSHAKE_REQUEST_LINE_TOO_LONG = 304,
    // More header lines than WSP_OPTION_MAX_HEADERS.
    WSP_HANDSHAKE_TOO_MANY_HEADERS = 305,
    // It took longer than WSP_OPTION_HANDSHAKE_TIMEOUT.
    WSP_HANDSHAKE_TIMEOUT = 306,
    // The peer ended the transport before the handshake was complete.
    WSP_HANDSHAKE_CONNECTION_ENDED = 307,
    // A malformed Sec-WebSocket-Extensions.
    WSP_HANDSHAKE_EXTENSIONS = 308,
    // Connection does not hold Upgrade.
    WSP_HANDSHAKE_CONNECTION = 309,
    // To a server: the method is not GET.
    WSP_HANDSHAKE_METHOD = 310,
    // HTTP/1.0 cannot be upgraded.
    WSP_HANDSHAKE_HTTP_VERSION = 311,
    // To a server: an invalid request target.
    WSP_HANDSHAKE_TARGET = 312,
    // To a server: Host is missing or invalid.
    WSP_HANDSHAKE_HOST = 313,
    // To a server: an upgrade with a body.
    WSP_HANDSHAKE_BODY = 314,
    // To a server: Sec-WebSocket-Key is missing or invalid.
    WSP_HANDSHAKE_KEY = 315,
    // To a server: Sec-WebSocket-Version is missing or malformed.
    WSP_HANDSHAKE_VERSION = 316,
    // To a server: a version other than 13.
    WSP_HANDSHAKE_UNSUPPORTED_VERSION = 317,
    // To a server: a malformed Sec-WebSocket-Protocol.
    WSP_HANDSHAKE_SUBPROTOCOLS = 318,
    // By a server: the request asks for no WebSocket, so that it cannot be accepted. 426 is queued.
    WSP_HANDSHAKE_NOT_UPGRADE = 319,
    // By a server: the origin is not let in. 403 is queued.
    WSP_HANDSHAKE_ORIGIN_REFUSED = 320,
    // By a server: the host is not let in. 403 is queued.
    WSP_HANDSHAKE_HOST_REFUSED = 321,
    // By a server: the client did not offer the subprotocol that is required. 500 is queued.
    WSP_HANDSHAKE_SUBPROTOCOL_NOT_OFFERED = 322,
    // To a client: an answer other than 101, see wsp_response_status.
    WSP_HANDSHAKE_REFUSED = 323,
    // To a client: the 101 came before the request was transmitted.
    WSP_HANDSHAKE_EARLY_RESPONSE = 324,
    // To a client: Upgrade of the 101 is not websocket.
    WSP_HANDSHAKE_UPGRADE = 325,
    // To a client: Sec-WebSocket-Accept does not fit the key.
    WSP_HANDSHAKE_ACCEPT = 326,
    // To a client: a subprotocol that was not offered.
    WSP_HANDSHAKE_UNEXPECTED_SUBPROTOCOL = 327,
    // To a client: an extension that was not offered.
    WSP_HANDSHAKE_UNEXPECTED_EXTENSION = 328,
    // To a client: the answer to permessage-deflate fits no offer.
    WSP_HANDSHAKE_EXTENSION_PARAMETERS = 329,
    // To a client: more responses of 1xx than WSP_OPTION_MAX_INTERIM_RESPONSES.
    WSP_HANDSHAKE_TOO_MANY_INTERIM_RESPONSES = 330,
    // The application gave up: wsp_abort.
    WSP_HANDSHAKE_ABORTED = 331,
} wsp_result;

// Says in English what a result means, for logs.
//
// `result`  a wsp_result
//
// Returns a text that is never freed; for a number that is none, "unknown result".
const char *wsp_result_text(uint32_t result);

// Says which version of the library this is.
//
// Returns a text such as "0.1.0" that is never freed.
const char *wsp_version(void);

// Says whether this build can compress messages (permessage-deflate, RFC 7692).
bool wsp_has_compression(void);

// --------------------------------------------------------------------------------------------------------------
// Bytes in and out.
// --------------------------------------------------------------------------------------------------------------

// Bytes that somebody owns. Not ended by a 0. If there are none at all, `data` is NULL; if there are, but
// they are empty, it is not.
//
// Laid out as `struct iovec` of POSIX.
typedef struct {
    // The first byte.
    const uint8_t *data;
    // How many there are.
    size_t length;
} wsp_slice;

// What the transport has delivered, as far as it was not taken yet: wsp_receive takes bytes off its front.
typedef struct {
    // The first byte that was not taken. What is received is changed in place (unmasked).
    uint8_t *data;
    // How many there are.
    size_t length;
} wsp_input;

// A line of an HTTP head, to be sent. Two texts.
typedef struct {
    // Such as "Set-Cookie"
    const char *name;
    // Such as "id=7"
    const char *value;
} wsp_header;

// --------------------------------------------------------------------------------------------------------------
// Configuration. Start from a preset, change what differs, use it for any number of connections.
// --------------------------------------------------------------------------------------------------------------

// No deadline at all.
#define WSP_NEVER UINT64_MAX

// What can be set. Limits are inclusive; a number that is too large for one means no limit. Times are
// milliseconds; WSP_NEVER switches a deadline off.
typedef enum {
    // Payload bytes of one frame; more fails the connection with 1009. Default: 16 MiB.
    WSP_OPTION_MAX_FRAME_SIZE = 1,
    // Payload bytes of one message, also when inflated; more fails with 1009. Default: 16 MiB.
    WSP_OPTION_MAX_MESSAGE_SIZE = 2,
    // Frames of one message; more fails with 1008. Default: 131,072.
    WSP_OPTION_MAX_FRAGMENTS = 3,
    // Empty frames of one message in fragments; more fails with 1008. Default: 1,024.
    WSP_OPTION_MAX_EMPTY_FRAGMENTS = 4,
    // Pongs that wait to be sent; the oldest makes way. Default: 32.
    WSP_OPTION_MAX_PENDING_PONGS = 5,
    // Bytes queued and not transmitted; sending more is WSP_SEND_FULL. One message of any size fits an empty
    // queue. Default: 1 MiB.
    WSP_OPTION_MAX_WRITE_BUFFER = 6,
    // Bytes up to which a buffer is kept from message to message. Default: 4 MiB.
    WSP_OPTION_RETAIN = 7,
    // Bytes of an HTTP head; more is 431. Default: 16 KiB.
    WSP_OPTION_MAX_HEAD_SIZE = 8,
    // Bytes of its first line; more is 414. Default: 8 KiB.
    WSP_OPTION_MAX_REQUEST_LINE = 9,
    // Lines of a head; more is 431. Default: 100.
    WSP_OPTION_MAX_HEADERS = 10,
    // Extensions that a head may list; more is 400. Default: 32.
    WSP_OPTION_MAX_EXTENSIONS = 11,
    // Parameters of one extension; more is 400. Default: 16.
    WSP_OPTION_MAX_EXTENSION_PARAMETERS = 12,
    // Subprotocols that a head may list; more is 400. Default: 64.
    WSP_OPTION_MAX_SUBPROTOCOLS = 13,
    // Responses of 1xx that a client skips, at most 255. Default: 8.
    WSP_OPTION_MAX_INTERIM_RESPONSES = 14,
    // Bytes that a client keeps of the body of a refusal. Default: 4 KiB.
    WSP_OPTION_MAX_REFUSAL_BODY = 15,
    // From the first wsp_tick of a handshake to its end. Default: 10 s.
    WSP_OPTION_HANDSHAKE_TIMEOUT = 30,
    // From the moment a Close is queued to the end of the transport. Default: 10 s.
    WSP_OPTION_CLOSE_TIMEOUT = 31,
    // With bytes to transmit and none taken by the transport. Default: 30 s.
    WSP_OPTION_WRITE_STALL_TIMEOUT = 32,
    // Without a byte from the peer; the connection is closed with 1001. Default: never.
    WSP_OPTION_IDLE_TIMEOUT = 33,
    // From the opening, and from each Pong, to the next keepalive Ping. Default: servers 30 s, clients never.
    WSP_OPTION_PING_INTERVAL = 34,
    // From a keepalive Ping to its Pong; the connection is failed with 1011. Default: 20 s.
    WSP_OPTION_PONG_TIMEOUT = 35,
    // From the last use of a buffer to its release; not WSP_NEVER. Default: 1 s.
    WSP_OPTION_RELEASE_AFTER = 36,
    // 0: whole messages. 1: WSP_EVENT_CHUNK, data as it arrives, never assembled. Default: 0.
    WSP_OPTION_CHUNKS = 50,
    // 1: each Ping is answered. 0: the application calls wsp_pong. Default: 1.
    WSP_OPTION_AUTOMATIC_PONG = 51,
    // 0: only its Pong shows that a pinged peer is alive. 1: any byte does. Default: 0.
    WSP_OPTION_ALIVE_BY_ANY_BYTES = 52,
    // 1: permessage-deflate is offered by a client and accepted by a server. Default: 0.
    WSP_OPTION_COMPRESSION = 70,
    // How hard to try: 0 (store), 1 (fast) to 9 (small). Default: 6.
    WSP_OPTION_COMPRESSION_LEVEL = 71,
    // Memory of a compressor, 1 (130 KiB beside the window) to 9. Default: 8.
    WSP_OPTION_COMPRESSION_MEMORY_LEVEL = 72,
    // Messages of more bytes than this are compressed. Default: 64.
    WSP_OPTION_COMPRESSION_ABOVE = 73,
    // To a client, 1: if the server declines, the connection is closed with 1010. Default: 0.
    WSP_OPTION_COMPRESSION_REQUIRED = 74,
    // 1: each message from the server is to be compressed on its own. Default: 0.
    WSP_OPTION_SERVER_NO_CONTEXT_TAKEOVER = 75,
    // 1: each message from the client is to be compressed on its own. Default: 0.
    WSP_OPTION_CLIENT_NO_CONTEXT_TAKEOVER = 76,
    // The window that the server compresses with, at most: 8 (256 bytes; our own is 9 then) to 15 (32 KiB). Default: 15.
    WSP_OPTION_SERVER_MAX_WINDOW_BITS = 77,
    // The window that the client compresses with, at most: 8 to 15. Default: 15.
    WSP_OPTION_CLIENT_MAX_WINDOW_BITS = 78,
    // Compressors, and decompressors, that the connections of one configuration keep for each other. Default: 8.
    WSP_OPTION_COMPRESSION_POOL = 79,
} wsp_option;

// The settings of connections.
typedef struct wsp_config wsp_config;

// Makes the configuration of a server: a Ping every 30 s, everything else as it stands at wsp_option.
//
// Returns it; to be given back by wsp_config_free.
wsp_config *wsp_config_server(void);

// Makes the configuration of a client: the same, without Pings of its own accord.
//
// Returns it; to be given back by wsp_config_free.
wsp_config *wsp_config_client(void);

// Changes one setting, for the connections made from here on.
//
// `option`  a wsp_option
//
// WSP_NULL         `config` is NULL
// WSP_ARGUMENT     no such option, or a value that it does not have
// WSP_UNSUPPORTED  compression in a build without it
wsp_result wsp_config_set(wsp_config *config, uint32_t option, uint64_t value);

// Reads one setting.
//
// `option`  a wsp_option
//
// WSP_NULL         `config` or `value` is NULL
// WSP_ARGUMENT     no such option
// WSP_UNSUPPORTED  compression in a build without it
wsp_result wsp_config_read(const wsp_config *config, uint32_t option, uint64_t *value);

// Gives a configuration back. The connections that were made with it keep what they need of it.
void wsp_config_free(wsp_config *config);

// --------------------------------------------------------------------------------------------------------------
// On what terms a server accepts requests. Made once, used for any number of them.
// --------------------------------------------------------------------------------------------------------------

// Who is let in, which subprotocol is chosen, what is added to the response.
typedef struct wsp_acceptance wsp_acceptance;

// Makes the terms that hold unless they are changed: no Origin, or one of the host that the request names;
// any host; no subprotocol; nothing added.
//
// Returns them; to be given back by wsp_acceptance_free.
wsp_acceptance *wsp_acceptance_new(void);

// Lets in pages of every origin: for services that are meant for every page, or look at
// wsp_request_origin themselves. A server with cookies must not do this.
//
// WSP_NULL  `acceptance` is NULL
wsp_result wsp_acceptance_any_origin(wsp_acceptance *acceptance);

// Lets in pages of this origin, and of the others so added, and nobody else. The rest gets 403, also who
// sends no Origin.
//
// `origin`  such as "https://example.com" or "https://example.com:8443"
//
// WSP_NULL            `acceptance` or `origin` is NULL
// WSP_ORIGIN_INVALID  it is none
wsp_result wsp_acceptance_add_origin(wsp_acceptance *acceptance, const char *origin);

// Lets in requests for this host, and for the others so added, and no others: they get 403. For services
// that are reached by known names only, above all on loopback (DNS rebinding).
//
// `host`  as in Host; without a port, such as "localhost" or "[::1]", it stands for every port
//
// WSP_NULL      `acceptance` or `host` is NULL
// WSP_ARGUMENT  it is not UTF-8
wsp_result wsp_acceptance_add_host(wsp_acceptance *acceptance, const char *host);

// Adds a subprotocol to choose from. Chosen is the first that the client offers and that is among them;
// none if there is no such.
//
// WSP_NULL      `acceptance` or `name` is NULL
// WSP_ARGUMENT  it is not UTF-8
wsp_result wsp_acceptance_add_subprotocol(wsp_acceptance *acceptance, const char *name);

// Requires this subprotocol, instead of all that were added: a request that does not offer it gets 500.
// For who has chosen from wsp_request_subprotocol_at.
//
// WSP_NULL      `acceptance` or `name` is NULL
// WSP_ARGUMENT  it is not UTF-8
wsp_result wsp_acceptance_require_subprotocol(wsp_acceptance *acceptance, const char *name);

// Adds a line to the head of the response, such as Set-Cookie.
//
// WSP_NULL             `acceptance`, `name` or `value` is NULL
// WSP_ARGUMENT         `name` or `value` is not UTF-8
// WSP_HEADER_NAME      the name is no token
// WSP_HEADER_VALUE     the value has a control character in it
// WSP_HEADER_RESERVED  the library sets headers of this name itself
wsp_result wsp_acceptance_add_header(wsp_acceptance *acceptance, const char *name, const char *value);

// Declines compression, whatever WSP_OPTION_COMPRESSION says. Without compression in this build there is
// nothing to decline.
//
// WSP_NULL  `acceptance` is NULL
wsp_result wsp_acceptance_without_compression(wsp_acceptance *acceptance);

// Gives the terms back.
void wsp_acceptance_free(wsp_acceptance *acceptance);

// --------------------------------------------------------------------------------------------------------------
// What a client asks for. Made once, used for any number of attempts.
// --------------------------------------------------------------------------------------------------------------

// A URI, and what is to be said with it.
typedef struct wsp_client_request wsp_client_request;

// Makes a request.
//
// `uri`      such as "ws://example.com/chat?room=1" or "wss://..."; with an international host in its ASCII form
// `request`  is filled in; to be given back by wsp_client_request_free
//
// WSP_NULL      `uri` or `request` is NULL
// WSP_ARGUMENT  `uri` is not UTF-8
// WSP_URI_...   what is wrong with it
wsp_result wsp_client_request_new(const char *uri,
                                  wsp_client_request **request);

// Offers a subprotocol as well; the first one is liked best.
//
// WSP_NULL                   `request` or `name` is NULL
// WSP_ARGUMENT               it is not UTF-8
// WSP_SUBPROTOCOL_NAME       it is no token
// WSP_SUBPROTOCOL_DUPLICATE  it is offered already
wsp_result wsp_client_request_add_subprotocol(wsp_client_request *request, const char *name);

// Sends Origin: the origin of the page on whose behalf this is.
//
// WSP_NULL          `request` or `origin` is NULL
// WSP_ARGUMENT      it is not UTF-8
// WSP_HEADER_VALUE  it has a control character in it
wsp_result wsp_client_request_set_origin(wsp_client_request *request, const char *origin);

// Adds a line to the head of the request, such as Authorization or Cookie.
//
// WSP_NULL             `request`, `name` or `value` is NULL
// WSP_ARGUMENT         `name` or `value` is not UTF-8
// WSP_HEADER_NAME      the name is no token
// WSP_HEADER_VALUE     the value has a control character in it
// WSP_HEADER_RESERVED  the library sets headers of this name itself
wsp_result wsp_client_request_add_header(wsp_client_request *request, const char *name, const char *value);

// Says whether TLS comes first: wss.
bool wsp_client_request_is_secure(const wsp_client_request *request);

// Says which host to connect to, and to ask TLS for; an IPv6 address is without its brackets.
//
// Returns a slice that is valid until the request is freed.
wsp_slice wsp_client_request_host(const wsp_client_request *request);

// Says which port to connect to: that of the URI, else 80 or 443.
uint16_t wsp_client_request_port(const wsp_client_request *request);

// Gives the request back. The connections that were made with it do not need it any more.
void wsp_client_request_free(wsp_client_request *request);

// --------------------------------------------------------------------------------------------------------------
// Connections: one for each transport. A server's begins when the transport was accepted, a client's when
// it is connected (for wss: when TLS is ready).
// --------------------------------------------------------------------------------------------------------------

// One WebSocket, without the socket, from the opening handshake to the end.
typedef struct wsp_connection wsp_connection;

// Makes the server's end of a transport, about to receive the request.
//
// Returns it, to be given back by wsp_connection_free; NULL if `config` is NULL.
wsp_connection *wsp_server_new(const wsp_config *config);

// Makes the client's end of a transport. The request is queued.
//
// `seed`        32 bytes that nobody can guess, used once: the masking keys come from them. NULL: from the
//               operating system
// `connection`  is filled in; to be given back by wsp_connection_free
//
// WSP_NULL             `config`, `request` or `connection` is NULL
// WSP_NO_RANDOM_BYTES  `seed` is NULL, and the system has none
wsp_result wsp_client_new(const wsp_config *config,
                          const wsp_client_request *request,
                          const uint8_t *seed,
                          wsp_connection **connection);

// Makes the server's end of a WebSocket whose opening handshake was done elsewhere, without extensions.
//
// Returns it, to be given back by wsp_connection_free; NULL if `config` is NULL.
wsp_connection *wsp_server_established(const wsp_config *config);

// Makes the client's end of a WebSocket whose opening handshake was done elsewhere, without extensions.
//
// `seed`, `connection`  as with wsp_client_new
//
// WSP_NULL             `config` or `connection` is NULL
// WSP_NO_RANDOM_BYTES  `seed` is NULL, and the system has none
wsp_result wsp_client_established(const wsp_config *config, const uint8_t *seed, wsp_connection **connection);

// Gives a connection back, and with it what it has lent. The peer is told nothing: whoever wants a closing
// handshake calls wsp_close and goes on until wsp_connection_state says WSP_STATE_CLOSED.
void wsp_connection_free(wsp_connection *connection);

// --------------------------------------------------------------------------------------------------------------
// What the peer says in its HTTP head: a request, from WSP_EVENT_REQUEST until it was answered; a response,
// from WSP_EVENT_OPEN until the next wsp_receive, or a refusal, from the error until the connection is freed.
//
// The slices are valid for as long. At any other time, and of a NULL connection, `data` is NULL.
// --------------------------------------------------------------------------------------------------------------

// Says whether the request is an upgrade to WebSocket, by all the rules of RFC 6455 4.2.1. If not, it is
// some other request, to be answered by wsp_reject. False without a request.
bool wsp_request_is_upgrade(const wsp_connection *connection);

// The method, such as GET; case matters.
wsp_slice wsp_request_method(const wsp_connection *connection);

// The request target as it was sent.
wsp_slice wsp_request_target(const wsp_connection *connection);

// The path of the target, with nothing decoded; it starts with a slash.
wsp_slice wsp_request_path(const wsp_connection *connection);

// What stands behind the question mark of the target; `data` is NULL if there is none.
wsp_slice wsp_request_query(const wsp_connection *connection);

// The value of Host; `data` is NULL only in HTTP/1.0.
wsp_slice wsp_request_host(const wsp_connection *connection);

// The value of Origin as it was sent; `data` is NULL if there is none, so that it comes from no browser.
wsp_slice wsp_request_origin(const wsp_connection *connection);

// The subprotocol at this place of the client's offer, from 0, the one it likes best first; `data` is NULL
// behind the last.
wsp_slice wsp_request_subprotocol_at(const wsp_connection *connection, size_t index);

// The status of the server's response, such as 101 or 404; 0 without one.
uint16_t wsp_response_status(const wsp_connection *connection);

// The body of a response other than 101, as far as it arrived, up to WSP_OPTION_MAX_REFUSAL_BODY bytes.
wsp_slice wsp_response_body(const wsp_connection *connection);

// The value of the first header of this name, in whichever head there is, without the whitespace around it;
// `data` is NULL if there is none.
//
// `name`  ASCII, in any case; a name of NULL finds nothing
wsp_slice wsp_header_value(const wsp_connection *connection, const char *name);

// The header at this place of whichever head there is, from 0.
//
// `name`, `value`  are filled in; behind the last header with NULL
//
// WSP_NULL  `connection`, `name` or `value` is NULL
wsp_result wsp_header_at(const wsp_connection *connection, size_t index, wsp_slice *name, wsp_slice *value);

// --------------------------------------------------------------------------------------------------------------
// What a server answers to a request.
// --------------------------------------------------------------------------------------------------------------

// Accepts the request: a response of 101 is queued and the connection is open. The rest of the input that
// brought the request is for wsp_receive, as before.
//
// `acceptance`  the terms; NULL: those of wsp_acceptance_new
//
// WSP_NULL           `connection` is NULL
// WSP_STATE          no request waits for an answer
// WSP_HANDSHAKE_...  the terms do not let it in, or it is no upgrade: it is rejected, and the answer is queued
wsp_result wsp_accept(wsp_connection *connection,
                      const wsp_acceptance *acceptance);

// Answers with a response instead of accepting: a page, a redirect, a refusal. It is queued; afterwards the
// transport is ended. Content-Length and Connection: close are added.
//
// `status`   200 to 599; 101 is sent by wsp_accept only
// `headers`  `header_count` lines, NULL if there are none
// `body`     `length` bytes, NULL if there are none. Not sent where HTTP has none (204, 304, HEAD)
//
// WSP_NULL             `connection` is NULL, or a pointer where there is something
// WSP_ARGUMENT         a name or value is not UTF-8
// WSP_STATE            no request waits for an answer
// WSP_STATUS_INVALID   no such status
// WSP_HEADER_NAME      a name is no token
// WSP_HEADER_VALUE     a value has a control character in it
// WSP_HEADER_RESERVED  the library sets headers of this name itself
wsp_result wsp_reject(wsp_connection *connection,
                      uint16_t status,
                      const wsp_header *headers,
                      size_t header_count,
                      const void *body,
                      size_t length);

// --------------------------------------------------------------------------------------------------------------
// Receiving: bytes in, events out.
// --------------------------------------------------------------------------------------------------------------

// What has happened.
typedef enum {
    // Nothing more: the input is used up (or a request waits for its answer).
    WSP_EVENT_NONE = 0,
    // To a server: a request has come. Look at it (wsp_request_...), then call wsp_accept or wsp_reject; until
    // then nothing more is received, and no deadline runs.
    WSP_EVENT_REQUEST = 1,
    // To a client: the server has accepted, the connection is open.
    WSP_EVENT_OPEN = 2,
    // A text message, whole; it is UTF-8.
    WSP_EVENT_TEXT = 3,
    // A binary message, whole.
    WSP_EVENT_BINARY = 4,
    // A part of a message, with WSP_OPTION_CHUNKS. A chunk of text may begin and end inside a character.
    WSP_EVENT_CHUNK = 5,
    // A Ping. Its Pong is queued, unless WSP_OPTION_AUTOMATIC_PONG is off.
    WSP_EVENT_PING = 6,
    // A Pong, asked for or not.
    WSP_EVENT_PONG = 7,
    // The peer's Close, the last event; `data` is its reason, UTF-8. Ours is queued.
    WSP_EVENT_CLOSE = 8,
} wsp_event_type;

// The two kinds of messages.
typedef enum {
    // UTF-8
    WSP_KIND_TEXT = 1,
    // Anything
    WSP_KIND_BINARY = 2,
} wsp_message_kind;

// One thing that the peer said.
typedef struct {
    // What it is.
    wsp_event_type type;
    // Of a text or binary message or a chunk of one.
    wsp_message_kind kind;
    // Whether the message begins with this: in a chunk it may not.
    bool first;
    // Whether the message ends with this.
    bool last;
    // Of a Close: its status code, 1005 if it has none. Else 0.
    uint16_t code;
    // The payload, not ended by a 0. NULL if events of this type have none.
    const uint8_t *data;
    // Bytes of the payload.
    size_t length;
} wsp_event;

// Takes bytes off the front of the input and says what they mean. Call it until it says WSP_EVENT_NONE or
// returns an error; the input is empty then, except when a request waits for its answer: give the rest of
// it to wsp_receive after that.
//
// `input`  what the transport delivered. Its bytes are changed in place
// `event`  is filled in. Its payload stands in the input or belongs to the connection: it is valid until the
//          next wsp_receive of this connection, or its end, and as long as the caller leaves the input alone.
//          Meanwhile it may be sent, also by this connection
//
// What has to be answered, is: a Pong, a Close or an error of HTTP is queued on return, for wsp_transmit.
// After the peer's Close, an error or the end of the transport, input is discarded.
//
// WSP_NULL           `connection`, `input`, its data or `event` is NULL
// WSP_ARGUMENT       a length that nothing has
// WSP_PROTOCOL_...   the peer broke the protocol; said once. The events before it were delivered
// WSP_HANDSHAKE_...  the opening handshake has failed; said once
wsp_result wsp_receive(wsp_connection *connection, wsp_input *input, wsp_event *event);

// Says that the peer will send no more: the end of the stream, or a broken transport. May be said again.
// A message that is not complete is dropped; so is what was queued, unless the peer's Close was received or
// an answer of HTTP is on its way.
//
// WSP_NULL  `connection` is NULL
wsp_result wsp_receive_eof(wsp_connection *connection);

// --------------------------------------------------------------------------------------------------------------
// Sending: messages and control frames are queued; wsp_transmit has them go out. Nothing is queued on error.
// --------------------------------------------------------------------------------------------------------------

// Queues a text message. The text is copied.
//
// `text`  `length` bytes, UTF-8
//
// WSP_NULL               `connection` is NULL, or `text` with a length
// WSP_ARGUMENT           a length that nothing has
// WSP_STATE              the opening handshake is not over
// WSP_SEND_INVALID_UTF8  it is not UTF-8
// WSP_SEND_FULL          more than WSP_OPTION_MAX_WRITE_BUFFER would be queued, and something is
// WSP_SEND_CLOSED        a Close was queued or received, or the connection has ended
// WSP_SEND_MESSAGE_OPEN  a message in fragments is not finished
wsp_result wsp_send_text(wsp_connection *connection, const void *text, size_t length);

// Queues a binary message. The data is copied.
//
// `data`  `length` bytes
//
// Returns what wsp_send_text does, but WSP_SEND_INVALID_UTF8.
wsp_result wsp_send_binary(wsp_connection *connection, const void *data, size_t length);

// Queues one fragment of a message, for messages whose length is not known when they begin. The first one
// fixes the kind.
//
// `kind`  a wsp_message_kind
// `data`  `length` bytes; a fragment of text may end inside a character
// `last`  whether the message ends with this
//
// WSP_NULL                `connection` is NULL, or `data` with a length
// WSP_ARGUMENT            no such kind, or a length that nothing has
// WSP_STATE               the opening handshake is not over
// WSP_SEND_KIND_MISMATCH  the open message is of the other kind
// WSP_SEND_INVALID_UTF8   text that cannot become, or at the end is not, UTF-8; the message stays open
// WSP_SEND_FULL           as with wsp_send_text
// WSP_SEND_CLOSED         as with wsp_send_text
wsp_result wsp_send_fragment(wsp_connection *connection,
                             uint32_t kind,
                             const void *data,
                             size_t length,
                             bool last);

// Queues a Ping. It overtakes queued messages at the next frame boundary.
//
// `data`  `length` bytes, at most 125
//
// WSP_NULL                   `connection` is NULL, or `data` with a length
// WSP_ARGUMENT               a length that nothing has
// WSP_STATE                  the opening handshake is not over
// WSP_SEND_CONTROL_TOO_LONG  more than 125 bytes
// WSP_SEND_FULL              8 KiB of control frames wait already
// WSP_SEND_CLOSED            a Close was queued or received, or the connection has ended
wsp_result wsp_ping(wsp_connection *connection, const void *data, size_t length);

// Queues a Pong: unasked, or by hand with WSP_OPTION_AUTOMATIC_PONG off.
//
// Returns what wsp_ping does; our own Close does not forbid it, only the peer's.
wsp_result wsp_pong(wsp_connection *connection, const void *data, size_t length);

// Begins the closing handshake: queues a Close behind everything that is queued. Messages of the peer are
// delivered until its own Close comes.
//
// `code`    1000 (normal), 1001 (going away), ..., 3000 to 4999 (the application's own); 0: an empty Close
// `reason`  a text of at most 123 bytes; NULL: none. Without a code there is none
//
// WSP_NULL                  `connection` is NULL
// WSP_ARGUMENT              `reason` is not UTF-8
// WSP_STATE                 the opening handshake is not over: wsp_abort
// WSP_SEND_CLOSE_CODE       a code that may not be sent (1004 to 1006, 1015, ...), or not by this end (1010)
// WSP_SEND_REASON_TOO_LONG  more than 123 bytes
// WSP_SEND_CLOSED           a Close was queued or received, or the connection has ended
wsp_result wsp_close(wsp_connection *connection, uint16_t code, const char *reason);

// Says whether the messages that are begun from here on may be compressed, if compression was agreed on:
// for a secret on a connection that an attacker sends on, too (RFC 7692 8). True at first.
//
// WSP_NULL         `connection` is NULL
// WSP_STATE        the opening handshake is not over
// WSP_UNSUPPORTED  not in this build
// WSP_SEND_CLOSED  there is no connection any more
wsp_result wsp_set_compress(wsp_connection *connection, bool compress);

// --------------------------------------------------------------------------------------------------------------
// Broadcasts: a message encoded (and compressed) once, sent to any number of a server's connections.
// --------------------------------------------------------------------------------------------------------------

// A message that is ready to be sent. More than 512 bytes are referenced by each connection, not copied.
typedef struct wsp_prepared wsp_prepared;

// Prepares a message. The data is copied.
//
// `config`    with WSP_OPTION_COMPRESSION, the message is compressed as well, once, for all receivers that
//             have agreed on no context takeover for the server. NULL: it is not
// `kind`      a wsp_message_kind
// `data`      `length` bytes
// `prepared`  is filled in; to be given back by wsp_prepared_free
//
// WSP_NULL               `prepared` is NULL, or `data` with a length
// WSP_ARGUMENT           no such kind, or a length that nothing has
// WSP_SEND_INVALID_UTF8  text that is not UTF-8
wsp_result wsp_prepared_new(const wsp_config *config,
                            uint32_t kind,
                            const void *data,
                            size_t length,
                            wsp_prepared **prepared);

// Queues a prepared message.
//
// WSP_NULL               `connection` or `prepared` is NULL
// WSP_STATE              the opening handshake is not over
// WSP_SEND_UNMASKED      a client cannot send it
// WSP_SEND_FULL          as with wsp_send_text
// WSP_SEND_CLOSED        as with wsp_send_text
// WSP_SEND_MESSAGE_OPEN  as with wsp_send_text
wsp_result wsp_send_prepared(wsp_connection *connection, const wsp_prepared *prepared);

// Gives a prepared message back. The connections that have queued it keep what they need.
void wsp_prepared_free(wsp_prepared *prepared);

// --------------------------------------------------------------------------------------------------------------
// Transmitting: what the driver has to do for the direction towards the peer; and time.
// --------------------------------------------------------------------------------------------------------------

// What there is to do.
typedef enum {
    // Nothing, until the application sends, the peer is heard or a deadline passes.
    WSP_TRANSMIT_IDLE = 0,
    // Write the slices to the transport, in their order, and say by wsp_advance how much of them it took.
    WSP_TRANSMIT_WRITE = 1,
    // Shut the transport down for writing (half-close), say so by wsp_transport_shut_down, and go on reading
    // to the peer's end, or until WSP_TRANSMIT_ABORT.
    WSP_TRANSMIT_SHUTDOWN = 2,
    // Drop the transport: a deadline passed, or the application gave up. Say so by wsp_transport_shut_down.
    WSP_TRANSMIT_ABORT = 3,
} wsp_transmit_step;

// Bytes taken by wsp_take_output.
typedef struct wsp_output wsp_output;

// Says what to do. Asking again gives the same answer, until something changes it: repeat it until the answer
// is WSP_TRANSMIT_IDLE, or the transport takes no more.
//
// `slices`    room for `capacity` of them; at most 16 are filled in, and only for WSP_TRANSMIT_WRITE. They
//             are valid until the next call with this connection that can change it (with `connection` not
//             const): for one attempt to write
// `capacity`  may be 0, to learn the step only
// `count`     is set to how many were filled in; NULL only with a capacity of 0
//
// Returns the step; WSP_TRANSMIT_ABORT if `connection` is NULL, or there is no room where there has to be.
wsp_transmit_step wsp_transmit(wsp_connection *connection, wsp_slice *slices, size_t capacity, size_t *count);

// Says that the transport has taken the first `length` bytes of what wsp_transmit shows. More than there are
// takes off all of them.
//
// WSP_NULL  `connection` is NULL
wsp_result wsp_advance(wsp_connection *connection, size_t length);

// Takes the next run of bytes to transmit, for transports that have to keep them (io_uring). They count as
// transmitted; a large message is not copied. Call it until it returns NULL, and then wsp_transmit for what
// else there is to do.
//
// `bytes`  is set to the run
//
// Returns what keeps them, whatever becomes of the connection; to be given back by wsp_output_free. NULL if
// nothing is queued, or `connection` or `bytes` is NULL.
wsp_output *wsp_take_output(wsp_connection *connection, wsp_slice *bytes);

// Gives bytes back that were taken. From any thread.
void wsp_output_free(wsp_output *output);

// Says that the transport was shut down for writing, or dropped: what WSP_TRANSMIT_SHUTDOWN and
// WSP_TRANSMIT_ABORT ask for. What is queued is dropped.
//
// WSP_NULL  `connection` is NULL
wsp_result wsp_transport_shut_down(wsp_connection *connection);

// Gives up, without a Close: drops what is queued, and wsp_transmit says WSP_TRANSMIT_ABORT. Does nothing once
// the connection has ended.
//
// WSP_NULL  `connection` is NULL
wsp_result wsp_abort(wsp_connection *connection);

// Lets time pass: does what is due, begins to count what was asked for since, and says when to call again at
// the latest. Any other call may change that: call this once before each wait, and look at wsp_transmit
// afterwards. Without it nothing times out, no keepalive goes out, and idle buffers are kept.
//
// `now`       milliseconds of a monotonic clock, rounded down; an earlier one counts as the latest seen
// `deadline`  is set to the time of the same clock, WSP_NEVER if there is none; one that is not later than
//             `now` means now. NULL: not wanted
//
// WSP_NULL  `connection` is NULL
wsp_result wsp_tick(wsp_connection *connection, uint64_t now, uint64_t *deadline);

// --------------------------------------------------------------------------------------------------------------
// Questions: they change nothing.
// --------------------------------------------------------------------------------------------------------------

// Where a connection is in its life.
typedef enum {
    // The opening handshake is in progress.
    WSP_STATE_CONNECTING = 0,
    // Messages can be sent.
    WSP_STATE_OPEN = 1,
    // The end is being brought about: go on as before.
    WSP_STATE_CLOSING = 2,
    // The transport has ended, or is of no more use: drop it, and free the connection.
    WSP_STATE_CLOSED = 3,
} wsp_state;

// Who began to end a connection.
typedef enum {
    // We did: wsp_close, wsp_abort, a deadline, or a failure because of the peer's violation.
    WSP_INITIATOR_LOCAL = 1,
    // The peer did: its Close came first.
    WSP_INITIATOR_PEER = 2,
    // The transport ended by itself.
    WSP_INITIATOR_TRANSPORT = 3,
} wsp_initiator;

// A deadline that passed.
typedef enum {
    // None did.
    WSP_DEADLINE_NONE = 0,
    // WSP_OPTION_CLOSE_TIMEOUT
    WSP_DEADLINE_CLOSE = 1,
    // WSP_OPTION_WRITE_STALL_TIMEOUT
    WSP_DEADLINE_WRITE_STALL = 2,
    // WSP_OPTION_IDLE_TIMEOUT
    WSP_DEADLINE_IDLE = 3,
    // WSP_OPTION_PONG_TIMEOUT
    WSP_DEADLINE_PONG = 4,
} wsp_deadline;

// How and why a connection ends or has ended.
typedef struct {
    // Whether the closing handshake was completed. Of use once the state is WSP_STATE_CLOSED.
    bool clean;
    // The status code of the peer's Close; 1005 if that had none, 1006 if there was no Close.
    uint16_t received;
    // The same of ours; 0 if none was queued.
    uint16_t sent;
    // The peer's reason: text that it chose, at most 123 bytes.
    wsp_slice reason;
    // Who began.
    wsp_initiator initiator;
    // The violation because of which the connection was failed (WSP_PROTOCOL_...); else WSP_OK.
    wsp_result error;
    // The first deadline that passed: why the connection ends.
    wsp_deadline deadline;
} wsp_close_information;

// What went through a connection since the opening handshake.
typedef struct {
    // Bytes received, headers included.
    uint64_t received_bytes;
    // Frames received, as far as their header.
    uint64_t received_frames;
    // Bytes that the transport has taken.
    uint64_t sent_bytes;
    // Frames queued.
    uint64_t sent_frames;
} wsp_counters;

// Says where the connection is in its life; WSP_STATE_CLOSED if it is NULL.
wsp_state wsp_connection_state(const wsp_connection *connection);

// Says whether the driver should stop reading because the output does not drain: from a WSP_SEND_FULL, or
// with the output at its limit, until half of it was transmitted. False if `connection` is NULL.
bool wsp_connection_is_full(const wsp_connection *connection);

// Says how many bytes are queued by an open connection and not transmitted; 0 if `connection` is NULL.
size_t wsp_connection_unsent(const wsp_connection *connection);

// Says which subprotocol was agreed on.
//
// Returns a slice that is valid until the connection is freed; `data` is NULL if there is none.
wsp_slice wsp_connection_subprotocol(const wsp_connection *connection);

// Says whether compression was agreed on. False if `connection` is NULL.
bool wsp_connection_is_compressed(const wsp_connection *connection);

// Says why the opening handshake failed: also what wsp_receive could not tell, a deadline or the peer's end.
//
// Returns WSP_OK if it did not, or the application rejected the request; WSP_PANIC after a bug of the library.
//
// WSP_NULL           `connection` is NULL
// WSP_HANDSHAKE_...  why
wsp_result wsp_connection_handshake_error(const wsp_connection *connection);

// Says how and why the connection ends or has ended.
//
// `information`  is filled in; its reason is valid until the next call with this connection that can change it
//
// WSP_NULL   `connection` or `information` is NULL
// WSP_STATE  it is open, or never was
wsp_result wsp_connection_close_information(const wsp_connection *connection,
                                            wsp_close_information *information);

// Says how much went through the connection.
//
// `counters`  is filled in
//
// WSP_NULL   `connection` or `counters` is NULL
// WSP_STATE  it never was open
wsp_result wsp_connection_counters(const wsp_connection *connection, wsp_counters *counters);

#ifdef __cplusplus
}
#endif

#endif // WEBSOCKET_PROTO_H
