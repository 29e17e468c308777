/*
 * Network files that are wrong: each with the exact message. What stands behind the file's name is
 * written here: line, column, the path of keys, what is there, what was expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "lab/network.h"

#define NODE         "network: n\nsegments: {lan: {}, far: {}}\nnodes:\n  a:\n"
#define INTERFACE    NODE "    interfaces:\n      eth0:\n        segment: lan\n"
#define SERVICES     NODE "    services:\n"
#define DHCP(text)   "    services:\n      dhcp: {" text "}\n"
#define ADDRESSED    INTERFACE "        addresses: [10.0.0.1/24]\n"
#define LEASES(text) ADDRESSED DHCP("interface: eth0, " text)
#define POOL         "pool: 10.0.0.5-10.0.0.9, "
#define ROUTER                                                                             \
    INTERFACE "        addresses: [10.0.0.1/24]\n        routes: [{to: 10.7.0.0/16, via: " \
              "10.0.0.7}]\n      wan0: {segment: far, addresses: [203.0.113.1/24]}\n"      \
              "      bare0: {segment: far}\n    forwarding: true\n"
#define NAT(text)      ROUTER "    nat: {masquerade: [wan0], " text "}\n"
#define FORWARD(text)  NAT("forward: [{" text "}]")
#define RANGE_OF_PORTS "expected a range of ports such as 1024-65535, the lower first, "
#define RANGE          RANGE_OF_PORTS "from 1 to 65535"
#define EITHER         "expected either tcp or udp, with a port, in a forward"
#define TO             "expected an address behind the NAT, with a port or without: 192.168.0.10:80"
#define NOWHERE                                                                               \
    "a forward to nowhere: expected a host on a subnet or route of an interface that is not " \
    "masqueraded"
#define SEGMENT "network: n\nsegments:\n  lan: {"
#define STEP    "network: n\nnodes: {a: {}}\nscript:\n  - "
#define CHANGE  "network: n\nsegments: {lan: }\nnodes:\n  a: {}\nscript:\n  - {set: {"

static const struct {
    const char *text;    /* the file */
    const char *message; /* behind "n.yaml" */
} rows[] = {
    {"", ": empty: expected a network"},
    {"# nothing\n", ": empty: expected a network"},
    {"\177ELF", ":1:1: the byte 0x7f: expected text in UTF-8"},
    {"network: \377", ":1:10: the byte 0xff: expected text in UTF-8"},
    {"network: [a\n", ":2:1: not YAML: flow sequence without a closing bracket"},
    {"- a\n", ":1:1: a list: expected a network: a map with network, segments and nodes"},
    {"just text\n", ":1:1: just text: expected a network: a map with network, segments and nodes"},
    {"network: n\n---\nnetwork: m\n", ":2:1: a second document: expected one in a file"},
    {"network: n\nnetwork: m\n",
     ":2:1: network: the same key as on line 1: expected each key once"},
    {"network: &x n\n",
     ":1:1: network: an anchor (&): expected the value alone: anchors and aliases are not "
     "used here"},
    {"network: *x\n",
     ":1:1: network: an alias (*): expected the value written out: anchors and aliases "
     "are not used here"},
    {"network: n\nnodes:\n  a: {}\n  : {}\n",
     ":2:1: nodes: a key without a name: expected a name before each :"},
    {"<<: {network: n}\n", ":1:1: <<: a merge key: expected the keys written out"},
    {"network: !!str n\n",
     ":1:1: network: a tag (!): expected the value alone: tags are not used here"},
    {"? [a]\n: b\n", ":1:1: on line 1 a list as a key: expected text"},
    {"nodes: {a: {}}\n", ":1:1: the key network is missing from a network"},
    {"network: n\n", ":1:1: the key nodes is missing from a network"},
    {"network: n\nnodse: {a: {}}\n", ":2:1: nodse: not a key of a network: did you mean nodes?"},
    {"network: n\nnodes: [a]\n",
     ":2:8: nodes: a list: expected a map of nodes such as {laptop: {}}"},
    {"network: n\nnodes: {a: {}}\nzebra: 1\n",
     ":3:1: zebra: not a key of a network: expected network, segments, nodes, script"},
    {"network: a b\nnodes: {a: {}}\n",
     ":1:10: network: a b: expected a name: 1 to 63 letters, digits, '.', '_' or '-', "
     "which begin with none of '.' and '-'"},
    {"network: {}\nnodes: {a: {}}\n", ":1:10: network: a map: expected the network's name"},
    {"network: n\nnodes: {-a: {}}\n",
     ":2:9: nodes.-a: not a name: expected 1 to 63 letters, digits, '.', '_' or '-', "
     "which begin with none of '.' and '-'"},
    {"network: n\nnodes: {a: 5}\n", ":2:12: nodes.a: 5: expected a node as a map"},
    {"network: n\nsegments: [lan]\nnodes: {a: {}}\n",
     ":2:11: segments: a list: expected a map of segments such as {lan: {}}"},
    {SEGMENT "rate: fast}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.rate: fast: expected a rate such as 100mbit or 64kbit, from "
     "1kbit to 1tbit, or none"},
    {SEGMENT "rate: 100mbps}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.rate: 100mbps: expected a rate such as 100mbit or 64kbit, from "
     "1kbit to 1tbit, or none"},
    {SEGMENT "rate: 1bit}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.rate: 1bit: expected a rate such as 100mbit or 64kbit, from "
     "1kbit to 1tbit, or none"},
    {SEGMENT "rate: 900tbit}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.rate: 900tbit: expected a rate such as 100mbit or 64kbit, from "
     "1kbit to 1tbit, or none"},
    {SEGMENT "rate: {a: b}}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.rate: a map: expected a rate such as 100mbit or 64kbit, from "
     "1kbit to 1tbit, or none"},
    {SEGMENT "delay: 5}\nnodes: {a: {}}\n",
     ":3:16: segments.lan.delay: 5: expected a time such as 5ms, 1.5s or 2min, more than "
     "0, at most 100h"},
    {SEGMENT "delay: 0s}\nnodes: {a: {}}\n",
     ":3:16: segments.lan.delay: 0s: expected a time such as 5ms, 1.5s or 2min, more than "
     "0, at most 100h"},
    {SEGMENT "delay: 200h}\nnodes: {a: {}}\n",
     ":3:16: segments.lan.delay: 200h: expected a time such as 5ms, 1.5s or 2min, more "
     "than 0, at most 100h"},
    {SEGMENT "loss: 1}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.loss: 1: expected a percentage such as 1% or 0.1%, from 0% to "
     "100% with at most six decimals"},
    {SEGMENT "gemodel: 1%}\nnodes: {a: {}}\n",
     ":3:18: segments.lan.gemodel: 1%: expected a list of one to four percentages, [p, r, 1-h, "
     "1-k], such as [1%, 10%]"},
    {SEGMENT "gemodel: [1%, 2%, 3%, 4%, 5%]}\nnodes: {a: {}}\n",
     ":3:18: segments.lan.gemodel: a list: expected a list of one to four percentages, [p, r, 1-h, "
     "1-k], such as [1%, 10%]"},
    {SEGMENT "gemodel: [1%, often]}\nnodes: {a: {}}\n",
     ":3:23: segments.lan.gemodel[1]: often: expected a percentage such as 1% or 0.1%, from 0% to "
     "100% with at most six decimals"},
    {SEGMENT "loss: 101%}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.loss: 101%: expected a percentage such as 1% or 0.1%, from 0% "
     "to 100% with at most six decimals"},
    {SEGMENT "corrupt: [1%]}\nnodes: {a: {}}\n",
     ":3:18: segments.lan.corrupt: a list: expected a percentage such as 1% or 0.1%, from "
     "0% to 100% with at most six decimals"},
    {SEGMENT "reorder: 1%}\nnodes: {a: {}}\n",
     ":3:9: segments.lan.reorder: needs a delay beside it: a frame out of order is one "
     "that skips the delay"},
    {SEGMENT "duplicate: -1%}\nnodes: {a: {}}\n",
     ":3:20: segments.lan.duplicate: -1%: expected a percentage such as 1% or 0.1%, from "
     "0% to 100% with at most six decimals"},
    {SEGMENT "jitter: 1ms}\nnodes: {a: {}}\n",
     ":3:9: segments.lan.jitter: needs a delay beside it, which it makes longer or shorter"},
    {SEGMENT "delay: 1ms, jitter: 2ms}\nnodes: {a: {}}\n",
     ":3:29: segments.lan.jitter: 2ms: expected at most the delay of 1ms"},
    {SEGMENT "delay: 1ms, jitter: 10%}\nnodes: {a: {}}\n",
     ":3:29: segments.lan.jitter: 10%: expected a time such as 5ms, 1.5s or 2min, at most 100h"},
    {SEGMENT "limit: 0}\nnodes: {a: {}}\n",
     ":3:16: segments.lan.limit: 0: expected a whole number from 1 to 65536"},
    {SEGMENT "limit: 1mbit}\nnodes: {a: {}}\n",
     ":3:16: segments.lan.limit: 1mbit: expected a whole number from 1 to 65536"},
    {SEGMENT "rate: 0}\nnodes: {a: {}}\n",
     ":3:15: segments.lan.rate: 0: expected a rate such as 100mbit or 64kbit, from 1kbit to "
     "1tbit, or none"},
    {SEGMENT "state: off}\nnodes: {a: {}}\n",
     ":3:16: segments.lan.state: off: expected up or down"},
    {SEGMENT "public: true}\n"
             "nodes: {a: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24, "
             "172.31.0.1/16]}}}}\n",
     ":4:73: nodes.a.interfaces.eth0.addresses[1]: 172.31.0.1/16: expected a public address: the "
     "segment lan is public, and 172.16.0.0/12 never reaches it"},
    {SEGMENT "public: true}\nnodes: {a: {redirects: on}}\n",
     ":4:24: nodes.a.redirects: on: expected true or false"},
    {SEGMENT "public: true}\nnodes: {a: {redirects: true}}\n",
     ":4:24: nodes.a.redirects: true: this node does not forward: expected forwarding: true beside "
     "it"},
    {SEGMENT "public: true}\nnodes: {a: {interfaces: {e: {segment: lan, link-local: [ipv4]}}}}\n",
     ":4:57: nodes.a.interfaces.e.link-local[0]: ipv4: expected none: the segment lan is public, "
     "and "
     "169.254.0.0/16 never reaches it"},
    {SEGMENT "public: true}\n"
             "nodes: {a: {interfaces: {eth0: {segment: lan, reverse-path: tight}}}}\n",
     ":4:61: nodes.a.interfaces.eth0.reverse-path: tight: expected off, loose or strict"},
    {SEGMENT "public: maybe}\nnodes: {a: {}}\n",
     ":3:17: segments.lan.public: maybe: expected true or false"},
    {SEGMENT "speed: 5}\nnodes: {a: {}}\n",
     ":3:9: segments.lan.speed: not a key of a segment: expected rate, delay, jitter, "
     "loss, duplicate, reorder, corrupt, limit, gemodel, ecn, state, public, tap, interface"},
    {SEGMENT "tap: [lab0]}\nnodes: {a: {}}\n",
     ":3:14: segments.lan.tap: a list: expected the name of a TAP device"},
    {SEGMENT "tap: a/b}\nnodes: {a: {}}\n",
     ":3:14: segments.lan.tap: a/b: expected a name: 1 to 15 letters, digits, '.', '_' or '-', "
     "which begin with none of '.' and '-'"},
    {SEGMENT "interface: averyveryverylongname}\nnodes: {a: {}}\n",
     ":3:20: segments.lan.interface: averyveryverylongname: expected a name: 1 to 15 letters, "
     "digits, '.', '_' or '-', which begin with none of '.' and '-'"},
    {SEGMENT "tap: lab0, interface: lab0}\nnodes: {a: {}}\n",
     ":3:3: segments.lan: the device lab0 is joined already: expected another"},
    {SEGMENT "tap: a}\n  wan: {tap: a}\nnodes: {a: {}}\n",
     ":4:3: segments.wan: the device a is joined already: expected another"},
    {SEGMENT "los: 1%}\nnodes: {a: {}}\n",
     ":3:9: segments.lan.los: not a key of a segment: did you mean loss?"},
    {NODE "    interfaces: {lo: {segment: lan}}\n",
     ":5:18: nodes.a.interfaces.lo: not a name for an interface: expected 1 to 15 "
     "letters, digits, '.', '_' or '-', and not lo"},
    {NODE "    interfaces: {averyveryverylongname: {segment: lan}}\n",
     ":5:18: nodes.a.interfaces.averyveryverylongname: not a name for an interface: "
     "expected 1 to 15 letters, digits, '.', '_' or '-', and not lo"},
    {NODE "    interfaces: {eth0: {}}\n",
     ":5:18: nodes.a.interfaces.eth0: the key segment is missing from an interface"},
    {NODE "    interfaces: {eth0: {segment: wlan}}\n",
     ":5:34: nodes.a.interfaces.eth0.segment: wlan: expected the name of a segment that "
     "stands under segments"},
    {NODE "    forwarding: yes\n", ":5:17: nodes.a.forwarding: yes: expected true or false"},
    {NODE "    filter: deny\n",
     ":5:13: nodes.a.filter: deny: expected a list of rules such as [allow established, deny]"},
    {NODE "    filter: [{deny: all}]\n",
     ":5:14: nodes.a.filter[0]: a map: expected a rule such as 'allow tcp from any to any port "
     "80'"},
    {NODE "    filter: [allow tcp, alow udp]\n",
     ":5:25: nodes.a.filter[1]: alow udp: 'alow': expected allow, deny or reject"},
    {NODE "    filter: [deny from wan9]\n",
     ":5:14: nodes.a.filter[0]: deny from wan9: 'wan9': expected any, an address, a prefix, or "
     "the name of an interface of this node"},
    {NODE "    filter: [allow from lo]\n",
     ":5:14: nodes.a.filter[0]: allow from lo: 'lo': expected another interface: what a node "
     "says to itself is not filtered"},
    {NODE "    filter: [deny, allow tcp]\n",
     ":5:20: nodes.a.filter[1]: allow tcp: never asked, for the rule before it decides of all: "
     "expected it in front of that"},
    {NODE "    nat: 5\n", ":5:10: nodes.a.nat: 5: expected nat as a map"},
    {ROUTER "    nat: {}\n", ":13:5: nodes.a.nat: the key masquerade is missing from nat"},
    {ROUTER "    nat: {masquerade: wan0}\n",
     ":13:23: nodes.a.nat.masquerade: wan0: expected a list of interfaces such as [wan0]"},
    {ROUTER "    nat: {masquerade: []}\n",
     ":13:23: nodes.a.nat.masquerade: a list: it is empty: expected an interface such as [wan0]"},
    {ROUTER "    nat: {masquerade: [wan1]}\n",
     ":13:24: nodes.a.nat.masquerade[0]: wan1: no such interface: expected one of this node"},
    {ROUTER "    nat: {masquerade: [[wan0]]}\n",
     ":13:24: nodes.a.nat.masquerade[0]: a list: expected the name of an interface of this node"},
    {ROUTER "    nat: {masquerade: [wan0, wan0]}\n",
     ":13:30: nodes.a.nat.masquerade[1]: wan0: expected each interface once"},
    {ROUTER "    nat: {masquerade: [bare0]}\n",
     ":13:24: nodes.a.nat.masquerade[0]: bare0: it has no address: expected an interface with "
     "addresses or dhcp4"},
    {INTERFACE "        addresses: [10.0.0.1/24]\n    forwarding: true\n    nat: {masquerade: "
               "[eth0]}\n",
     ":10:23: nodes.a.nat.masquerade: a list: all of the node's interfaces: expected one less: "
     "that "
     "of the hosts inside"},
    {INTERFACE "        addresses: [10.0.0.1/24]\n    nat: {masquerade: [eth0]}\n",
     ":9:5: nodes.a.nat: this node does not forward: expected forwarding: true beside it"},
    {NAT("filtering: symmetric"),
     ":13:42: nodes.a.nat.filtering: symmetric: expected endpoint-independent, "
     "address-dependent or address-and-port-dependent"},
    {NAT("ports: 1024"), ":13:38: nodes.a.nat.ports: 1024: " RANGE},
    {NAT("ports: 65535-1024"), ":13:38: nodes.a.nat.ports: 65535-1024: " RANGE},
    {NAT("ports: 0-1024"), ":13:38: nodes.a.nat.ports: 0-1024: " RANGE},
    {NAT("ports: 1024-65536"), ":13:38: nodes.a.nat.ports: 1024-65536: " RANGE},
    {NAT("ports: 5-6-7"), ":13:38: nodes.a.nat.ports: 5-6-7: " RANGE},
    {NAT("ports: [5]"), ":13:38: nodes.a.nat.ports: a list: " RANGE},
    {NAT("quota: 0"), ":13:38: nodes.a.nat.quota: 0: expected a whole number from 1 to 1000000"},
    {NAT("quota: 1000001"),
     ":13:38: nodes.a.nat.quota: 1000001: expected a whole number from 1 to 1000000"},
    {NAT("quotas: 5"), ":13:31: nodes.a.nat.quotas: not a key of nat: did you mean quota?"},
    {NAT("forward: {}"),
     ":13:40: nodes.a.nat.forward: a map: expected a list of forwards such as [{tcp: 8080, to: "
     "192.168.0.10:80}]"},
    {NAT("forward: [8080]"), ":13:41: nodes.a.nat.forward[0]: 8080: expected a forward as a map"},
    {NAT("forward: [{tcp: 80}]"),
     ":13:41: nodes.a.nat.forward[0]: the key to is missing from a forward"},
    {FORWARD("to: 10.0.0.2"), ":13:41: nodes.a.nat.forward[0]: a map: " EITHER},
    {FORWARD("tcp: 80, udp: 80, to: 10.0.0.2"), ":13:41: nodes.a.nat.forward[0]: a map: " EITHER},
    {FORWARD("tcp: 0, to: 10.0.0.2"),
     ":13:47: nodes.a.nat.forward[0].tcp: 0: expected a whole number from 1 to 65535"},
    {FORWARD("udp: 65536, to: 10.0.0.2"),
     ":13:47: nodes.a.nat.forward[0].udp: 65536: expected a whole number from 1 to 65535"},
    {FORWARD("tcp: 80, to: 10.0.0.2:0"), ":13:55: nodes.a.nat.forward[0].to: 10.0.0.2:0: " TO},
    {FORWARD("tcp: 80, to: '10.0.0.2:'"), ":13:55: nodes.a.nat.forward[0].to: \"10.0.0.2:\": " TO},
    {FORWARD("tcp: 80, to: 10.0.0"), ":13:55: nodes.a.nat.forward[0].to: 10.0.0: " TO},
    {FORWARD("tcp: 80, to: "), ":13:51: nodes.a.nat.forward[0].to: nothing: " TO},
    {FORWARD("tcp: 80, to: 10.0.0.2}, {tcp: 80, to: 10.0.0.3:81"),
     ":13:72: nodes.a.nat.forward[1].tcp: 80: expected each port once: line 13 forwards it "
     "already"},
    {FORWARD("tcp: 80, to: 10.0.0.1:80"),
     ":13:55: nodes.a.nat.forward[0].to: 10.0.0.1:80: this is the node itself: expected a host "
     "behind it"},
    {FORWARD("tcp: 80, to: 127.0.0.1"),
     ":13:55: nodes.a.nat.forward[0].to: 127.0.0.1: this is the node itself: expected a host "
     "behind it"},
    {FORWARD("tcp: 80, to: 224.0.0.1"),
     ":13:55: nodes.a.nat.forward[0].to: 224.0.0.1: not the address of one host: expected a host "
     "behind the NAT"},
    {FORWARD("tcp: 80, to: 10.0.1.2"), ":13:55: nodes.a.nat.forward[0].to: 10.0.1.2: " NOWHERE},
    {FORWARD("tcp: 80, to: 203.0.113.9"),
     ":13:55: nodes.a.nat.forward[0].to: 203.0.113.9: " NOWHERE},
    {FORWARD("tcp: 80, to: 10.0.0.255"), ":13:55: nodes.a.nat.forward[0].to: 10.0.0.255: " NOWHERE},
    {NODE "    intefaces: {}\n",
     ":5:5: nodes.a.intefaces: not a key of a node: did you mean interfaces?"},
    {INTERFACE "        addresses: 192.168.0.4/24\n",
     ":8:20: nodes.a.interfaces.eth0.addresses: 192.168.0.4/24: expected a list of "
     "addresses"},
    {INTERFACE "        addresses: [256.1.1.1/24]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 256.1.1.1/24: expected an IPv4 address "
     "with its prefix length such as 192.0.2.1/24 (part 1 is more than 255)"},
    {INTERFACE "        addresses: [192.168.0.4]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 192.168.0.4: expected an IPv4 address "
     "with its prefix length such as 192.0.2.1/24 (has no slash with a length behind it)"},
    {INTERFACE "        addresses: [192.168.0.4/33]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 192.168.0.4/33: expected an IPv4 "
     "address with its prefix length such as 192.0.2.1/24 (has a length of more than 32)"},
    {INTERFACE "        addresses: [01.2.3.4/24]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 01.2.3.4/24: expected an IPv4 address "
     "with its prefix length such as 192.0.2.1/24 (part 1 has a leading zero)"},
    {INTERFACE "        addresses: [1.2.3/24]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 1.2.3/24: expected an IPv4 address "
     "with its prefix length such as 192.0.2.1/24 (has 3 parts, not 4)"},
    {INTERFACE "        addresses: [192.168.0.0/24]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 192.168.0.0/24: expected the address "
     "of a host: it is the network's own address"},
    {INTERFACE "        addresses: [192.168.0.255/24]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 192.168.0.255/24: expected the address "
     "of a host: it is the subnet's broadcast address"},
    {INTERFACE "        addresses: [127.0.0.1/8]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 127.0.0.1/8: expected the address of a "
     "host: 0/8, 127/8, 224/4 and 240/4 are no hosts' addresses"},
    {INTERFACE "        addresses: [224.0.0.1/24]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 224.0.0.1/24: expected the address of "
     "a host: 0/8, 127/8, 224/4 and 240/4 are no hosts' addresses"},
    {INTERFACE "        addresses: ['2001:db8::1/64']\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: \"2001:db8::1/64\": expected an IPv4 "
     "address with its prefix length such as 192.0.2.1/24: IPv6 is not supported yet"},
    {INTERFACE "        addresses: [2001:db8::1/64]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 2001:db8::1/64: expected an IPv4 "
     "address with its prefix length such as 192.0.2.1/24: IPv6 is not supported yet"},
    {INTERFACE "        addresses:\n        - 2001:db8::\n",
     ":9:11: nodes.a.interfaces.eth0.addresses[0]: a map: expected an IPv4 address with "
     "its prefix length such as 192.0.2.1/24 (an IPv6 address needs quotes: \"2001:db8::\")"},
    {INTERFACE "        addresses: [{2001:db8: 1}]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: a map: expected an IPv4 address with "
     "its prefix length such as 192.0.2.1/24 (an IPv6 address needs quotes: \"2001:db8::\")"},
    {INTERFACE "        addresses: [10.0.0.1/0]\n",
     ":8:21: nodes.a.interfaces.eth0.addresses[0]: 10.0.0.1/0: expected the address of a "
     "host: the length is 0"},
    {INTERFACE "        addresses: [192.168.0.4/24, 192.168.0.4/16]\n",
     ":8:37: nodes.a.interfaces.eth0.addresses[1]: 192.168.0.4/16: expected an address "
     "only once at a node: line 8 has it too, at nodes.a.interfaces.eth0.addresses[0]"},
    {INTERFACE
     "        addresses: [192.168.0.4/24]\n  b:\n    interfaces:\n      eth0: {segment: lan, "
     "addresses: [192.168.0.4/24]}\n",
     ":11:40: nodes.b.interfaces.eth0.addresses[0]: 192.168.0.4/24: expected an address "
     "only once in a segment: line 8 has it too, at nodes.a.interfaces.eth0.addresses[0]"},
    {INTERFACE
     "        macaddress: 02:00:00:00:00:01\n  b:\n    interfaces:\n      eth0: {segment: "
     "lan, macaddress: '02:00:00:00:00:01'}\n",
     ":11:40: nodes.b.interfaces.eth0.macaddress: \"02:00:00:00:00:01\": expected a link "
     "address only once in a segment: line 8 has it too, at "
     "nodes.a.interfaces.eth0.macaddress"},
    {INTERFACE "        macaddress: 01:00:00:00:00:01\n",
     ":8:21: nodes.a.interfaces.eth0.macaddress: 01:00:00:00:00:01: expected one "
     "station's link address, not a group's and not all zero"},
    {INTERFACE "        macaddress: 02:00:00:00:01\n",
     ":8:21: nodes.a.interfaces.eth0.macaddress: 02:00:00:00:01: expected a link address "
     "such as 02:00:00:00:00:01 (has fewer than 6 parts)"},
    {INTERFACE "        macaddress: 5\n",
     ":8:21: nodes.a.interfaces.eth0.macaddress: 5: expected a link address such as "
     "02:00:00:00:00:01 (has fewer than 6 parts)"},
    {INTERFACE "        mtu: 67\n",
     ":8:14: nodes.a.interfaces.eth0.mtu: 67: expected a whole number from 68 to 65535"},
    {INTERFACE "        mtu: 70000\n",
     ":8:14: nodes.a.interfaces.eth0.mtu: 70000: expected a whole number from 68 to 65535"},
    {INTERFACE "        mtu: '1500'\n",
     ":8:14: nodes.a.interfaces.eth0.mtu: \"1500\": expected a whole number from 68 to 65535"},
    {INTERFACE "        mtu: 1e3\n",
     ":8:14: nodes.a.interfaces.eth0.mtu: 1e3: expected a whole number from 68 to 65535"},
    {INTERFACE "        mtu:\n",
     ":8:9: nodes.a.interfaces.eth0.mtu: nothing: expected a whole number from 68 to 65535"},
    {INTERFACE "        dhcp4: maybe\n",
     ":8:16: nodes.a.interfaces.eth0.dhcp4: maybe: expected true or false"},
    {INTERFACE "        dhcp4-overrides: {use-dns: false}\n",
     ":8:27: nodes.a.interfaces.eth0.dhcp4-overrides.use-dns: is not supported yet"},
    {INTERFACE "        dhcp4-overrides: {route-metric: -1}\n",
     ":8:41: nodes.a.interfaces.eth0.dhcp4-overrides.route-metric: -1: expected a whole number "
     "from 0 to 4294967295"},
    {INTERFACE "        dhcp6: true\n",
     ":8:16: nodes.a.interfaces.eth0.dhcp6: true: is not supported yet"},
    {INTERFACE "        accept-ra: true\n",
     ":8:20: nodes.a.interfaces.eth0.accept-ra: true: is not supported yet"},
    {INTERFACE "        link-local: [ipv4, ipv6]\n",
     ":8:28: nodes.a.interfaces.eth0.link-local[1]: ipv6: IPv6 is not supported yet: expected "
     "ipv4"},
    {INTERFACE "        link-local: [ipv4, ipv4]\n",
     ":8:28: nodes.a.interfaces.eth0.link-local[1]: ipv4: expected ipv4 only once"},
    {INTERFACE "        link-local: [yes]\n",
     ":8:22: nodes.a.interfaces.eth0.link-local[0]: yes: expected ipv4"},
    {INTERFACE "        link-local: no\n",
     ":8:21: nodes.a.interfaces.eth0.link-local: no: expected a list: [ipv4], or [] for "
     "none"},
    {INTERFACE "        queue: fq\n",
     ":8:16: nodes.a.interfaces.eth0.queue: fq: expected pfifo_fast, fifo or fq_codel"},
    {INTERFACE "        queue: [fifo]\n",
     ":8:16: nodes.a.interfaces.eth0.queue: a list: expected pfifo_fast, fifo or fq_codel"},
    {INTERFACE "        adresses: []\n",
     ":8:9: nodes.a.interfaces.eth0.adresses: not a key of an interface: did you mean "
     "addresses?"},
    {INTERFACE "        gateway4: 10.0.0.1\n",
     ":8:9: nodes.a.interfaces.eth0.gateway4: not a key of an interface: expected "
     "segment, addresses, routes, routing-policy, nameservers, mtu, macaddress, link-local, dhcp4, "
     "dhcp4-overrides, dhcp6, accept-ra, queue, reverse-path"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default, via: 10.0.1.1}]\n",
     ":9:37: nodes.a.interfaces.eth0.routes[0].via: 10.0.1.1: expected a gateway within a "
     "subnet of this interface's addresses"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default, via: 10.0.0.2}]\n",
     ":9:37: nodes.a.interfaces.eth0.routes[0].via: 10.0.0.2: expected another host's "
     "address: this one is the node's own"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n"
               "        routes: [{to: default, via: 10.0.0.255}]\n",
     ":9:37: nodes.a.interfaces.eth0.routes[0].via: 10.0.0.255: expected the address of a host: it "
     "is the subnet's broadcast address"},
    {"network: n\nnodes: {b: {}, a: {}, b: {}, a: {}}\n",
     ":2:23: nodes.b: the same key as on line 2: expected each key once"},
    {INTERFACE "        addresses: [10.0.0.9/24, 10.0.0.1/24, 10.0.0.9/24, 10.0.0.1/24]\n",
     ":8:47: nodes.a.interfaces.eth0.addresses[2]: 10.0.0.9/24: expected an address only once at a "
     "node: line 8 has it too, at nodes.a.interfaces.eth0.addresses[0]"},
    {INTERFACE
     "        addresses: [10.0.0.2/24]\n        routes: [{to: 10.1.2.3/16, via: 10.0.0.1}]\n",
     ":9:23: nodes.a.interfaces.eth0.routes[0].to: 10.1.2.3/16: expected a network, "
     "without bits behind its length: 10.1.0.0/16"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{via: 10.0.0.1}]\n",
     ":9:18: nodes.a.interfaces.eth0.routes[0]: the key to is missing from a route"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default}]\n",
     ":9:18: nodes.a.interfaces.eth0.routes[0]: the key via is missing from a route"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default, via: 10.0.0.1, "
               "on-link: true}]\n",
     ":9:47: nodes.a.interfaces.eth0.routes[0].on-link: is not supported yet"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default, via: 10.0.0.1, "
               "metric: -1}]\n",
     ":9:55: nodes.a.interfaces.eth0.routes[0].metric: -1: expected a whole number from 0 "
     "to 4294967295"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default, via: 10.0.0.1, "
               "mtu: 67}]\n",
     ":9:52: nodes.a.interfaces.eth0.routes[0].mtu: 67: expected a whole number from 68 to 65535"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [{to: default, via: 10.0.0.1, "
               "mtu: 1501}]\n",
     ":9:52: nodes.a.interfaces.eth0.routes[0].mtu: 1501: expected at most 1500: the interface's "
     "mtu"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: [default]\n",
     ":9:18: nodes.a.interfaces.eth0.routes[0]: default: expected a route as a map"},
    {INTERFACE "        addresses: [10.0.0.2/24]\n        routes: {to: default}\n",
     ":9:17: nodes.a.interfaces.eth0.routes: a map: expected a list of routes"},
    {INTERFACE "        routes:\n        - {to: default, via: fe80::}\n",
     ":9:35: not YAML: missing comma in flow mapping; quote an IPv6 address (\"::1\")"},
    {INTERFACE "        routes:\n        - to: default\n          via: {fe80: 1}\n",
     ":10:16: nodes.a.interfaces.eth0.routes[0].via: a map: expected an IPv4 address such "
     "as 192.0.2.1 (an IPv6 address needs quotes: \"2001:db8::\")"},
    {INTERFACE "        nameservers: {addresses: [ns.example.org]}\n",
     ":8:35: nodes.a.interfaces.eth0.nameservers.addresses[0]: ns.example.org: expected "
     "an IPv4 address such as 192.0.2.1 (has a character that is neither a digit nor a "
     "dot)"},
    {INTERFACE "        nameservers: {addresses: [10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4]}\n",
     ":8:65: nodes.a.interfaces.eth0.nameservers.addresses[3]: 10.0.0.4: expected at most "
     "3 name servers a node"},
    {INTERFACE "        nameservers: {search: [a, b, c, d, e, f, g]}\n",
     ":8:50: nodes.a.interfaces.eth0.nameservers.search[6]: g: expected at most 6 search "
     "domains a node"},
    {INTERFACE "        nameservers: [10.0.0.1]\n",
     ":8:22: nodes.a.interfaces.eth0.nameservers: a list: expected nameservers as a map"},
    {INTERFACE "        nameservers: {search: [a b]}\n",
     ":8:32: nodes.a.interfaces.eth0.nameservers.search[0]: a b: expected a domain such "
     "as example.org"},
    {SERVICES "      ftp: {}\n",
     ":6:7: nodes.a.services.ftp: not a key of services: expected http, echo, discard, dns, dhcp"},
    {SERVICES "      dhcp: {interface: eth0}\n",
     ":6:7: nodes.a.services.dhcp: the key pool is missing from dhcp"},
    {SERVICES "      dhcp: {interface: eth0, pool: 10.0.0.5-10.0.0.9}\n",
     ":6:25: nodes.a.services.dhcp.interface: eth0: no such interface: expected one of this node"},
    {INTERFACE DHCP("interface: eth0, pool: 10.0.0.5-10.0.0.9"),
     ":9:25: nodes.a.services.dhcp.interface: eth0: it has no address: expected an interface with "
     "one in the pool's subnet"},
    {INTERFACE "        dhcp4: true\n" DHCP("interface: eth0, pool: 10.0.0.5-10.0.0.9"),
     ":10:25: nodes.a.services.dhcp.interface: eth0: it has dhcp4 itself: expected an interface "
     "with addresses alone"},
    {LEASES("pool: 10.0.0.9"),
     ":10:37: nodes.a.services.dhcp.pool: 10.0.0.9: expected a pool such as "
     "192.0.2.100-192.0.2.199"},
    {LEASES("pool: 10.0.0.9-10.0.0.5"),
     ":10:37: nodes.a.services.dhcp.pool: 10.0.0.9-10.0.0.5: the first address is behind the last: "
     "expected a pool such as 192.0.2.100-192.0.2.199"},
    {LEASES("pool: 10.0.0.5-10.0.1.9"),
     ":10:37: nodes.a.services.dhcp.pool: 10.0.0.5-10.0.1.9: expected a pool inside the subnet of "
     "eth0, 10.0.0.1/24, without its network and broadcast address"},
    {LEASES("pool: 10.0.0.5-10.0.0.255"),
     ":10:37: nodes.a.services.dhcp.pool: 10.0.0.5-10.0.0.255: expected a pool inside the subnet "
     "of eth0, 10.0.0.1/24, without its network and broadcast address"},
    {LEASES(POOL "lease: 5s"),
     ":10:63: nodes.a.services.dhcp.lease: 5s: expected a time in whole seconds such as 1h or 7d, "
     "at least 10s"},
    {LEASES(POOL "lease: 24856d"),
     ":10:63: nodes.a.services.dhcp.lease: 24856d: expected a time in whole seconds such as 1h or "
     "7d, at least 10s"},
    {LEASES(POOL "router: 10.0.1.1"),
     ":10:64: nodes.a.services.dhcp.router: 10.0.1.1: expected a router in the subnet of eth0"},
    {LEASES(POOL "domain: a b"),
     ":10:64: nodes.a.services.dhcp.domain: a b: not a domain name: expected one such as "
     "home.arpa"},
    {LEASES(POOL "domain: a..b"),
     ":10:64: nodes.a.services.dhcp.domain: a..b: not a domain name: expected one such as "
     "home.arpa"},
    {LEASES(POOL "nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]"),
     ":10:69: nodes.a.services.dhcp.nameservers: a list: 4 name servers: expected at most 3"},
    {LEASES(POOL "reservations: [{mac: \"02:00:00:00:00:01\"}]"),
     ":10:71: nodes.a.services.dhcp.reservations[0]: the key address is missing from a "
     "reservation"},
    {LEASES(POOL "reservations: [{address: 10.0.0.7}]"),
     ":10:71: nodes.a.services.dhcp.reservations[0]: a map: expected either mac or client-id in a "
     "reservation"},
    {LEASES(POOL "reservations: [{client-id: x, address: 10.0.0.7}]"),
     ":10:83: nodes.a.services.dhcp.reservations[0].client-id: x: expected a client identifier of "
     "2 to 64 bytes"},
    {LEASES(POOL "reservations: [{client-id: xy, address: 10.0.1.7}]"),
     ":10:71: nodes.a.services.dhcp.reservations[0]: a map: this address is not inside the "
     "interface's subnet"},
    {LEASES(POOL "reservations: [{client-id: xy, address: 10.0.0.7}, {client-id: xz, address: "
                 "10.0.0.7}]"),
     ":10:107: nodes.a.services.dhcp.reservations[1]: a map: this address is reserved twice"},
    {LEASES(POOL "reservations: [{client-id: xy, address: 10.0.0.7}, {client-id: xy, address: "
                 "10.0.0.8}]"),
     ":10:107: nodes.a.services.dhcp.reservations[1]: a map: this client has a reservation "
     "already"},
    {LEASES(POOL "reservations: [{mac: \"01:00:00:00:00:01\", address: 10.0.0.8}]"),
     ":10:71: nodes.a.services.dhcp.reservations[0]: a map: this is no link address of one "
     "client"},
    {ADDRESSED "    services: {dhcp: [{interface: eth0, pool: 10.0.0.5-10.0.0.9}, {interface: "
               "eth0, pool: 10.0.0.15-10.0.0.19}]}\n",
     ":9:79: nodes.a.services.dhcp[1].interface: eth0: it has a DHCP server already: expected one "
     "an interface"},
    {SERVICES "      http: {}\n",
     ":6:7: nodes.a.services.http: the key pages is missing from http"},
    {SERVICES "      http: {port: 0, pages: {\"/\": x}}\n",
     ":6:20: nodes.a.services.http.port: 0: expected a whole number from 1 to 65535"},
    {SERVICES "      http: {port: 65536, pages: {\"/\": x}}\n",
     ":6:20: nodes.a.services.http.port: 65536: expected a whole number from 1 to 65535"},
    {SERVICES "      http: {pages: {index: x}}\n",
     ":6:22: nodes.a.services.http.pages.index: not a page's path: expected one that "
     "begins with / and has no space, ? or #"},
    {SERVICES "      http: {pages: {\"/\": {size: big}}}\n",
     ":6:34: nodes.a.services.http.pages./.size: big: expected a size such as 512, 64KiB "
     "or 100MiB, at most 1TiB"},
    {SERVICES "      http: {pages: {\"/\": {size: 2TiB}}}\n",
     ":6:34: nodes.a.services.http.pages./.size: 2TiB: expected a size such as 512, 64KiB "
     "or 100MiB, at most 1TiB"},
    {SERVICES "      http: {pages: {\"/\": [x]}}\n",
     ":6:27: nodes.a.services.http.pages./: a list: expected the page's text, or a map "
     "such as {size: 100MiB}"},
    {SERVICES "      http: {pages: {\"/\": {size: 5, text: x}}}\n",
     ":6:37: nodes.a.services.http.pages./.text: expected either text or size, not both"},
    {SERVICES "      echo: {port: seven}\n",
     ":6:20: nodes.a.services.echo.port: seven: expected a whole number from 1 to 65535"},
    {SERVICES "      dns: {forward: 10.0.0.1}\n",
     ":6:22: nodes.a.services.dns.forward: 10.0.0.1: expected a list of name servers' addresses"},
    {SERVICES "      dns: {forward: [10.0.0.1, here]}\n",
     ":6:33: nodes.a.services.dns.forward[1]: here: expected an IPv4 address such as 192.0.2.1 "
     "(has a character that is neither a digit nor a dot)"},
    {ADDRESSED "    services: {dns: {forward: [10.0.0.2, 10.0.0.1]}}\n",
     ":9:42: nodes.a.services.dns.forward[1]: 10.0.0.1: this is the node itself: expected another "
     "name server"},
    {SERVICES "      dns: {forward: [10.0.0.9, 127.0.0.1]}\n",
     ":6:33: nodes.a.services.dns.forward[1]: 127.0.0.1: this is the node itself: expected "
     "another name server"},
    {SERVICES "      dns: {forward: [0.0.0.0]}\n",
     ":6:23: nodes.a.services.dns.forward[0]: 0.0.0.0: not the address of one host: expected a "
     "name server's"},
    {SERVICES "      dns: {forward: [224.0.0.251]}\n",
     ":6:23: nodes.a.services.dns.forward[0]: 224.0.0.251: not the address of one host: expected "
     "a name server's"},
    {SERVICES "      dns: {forward: [255.255.255.255]}\n",
     ":6:23: nodes.a.services.dns.forward[0]: 255.255.255.255: not the address of one host: "
     "expected a name server's"},
    {SERVICES "      dns: {forward: []}\n",
     ":6:22: nodes.a.services.dns.forward: a list: 0 name servers: expected 1 to 3"},
    {SERVICES "      dns: {forward: [10.0.0.1], cache: 1KiB}\n",
     ":6:41: nodes.a.services.dns.cache: 1KiB: expected a size such as 4MiB, from 16KiB to 1GiB"},
    {SERVICES "      dns: {zones: {x: {}}, cache: 1MiB}\n",
     ":6:29: nodes.a.services.dns.cache: there is nothing to cache without forward or roots"},
    {SERVICES "      dns: {roots: 10.0.0.1}\n",
     ":6:20: nodes.a.services.dns.roots: 10.0.0.1: expected a list of the root servers' addresses"},
    {SERVICES "      dns: {roots: [10.0.0.1, a.root.example]}\n",
     ":6:31: nodes.a.services.dns.roots[1]: a.root.example: expected an IPv4 address such as "
     "192.0.2.1 (has a character that is neither a digit nor a dot)"},
    {SERVICES "      dns: {roots: []}\n",
     ":6:20: nodes.a.services.dns.roots: a list: 0 root servers: expected 1 to 26"},
    {ADDRESSED "    services: {dns: {roots: [10.0.0.2, 10.0.0.1]}}\n",
     ":9:40: nodes.a.services.dns.roots[1]: 10.0.0.1: this is the node itself: expected another "
     "name server"},
    {SERVICES "      dns: {roots: [224.0.0.251]}\n",
     ":6:21: nodes.a.services.dns.roots[0]: 224.0.0.251: not the address of one host: expected a "
     "name server's"},
    {SERVICES "      dns: {forward: [10.0.0.1], roots: [10.0.0.2]}\n",
     ":6:34: nodes.a.services.dns.roots: expected either forward, whom everything else is asked, "
     "or roots, from where on down it asks itself"},
    {SERVICES "      dns: {forward: [10.0.0.1], stale: 8d}\n",
     ":6:41: nodes.a.services.dns.stale: 8d: expected off, or a time such as 1h or 1d, from 1s to "
     "7d"},
    {SERVICES "      dns: {forward: [10.0.0.1], stale: [1d]}\n",
     ":6:41: nodes.a.services.dns.stale: a list: expected off, or a time such as 1h or 1d, from 1s "
     "to 7d"},
    {SERVICES "      dns: {forward: [10.0.0.1], private: [home.arpa, a..b]}\n",
     ":6:55: nodes.a.services.dns.private[1]: a..b: expected a domain name such as home.arpa"},
    {SERVICES "      dns: {forward: [10.0.0.1], private: home.arpa}\n",
     ":6:43: nodes.a.services.dns.private: home.arpa: expected a list of names that may have "
     "private addresses"},
    {SERVICES "      dns: {zones: {x: {}}, private: []}\n",
     ":6:29: nodes.a.services.dns.private: there are no answers from elsewhere without forward or "
     "roots"},
    {SERVICES "      dns: {zones: {x: {}}, stale: 1d}\n",
     ":6:29: nodes.a.services.dns.stale: there is nothing to serve stale without forward or roots"},
    {NODE "    mss-clamp: true\n",
     ":5:16: nodes.a.mss-clamp: true: this node does not forward: expected forwarding: true beside "
     "it"},
    {NODE "    mss-clamp: auto\n", ":5:16: nodes.a.mss-clamp: auto: expected true or false"},
    {NODE "    tcp: fast\n", ":5:10: nodes.a.tcp: fast: expected TCP as a map"},
    {NODE "    tcp: {congestion: cubic}\n",
     ":5:11: nodes.a.tcp.congestion: not a key of TCP: expected congestion-control, ecn, "
     "syn-cookies, fast-open, receive-buffer-max, send-buffer-max, buffer-tuning, initial-window, "
     "challenge-limit, orphan-limit, time-wait-limit, mtu-probing, base-mss, sack, timestamps, "
     "window-scaling"},
    {NODE "    tcp: {congestion-control: vegas}\n",
     ":5:31: nodes.a.tcp.congestion-control: vegas: expected cubic, reno or bbr"},
    {NODE "    tcp: {congestion-control: [reno]}\n",
     ":5:31: nodes.a.tcp.congestion-control: a list: expected cubic, reno or bbr"},
    {NODE "    tcp: {ecn: yes}\n",
     ":5:16: nodes.a.tcp.ecn: yes: expected off, passive, on or accurate"},
    {NODE "    tcp: {syn-cookies: never}\n",
     ":5:24: nodes.a.tcp.syn-cookies: never: expected off, full or always"},
    {NODE "    tcp: {fast-open: client}\n", ":5:22: nodes.a.tcp.fast-open: client: expected a "
                                            "list: [client], [server], both, or [] for none"},
    {NODE "    tcp: {fast-open: [client, peer]}\n",
     ":5:31: nodes.a.tcp.fast-open[1]: peer: expected client or server"},
    {NODE "    tcp: {fast-open: [client, client]}\n",
     ":5:31: nodes.a.tcp.fast-open[1]: client: expected each only once"},
    {NODE "    tcp: {receive-buffer-max: 4095}\n",
     ":5:31: nodes.a.tcp.receive-buffer-max: 4095: expected a size from 4KiB to 1GiB, such as "
     "6MiB"},
    {NODE "    tcp: {send-buffer-max: 2GiB}\n",
     ":5:28: nodes.a.tcp.send-buffer-max: 2GiB: expected a size from 4KiB to 1GiB, such as 6MiB"},
    {NODE "    tcp: {send-buffer-max: {}}\n",
     ":5:28: nodes.a.tcp.send-buffer-max: a map: expected a size from 4KiB to 1GiB, such as 6MiB"},
    {NODE "    tcp: {initial-window: 0}\n",
     ":5:27: nodes.a.tcp.initial-window: 0: expected a whole number from 1 to 64"},
    {NODE "    tcp: {initial-window: 65}\n",
     ":5:27: nodes.a.tcp.initial-window: 65: expected a whole number from 1 to 64"},
    {NODE "    tcp: {challenge-limit: 1000001}\n",
     ":5:28: nodes.a.tcp.challenge-limit: 1000001: expected a whole number from 1 to 1000000"},
    {NODE "    tcp: {orphan-limit: -1}\n",
     ":5:25: nodes.a.tcp.orphan-limit: -1: expected a whole number from 1 to 1048576"},
    {NODE "    tcp: {time-wait-limit: many}\n",
     ":5:28: nodes.a.tcp.time-wait-limit: many: expected a whole number from 1 to 1048576"},
    {NODE "    tcp: {base-mss: 87}\n",
     ":5:21: nodes.a.tcp.base-mss: 87: expected a whole number from 88 to 65495"},
    {NODE "    tcp: {mtu-probing: true}\n",
     ":5:24: nodes.a.tcp.mtu-probing: true: expected on or off"},
    {NODE "    tcp: {sack: off}\n", ":5:17: nodes.a.tcp.sack: off: expected true or false"},
    {NODE "    tcp: {timestamps: 1}\n", ":5:23: nodes.a.tcp.timestamps: 1: expected true or false"},
    {NODE "    tcp: {window-scaling: }\n",
     ":5:11: nodes.a.tcp.window-scaling: nothing: expected true or false"},
    {NODE "    tcp: {buffer-tuning: []}\n",
     ":5:26: nodes.a.tcp.buffer-tuning: a list: expected true or false"},
    {NODE "    tcp: {sack: false, sack: true}\n",
     ":5:24: nodes.a.tcp.sack: the same key as on line 5: expected each key once"},
    {NODE "    hosts: [printer]\n",
     ":5:12: nodes.a.hosts: a list: expected a map of names such as {printer.home.arpa: "
     "192.168.0.9}"},
    {NODE "    hosts: {printer: paper}\n",
     ":5:22: nodes.a.hosts.printer: paper: expected an IPv4 address such as 192.0.2.1 (has a "
     "character that is neither a digit nor a dot)"},
    {NODE "    hosts: {printer: {}}\n",
     ":5:22: nodes.a.hosts.printer: a map: expected an address such as 192.0.2.1, or a list of "
     "them"},
    {NODE "    hosts: {printer: []}\n",
     ":5:22: nodes.a.hosts.printer: a list: expected an address such as 192.0.2.1, or a list of "
     "them"},
    {NODE "    hosts: {'*.b': 10.0.0.9}\n",
     ":5:13: nodes.a.hosts.*.b: not the name of a host: expected one such as printer.home.arpa"},
    {NODE "    hosts: {a..b: 10.0.0.9}\n",
     ":5:13: nodes.a.hosts.a..b: not the name of a host: expected one such as printer.home.arpa"},
    {NODE "    hosts: {10.0.0.9: 10.0.0.9}\n",
     ":5:13: nodes.a.hosts.10.0.0.9: not the name of a host: expected one such as "
     "printer.home.arpa"},
    {NODE "    hosts: {'two words': 10.0.0.9}\n",
     ":5:13: nodes.a.hosts.two words: not the name of a host: expected one such as "
     "printer.home.arpa"},
    {NODE "    hosts: {printer: 255.255.255.255}\n",
     ":5:22: nodes.a.hosts.printer: 255.255.255.255: not the address of one host: expected one "
     "such as 192.0.2.1"},
    {NODE "    hosts: {printer: [10.0.0.9, 10.0.0.9]}\n",
     ":5:33: nodes.a.hosts.printer[1]: 10.0.0.9: expected each address of a name only once"},
    {SERVICES "      dns: {forward: [10.0.0.1], domain: a..b}\n",
     ":6:42: nodes.a.services.dns.domain: a..b: not a domain name: expected one such as home.arpa"},
    {SERVICES "      dns: {}\n",
     ":6:7: nodes.a.services.dns: expected zones, forward or roots in dns, or dhcp beside it"},
    {SERVICES "      dns: {forward: [10.0.0.1], domain: x}\n",
     ":6:34: nodes.a.services.dns.domain: there are no clients to name without dhcp beside dns"},
    {SERVICES "      dns: {reverse: [10.0.0.0/7]}\n",
     ":6:23: nodes.a.services.dns.reverse[0]: 10.0.0.0/7: expected a subnet of at least 8 bits "
     "without host bits, such as 203.0.113.0/24"},
    {SERVICES "      dns: {reverse: [10.0.0.1/8]}\n",
     ":6:23: nodes.a.services.dns.reverse[0]: 10.0.0.1/8: expected a subnet of at least 8 bits "
     "without host bits, such as 203.0.113.0/24"},
    {SERVICES "      dns: {reverse: []}\n",
     ":6:13: nodes.a.services.dns.reverse: 0 subnets: expected 1 to 64"},
    {SERVICES "      dns: {zones: {'a..b': {}}}\n",
     ":6:21: nodes.a.services.dns.zones.a..b: not a domain name: expected one such as "
     "example.org"},
    {SERVICES "      dns: {zones: {example.org: {www.example.com.: {A: 192.0.2.1}}}}\n",
     ":6:35: nodes.a.services.dns.zones.example.org.www.example.com.: not a name in the "
     "zone example.org"},
    {SERVICES "      dns: {zones: {example.org: {www: 192.0.2.1}}}\n",
     ":6:40: nodes.a.services.dns.zones.example.org.www: 192.0.2.1: expected records such "
     "as {A: 192.0.2.1}"},
    {SERVICES "      dns: {zones: {example.org: {www: {ADDRESS: 192.0.2.1}}}}\n",
     ":6:41: nodes.a.services.dns.zones.example.org.www.ADDRESS: not a record's type: "
     "expected one such as A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT or TYPE65280, or ttl"},
    {SERVICES "      dns: {zones: {example.org: {www: {A: {x: y}}}}}\n",
     ":6:44: nodes.a.services.dns.zones.example.org.www.A: a map: expected the record's "
     "data as text, or a list of texts"},
    {SERVICES "      dns: {zones: {example.org: {www: {A: []  , ttl: -1}}}}\n",
     ":6:55: nodes.a.services.dns.zones.example.org.www.ttl: -1: expected a whole number "
     "from 0 to 2147483647"},
    {SERVICES "      dns: {zones: {example.org: {www: {A: [[x]]}}}}\n",
     ":6:45: nodes.a.services.dns.zones.example.org.www.A[0]: a list: expected the "
     "record's data as text"},
    {STEP "5\n", ":4:5: script[0]: 5: expected a step as a map"},
    {STEP "{run: ping}\n", ":4:5: script[0]: the key node is missing from a step"},
    {STEP "{node: b, run: ping}\n",
     ":4:12: script[0].node: b: expected the name of a node that stands under nodes"},
    {STEP "{node: a}\n", ":4:5: script[0]: the key run is missing from a step"},
    {STEP "{node: a, run: ''}\n",
     ":4:20: script[0].run: \"\": expected a command such as ping -c 3 192.0.2.1"},
    {STEP "{node: a, run: 'ping \"x'}\n",
     ":4:20: script[0].run: \"ping \"x\": a quote is not closed: expected a command such as "
     "ping -c 3 192.0.2.1"},
    {STEP "{node: a, run: ping, expect: {exit: 256}}\n",
     ":4:41: script[0].expect.exit: 256: expected a whole number from 0 to 255"},
    {STEP "{node: a, run: ping, expect: {exit: ok}}\n",
     ":4:41: script[0].expect.exit: ok: expected a whole number from 0 to 255"},
    {STEP "{node: a, run: ping, expect: {output: /(/}}\n",
     ":4:43: script[0].expect.output: /(/: expected a POSIX extended regular expression "
     "between slashes (Unmatched ( or \\()"},
    {STEP "{node: a, run: ping, expect: {output: '/((a{255}){255})/'}}\n",
     ":4:43: script[0].expect.output: \"/((a{255}){255})/\": expected a regular expression "
     "that is quickly matched: its repetitions multiply to more than 1000"},
    {STEP "{node: a, run: ping, expect: {output: '/(a++++)/'}}\n",
     ":4:43: script[0].expect.output: \"/(a++++)/\": expected a regular expression that is "
     "quickly matched: it repeats a repetition"},
    {STEP "{node: a, run: ping, expect: {output: '/((((((((((a)+)+)+)+)+)+)+)+)+)+/'}}\n",
     ":4:43: script[0].expect.output: \"/((((((((((a)+)+)+)+)+)+)+)+)+)+/\": expected a regular "
     "expression that is quickly matched: its repetitions multiply to more than 1000"},
    {STEP "{node: a, run: ping, expect: {output: '/(a)\\1/'}}\n",
     ":4:43: script[0].expect.output: \"/(a)\\1/\": expected a regular expression that is "
     "quickly matched: it refers back (\\1)"},
    {STEP "{node: a, run: ping, expect: {counter: {IpInReceives: '>> 3'}}}\n",
     ":4:59: script[0].expect.counter.IpInReceives: \">> 3\": expected a number, with one "
     "of >= <= > < == != before it"},
    {STEP "{node: a, run: ping, expect: {counter: IpInReceives}}\n",
     ":4:44: script[0].expect.counter: IpInReceives: expected a map such as "
     "{IpForwDatagrams: '>= 3'}"},
    {STEP "{node: a, run: ping, expect: {within: soon}}\n",
     ":4:43: script[0].expect.within: soon: expected a time such as 5ms, 1.5s or 2min, "
     "more than 0, at most 100h"},
    {STEP "{set: {}}\n", ":4:6: script[0].set: names nothing: expected what changes"},
    {STEP "{set: down}\n",
     ":4:11: script[0].set: down: expected a map of segments such as {lan: {loss: 5%}}"},
    {STEP "{node: a, set: [eth0]}\n",
     ":4:20: script[0].set: a list: expected a map of the node's interfaces such as {eth0: "
     "{state: down}}"},
    {STEP "{set: {lan: {state: down}}}\n",
     ":4:12: script[0].set.lan: expected the name of a segment; an interface needs its node "
     "beside set"},
    {STEP "{node: a, set: {eth0: {state: down}}}\n",
     ":4:21: script[0].set.eth0: expected the name of an interface of this node"},
    {CHANGE "lan: }}\n",
     ":6:12: script[0].set.lan: expected what changes, such as {state: down} or {loss: 5%}"},
    {CHANGE "lan: {state: off}}}\n", ":6:25: script[0].set.lan.state: off: expected up or down"},
    {CHANGE "lan: {lose: 5%}}}\n",
     ":6:18: script[0].set.lan.lose: not a key of a change: did you mean loss?"},
    {CHANGE "lan: {public: false}}}\n",
     ":6:18: script[0].set.lan.public: not a key of a change: expected rate, delay, jitter, "
     "loss, duplicate, reorder, corrupt, limit, gemodel, ecn, state"},
    {CHANGE "lan: {jitter: 1ms}}}\n",
     ":6:18: script[0].set.lan.jitter: needs a delay beside it, which it makes longer or shorter"},
    {CHANGE "lan: {loss: 5%}}, expect: {counter: {IpInReceives: 0}}}\n",
     ":6:5: script[0]: the key node is missing from a step"},
    {CHANGE "lan: {loss: 5%}}, background: true}\n",
     ":6:5: script[0]: the key node is missing from a step"},
    {STEP "{node: a, restart: true, background: true}\n",
     ":4:5: script[0]: the key run is missing from a step"},
    {STEP "{node: a, restart: true, run: ping}\n",
     ":4:5: script[0]: run, set, restart: expected a step for each"},
    {STEP "{restart: true}\n", ":4:5: script[0]: the key node is missing from a step"},
    {STEP "{node: a, restart: false}\n", ":4:5: script[0]: the key run is missing from a step"},
    {STEP "{node: a, restart: 5}\n", ":4:24: script[0].restart: 5: expected true or false"},
    {STEP "{node: a, run: ping, background: 1}\n",
     ":4:38: script[0].background: 1: expected true or false"},
    {STEP "{node: a, run: ping, at: 5}\n",
     ":4:30: script[0].at: 5: expected a time such as 5ms, 1.5s or 2min, at most 100h"},
    {STEP "{at: 5s, node: a, run: ping}\n  - {at: 4s, node: a, run: ping}\n",
     ":5:10: script[1].at: 4s: expected a time not before that of an earlier step"},
    {STEP "{node: a, expect: {exit: 0}}\n", ":4:5: script[0]: the key run is missing from a step"},
    {"network: "
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nnodes: "
     "{a: {}}\n",
     ":1:10: network: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: expected a name: 1 "
     "to 63 letters, digits, '.', '_' or '-', which begin with none of '.' and '-'"},
    {"network: n\nnodes: {a: "
     "{}}\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxxxxxxxxxxx: "
     "1\n",
     ":3:1: "
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxxxxxxxxxx: "
     "not a key of a network: expected network, segments, nodes, script"},
};

