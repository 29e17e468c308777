/*
 * dhcp_week [--clients N] [--days N] [--loss PERCENT] [--seed N]: a network in virtual time whose
 * hosts lease their addresses from a pool of exactly as many, and renew them for a week. The server
 * restarts at random moments, and so do hosts. Prints a line a run and exits 0 when all went well:
 *
 *  - every host gets an address, and has it (or one) at the end;
 *  - at no minute do two hosts hold one address, and no host ever defends one or finds it taken
 *    (RFC 5227), which it would at any moment in between;
 *  - without loss, a host that has not restarted keeps the address it got.
 *
 * Without arguments: 1,000 hosts for seven days, without loss and with 2 %.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "lab/lab.h"

#define CLIENTS_MOST 1000
#define FIRST        UINT32_C(0x0a00000a) /* of the pool, in 10.0.0.0/22 */
#define MINUTE       (60 * DOBOS_SECOND)
#define DAY          (24 * 60) /* minutes */
#define LEASE_MIN    120       /* minutes */
#define BOOT_MIN     10        /* until all have an address; with loss longer */

struct week {
    unsigned clients, days, loss;      /* as asked for; loss in percent */
    uint64_t seed;                     /* of the network and of what restarts */
    struct lab *lab;                   /* owned */
    uint32_t held[CLIENTS_MOST];       /* the host's address when last looked; 0: none */
    uint16_t holder[CLIENTS_MOST + 1]; /* by address of the pool: the host, from 1 */
    unsigned restarts;                 /* of the server */
    unsigned lost;                     /* times that a host was without its address */
};

static char *network_text(const struct week *week) {
    size_t room = 4096 + (size_t)week->clients * 96;
    char *text = malloc(room);
    uint32_t last = FIRST + week->clients - 1;
    int length = snprintf(
        text, room,
        "network: week\nsegments: {lan: {loss: %u%%}}\nnodes:\n"
        "  server:\n    interfaces: {lan0: {segment: lan, addresses: [10.0.0.1/22]}}\n"
        "    services: {dhcp: {interface: lan0, pool: 10.0.0.10-10.0.%u.%u, lease: %umin}}\n",
        week->loss, (unsigned)(last >> 8 & 0xff), (unsigned)(last & 0xff), LEASE_MIN);
    for (unsigned i = 0; i < week->clients; i++)
        length += snprintf(text + length, room - (size_t)length,
                           "  h%u: {interfaces: {eth0: {segment: lan, dhcp4: true}}}\n", i + 1);
    return text;
}

static bool week_begin(struct week *week) {
    const struct lab_options options = {.seed = week->seed};
    struct lab_error error = {""};
    char *text = network_text(week);
    int result =
        lab_create_from_text(text, strlen(text), "week.yaml", &options, &week->lab, &error);
    free(text);
    if (result != 0)
        fprintf(stderr, "dhcp_week: %s\n", error.text);
    return result == 0;
}

static bool fail(const struct week *week, const char *what, unsigned client, uint32_t address) {
    printf("dhcp_week: seed %llu, minute %lld: h%u, 10.0.%u.%u: %s\n",
           (unsigned long long)week->seed, (long long)(lab_now(week->lab) / MINUTE), client,
           (unsigned)(address >> 8 & 0xff), (unsigned)(address & 0xff), what);
    return false;
}

/* One host's address: its own, once in the network, never contested. */
static bool look_at(struct week *week, unsigned client) {
    struct dobos_interface_address address;
    char name[16];
    (void)snprintf(name, sizeof name, "h%u", client);
    const struct dobos_host *host = lab_host(week->lab, name);
    uint32_t number = 0;
    if (dobos_address_read(host, 2, 0, &address) == 0) {
        number = dobos_address_ipv4_number(&address.prefix.address);
        if (address.conflicts > 0 || address.state == DOBOS_ADDRESS_CONFLICT)
            return fail(week, "somebody else has used it", client, number);
        if (address.state != DOBOS_ADDRESS_READY)
            number = 0;
    }
    if (number != 0) {
        if (number < FIRST || number >= FIRST + week->clients)
            return fail(week, "not of the pool", client, number);
        uint16_t *holder = &week->holder[number - FIRST];
        if (*holder != 0)
            return fail(week, "another host has it too", client, number);
        *holder = (uint16_t)client;
    }
    week->lost += week->held[client - 1] != 0 && number == 0;
    if (week->loss == 0 && number != 0 && week->held[client - 1] != 0 &&
        week->held[client - 1] != number)
        return fail(week, "it had another before", client, number);
    week->held[client - 1] = number != 0 ? number : week->held[client - 1];
    return true;
}

