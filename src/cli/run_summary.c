/*
 * run_summary: see run_summary.h. The numbers are counters of the network's nodes, added up, and of
 * the program's cable; the program's own side is the kernel's and is not counted.
 */
#include "cli/run_summary.h"

#include <inttypes.h>
#include <string.h>

/* One counter of all nodes together. */
static uint64_t sum(const struct lab *lab, const char *name) {
    uint64_t total = 0;
    const char *node;
    for (unsigned nth = 0; (node = lab_node_nth(lab, nth)) != NULL; nth++) {
        const struct dobos_host *host = lab_host(lab, node);
        struct dobos_counter counter;
        for (uint32_t i = 0; host != NULL && dobos_counter_read(host, i, &counter) == 0; i++)
            if (strcmp(counter.name, name) == 0)
                total += counter.value;
    }
    return total;
}

/* "3 packets", "1 packet". */
static void count_print(FILE *out, const char *before, uint64_t count, const char *one,
                        const char *many) {
    (void)fprintf(out, "%s%" PRIu64 " %s", before, count, count == 1 ? one : many);
}

void run_summary_print(const struct lab *lab, const struct dobos_tap *tap, FILE *out) {
    struct dobos_tap_statistics cable = {0};
    if (tap != NULL)
        dobos_tap_statistics_read(tap, &cable);
    (void)fprintf(out, "5 application  ");
    count_print(out, "", lab_answers(lab, "dns"), "DNS question answered",
                "DNS questions answered");
    count_print(out, ", ", lab_answers(lab, "http"), "HTTP request answered",
                "HTTP requests answered");
    (void)fprintf(out, "\n4 transport    ");
    count_print(out, "", sum(lab, "UdpInDatagrams"), "UDP datagram", "UDP datagrams");
    count_print(out, ", ", sum(lab, "TcpPassiveOpens"), "TCP connection", "TCP connections");
    count_print(out, ", ", sum(lab, "TcpInSegs") + sum(lab, "TcpOutSegs"), "segment", "segments");
    (void)fprintf(out, ", %" PRIu64 " sent again", sum(lab, "TcpRetransSegs"));
    (void)fprintf(out, "\n3 network      ");
    count_print(out, "", sum(lab, "IpForwDatagrams"), "packet", "packets");
    (void)fprintf(out, " forwarded between networks");
    (void)fprintf(out, "\n2 link         ");
    count_print(out, "", sum(lab, "ArpInRequests"), "ARP request", "ARP requests");
    count_print(out, ", ", sum(lab, "ArpOutReplies"), "reply", "replies");
    (void)fprintf(out, "\n1 physical     ");
    count_print(out, "", cable.in_packets, "frame", "frames");
    (void)fprintf(out, " from the program, %" PRIu64 " to it, %" PRIu64 " bytes\n",
                  cable.out_packets, cable.in_bytes + cable.out_bytes);
}
