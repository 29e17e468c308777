#!/usr/bin/env python3
"""The fields of dobos dump --json are those that tshark finds in the same packets: captures of labs/tour.yaml
(loss, fragments, ICMP errors with what they quote, DNS, TCP), and DHCP messages; as pcapng, and as pcap of
either clock. Comments are the same too, of that lab and of labs/isp.yaml, and nothing is malformed. TAP on standard output."""
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

from tap import finish, report

DOBOS = os.environ["DOBOS_COMMAND"]
TOUR = pathlib.Path(os.environ["DOBOS_SOURCE_ROOT"]) / "labs" / "tour.yaml"
ISP = TOUR.with_name("isp.yaml")
OPTIONS = ["ip.defragment:FALSE", "tcp.relative_sequence_numbers:FALSE", "tcp.desegment_tcp_streams:FALSE",
           "tcp.analyze_sequence_numbers:FALSE", "ip.check_checksum:TRUE"]


def number(value):
    return int(value, 0) if isinstance(value, str) else int(value)


def flag(value):
    return value in (True, "True", "1")


def text(value):
    return str(value).rstrip(".")


def dotted(value):
    """An address, or an option of one."""
    return str(value)


# tshark's field, our layer and our key, and what makes both the same.
FIELDS = [
    ("eth.src", "Ethernet", "source", text), ("eth.dst", "Ethernet", "destination", text),
    ("eth.type", "Ethernet", "type", number),
    ("arp.opcode", "ARP", "operation", number), ("arp.src.proto_ipv4", "ARP", "sender", text),
    ("arp.dst.proto_ipv4", "ARP", "target", text), ("arp.src.hw_mac", "ARP", "sender_mac", text),
    ("arp.dst.hw_mac", "ARP", "target_mac", text),
    ("ip.src", "IPv4", "source", text), ("ip.dst", "IPv4", "destination", text),
    ("ip.proto", "IPv4", "protocol", number), ("ip.ttl", "IPv4", "ttl", number),
    ("ip.dsfield", "IPv4", "tos", number), ("ip.id", "IPv4", "id", number),
    ("ip.len", "IPv4", "length", number), ("ip.hdr_len", "IPv4", "header_length", number),
    ("ip.flags.df", "IPv4", "dont_fragment", flag), ("ip.flags.mf", "IPv4", "more_fragments", flag),
    ("ip.frag_offset", "IPv4", "offset in words", number), ("ip.checksum", "IPv4", "checksum", number),
    ("icmp.type", "ICMP", "type", number), ("icmp.code", "ICMP", "code", number),
    ("icmp.checksum", "ICMP", "checksum", number), ("icmp.ident", "ICMP", "id", number),
    ("icmp.seq", "ICMP", "seq", number),
    ("udp.srcport", "UDP", "source_port", number), ("udp.dstport", "UDP", "destination_port", number),
    ("udp.length", "UDP", "length", number), ("udp.checksum", "UDP", "checksum", number),
    ("tcp.srcport", "TCP", "source_port", number), ("tcp.dstport", "TCP", "destination_port", number),
    ("tcp.seq", "TCP", "seq", number), ("tcp.window_size_value", "TCP", "window", number),
    ("tcp.len", "TCP", "length", number), ("tcp.hdr_len", "TCP", "header_length", number),
    ("tcp.checksum", "TCP", "checksum", number), ("tcp.urgent_pointer", "TCP", "urgent", number),
    ("dns.id", "DNS", "id", number), ("dns.flags.response", "DNS", "response", flag),
    ("dns.flags.opcode", "DNS", "opcode", number), ("dns.flags.recdesired", "DNS", "rd", flag),
    ("dns.qry.name", "DNS", "questions.name", text), ("dns.qry.type", "DNS", "questions.type", number),
    ("dns.resp.name", "DNS", "records.name", text), ("dns.resp.type", "DNS", "records.type", number),
    ("dns.resp.ttl", "DNS", "records.ttl", number), ("dns.a", "DNS", "addresses", text),
    ("dns.cname", "DNS", "aliases", text),
    ("dhcp.type", "DHCP", "op", number), ("dhcp.id", "DHCP", "xid", number),
    ("dhcp.secs", "DHCP", "secs", number), ("dhcp.hops", "DHCP", "hops", number),
    ("dhcp.flags.bc", "DHCP", "broadcast", flag), ("dhcp.ip.client", "DHCP", "ciaddr", text),
    ("dhcp.ip.your", "DHCP", "yiaddr", text), ("dhcp.ip.server", "DHCP", "siaddr", text),
    ("dhcp.ip.relay", "DHCP", "giaddr", text), ("dhcp.option.dhcp", "DHCP", "type", number),
    ("dhcp.hw.mac_addr", "DHCP", "client", text), ("dhcp.option.type", "DHCP", "codes", number),
    ("dhcp.option.router", "DHCP", "option.3", dotted),
    ("dhcp.option.domain_name_server", "DHCP", "option.6", dotted),
    ("dhcp.option.subnet_mask", "DHCP", "option.1", dotted),
    ("dhcp.option.requested_ip_address", "DHCP", "option.50", dotted),
    ("dhcp.option.dhcp_server_id", "DHCP", "option.54", dotted),
    ("dhcp.option.ip_address_lease_time", "DHCP", "option.51", number),
    ("dhcp.option.hostname", "DHCP", "option.12", text),
]


