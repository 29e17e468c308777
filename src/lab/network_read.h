/* network_read: the parts of the reader of network files, one file each. All return false having
 * set the error. */
#ifndef LAB_NETWORK_READ_H
#define LAB_NETWORK_READ_H

#include "lab/field.h"
#include "lab/network.h"

/* What is read into while nodes are: the network for names, and the part at hand. */
struct node_reading {
    struct network *network;
    struct network_node *node;
};

/* {loss, state, …}: what changes of a cable. */
bool network_read_change(struct reading *reading, const struct yaml_node *map,
                         struct network_cable *change);
/* step->set_at: {NAME: {loss, state, …}} of the step's node's interfaces, or of segments. */
bool network_read_changes(struct reading *reading, const struct network *network,
                          struct network_step *step);

/* segments: {NAME: {rate, delay, …}} */
bool network_read_segment(struct reading *reading, const struct yaml_node *map,
                          struct network_segment *segment);
/* interfaces: {NAME: {segment, addresses, …}} of a node; each is checked by itself. */
bool network_read_interface(struct reading *reading, const struct yaml_node *map,
                            const struct network *network, struct network_interface *interface);
/* Whether a host may have that address in that subnet: NULL, else the reason. */
const char *network_refuse_host(const struct dobos_prefix *prefix);
/* routes: [{to, via, …}] of an interface. */
bool network_read_routes(struct reading *reading, const struct yaml_node *list,
                         struct network_interface *interface);
/* routing-policy: [{from, to, table, …}] of an interface. */
bool network_read_rules(struct reading *reading, const struct yaml_node *list,
                        struct network_interface *interface);
/* An interface's routes beside its addresses. */
bool network_check_routes(struct reading *reading, const struct network_interface *interface);
/* A node's tables: each other than main has routes, and a rule that leads to it. */
bool network_check_tables(struct reading *reading, const struct network_node *node);
/* services: {http: …} of a node */
bool network_read_services(struct reading *reading, const struct yaml_node *map,
                           struct network_node *node);
/* services: dns: {…} of a node */
bool network_read_dns(struct reading *reading, const struct yaml_node *map,
                      struct network_service *service);
/* services: dhcp: {…} of a node, or one of its list */
bool network_read_dhcp(struct reading *reading, const struct yaml_node *map,
                       struct network_dhcp *dhcp);
/* A node's DHCP servers beside its interfaces and its other services; fills in what follows from
 * them. */
bool network_check_dhcp(struct reading *reading, const struct network_node *node);
/* A node's filter, once its interfaces have been read. */
bool network_read_filter(struct reading *reading, struct network_node *node);
/* What the service is made with; borrows from dhcp. */
void network_dhcp_config(const struct network_dhcp *dhcp, struct dobos_dhcp_server_config *config);
/* hosts: {NAME: ADDRESS, …} of a node */
bool network_read_hosts(struct reading *reading, const struct yaml_node *map,
                        struct network_node *node);
/* nat: {masquerade: …} of a node */
bool network_read_nat(struct reading *reading, const struct yaml_node *map,
                      struct network_node *node);
/* A node's NAT beside its interfaces. */
bool network_check_nat(struct reading *reading, const struct network_node *node);
/* Makes the node's host translate as the file says; what dobos_nat_set returns. */
int network_nat_set(const struct network_nat *nat, struct dobos_host *host);
/* tcp: {congestion-control: …} of a node */
bool network_read_tcp(struct reading *reading, const struct yaml_node *map,
                      struct network_node *node);
/* One step of the script. */
bool network_read_step(struct reading *reading, const struct yaml_node *map,
                       const struct network *network, struct network_step *step);
/* What can only be seen of the whole: one address or link address twice in a segment, name servers
 * beyond three. */
bool network_check(struct reading *reading, const struct network *network);

#endif
