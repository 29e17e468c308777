/*
 * dhcp_peer: the other side of a DHCP client in its tests: reads what the client says, and answers
 * it as a server does, or as one should not.
 */
#ifndef TESTS_SERVICES_DHCP_PEER_H
#define TESTS_SERVICES_DHCP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/dhcp.h"

#define DHCP_PEER_SERVER  UINT32_C(0xc0a80001) /* 192.168.0.1 */
#define DHCP_PEER_ADDRESS UINT32_C(0xc0a80064) /* 192.168.0.100 */

static inline struct dobos_address dhcp_address(uint32_t number) {
    return dobos_address_ipv4(number);
}

static inline struct dhcp dhcp_read(const uint8_t *bytes, size_t length) {
    struct dhcp message;
    assert_true(dhcp_parse((struct slice){bytes, length}, &message));
    return message;
}

/* An answer to a client's message: 192.168.0.100/24 of 192.168.0.1 for an hour, to be changed. */
static inline struct dhcp dhcp_answer(const struct dhcp *question, enum dhcp_type type) {
    struct dhcp answer;
    dhcp_init(&answer);
    answer.op = DHCP_OP_REPLY;
    answer.type = (uint8_t)type;
    answer.hardware = question->hardware;
    answer.hardware_length = question->hardware_length;
    memcpy(answer.chaddr, question->chaddr, sizeof(answer.chaddr));
    answer.xid = question->xid;
    answer.server = dhcp_address(DHCP_PEER_SERVER);
    if (type == DHCP_NAK)
        return answer;
    answer.yiaddr = dhcp_address(DHCP_PEER_ADDRESS);
    answer.has_mask = true;
    answer.mask_length = 24;
    answer.has_lease = true;
    answer.lease_s = 3600;
    return answer;
}

static inline size_t dhcp_write(const struct dhcp *message, uint8_t bytes[DHCP_MAX_BYTES]) {
    struct writer w = writer_make(bytes, DHCP_MAX_BYTES);
    (void)dhcp_emit(&w, message, &(struct dhcp_bytes){0});
    assert_false(w.failed);
    return w.position;
}

#endif
