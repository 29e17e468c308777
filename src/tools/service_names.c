/* service_names: see service_names.h. The table is constant and sorted by port. */
#include "tools/service_names.h"

#include <string.h>
#include <strings.h>

#define TCP  true, false
#define UDP  false, true
#define BOTH true, true

static const struct service_name services[] = {
    {"tcpmux", NULL, "service by name on one port", 1, TCP},
    {"echo", NULL, "sends back what it gets", 7, BOTH},
    {"discard", "sink null", "throws away what it gets", 9, BOTH},
    {"systat", "users", "who is logged in", 11, TCP},
    {"daytime", NULL, "the time as text", 13, BOTH},
    {"qotd", "quote", "quote of the day", 17, TCP},
    {"chargen", "ttytst source", "characters without end", 19, BOTH},
    {"ftp-data", NULL, "file transfer: data", 20, TCP},
    {"ftp", NULL, "file transfer: control", 21, TCP},
    {"ssh", NULL, "secure shell", 22, TCP},
    {"telnet", NULL, "terminal, in clear text", 23, TCP},
    {"smtp", "mail", "mail transfer", 25, TCP},
    {"time", "timserver", "the time as a number", 37, BOTH},
    {"whois", "nicname", "who owns a name or an address", 43, TCP},
    {"tacacs", NULL, "log-in host protocol", 49, BOTH},
    {"domain", "dns", "domain name system", 53, BOTH},
    {"bootps", "dhcps", "DHCP: the server's side", 67, UDP},
    {"bootpc", "dhcpc dhcp", "DHCP: the client's side", 68, UDP},
    {"tftp", NULL, "trivial file transfer", 69, UDP},
    {"gopher", NULL, "menus of documents", 70, TCP},
    {"finger", NULL, "about a user", 79, TCP},
    {"http", "www", "the web", 80, TCP},
    {"kerberos", "kerberos5 krb5", "tickets that prove who one is", 88, BOTH},
    {"iso-tsap", "tsap", "ISO transport over TCP", 102, TCP},
    {"acr-nema", "dicom", "medical images", 104, TCP},
    {"pop3", "pop-3", "mailbox, version 3", 110, TCP},
    {"sunrpc", "portmapper rpcbind", "which port a remote procedure has", 111, BOTH},
    {"auth", "ident", "whose connection it is", 113, TCP},
    {"nntp", "readnews untp", "network news", 119, TCP},
    {"ntp", NULL, "network time", 123, UDP},
    {"epmap", "loc-srv", "DCE endpoint mapper", 135, BOTH},
    {"netbios-ns", NULL, "NetBIOS names", 137, UDP},
    {"netbios-dgm", NULL, "NetBIOS datagrams", 138, UDP},
    {"netbios-ssn", NULL, "NetBIOS sessions", 139, TCP},
    {"imap", "imap2", "mailbox kept on the server", 143, TCP},
    {"snmp", NULL, "network management", 161, BOTH},
    {"snmptrap", "snmp-trap", "network management: alarms", 162, BOTH},
    {"xdmcp", NULL, "display manager of X", 177, UDP},
    {"bgp", NULL, "routes between providers", 179, TCP},
    {"irc", NULL, "relay chat", 194, BOTH},
    {"qmtp", NULL, "quick mail transfer", 209, TCP},
    {"z3950", "wais", "library search", 210, TCP},
    {"ipx", NULL, "IPX in IP", 213, UDP},
    {"ptp-event", NULL, "precise time: events", 319, UDP},
    {"ptp-general", NULL, "precise time: general", 320, UDP},
    {"rpki-rtr", NULL, "origin of routes, to routers", 323, TCP},
    {"ldap", NULL, "directory", 389, BOTH},
    {"svrloc", NULL, "service location", 427, BOTH},
    {"https", NULL, "the web, by TLS", 443, TCP},
    {"http3", "quic", "the web, by QUIC", 443, UDP},
    {"snpp", NULL, "paging", 444, TCP},
    {"microsoft-ds", "smb", "file sharing (SMB)", 445, BOTH},
    {"kpasswd", NULL, "Kerberos: change of password", 464, BOTH},
    {"submissions", "ssmtp smtps urd", "mail submission, by TLS", 465, TCP},
    {"isakmp", "ike", "keys for IPsec", 500, UDP},
    {"exec", NULL, "remote execution", 512, TCP},
    {"biff", "comsat", "mail has come", 512, UDP},
    {"login", NULL, "remote log-in", 513, TCP},
    {"who", "whod", "who is logged in on this net", 513, UDP},
    {"shell", "cmd", "remote shell, without password", 514, TCP},
    {"syslog", NULL, "system log", 514, UDP},
    {"printer", "spooler", "line printer", 515, TCP},
    {"talk", NULL, "talk to a user", 517, UDP},
    {"ntalk", NULL, "talk to a user, newer", 518, UDP},
    {"rip", "route router routed", "routing information", 520, UDP},
    {"ripng", NULL, "routing information for IPv6", 521, UDP},
    {"gdomap", NULL, "GNUstep names", 538, BOTH},
    {"uucp", "uucpd", "Unix to Unix copy", 540, TCP},
    {"dhcpv6-client", NULL, "DHCP for IPv6: the client's side", 546, UDP},
    {"dhcpv6-server", NULL, "DHCP for IPv6: the server's side", 547, UDP},
    {"afpovertcp", NULL, "AFP file sharing", 548, TCP},
    {"rtsp", NULL, "streaming control", 554, BOTH},
    {"nntps", "snntp", "network news, by TLS", 563, TCP},
    {"submission", NULL, "mail submission", 587, TCP},
    {"ipp", NULL, "printing", 631, TCP},
    {"ldaps", NULL, "directory, by TLS", 636, TCP},
    {"ldp", NULL, "label distribution (MPLS)", 646, BOTH},
    {"tinc", NULL, "tinc VPN", 655, BOTH},
    {"silc", NULL, "secure chat", 706, TCP},
    {"kerberos-adm", NULL, "Kerberos administration", 749, TCP},
    {"netconf-ssh", NULL, "configuration over ssh", 830, TCP},
    {"domain-s", "dot", "domain name system, by TLS", 853, TCP},
    {"domain-q", "doq", "domain name system, by QUIC", 853, UDP},
    {"rsync", NULL, "remote copies", 873, TCP},
    {"ftps-data", NULL, "file transfer, by TLS: data", 989, TCP},
    {"ftps", NULL, "file transfer, by TLS: control", 990, TCP},
    {"telnets", NULL, "terminal, by TLS", 992, TCP},
    {"imaps", NULL, "mailbox kept on the server, by TLS", 993, TCP},
    {"pop3s", NULL, "mailbox, by TLS", 995, TCP},
    {"socks", NULL, "proxy for any connection", 1080, TCP},
    {"openvpn", NULL, "OpenVPN", 1194, BOTH},
    {"ms-sql-s", NULL, "Microsoft SQL Server", 1433, TCP},
    {"l2tp", "l2f", "layer 2 tunnel", 1701, UDP},
    {"pptp", NULL, "point-to-point tunnel", 1723, TCP},
    {"radius", NULL, "who may use the network", 1812, BOTH},
    {"radius-acct", "radacct", "how much was used", 1813, BOTH},
    {"mqtt", NULL, "messages of small devices", 1883, TCP},
    {"ssdp", NULL, "devices that announce themselves", 1900, UDP},
    {"nfs", NULL, "network file system", 2049, BOTH},
    {"zookeeper", NULL, "coordination of servers", 2181, TCP},
    {"docker", NULL, "Docker, in clear text", 2375, TCP},
    {"docker-s", NULL, "Docker, by TLS", 2376, TCP},
    {"etcd-client", NULL, "etcd: clients", 2379, TCP},
    {"etcd-server", NULL, "etcd: servers", 2380, TCP},
    {"iscsi-target", NULL, "disks over TCP", 3260, TCP},
    {"mysql", NULL, "MySQL", 3306, TCP},
    {"ms-wbt-server", "rdp", "remote desktop", 3389, BOTH},
    {"stun", "turn", "address behind a NAT", 3478, BOTH},
    {"svn", "subversion", "Subversion", 3690, TCP},
    {"bfd-control", NULL, "is the path alive", 3784, UDP},
    {"ipsec-nat-t", NULL, "IPsec through a NAT", 4500, UDP},
    {"iax", NULL, "calls between exchanges", 4569, UDP},
    {"vxlan", NULL, "Ethernet in UDP", 4789, UDP},
    {"sip", NULL, "calls", 5060, BOTH},
    {"sips", "sip-tls", "calls, by TLS", 5061, TCP},
    {"xmpp-client", "jabber-client", "chat: clients", 5222, TCP},
    {"xmpp-server", "jabber-server", "chat: servers", 5269, TCP},
    {"nat-pmp", "pcp", "ports opened in a NAT", 5351, UDP},
    {"mdns", NULL, "names without a server", 5353, UDP},
    {"llmnr", "hostmon", "names of the local link", 5355, BOTH},
    {"postgresql", "postgres", "PostgreSQL", 5432, TCP},
    {"amqps", NULL, "message queues, by TLS", 5671, TCP},
    {"amqp", NULL, "message queues", 5672, TCP},
    {"coap", NULL, "small devices' web", 5683, BOTH},
    {"rfb", "vnc", "remote screen", 5900, TCP},
    {"x11", NULL, "X window system", 6000, TCP},
    {"geneve", NULL, "Ethernet in UDP, extensible", 6081, UDP},
    {"redis", NULL, "Redis", 6379, TCP},
    {"ircs-u", NULL, "relay chat, by TLS", 6697, TCP},
    {"http-alt", "webcache", "the web, second choice", 8080, TCP},
    {"mqtts", "secure-mqtt", "messages of small devices, by TLS", 8883, TCP},
    {"jetdirect", "pdl-datastream", "raw printing", 9100, TCP},
    {"git", NULL, "git", 9418, TCP},
    {"memcache", NULL, "memcached", 11211, BOTH},
    {"mongodb", NULL, "MongoDB", 27017, TCP},
    {"wireguard", NULL, "WireGuard (its usual port, not registered)", 51820, UDP},
};

#define SERVICES (sizeof(services) / sizeof(services[0]))

const struct service_name *service_name_nth(unsigned nth) {
    return nth < SERVICES ? &services[nth] : NULL;
}

const char *service_name_of(enum dobos_protocol protocol, uint16_t port) {
    for (size_t i = 0; i < SERVICES; i++) {
        const struct service_name *service = &services[i];
        if (service->port == port &&
            ((protocol == DOBOS_TCP && service->tcp) || (protocol == DOBOS_UDP && service->udp)))
            return service->name;
    }
    return NULL;
}

bool service_name_is(const struct service_name *service, const char *name) {
    if (strcasecmp(service->name, name) == 0)
        return true;
    size_t length = strlen(name);
    for (const char *at = service->aliases; at;) {
        size_t word = strcspn(at, " ");
        if (word == length && strncasecmp(at, name, length) == 0)
            return true;
        at = at[word] == ' ' ? at + word + 1 : NULL;
    }
    return false;
}
