/* dns_servers: what follows from what is known: how to ask, and whom. */
#include "services/dns_servers.h"

#define CANDIDATES_MOST 64

enum dns_server_state dns_server_state(const struct dns_server_known *known, dobos_time now) {
    if (known && known->timeouts_in_row >= DNS_SERVER_TIMEOUTS)
        return now < known->retry ? DNS_SERVER_DOWN : DNS_SERVER_PROBED;
    return known && known->has_answered ? DNS_SERVER_UP : DNS_SERVER_UNKNOWN;
}

/* Twice as long after each silence; but on a bad line several tries help more than a long wait, so
 * the first few do not grow far, and a slow server has its time behind them. */
dobos_time dns_servers_wait(const struct dns_servers *servers,
                            const struct dobos_address *address) {
    const struct dns_server_known *known = dns_servers_find(servers, address);
    dobos_time wait = DNS_SERVER_UNKNOWN_RTT;
    if (known && known->srtt > 0)
        wait = max_i64(known->srtt + 4 * known->rttvar, DNS_SERVER_WAIT_LEAST);
    for (unsigned i = 0; known && i < known->timeouts_in_row && wait < DNS_SERVER_WAIT_MOST; i++) {
        dobos_time most = i < DNS_SERVER_QUICK ? DNS_SERVER_WAIT_QUICK : DNS_SERVER_WAIT_MOST;
        wait = max_i64(wait, min_i64(2 * wait, most));
    }
    return min_i64(wait, DNS_SERVER_WAIT_MOST);
}

bool dns_servers_has_edns(const struct dns_servers *servers, const struct dobos_address *address,
                          dobos_time now) {
    const struct dns_server_known *known = dns_servers_find(servers, address);
    return !known || now >= known->no_edns_until;
}

/* ---- choice ---- */

/* The worth of one candidate: classes come before times. */
enum worth {
    WORTH_GOOD,   /* up, or not asked yet */
    WORTH_PROBE,  /* was down; a question may find out */
    WORTH_LAME,   /* said to serve the zone, and did not */
    WORTH_DOWN,   /* not before its time */
    WORTH_NOTHING /* passed over */
};

struct candidate {
    enum worth worth; /* of it */
    dobos_time time;  /* of GOOD: the RTT to reckon with; of DOWN: when it may be asked */
};

static struct candidate candidate_make(const struct dns_servers *servers,
                                       const struct dns_candidates *candidates, unsigned i,
                                       dobos_time now) {
    const struct dobos_address *address = &candidates->addresses[i];
    const struct dns_server_known *known = dns_servers_find(servers, address);
    enum dns_server_state state = dns_server_state(known, now);
    if (candidates->passed_over >> i & 1)
        return (struct candidate){WORTH_NOTHING, 0};
    if (state == DNS_SERVER_DOWN)
        return (struct candidate){candidates->even_down ? WORTH_DOWN : WORTH_NOTHING, known->retry};
    if (dns_servers_is_lame(servers, address, candidates->zone, now))
        return (struct candidate){WORTH_LAME, 0};
    if (state == DNS_SERVER_PROBED)
        return (struct candidate){WORTH_PROBE, 0};
    dobos_time time = known && known->srtt > 0 ? known->srtt : 0;
    /* One silence makes a server as slow as its next wait. */
    if (known && known->timeouts_in_row > 0)
        time = dns_servers_wait(servers, address);
    return (struct candidate){WORTH_GOOD, time};
}

/* Those of one worth and up to a time, as bits. */
static uint64_t those_of(const struct candidate *all, unsigned count, enum worth worth,
                         dobos_time most) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < count; i++) {
        if (all[i].worth == worth && all[i].time <= most)
            bits |= (uint64_t)1 << i;
    }
    return bits;
}

static dobos_time least_time(const struct candidate *all, unsigned count, enum worth worth) {
    dobos_time least = DOBOS_NEVER;
    for (unsigned i = 0; i < count; i++) {
        if (all[i].worth == worth)
            least = min_i64(least, all[i].time);
    }
    return least;
}

static int one_of(uint64_t bits, uint64_t random) {
    unsigned count = 0, place = 0;
    for (uint64_t rest = bits; rest; rest &= rest - 1)
        count++;
    if (count == 0)
        return -1;
    for (uint64_t skip = random % count; skip > 0; skip--)
        bits &= bits - 1;
    while (!(bits >> place & 1))
        place++;
    return (int)place;
}

/* Servers that nobody asked yet have no time, so they are in every band: each is tried soon. */
int dns_servers_choose(const struct dns_servers *servers, const struct dns_candidates *candidates,
                       uint64_t random, dobos_time now) {
    struct candidate all[CANDIDATES_MOST] = {0};
    unsigned count = candidates->count < CANDIDATES_MOST ? candidates->count : CANDIDATES_MOST;
    for (unsigned i = 0; i < count; i++)
        all[i] = candidate_make(servers, candidates, i, now);
    uint64_t probes = those_of(all, count, WORTH_PROBE, DOBOS_NEVER);
    dobos_time best = DOBOS_NEVER;
    for (unsigned i = 0; i < count; i++) {
        if (all[i].worth == WORTH_GOOD && all[i].time > 0)
            best = min_i64(best, all[i].time);
    }
    if (probes && (best == DOBOS_NEVER || random % 4 == 0))
        return one_of(probes, random >> 8);
    dobos_time band = best == DOBOS_NEVER || random % DNS_SERVER_EXPLORES == 1
                          ? DOBOS_NEVER
                          : best + max_i64(best / 4, DNS_SERVER_BAND_LEAST);
    uint64_t good = those_of(all, count, WORTH_GOOD, band);
    if (!good)
        good = those_of(all, count, WORTH_LAME, DOBOS_NEVER);
    if (!good)
        good = those_of(all, count, WORTH_DOWN, least_time(all, count, WORTH_DOWN));
    return one_of(good, random >> 8);
}
