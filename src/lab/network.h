/*
 * network: what a network file says, checked, before any host exists. Every part keeps the node of
 * the file it came from, so that whatever goes wrong later can still be told with its place.
 */
#ifndef LAB_NETWORK_H
#define LAB_NETWORK_H

#include <dobos/dns.h>
#include <dobos/filter.h>
#include <dobos/host.h>
#include <dobos/nat.h>
#include <dobos/rules.h>
#include <dobos/services.h>

#include "lab/lab.h"
#include "lab/yaml.h"
#include "link/cable.h"

/* Propagation on a segment without `delay`: 100 m of copper. Never 0, so that time passes with
 * every frame. */
#define NETWORK_DELAY_NS    500
#define NETWORK_NAME_BYTES  63
#define NETWORK_NAMESERVERS 3
#define NETWORK_SEARCH      6
#define NETWORK_JOINS       64
#define NETWORK_HOSTS       1000

/* The keys that a segment and a change have in common, as bits. */
enum network_key {
    KEY_RATE = 1 << 0,
    KEY_DELAY = 1 << 1,
    KEY_JITTER = 1 << 2,
    KEY_LOSS = 1 << 3,
    KEY_DUPLICATE = 1 << 4,
    KEY_REORDER = 1 << 5,
    KEY_CORRUPT = 1 << 6,
    KEY_LIMIT = 1 << 7,
    KEY_STATE = 1 << 8,
    KEY_GEMODEL = 1 << 9,
    KEY_ECN = 1 << 10,
};

/* What is said of cables. */
struct network_cable {
    unsigned given;                 /* of enum network_key: what the file says */
    struct impairments impairments; /* with those, and what it is without them */
    bool is_down;                   /* nothing comes through */
};

struct network_segment {
    struct network_cable cable; /* every one into it; first, so that both can be read alike */
    const char *name;           /* as in the file */
    const struct yaml_node *at; /* where */
    const char *tap;            /* the TAP device it is joined to in real time; NULL: none */
    const char *interface;      /* the interface of the machine likewise; NULL: none */
    bool is_public;             /* private and special addresses never reach it */
};

struct network_address {
    struct dobos_prefix prefix; /* with its subnet's length */
    const struct yaml_node *at; /* where */
};

struct network_route {
    struct dobos_route route;       /* its interface is not set */
    const struct yaml_node *at;     /* where */
    const struct yaml_node *via;    /* where its gateway stands */
    const struct yaml_node *mtu_at; /* where its MTU stands; NULL: not given */
};

struct network_rule {
    struct dobos_rule rule;     /* its interface is not set */
    bool is_by_interface;       /* it is for what came in by the interface it stands under */
    const struct yaml_node *at; /* where */
};

struct network_nameserver {
    struct dobos_address address; /* port 53 */
    const struct yaml_node *at;   /* where */
};

struct network_interface {
    const char *name;                       /* as in the file; at most 15 bytes */
    const struct yaml_node *at;             /* where */
    const struct yaml_node *segment_at;     /* the segment's name */
    uint32_t segment;                       /* its number */
    bool has_mac;                           /* the file gives it */
    struct dobos_mac mac;                   /* if so */
    const struct yaml_node *mac_at;         /* where; NULL */
    uint32_t mtu;                           /* bytes, 68–65535; 0: not given */
    struct network_address *addresses;      /* in the file's order */
    unsigned address_count;                 /* of them */
    struct network_route *routes;           /* in the file's order */
    unsigned route_count;                   /* of them */
    struct network_rule *rules;             /* in the file's order */
    unsigned rule_count;                    /* of them */
    struct network_nameserver *nameservers; /* in the file's order */
    unsigned nameserver_count;              /* of them */
    const struct yaml_node **search;        /* domains */
    unsigned search_count;                  /* of them */
    bool dhcp4;                             /* it asks a DHCP server for its address */
    const struct yaml_node *dhcp4_at;       /* where the file says so; NULL */
    uint32_t dhcp4_metric;                  /* of the routes that it learns so */
    const struct yaml_node *link_local_at;  /* where the file lets it take a link-local IPv4 address
                                               when it has no other; NULL */
    enum dobos_reverse_path reverse_path;   /* which sources may come in by it */
    enum dobos_queue queue;                 /* how frames wait */
};

