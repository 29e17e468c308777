/*
 * lab: a network: nodes, segments and a clock, from a network file. Sans-I/O but for captures: with
 * the virtual clock lab_run pops the earliest event (time, then order of creation); with the real
 * one os/loop tells it the time. A node is a host of ours, or a port to the outside, whose frames
 * os/ carries.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/services.h>

#include "tools/sink.h"
#include "tools/tool.h"

struct lab;
struct lab_asking;
struct lab_port;

/* Where a file is wrong: "home.yaml:7:13: nodes.laptop.interfaces.eth0.mtu: 70000: expected a whole
 * number from 68 to 65535". */
struct lab_error {
    char text[512]; /* the whole message, without a newline */
};

struct lab_options {
    uint64_t seed;       /* same file and seed: same packets */
    bool real_time;      /* keys from `entropy` instead of the seed; time is the caller's */
    uint8_t entropy[32]; /* for real_time */
    dobos_time start;    /* for real_time: the caller's clock now */
    dobos_time warm_up;  /* for real_time: so much earlier the network begins, for the caller to run
                            it up to now */
    uint64_t epoch_ns;   /* for real_time: since 1970-01-01T00:00:00Z when that clock showed 0 */
};

/* Reads a network file. `name` stands in errors. At most 4 MiB of text. 0, or −1 with *error. */
int lab_create_from_text(const char *text, size_t length, const char *name,
                         const struct lab_options *options, struct lab **lab,
                         struct lab_error *error);
int lab_create_from_file(const char *path, const struct lab_options *options, struct lab **lab,
                         struct lab_error *error);
void lab_destroy(struct lab *lab);
/* The text of the built-in default network (the same as labs/home.yaml). */
const char *lab_default_text(void);

const char *lab_name(const struct lab *lab);
dobos_time lab_now(const struct lab *lab);
/* NULL: no such node, or it is outside. */
struct dobos_host *lab_host(const struct lab *lab, const char *node);
bool lab_has_node(const struct lab *lab, const char *node);
const char *lab_node_nth(const struct lab *lab, unsigned nth);
bool lab_has_script(const struct lab *lab);
/* The first segment that the file joins to a device; NULL: there is none. In virtual time there is
 * nothing at the other end. */
const char *lab_joined_segment(const struct lab *lab);
/* Something was done to a node's host or its sockets from outside the lab: it is looked after at
 * lab_now. */
void lab_wake(struct lab *lab, const char *node);
/* Pulls a host's plug and puts it back: the host and its services are made anew from the file, at
 * lab_now, and whatever pointed into the old one points nowhere; tools at work there end with exit
 * code 137. 0, or −1 with *error (no such host, or it cannot be made: then it stays off). */
int lab_node_restart(struct lab *lab, const char *node, struct lab_error *error);
/* Changes a segment, or with a node, the cable of its interface of that name, from now on: `text`
 * is what a script's `set` has there, such as "{loss: 5%, state: down}". 0, or −1 with *error: then
 * nothing has changed. */
int lab_set(struct lab *lab, const char *node, const char *name, const char *text,
            struct lab_error *error);

/* ---- time ---- */

/* The earliest thing to do; DOBOS_NEVER. */
dobos_time lab_next(const struct lab *lab);
/* Does all there is to do up to `until`, in order, and ends with lab_now == until. */
void lab_run_until(struct lab *lab, dobos_time until);
/* Does the earliest event only, or the frames that reach one segment together; false: there is none
 * by `until`. */
bool lab_step(struct lab *lab, dobos_time until);
/* Runs until each DHCP client has an address or has failed (four messages without an answer, or no
 * link), addresses are probed and no neighbour is pending, and what is then under way has arrived,
 * at most 60 s. False: *missing (512
 * bytes) says what is not so. True: it says which client has failed, or is empty. */
bool lab_settle(struct lab *lab, char *missing, size_t room);

