/* dhcp_text: names of message types, and what the texts in options are good for. */
#include "wire/dhcp.h"
#include "wire/ethernet.h"

const char *dhcp_type_name(unsigned type) {
    static const char names[][9] = {"",    "DISCOVER", "OFFER",   "REQUEST", "DECLINE",
                                    "ACK", "NAK",      "RELEASE", "INFORM"};
    return type >= DHCP_DISCOVER && type <= DHCP_INFORM ? names[type] : NULL;
}

bool dhcp_is_asked(const struct dhcp_bytes *parameters, uint8_t code) {
    for (size_t i = 0; i < parameters->length; i++) {
        if (parameters->bytes[i] == code)
            return true;
    }
    return false;
}

bool dhcp_mac(const struct dhcp *message, struct dobos_mac *mac) {
    memcpy(mac->bytes, message->chaddr, sizeof(mac->bytes));
    return message->hardware == DHCP_HARDWARE_ETHERNET &&
           message->hardware_length == sizeof(mac->bytes) && !mac_is_zero(mac) &&
           !mac_is_group(mac);
}

static bool is_letter_or_digit(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Bytes of the label at the front, up to a dot or the end; 0: it is no good one. */
static size_t label_length(const uint8_t *bytes, size_t length) {
    size_t n = 0;
    while (n < length && bytes[n] != '.') {
        if (!is_letter_or_digit(bytes[n]) && bytes[n] != '-')
            return 0;
        n++;
    }
    bool is_good = n > 0 && n < DHCP_LABEL_BYTES && bytes[0] != '-' && bytes[n - 1] != '-';
    return is_good ? n : 0;
}

bool dhcp_label(const struct dhcp_bytes *hostname, char label[DHCP_LABEL_BYTES]) {
    size_t at = 0, first = 0;
    label[0] = 0;
    while (at < hostname->length) {
        size_t n = label_length(hostname->bytes + at, hostname->length - at);
        if (n == 0)
            return false;
        first = first == 0 ? n : first;
        at += n + 1; /* the dot; a last one is allowed */
    }
    memcpy(label, hostname->bytes, first);
    label[first] = 0;
    return first > 0;
}