enum network_service_kind {
    SERVICE_HTTP,
    SERVICE_ECHO,
    SERVICE_DISCARD,
    SERVICE_DNS,
    SERVICE_DHCP,
};

/* A DHCP server. */
struct network_dhcp {
    const char *interface;                          /* as in the file */
    const struct yaml_node *interface_at, *pool_at; /* where */
    const struct yaml_node *router_at;              /* NULL: not given */
    unsigned number;                                /* of the interface, from 0 */
    struct dobos_prefix own;                        /* its address whose subnet has the pool */
    struct dobos_address first, last;               /* the pool */
    uint32_t lease_s;                               /* 0: the default */
    struct dobos_address router;                    /* 0.0.0.0: none */
    struct dobos_address nameservers[NETWORK_NAMESERVERS]; /* that clients are told of */
    unsigned nameserver_count;                             /* of them */
    bool has_nameservers;                                  /* the file gives them */
    const char *domain;                                    /* NULL: none */
    struct dobos_dhcp_reservation *reservations;           /* of clients */
    const struct yaml_node **reservation_at;               /* where they stand */
    size_t reservation_count;                              /* of them */
};

struct network_service {
    enum network_service_kind kind;     /* which */
    const struct yaml_node *at;         /* where */
    uint16_t port;                      /* 0: its own default */
    struct dobos_http_page *pages;      /* of http */
    size_t page_count;                  /* of them */
    struct dobos_dns_zone *zones;       /* of dns */
    size_t zone_count;                  /* of them */
    const struct yaml_node **zone_at;   /* where each of them stands */
    struct dobos_prefix *reverse;       /* of dns: whose addresses it names */
    size_t reverse_count;               /* of them */
    const struct yaml_node **record_at; /* where the records of all zones stand, counted through */
    struct dobos_address forward[NETWORK_NAMESERVERS]; /* of dns: whom it asks */
    unsigned forward_count;                            /* of them */
    const struct yaml_node *forward_at;                /* where they stand; NULL: none */
    struct dobos_address *roots;                       /* of dns: whom it asks first of all */
    unsigned root_count;                               /* of them */
    const struct yaml_node *roots_at;                  /* where they stand; NULL: none */
    size_t cache_bytes;                                /* of dns; 0: not given */
    uint32_t stale_s;                                  /* of dns; 0: not given */
    const struct yaml_node *stale_at;                  /* where; NULL: not given */
    const char **private_names; /* of dns: that may have private addresses; NULL: all */
    unsigned private_count;     /* of them */
    const char *domain;         /* of dns: of its clients; NULL: none */
    struct network_dhcp *dhcp;  /* of dhcp; else NULL */
};

struct network_nat_interface {
    const char *name;           /* as in the file */
    const struct yaml_node *at; /* where */
    uint32_t number;            /* of the interface, from 0 */
};

struct network_nat_place {
    const struct yaml_node *port, *to; /* where a forward's two ends stand */
};

struct network_host {
    struct dobos_host_entry entry; /* its name is the file's own */
    const struct yaml_node *at;    /* where its address stands */
};

/* NAT of a node. */
struct network_nat {
    const struct yaml_node *at;               /* where */
    struct network_nat_interface *interfaces; /* that have the addresses outside */
    unsigned interface_count;                 /* of them; at least one */
    enum dobos_nat_filtering filtering;       /* who may come in by a mapping */
    struct dobos_nat_forward *forwards;       /* in the file's order */
    struct network_nat_place *forward_at;     /* where they stand */
    unsigned forward_count;                   /* of them */
    uint16_t port_first, port_last;           /* of mappings; 0: not given */
    uint32_t quota;                           /* mappings of a host; 0: not given */
};