/* ---- captures ---- */

/* 0: the network has this segment; or −1 with *error. */
int lab_segment_check(const struct lab *lab, const char *segment, struct lab_error *error);
/* Frames of a segment go to a pcapng file from now on. 0, or −1 with *error (no such segment,
 * cannot be written). */
int lab_capture(struct lab *lab, const char *segment, const char *path, struct lab_error *error);
/* What was captured so far can be read in the files. */
void lab_captures_flush(struct lab *lab);
/* Closes the captures; −1 with *error when something could not be written. */
int lab_captures_finish(struct lab *lab, struct lab_error *error);

/* ---- asking a node, and scripts ---- */

/* Runs a tool at a node (NULL: a tool that needs none) in virtual time to its end; at the time
 * `limit` (DOBOS_NEVER: when nothing can happen any more) it is interrupted. Returns its exit code.
 */
int lab_tool(struct lab *lab, const char *node, int argc, char *const argv[], bool json,
             struct sink *out, struct sink *error, dobos_time limit);

/* The same bit by bit, for who shows what the tool writes while it writes. Begins it (give); NULL:
 * it has ended already, and *exit_code says how. */
struct lab_asking *lab_tool_begin(struct lab *lab, const char *node, int argc, char *const argv[],
                                  bool json, struct sink *out, struct sink *error, dobos_time limit,
                                  int *exit_code);
/* Does the earliest event. True: the tool has ended, *exit_code says how. The sinks may be emptied
 * after each call. */
bool lab_tool_step(struct lab_asking *asking, int *exit_code);
/* As if ^C were typed: the tool says its last word. */
void lab_tool_interrupt(struct lab_asking *asking);
void lab_tool_end(struct lab_asking *asking);
/* The same for who runs the lab by himself, in real time, and looks after each lab_run_until: true
 * once the tool has ended, or its time is over. */
bool lab_tool_has_ended(struct lab_asking *asking, int *exit_code);
/* While held, the tool does nothing: nobody takes what it writes. */
void lab_tool_hold(struct lab_asking *asking, bool held);

struct lab_verdict {
    unsigned passed, failed; /* expectations */
};
/* Runs the script to its end (or until). Prints steps and what was expected to `out`. */
struct lab_verdict lab_script_run(struct lab *lab, dobos_time until, struct sink *out);

/* The same bit by bit, for who shows it while it goes on, or writes it for machines. */
struct lab_script;

#define LAB_FINDING_BYTES 400
/* One thing that was expected of a step. */
struct lab_finding {
    bool holds;                   /* it was so */
    char text[LAB_FINDING_BYTES]; /* "exit 3, expected 0" */
};
/* What came of a step. */
struct lab_step_result {
    unsigned number;                    /* in the script, from 1 */
    unsigned line;                      /* of the network file, from 1 */
    const char *node;                   /* where; "": it sets segments */
    const char *command;                /* or what it sets; "": what it expects was looked at */
    bool is_background;                 /* the steps behind it did not wait */
    bool never_began;                   /* all had to end before */
    bool has_exit;                      /* a command ended with: */
    int exit_code;                      /* its exit code */
    dobos_time began, ended;            /* since the network began */
    const struct sink *output, *error;  /* what the command wrote */
    const struct lab_finding *findings; /* in the order they were looked at */
    unsigned finding_count;             /* of them */
    unsigned failed;                    /* how many of them did not hold */
};

/* Begins the script (give); what is written to `out` (borrow) may be taken away after each call.
 * NULL: no memory. */
struct lab_script *lab_script_begin(struct lab *lab, dobos_time until, struct sink *out);
/* Does the earliest event. True: the script is over. */
bool lab_script_step(struct lab_script *script);
/* As if ^C were typed: steps that run say their last word, no other is begun. */
void lab_script_interrupt(struct lab_script *script);
/* The result of a step that has ended and was not given before, else NULL; borrowed until
 * lab_script_end. */
