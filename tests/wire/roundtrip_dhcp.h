/* roundtrip_dhcp: as roundtrip.h, for DHCP messages: what is accepted says the same when it is
 * written and read again, unless an option found no room. */
#ifndef TESTS_WIRE_ROUNDTRIP_DHCP_H
#define TESTS_WIRE_ROUNDTRIP_DHCP_H

#include "roundtrip.h"
#include "wire/dhcp.h"

static inline void promise_dhcp_is_sound(const struct dhcp *m, const uint8_t *bytes,
                                         size_t length) {
    char label[DHCP_LABEL_BYTES];
    struct dobos_mac mac;
    struct dhcp_cursor cursor = {0};
    struct slice data;
    uint8_t code;
    size_t options = 0;
    PROMISE(m->op == 1 || m->op == 2);
    PROMISE(m->hardware_length <= 16 && m->mask_length <= 32);
    PROMISE(m->routers.count <= DHCP_ADDRESSES && m->nameservers.count <= DHCP_ADDRESSES);
    PROMISE(m->routes.count <= DHCP_ROUTES && m->searches.count <= DHCP_SEARCHES);
    PROMISE(m->client_id.length != 1 && (m->max_size == 0 || m->max_size >= 576));
    PROMISE(slice_is_inside(m->sname, bytes, length) && slice_is_inside(m->file, bytes, length));
    while (dhcp_option_next(&m->fields, &cursor, &code, &data)) {
        PROMISE(code != DHCP_OPTION_PAD && code != DHCP_OPTION_END);
        PROMISE(slice_is_inside(data, bytes, length));
        PROMISE(++options <= length / 2);
    }
    for (size_t i = 0; i < m->searches.count; i++)
        PROMISE(m->searches.name[i].length >= 1 &&
                m->searches.name[i].bytes[m->searches.name[i].length - 1] == 0);
    for (size_t i = 0; i < m->parameters.length; i++)
        PROMISE(dhcp_is_asked(&m->parameters, m->parameters.bytes[i]));
    PROMISE((dhcp_type_name(m->type) != NULL) ==
            (m->type >= DHCP_DISCOVER && m->type <= DHCP_INFORM));
    PROMISE(!dhcp_mac(m, &mac) || memcmp(mac.bytes, m->chaddr, sizeof(mac.bytes)) == 0);
    if (dhcp_label(&m->hostname, label))
        PROMISE(strlen(label) >= 1 && strlen(label) < DHCP_LABEL_BYTES);
    else
        PROMISE(label[0] == 0);
}

/* Two messages say the same; names of fields and the fields themselves left out. */
static inline void promise_dhcp_is_equal(const struct dhcp *a, const struct dhcp *b) {
    struct dhcp x = *a, y = *b;
    PROMISE(slices_are_equal(x.sname, y.sname) && slices_are_equal(x.file, y.file));
    x.sname = x.file = y.sname = y.file = (struct slice){0};
    memset(&x.fields, 0, sizeof(x.fields));
    memset(&y.fields, 0, sizeof(y.fields));
    for (size_t i = 0; i < x.searches.count; i++)
        PROMISE(dns_name_is_equal(&x.searches.name[i], &y.searches.name[i]));
    PROMISE(x.searches.count == y.searches.count);
    memset(&x.searches, 0, sizeof(x.searches));
    memset(&y.searches, 0, sizeof(y.searches));
    for (size_t i = 0; i < x.routes.count; i++) {
        PROMISE(x.routes.route[i].to.length == y.routes.route[i].to.length);
        PROMISE(memcmp(&x.routes.route[i].to.address, &y.routes.route[i].to.address, 16) == 0);
        PROMISE(memcmp(&x.routes.route[i].via, &y.routes.route[i].via, 16) == 0);
    }
    PROMISE(x.routes.count == y.routes.count);
    memset(&x.routes, 0, sizeof(x.routes));
    memset(&y.routes, 0, sizeof(y.routes));
    PROMISE(memcmp(&x, &y, sizeof(x)) == 0);
}

static inline bool roundtrip_dhcp(const uint8_t *bytes, size_t length) {
    static struct dhcp first, second;
    if (!dhcp_parse((struct slice){bytes, length}, &first))
        return false;
    promise_dhcp_is_sound(&first, bytes, length);
    for (size_t room = 240; room <= DHCP_MAX_BYTES; room = room * 3 / 2 + 7) {
        uint8_t *again = malloc(room);
        struct writer w = writer_make(again, room);
        unsigned left_out = dhcp_emit(&w, &first, &first.parameters);
        PROMISE(w.position <= room);
        if (!w.failed) {
            PROMISE(w.position >= min_size(room, DHCP_MIN_BYTES));
            PROMISE(dhcp_parse((struct slice){again, w.position}, &second));
            promise_dhcp_is_sound(&second, again, w.position);
            PROMISE(second.type == first.type && second.xid == first.xid);
            if (left_out == 0)
                promise_dhcp_is_equal(&first, &second);
        }
        free(again);
    }
    return true;
}

#endif