struct network_node {
    const char *name;                     /* as in the file */
    const struct yaml_node *at;           /* where */
    bool forwarding;                      /* a router */
    const struct yaml_node *routes_file;  /* the name of a file of more routes; NULL: none */
    bool redirects;                       /* which tells neighbours of better first hops */
    const struct yaml_node *redirects_at; /* where the file says so; NULL */
    struct network_interface *interfaces; /* in the file's order; their indices begin at 2 */
    unsigned interface_count;             /* of them */
    struct network_service *services;     /* in the file's order */
    unsigned service_count;               /* of them */
    struct network_nat *nat;              /* NULL: none */
    struct dobos_filter_rule *filter;     /* its rules, in the file's order */
    unsigned filter_count;                /* of them */
    const struct yaml_node *filter_at;    /* where they stand; NULL: there are none */
    struct dobos_tcp_config tcp;          /* how it does TCP */
    bool mss_clamp; /* of a router: SYNs ask for no more than its links take */
    const struct yaml_node *mss_clamp_at; /* where the file says so; NULL */
    struct network_host *hosts;           /* names that it knows by itself, in the file's order */
    unsigned host_count;                  /* of them */
};

enum network_output {
    OUTPUT_ANY,   /* nothing is expected */
    OUTPUT_TEXT,  /* stands somewhere in it */
    OUTPUT_REGEX, /* matches somewhere in it: POSIX extended, ^ and $ at lines */
};

enum network_comparison {
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
    COMPARE_LESS,
    COMPARE_AT_MOST,
    COMPARE_GREATER,
    COMPARE_AT_LEAST,
};

struct network_counter {
    const char *name;                   /* as dobos_counter_read names it */
    const char *text;                   /* ">= 3", as in the file */
    enum network_comparison comparison; /* of the counter with the value */
    uint64_t value;                     /* whole */
    const struct yaml_node *at;         /* where */
};

/* A change while the network runs: of a segment, so of every cable into it, or of one interface's
 * own cable. */
struct network_change {
    struct network_cable cable; /* what is new */
    uint32_t number;            /* of the segment, or of the node's interface from 0 */
};

struct network_step {
    const struct yaml_node *at;       /* where */
    bool has_time;                    /* it begins at a time, else when the step before has ended */
    dobos_time time;                  /* since the network began */
    uint32_t node;                    /* its number; UINT32_MAX: none, it sets segments */
    const struct yaml_node *run_at;   /* the command; NULL: none */
    const char *title;                /* what it does, on one line; "": it looks at counters */
    const struct yaml_node *set_at;   /* where changes stand; NULL: there are none */
    struct network_change *changes;   /* in the file's order */
    unsigned change_count;            /* of them */
    bool restart;                     /* the node's plug is pulled and put back */
    char **arguments;                 /* its words, NULL behind them */
    int argument_count;               /* of them */
    bool background;                  /* the next step does not wait for it */
    bool has_exit;                    /* an exit code is expected */
    int exit;                         /* which, 0–255 */
    enum network_output output_kind;  /* what is expected of the output */
    const char *output;               /* text, or regular expression without its slashes */
    struct network_counter *counters; /* that are expected when it has ended */
    unsigned counter_count;           /* of them */
    bool has_within;                  /* it must end in time */
    dobos_time within;                /* since it began */
    bool has_expectation;             /* there is `expect` */
};

struct network {
    struct yaml_document document;    /* owns everything here */
    const char *name;                 /* of the network */
    struct network_segment *segments; /* in the file's order */
    unsigned segment_count;           /* of them */
    struct network_node *nodes;       /* in the file's order */
    unsigned node_count;              /* of them */
    struct network_step *steps;       /* of the script */
    unsigned step_count;              /* of them */
    uint32_t *segments_by_name;       /* their numbers, sorted */
    uint32_t *nodes_by_name;          /* their numbers, sorted */
};

/* Reads and checks a network file. False with *error, and nothing to end; else network_fini. */
bool network_read(struct network *network, const char *text, size_t length, const char *name,
                  struct lab_error *error);
void network_fini(struct network *network);
/* The number of a segment or node; UINT32_MAX: there is none of that name. */
uint32_t network_segment_find(const struct network *network, const char *name);
uint32_t network_node_find(const struct network *network, const char *name);
/* The number of a node's interface, from 0; UINT32_MAX: there is none of that name. */
uint32_t network_interface_find(const struct network_node *node, const char *name);
/* Makes what a change gives true of a cable; its state is not among it. */
void network_cable_change(const struct network_cable *change, struct impairments *impairments);

#endif
