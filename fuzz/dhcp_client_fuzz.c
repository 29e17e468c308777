/*
 * dhcp_client_fuzz: a client led through its states by any bytes: time passes, messages come (as
 * they stand, or with the client's own number and link address in them, so that they are believed),
 * probes end, the link goes down and up. Whatever comes, what it says can be read, its times are
 * in order, and it holds no lease of what no host can have.
 */
#include <stdlib.h>

#include "base/prefix.h"
#include "services/dhcp_client.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

#define EVENTS 64

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void examine(const struct dhcp_client *client, const struct dhcp_client_out *out) {
    struct dhcp said;
    PROMISE(client->state <= DOBOS_DHCP_REBINDING);
    PROMISE(!out->send || (dhcp_parse((struct slice){out->bytes, out->length}, &said) &&
                           said.xid == client->xid));
    PROMISE(!out->probe || client->state == DOBOS_DHCP_PROBING);
    PROMISE(!out->apply || client->state == DOBOS_DHCP_BOUND);
    if (!client->has_lease)
        return;
    uint32_t number = dobos_address_ipv4_number(&client->terms.prefix.address);
    PROMISE(number >> 24 != 0 && number >> 24 != 127 && number < UINT32_C(0xe0000000));
    PROMISE(client->terms.prefix.length >= 1 && client->terms.prefix.length <= 32);
    PROMISE(client->rebind_at <= client->until);
    PROMISE(client->terms.route_count <= DHCP_ROUTES &&
            client->terms.search_count <= DHCP_SEARCHES);
    PROMISE(client->terms.nameserver_count <= DHCP_TERMS_NAMESERVERS);
}

/* A message of at most `length` bytes; `known`: what a server would have copied is put in. */
static void message(struct dhcp_client *client, const uint8_t *bytes, size_t length, bool known,
                    dobos_time now, struct dhcp_client_out *out) {
    uint8_t copy[DHCP_MAX_BYTES] = {0};
    length = min_size(length, sizeof(copy));
    if (length > 0)
        memcpy(copy, bytes, length);
    if (known && length >= DHCP_HEADER_BYTES) {
        copy[0] = DHCP_OP_REPLY;
        copy[1] = DHCP_HARDWARE_ETHERNET;
        copy[2] = sizeof(client->mac.bytes);
        store_be32(copy + 4, client->xid);
        memcpy(copy + 28, client->mac.bytes, sizeof(client->mac.bytes));
    }
    dhcp_client_on_message(client, (struct slice){copy, length}, now, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct dhcp_client client = {.mac = {{2, 0, 0, 0, 0, 7}},
                                 .client_id = {1, 2, 0, 0, 0, 0, 7},
                                 .client_id_length = 7,
                                 .max_bytes = 1500,
                                 .has_link = true,
                                 .wanted = dobos_address_ipv4(0)};
    struct dhcp_client_out out;
    struct reader r = reader_make(bytes, length);
    dobos_time now = 0;
    dhcp_client_init(&client, now);
    for (unsigned i = 0; i < EVENTS && reader_rest(&r) > 0; i++) {
        uint8_t event = reader_u8(&r);
        switch (event % 6) {
        case 0:
        case 1: {
            size_t size = min_size(reader_be16(&r), reader_rest(&r));
            const uint8_t *at = size > 0 ? bytes + r.position : NULL;
            (void)reader_take(&r, size);
            message(&client, at, size, event % 6 == 0, now, &out);
            break;
        }
        case 2:
            dhcp_client_on_probed(&client, (enum dhcp_probe_result)(event / 6 % 3), now, &out);
            break;
        case 3:
            dhcp_client_on_link(&client, event / 6 % 2, now, &out);
            break;
        case 4:
            now += (dobos_time)event * DOBOS_SECOND;
            dhcp_client_on_timer(&client, now, &out);
            break;
        default:
            now = client.again == DOBOS_NEVER ? now : max_i64(now, client.again);
            dhcp_client_on_timer(&client, now, &out);
            break;
        }
        examine(&client, &out);
    }
    return 0;
}