def command(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=100).stdout


def tshark(path):
    words = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|", "-E", "aggregator=;"]
    for option in OPTIONS:
        words += ["-o", option]
    for field in FIELDS:
        words += ["-e", field[0]]
    return [line.split("|") for line in command(*words).splitlines()]


def values(layers, layer, key):
    """All values of that key, of all layers of that name, in order."""
    found = []
    for each in layers:
        if each["layer"] != layer:
            continue
        records = each.get("answers", []) + each.get("authorities", []) + each.get("additionals", [])
        if "." in key and key.split(".")[0] == "option":
            found += [value for option in each.get("options", []) if option["code"] == int(key.split(".")[1])
                      for value in option["value"].split(" ")]
        elif key == "offset in words":
            found.append(each["offset"] // 8)
        elif key == "codes":  # tshark shows the end as 0
            found += [option["code"] for option in each.get("options", [])] + [0]
        elif "." in key:
            list_name, name = key.split(".")
            found += [record[name] for record in (records if list_name == "records" else each.get(list_name, []))]
        elif key in ("addresses", "aliases"):
            wanted = 1 if key == "addresses" else 5
            found += [record["data"] for record in records if record["type"] == wanted]
        elif key in each:
            found.append(each[key])
    return found


def compare(title, path):
    ours = [json.loads(line) for line in command(DOBOS, "dump", "--json", str(path)).splitlines()]
    theirs = tshark(path)
    problems = [] if len(ours) == len(theirs) else [f"{len(ours)} packets, and tshark has {len(theirs)}"]
    compared = set()
    for packet, row in zip(ours, theirs):
        for (field, layer, key, same), cell in zip(FIELDS, row):
            left = [same(value) for value in values(packet["layers"], layer, key)]
            right = [same(value) for value in cell.split(";")] if cell else []
            if left != right:
                problems.append(f"packet {packet['number']}: {field}: {left}, tshark {right}")
            elif left:
                compared.add(field)
    report(f"{title}: {len(ours)} packets, {len(compared)} fields", problems)
    return compared


def compare_comments(title, path):
    """tshark shows each comment that dump shows, and finds nothing malformed."""
    ours = [json.loads(line).get("comments", []) for line in command(DOBOS, "dump", "--json", str(path)).splitlines()]
    rows = command("tshark", "-n", "-r", str(path), "-T", "json", "-e", "frame.comment", "-e", "_ws.malformed")
    theirs = [row["_source"].get("layers", {}) for row in json.loads(rows)]
    problems = [] if len(ours) == len(theirs) and ours else [f"{len(ours)} packets, and tshark has {len(theirs)}"]
    for number, (comments, row) in enumerate(zip(ours, theirs), 1):
        if row.get("frame.comment", []) != comments or not comments:
            problems.append(f"frame {number}: {comments}, tshark {row.get('frame.comment')}")
        if "_ws.malformed" in row:
            problems.append(f"frame {number} is malformed")
    report(f"{title}: tshark shows the comments of {len(ours)} frames", problems)
    return sum(ours, [])


def dhcp_capture(path):
    """A DISCOVER and an ACK by hand, in pcap."""
    def udp(source, destination, payload, ports):
        head = struct.pack("!HHHH", *ports, 8 + len(payload), 0)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 7, 0, 64, 17, 0, source, destination)
        total = sum(struct.unpack("!10H", ip))
        total = (total & 0xffff) + (total >> 16)
        ip = ip[:10] + struct.pack("!H", ~total & 0xffff) + ip[12:]
        return bytes(5) + b"\xff" + b"\x02" + bytes(4) + b"\x01" + b"\x08\x00" + ip + head + payload

    def message(op, yours, options):
        fixed = struct.pack("!BBBBIHH4s4s4s4s", op, 1, 6, 0, 0x3903f326, 7, 0x8000, bytes(4), yours, bytes(4),
                            bytes(4))
        return fixed + b"\x02" + bytes(4) + b"\x01" + bytes(10) + bytes(192) + b"\x63\x82\x53\x63" + options

    discover = message(1, bytes(4), bytes([53, 1, 1, 50, 4, 192, 168, 0, 4, 12, 6]) + b"laptop"
                       + bytes([55, 4, 1, 3, 6, 15, 255]))
    ack = message(2, bytes([192, 168, 0, 4]),
                  bytes([53, 1, 5, 54, 4, 192, 168, 0, 1, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0,
                         3, 8, 192, 168, 0, 1, 192, 168, 0, 2, 6, 4, 192, 168, 0, 1, 15, 4]) + b"home" + b"\xff")
    packets = [udp(bytes(4), b"\xff" * 4, discover, (68, 67)),
               udp(bytes([192, 168, 0, 1]), b"\xff" * 4, ack, (67, 68))]
    with open(path, "wb") as file:
        file.write(struct.pack(">IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for each in packets:
            file.write(struct.pack(">IIII", 1, 2, len(each), len(each)) + each)


def main():
    if not shutil.which("tshark"):
        print("1..0 # SKIP there is no tshark")
        return 0
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        paths = {name: folder / f"{name}.pcapng" for name in ("lan", "wild", "narrow")}
        command(DOBOS, "lab", str(TOUR), *[word for name, path in paths.items()
                                          for word in ("--capture", f"{name}={path}")])
        compared = set()
        for name, path in paths.items():
            compared |= compare(f"tour's {name}", path)
            compare_comments(f"tour's {name}", path)
        for form in ("pcap", "nsecpcap"):
            other = folder / form
            command("editcap", "-F", form, str(paths["narrow"]), str(other))
            compare(f"narrow as {form}", other)
        # Without the Ethernet header: raw IP.
        command("tshark", "-r", str(paths["wild"]), "-Y", "ip", "-w", str(folder / "ip"))
        command("editcap", "-C", "14", "-L", "-T", "rawip", "-F", "pcap", str(folder / "ip"), str(folder / "raw"))
        compare("wild as raw IP", folder / "raw")
        isp = {name: folder / f"isp-{name}.pcapng" for name in ("shop", "meadow-access", "exchange", "transit",
                                                                       "summit-access")}
        command(DOBOS, "lab", str(ISP), *[word for name, path in isp.items()
                                         for word in ("--capture", f"{name}={path}")])
        told = sum((compare_comments(f"isp's {name}", path) for name, path in isp.items()), [])
        for text in ("then dropped by shop-gate: DropSpecialRange: ", "then dropped by edge: DropReversePath: ",
                     "filter rule 2: allow icmp; NAT source 192.168.0.100 -> 203.0.113.12; NAT id 0x",
                     "; NAT destination 198.51.100.12:8080 -> 192.168.0.10:80",
                     "forwarded by core: route 192.0.2.0/24 via 198.18.0.3 dev ix0", "error about packet ",
                     "then forwarded by stacks: route 192.0.2.0/24 dev rack0"):
            report(f"a comment says \"{text}\"", [] if any(text in comment for comment in told) else sorted(set(told)))
        dhcp_capture(folder / "dhcp")
        compared |= compare("DHCP by hand", folder / "dhcp")
        report("every field was compared somewhere", sorted({field[0] for field in FIELDS} - compared))
    return finish()


sys.exit(main())
