/* nslookup_fuzz: any bytes as an answer that nslookup is to show, in every way it shows them. The
 * first two bytes are the type that was asked for, the third has the options. */
#include <stdlib.h>

#include "tools/dns_sections.h"
#include "tools/nslookup.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct sink out = {0};
    struct sink error = {0};
    struct nslookup nslookup = {0};
    struct asking *asking = &nslookup.asking;
    if (length < 5)
        return 0;
    asking->server_count = 1;
    asking->servers[0].address = dobos_address_ipv4(0xc0000235);
    nslookup.task.context.out = &out;
    nslookup.task.context.error = &error;
    nslookup.task.json = bytes[2] & 1;
    asking->out = nslookup.task.json ? NULL : &out;
    nslookup.options.debug = bytes[2] & 2;
    nslookup.options.is_default = bytes[2] & 4;
    asking->rules.port = DNS_PORT;
    nslookup.answers = json_array();
    asking->question.type = load_be16(bytes);
    asking->inquiry = (struct dns_inquiry){
        .question = {.type = asking->question.type, .class_ = DNS_IN}, .id = load_be16(bytes + 3)};
    PROMISE(dns_name_from_text("www.example.org", &asking->inquiry.question.name));
    asking->message = bytes + 3;
    asking->message_length = length - 3;
    asking->body = reader_make(bytes + 3, length - 3);
    if (dns_inquiry_is_answered(&asking->inquiry, &asking->body, &asking->header)) {
        struct dns_sections sections;
        if (dns_sections_find(&sections, &asking->body, &asking->header))
            nslookup_answer_print(&nslookup);
        else
            asking_bad_packet_print(&nslookup.asking);
    }
    PROMISE(!out.failed && out.length <= 16384 * (length + 1));
    json_decref(nslookup.answers);
    sink_fini(&out);
    sink_fini(&error);
    return 0;
}