static bool look(struct week *week) {
    memset(week->holder, 0, sizeof week->holder);
    for (unsigned client = 1; client <= week->clients; client++)
        if (!look_at(week, client))
            return false;
    return true;
}

static unsigned held(const struct week *week) {
    unsigned count = 0;
    for (unsigned i = 0; i < week->clients; i++)
        count += week->holder[i] != 0;
    return count;
}

/* The server about twice a day, a host now and then. */
static bool restart(struct week *week, struct random *random) {
    struct lab_error error = {""};
    char name[16];
    if (random_below(random, DAY / 2) == 0) {
        week->restarts++;
        if (lab_node_restart(week->lab, "server", &error) != 0)
            return false;
    }
    if (random_below(random, 30) != 0)
        return true;
    unsigned client = 1 + (unsigned)random_below(random, week->clients);
    (void)snprintf(name, sizeof name, "h%u", client);
    return lab_node_restart(week->lab, name, &error) == 0;
}

static bool week_run(struct week *week) {
    struct random random = random_make(week->seed);
    unsigned minutes = week->days * DAY;
    unsigned boot = week->loss > 0 ? 6 * BOOT_MIN : BOOT_MIN;
    for (unsigned minute = 1; minute <= minutes; minute++) {
        lab_run_until(week->lab, (dobos_time)minute * MINUTE +
                                     (dobos_time)random_below(&random, (uint64_t)MINUTE / 2));
        if (!look(week))
            return false;
        if (minute == boot && held(week) != week->clients) {
            printf("dhcp_week: seed %llu: %u of %u hosts have an address after %u minutes\n",
                   (unsigned long long)week->seed, held(week), week->clients, boot);
            return false;
        }
        if (minute > boot && minute + boot < minutes && !restart(week, &random))
            return false;
    }
    if (held(week) == week->clients)
        return true;
    printf("dhcp_week: seed %llu: %u of %u hosts have an address at the end\n",
           (unsigned long long)week->seed, held(week), week->clients);
    return false;
}

static bool run(unsigned clients, unsigned days, unsigned loss, uint64_t seed) {
    static struct week week;
    clock_t begun = clock();
    week = (struct week){.clients = clients, .days = days, .loss = loss, .seed = seed};
    bool is_good = week_begin(&week) && week_run(&week);
    if (is_good)
        printf("%u hosts, %u addresses, %u days, %u %% loss: none given twice; %u restarts of the "
               "server; %u s of CPU\n",
               clients, clients, days, loss, week.restarts,
               (unsigned)((clock() - begun) / CLOCKS_PER_SEC));
    lab_destroy(week.lab);
    return is_good;
}

int main(int argc, char *argv[]) {
    unsigned long clients = CLIENTS_MOST, days = 7, loss = 0, seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned long value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--clients") == 0)
            clients = value;
        else if (strcmp(argv[i], "--days") == 0)
            days = value;
        else if (strcmp(argv[i], "--loss") == 0)
            loss = value;
        else if (strcmp(argv[i], "--seed") == 0)
            seed = value;
        else
            return 2;
    }
    if (clients < 1 || clients > CLIENTS_MOST || days < 1 || loss > 90)
        return 2;
    if (argc > 1)
        return run((unsigned)clients, (unsigned)days, (unsigned)loss, seed) ? 0 : 1;
    return run(CLIENTS_MOST, 7, 0, 1) && run(CLIENTS_MOST, 7, 2, 2) ? 0 : 1;
}