static void refuses(const char *text, size_t length, const char *message) {
    struct network network;
    struct lab_error error = {"no error was set"};
    assert_false(network_read(&network, text, length, "n.yaml", &error));
    char expected[600];
    (void)snprintf(expected, sizeof expected, "n.yaml%s", message);
    assert_string_equal(error.text, expected);
}

static void wrong_files_are_refused_with_place_and_expectation(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuses(rows[i].text, strlen(rows[i].text), rows[i].message);
}

static void file_with_a_nul_is_refused(void **state) {
    (void)state;
    refuses("a: 1\0", 5, ":1:5: the byte 0x00: expected text in UTF-8");
}

/* However long the file's name is, its end is cut, and line and column are not. */
static void long_name_keeps_line_and_column(void **state) {
    (void)state;
    char name[400];
    struct network network;
    struct lab_error error = {""};
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(network_read(&network, "a: [\n", 5, name, &error));
    assert_non_null(strstr(error.text, ":2:1: not YAML: "));
    assert_false(network_read(&network, "a: \1\n", 5, name, &error));
    assert_non_null(strstr(error.text, ":1:4: the byte 0x01"));
    assert_false(network_read(&network, "a: 1\n", 5, name, &error));
    assert_non_null(strstr(error.text, ":1:1: a: not a key of a network: expected network"));
}

