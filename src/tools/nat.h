/* nat: what the two files of `dobos nat` share. */
#ifndef TOOLS_NAT_H
#define TOOLS_NAT_H

#include <dobos/nat.h>

#include "tools/task.h"

#define NAT_ENDPOINT_TEXT (DOBOS_ADDRESS_TEXT + 6)

struct nat {
    struct tool_task task;
    bool is_explain;                   /* "explain PROTOCOL ENDPOINT [ENDPOINT]" */
    uint8_t protocol;                  /* of list: only this one; 0: all */
    bool has_prefix;                   /* of list: only hosts inside of: */
    struct dobos_prefix prefix;        /* a subnet, or an address */
    struct dobos_endpoint source;      /* of explain: whom it is about */
    bool has_destination;              /* of explain: a packet between the two is meant */
    struct dobos_endpoint destination; /* if so */
    const char *device;                /* of explain: where that packet comes in; NULL: by routes */
    struct nat_peer *peers;            /* of the mappings, sorted; owned */
    size_t peer_count, peer_room;      /* of them; for so many there is memory */
};

/* A session as one of its mappings has it. */
struct nat_peer {
    uint8_t protocol;               /* of the mapping, with the next */
    struct dobos_endpoint outside;  /* of the mapping: what `remote` talks with */
    struct dobos_endpoint remote;   /* the other end, as the host inside knows it */
    bool is_outgoing;               /* the host inside began it */
    size_t order;                   /* as sessions were read */
    enum dobos_session_state state; /* of the session */
    dobos_time expires;             /* of the session */
    uint64_t packets_out, packets_in, bytes_out, bytes_in; /* of the host inside */
};

/* "tcp"; "icmp"; the number of others is not asked for. */
const char *nat_protocol_name(uint8_t protocol);
/* ADDRESS:PORT; ICMP's port is its identifier. */
void nat_endpoint_format(const struct dobos_endpoint *endpoint, char text[NAT_ENDPOINT_TEXT]);
/* "7439s", or "never". */
void nat_rest_format(dobos_time now, dobos_time expires, char text[32]);
/* Reads all sessions into nat->peers; false: no memory. */
bool nat_peers_read(struct nat *nat);
/* The first peer of a mapping, and how many there are from it on. */
const struct nat_peer *nat_peers_find(const struct nat *nat,
                                      const struct dobos_nat_mapping *mapping, size_t *count);
/* The mapping with its sessions as JSON (give). */
json_t *nat_mapping_json(struct nat *nat, const struct dobos_nat_mapping *mapping);

/* `nat explain`: an exit code. */
int nat_explain(struct nat *nat);

#endif
