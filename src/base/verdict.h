/*
 * verdict: what a layer says of a packet it was given, and why it was dropped. Each reason is a
 * counter; network/icmp_error.c has the table from reasons to ICMP errors. Add reasons at the end
 * of their group; names become counters `Drop…`.
 */
#ifndef BASE_VERDICT_H
#define BASE_VERDICT_H

enum verdict {
    VERDICT_DELIVER, /* goes up: the caller still has the packet */
    VERDICT_FORWARD, /* goes on to another interface: the caller still has the packet */
    VERDICT_HELD,    /* the layer has taken the packet (queued, in reassembly) */
    VERDICT_ANSWER, /* the packet has become the answer, or there is one beside it: the caller sends
                       it */
    VERDICT_QUOTE,  /* an ICMP error about something of ours: transport must vouch for it */
    VERDICT_DROP,   /* the caller counts the reason and releases the packet */
};

/* X(enumerator, counter's name, text) */
#define DROP_REASONS(X)                                                                         \
    X(DROP_NONE, "DropNone", "not dropped")                                                     \
    /* link */                                                                                  \
    X(DROP_FRAME_SHORT, "DropFrameShort", "frame shorter than its header")                      \
    X(DROP_FRAME_NOT_FOR_US, "DropFrameNotForUs", "frame to another station")                   \
    X(DROP_FRAME_SOURCE, "DropFrameSource", "frame from a group or zero address")               \
    X(DROP_ETHERTYPE, "DropEtherType", "frame of an unknown protocol")                          \
    X(DROP_ARP_MALFORMED, "DropArpMalformed", "malformed ARP packet")                           \
    X(DROP_ARP_IGNORED, "DropArpIgnored", "ARP packet that is not about us")                    \
    X(DROP_ARP_BAD_SENDER, "DropArpBadSender",                                                  \
      "ARP packet whose sender cannot be (group address, our own address)")                     \
    X(DROP_NEIGHBOR_QUEUE, "DropNeighborQueue",                                                 \
      "queue of packets that wait for a neighbour is full")                                     \
    X(DROP_NEIGHBOR_FAILED, "DropNeighborFailed", "neighbour did not answer")                   \
    X(DROP_EGRESS_QUEUE, "DropEgressQueue", "egress queue is full")                             \
    X(DROP_CODEL, "DropCodel", "waited too long in the egress queue")                           \
    /* network */                                                                               \
    X(DROP_IP_SHORT, "DropIpShort", "packet shorter than its IPv4 header")                      \
    X(DROP_IP_VERSION, "DropIpVersion", "not version 4")                                        \
    X(DROP_IP_HEADER_LENGTH, "DropIpHeaderLength",                                              \
      "IPv4 header length below 20 bytes or beyond the packet")                                 \
    X(DROP_IP_TOTAL_LENGTH, "DropIpTotalLength",                                                \
      "IPv4 total length below the header's or beyond the frame")                               \
    X(DROP_IP_CHECKSUM, "DropIpChecksum", "wrong IPv4 header checksum")                         \
    X(DROP_IP_OPTIONS, "DropIpOptions", "malformed IPv4 options")                               \
    X(DROP_IP_SOURCE_ROUTE, "DropIpSourceRoute", "source route option (not followed)")          \
    X(DROP_IP_SOURCE, "DropIpSource", "source address that cannot be a sender's")               \
    X(DROP_IP_DESTINATION, "DropIpDestination", "destination address that cannot be on a wire") \
    X(DROP_IP_NOT_FOR_US, "DropIpNotForUs",                                                     \
      "packet for another host, and this one does not forward")                                 \
    X(DROP_IP_LINK_BROADCAST, "DropIpLinkBroadcast", "unicast packet in a broadcast frame")     \
    X(DROP_IP_PROTOCOL, "DropIpProtocol", "unknown protocol")                                   \
    X(DROP_TTL_EXPIRED, "DropTtlExpired", "time to live exceeded in transit")                   \
    X(DROP_NO_ROUTE, "DropNoRoute", "no route to the destination")                              \
    X(DROP_FRAGMENTATION_NEEDED, "DropFragmentationNeeded",                                     \
      "larger than the next link, and must not be fragmented")                                  \
    X(DROP_FRAGMENT_MALFORMED, "DropFragmentMalformed",                                         \
      "fragment with impossible offset or length")                                              \
    X(DROP_FRAGMENT_OVERLAP, "DropFragmentOverlap",                                             \
      "fragments overlap: the whole datagram is dropped")                                       \
    X(DROP_FRAGMENT_LIMIT, "DropFragmentLimit",                                                 \
      "reassembly table or a source's share of it is full")                                     \
    X(DROP_FRAGMENT_TIMEOUT, "DropFragmentTimeout", "reassembly timed out")                     \
    X(DROP_ICMP_MALFORMED, "DropIcmpMalformed", "malformed ICMP message")                       \
    X(DROP_ICMP_CHECKSUM, "DropIcmpChecksum", "wrong ICMP checksum")                            \
    X(DROP_ICMP_TYPE, "DropIcmpType", "ICMP type that is not answered")                         \
    X(DROP_ICMP_UNVOUCHED, "DropIcmpUnvouched", "ICMP error that quotes nothing we sent")       \
    X(DROP_ICMP_BROADCAST, "DropIcmpBroadcast", "echo request to a broadcast address")          \
    X(DROP_SPECIAL_RANGE, "DropSpecialRange",                                                   \
      "private or special address toward a public segment")                                     \
    X(DROP_LINK_LOCAL, "DropLinkLocal",                                                         \
      "packet from or to a link-local address, which no router forwards")                       \
    X(DROP_GROUP, "DropGroup", "packet to a group that nobody here has joined")                 \
    X(DROP_IGMP_MALFORMED, "DropIgmpMalformed", "malformed IGMP message or wrong checksum")     \
    X(DROP_IGMP_IGNORED, "DropIgmpIgnored", "IGMP message that is not for a host")              \
    X(DROP_FRAGMENT_DUPLICATE, "DropFragmentDuplicate",                                         \
      "copy of a fragment that is there already")                                               \
    X(DROP_NAT_NO_MAPPING, "DropNatNoMapping",                                                  \
      "from outside to an inside that nobody inside has opened")                                \
    X(DROP_NAT_FILTERED, "DropNatFiltered",                                                     \
      "from outside to a mapping whose owner has not sent there")                               \
    X(DROP_NAT_NO_ADDRESS, "DropNatNoAddress", "outside interface without an address")          \
    X(DROP_NAT_NO_PORT, "DropNatNoPort", "no outside port is left")                             \
    X(DROP_NAT_QUOTA, "DropNatQuota", "inside host has all the mappings it may have")           \
    X(DROP_NAT_STATE, "DropNatState", "TCP segment of a connection that NAT does not know")     \
    X(DROP_NAT_PROTOCOL, "DropNatProtocol", "protocol without ports that NAT could share")      \
    X(DROP_NAT_ICMP, "DropNatIcmp", "ICMP error about no packet that NAT has translated")       \
    X(DROP_NAT_SYN, "DropNatSyn", "SYN from outside that nobody waits for (told 6 s later)")    \
    X(DROP_SESSION_LIMIT, "DropSessionLimit", "table of tracked flows is full of live ones")    \
    X(DROP_FILTER, "DropFilter", "denied by the filter")                                        \
    X(DROP_FILTER_REJECTED, "DropFilterRejected", "rejected by the filter, its sender told")    \
    X(DROP_REVERSE_PATH, "DropReversePath", "no way back to the source by where it came from")  \
    X(DROP_ROUTE_BLACKHOLE, "DropRouteBlackhole", "the route is a black hole")                  \
    X(DROP_ROUTE_UNREACHABLE, "DropRouteUnreachable",                                           \
      "the route says that the destination is unreachable")                                     \
    X(DROP_ROUTE_PROHIBIT, "DropRouteProhibit", "the route prohibits the destination")          \
    /* transport */                                                                             \
    X(DROP_UDP_MALFORMED, "DropUdpMalformed", "malformed UDP header")                           \
    X(DROP_UDP_CHECKSUM, "DropUdpChecksum", "wrong UDP checksum")                               \
    X(DROP_UDP_NO_PORT, "DropUdpNoPort", "no socket at that UDP port")                          \
    X(DROP_SOCKET_QUEUE, "DropSocketQueue", "socket's receive buffer is full")                  \
    X(DROP_TCP_MALFORMED, "DropTcpMalformed", "malformed TCP header or options")                \
    X(DROP_TCP_CHECKSUM, "DropTcpChecksum", "wrong TCP checksum")                               \
    X(DROP_TCP_NO_PORT, "DropTcpNoPort", "no socket at that TCP port")                          \
    X(DROP_TCP_SEQUENCE, "DropTcpSequence", "TCP segment outside the window")                   \
    X(DROP_TCP_PAWS, "DropTcpPaws", "TCP segment with an old timestamp")                        \
    X(DROP_TCP_ACK, "DropTcpAck", "TCP segment with an unacceptable acknowledgement")           \
    X(DROP_TCP_FLAGS, "DropTcpFlags", "TCP segment whose flags make no sense in this state")    \
    X(DROP_TCP_RESET_CHALLENGED, "DropTcpResetChallenged",                                      \
      "TCP reset or SYN that was answered with a challenge")                                    \
    X(DROP_TCP_BACKLOG, "DropTcpBacklog", "listener's queue is full")                           \
    X(DROP_TCP_AFTER_CLOSE, "DropTcpAfterClose", "TCP data for a program that has closed")      \
    /* anywhere */                                                                              \
    X(DROP_NO_MEMORY, "DropNoMemory", "no memory")                                              \
    X(DROP_NO_INTERFACE, "DropNoInterface", "no such interface")                                \
    X(DROP_NO_CARRIER, "DropNoCarrier", "the interface's link is down")

enum drop_reason {
#define X(reason, name, text) reason,
    DROP_REASONS(X)
#undef X
    DROP_REASON_COUNT
};

/* Constant; for a number out of range "DropNone"'s. */
const char *drop_reason_name(enum drop_reason reason);
const char *drop_reason_text(enum drop_reason reason);

#endif