/* `count` times `piece`. */
static char *repeat(const char *piece, size_t count, size_t *length) {
    const size_t n = strlen(piece);
    char *text = malloc(n * count + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * n, piece, n);
    text[n * count] = '\0';
    *length = n * count;
    return text;
}

static void refuses_repeated(const char *piece, size_t count, const char *message) {
    size_t length = 0;
    char *text = repeat(piece, count, &length);
    refuses(text, length, message);
    free(text);
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    refuses_repeated(
        "[", 5000,
        ":1:33: [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
        "[0][0][0][0][0][0][0][0]: nested deeper than 32 levels");
    refuses_repeated("{a: ", 5000,
                     ":1:126: a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: "
                     "nested deeper than 32 levels");
}

static void large_files_are_refused(void **state) {
    (void)state;
    refuses_repeated("# a comment line\n", 280000,
                     ": larger than 4 MiB: too large for a network file");
    refuses_repeated("- a\n", 600000, ": more than 500000 keys and values");
}

static void file_of_the_largest_size_is_read(void **state) {
    (void)state;
    static const char network[] = "network: n\nnodes: {a: {}}\n#";
    const size_t length = YAML_MAX_BYTES;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, 'x', length);
    memcpy(text, network, sizeof network - 1);
    struct network read;
    struct lab_error error = {""};
    assert_true(network_read(&read, text, length, "n.yaml", &error));
    network_fini(&read);
    free(text);
}