const struct lab_step_result *lab_script_next(struct lab_script *script);
struct lab_verdict lab_script_verdict(const struct lab_script *script);
/* NULL is allowed. */
void lab_script_end(struct lab_script *script);

/* ---- ports to the outside ---- */

enum lab_port_kind {
    LAB_PORT_NODE,      /* a program in a node's place */
    LAB_PORT_TAP,       /* a segment joined to a TAP device */
    LAB_PORT_INTERFACE, /* a segment joined to an interface of the machine */
};
struct lab_port_info {
    enum lab_port_kind kind; /* what is outside */
    const char *name;        /* the node's, or the device's; valid as long as the lab */
    const char *segment;     /* where frames come in and go out */
    uint32_t mtu;            /* bytes; of a join: the largest at the segment */
    struct dobos_mac mac;    /* of LAB_PORT_NODE; of a join all zero */
};
/* The nth port from 0, in the order they were made; NULL behind the last. Joins are there from the
 * beginning, in real time only. */
struct lab_port *lab_port_nth(const struct lab *lab, unsigned nth);
void lab_port_read(const struct lab_port *port, struct lab_port_info *info);
/* A frame from the outside (take). */
void lab_port_input(struct lab_port *port, struct dobos_packet *packet, dobos_time now);
/* A frame for it (give), or NULL. */
struct dobos_packet *lab_port_output(struct lab_port *port);

/* A program takes the place of a node: its host is ended, tools at work there with exit code 137,
 * and frames go by *port, which lives until the return. Where the file says dhcp4, a companion
 * beside the program leases its address, unless it is `bare`. 0, or −1 with *error: no such node, a
 * program has it already, it has services or forwarding, several interfaces or none. */
int lab_outside_take(struct lab *lab, const char *node, bool bare, struct lab_port **port,
                     struct lab_error *error);
/* The node is a host of ours again, as after a restart; the port (take) ends. −1 with *error: it
 * cannot be made, and stays off. */
int lab_outside_return(struct lab *lab, struct lab_port *port, struct lab_error *error);

#define LAB_OUTSIDE_ADDRESSES 20
#define LAB_OUTSIDE_ROUTES    64
#define LAB_OUTSIDE_HOSTS     8192 /* bytes of text */

enum lab_lease {
    LAB_LEASE_NONE,   /* none is asked for, or the program does that itself */
    LAB_LEASE_WANTED, /* no server answers, or not any more */
    LAB_LEASE_PROBED, /* a server has offered an address, which is not in use yet */
    LAB_LEASE_HELD,   /* the address is among the addresses */
};

/* How the interface of a node outside is to be configured now, by the file and by the companion's
 * lease: what os/ applies to the namespace. Times are the lab's. */
struct lab_outside {
    char interface[DOBOS_NAME_BYTES];
    struct dobos_mac mac;
    uint32_t mtu;
    enum lab_lease lease; /* see above */
    struct dobos_interface_address addresses[LAB_OUTSIDE_ADDRESSES];
    unsigned address_count;
    struct dobos_route routes[LAB_OUTSIDE_ROUTES];
    unsigned route_count;
    struct dobos_address nameservers[3];
    unsigned nameserver_count;
    char search[6][DOBOS_DOMAIN_BYTES];
    unsigned search_count;
    char hosts[LAB_OUTSIDE_HOSTS]; /* the node's own names, as lines of /etc/hosts; "": none */
};
/* Of a port that lab_outside_take has made. */
void lab_outside_read(const struct lab_port *port, struct lab_outside *outside);
/* A number that is another whenever that has changed. */
uint64_t lab_outside_generation(const struct lab_port *port);

/* Answers that services of a kind ("http", "dns", "echo") have sent, of all nodes together. */
uint64_t lab_answers(const struct lab *lab, const char *service);
struct dobos_pool *lab_pool(struct lab *lab);

#endif