/* Whatever is cut off or changed in a good file, it is read or refused with a message that names
 * the file. */
static void damaged_files_are_read_or_refused_with_a_message(void **state) {
    (void)state;
    static const char good[] =
        INTERFACE "        addresses: [192.0.2.1/24]\n"
                  "        routes: [{to: default, via: 192.0.2.2, metric: 5}]\n"
                  "        nameservers: {addresses: [192.0.2.3], search: [example.org]}\n"
                  "      wan0: {segment: far, addresses: [203.0.113.1/24]}\n"
                  "    forwarding: true\n"
                  "    nat: {masquerade: [wan0], filtering: address-dependent, ports: 1024-2048,\n"
                  "          quota: 5, forward: [{tcp: 80, to: 192.0.2.9:81}, {udp: 5, to: "
                  "192.0.2.9}]}\n"
                  "    services:\n"
                  "      http: {pages: {\"/\": hello, '/big': {size: 1MiB}}}\n"
                  "      dns: {zones: {example.org: {www: {A: [192.0.2.1], ttl: 5}}}}\n"
                  "script:\n"
                  "  - {node: a, run: ping -c 1 192.0.2.2, expect: {exit: 0, output: /a|b/}}\n";
    struct random random = random_make(4);
    unsigned read = 0;
    for (int i = 0; i < 6000; i++) {
        char text[sizeof good];
        memcpy(text, good, sizeof good);
        size_t length = sizeof good - 1;
        if (i % 3 == 0)
            length = (size_t)random_below(&random, length + 1);
        for (uint64_t k = random_below(&random, 3); k > 0; k--)
            text[random_below(&random, sizeof good - 1)] =
                (char)(i % 2 ? 0x20 + random_below(&random, 0x5f) : random_below(&random, 256));
        struct network network;
        struct lab_error error = {""};
        if (network_read(&network, text, length, "n.yaml", &error)) {
            network_fini(&network);
            read++;
        } else {
            assert_memory_equal(error.text, "n.yaml:", 7);
            assert_true(strlen(error.text) > 10);
        }
    }
    assert_true(read > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_files_are_refused_with_place_and_expectation),
        cmocka_unit_test(file_with_a_nul_is_refused),
        cmocka_unit_test(long_name_keeps_line_and_column),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(large_files_are_refused),
        cmocka_unit_test(file_of_the_largest_size_is_read),
        cmocka_unit_test(damaged_files_are_read_or_refused_with_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
