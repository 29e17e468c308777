#!/usr/bin/env python3
"""addr_namespace_test [SEED...]: for a network drawn by each seed, `dobos addr` and `dobos route` print
what iproute2 prints for a namespace set up alike, but for what the texts of dobos leave out: the group, and
the transmit queue of lo. Runs in a network namespace of its own. TAP on standard output."""
import json
import os
import random
import re
import subprocess
import sys
import tempfile

DOBOS = os.environ["DOBOS_COMMAND"]
os.environ["PATH"] += ":/usr/sbin:/sbin"  # ip and tc


def command(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def dotted(number):
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def draw_subnets(draw, used):
    """Some addresses of one interface, as (number, prefix length); now and then two of one subnet."""
    for _ in range(draw.randrange(4)):
        length = draw.choice([8, 10, 12, 16, 20, 24, 24, 24, 28, 30, 31, 32])
        first = draw.choice([n for n in range(1, 224) if n not in (127, *used)])
        used.add(first)
        size = 1 << 32 - length
        network = (first << 24 | draw.randrange(1 << 24)) & ~(size - 1)
        hosts = range(1, size - 1) if length < 31 else range(size)
        for host in draw.sample(hosts, min(len(hosts), draw.choice([1, 1, 2]))):
            yield network + host, length


def draw_network(seed):
    """A list of interfaces of one node."""
    draw, used, interfaces = random.Random(seed), set(), []
    for number in range(draw.randrange(1, 5)):
        mac = [draw.randrange(256) & 0xfe] + [draw.randrange(256) for _ in range(5)]
        interfaces.append({
            "name": draw.choice(["eth", "wan", "lan", "uplink"]) + str(number),
            "mac": ":".join(f"{byte:02x}" for byte in mac),
            "mtu": draw.choice([68, 576, 1280, 1492, 1500, 9000, draw.randrange(68, 9001)]),
            "addresses": [f"{dotted(n)}/{length}" for n, length in draw_subnets(draw, used)],
        })
    return interfaces


def network_file(interfaces):
    lines = ["network: drawn", "segments:"]
    lines += [f"  s{number}: {{}}" for number in range(len(interfaces))]
    lines += ["nodes:", "  host:", "    interfaces:"]
    for number, interface in enumerate(interfaces):
        lines += [f"      {interface['name']}:", f"        segment: s{number}",
                  f"        macaddress: '{interface['mac']}'", f"        mtu: {interface['mtu']}",
                  f"        addresses: [{', '.join(interface['addresses'])}]",
                  "        link-local: []"]
    return "\n".join(lines) + "\n"


def set_up(interfaces):
    """Makes the same in this namespace: a pair of virtual cables each, whose far ends have no address."""
    for number, interface in enumerate(interfaces):
        name, far = interface["name"], f"far{number}"
        command("ip", "link", "add", name, "index", str(2 + number), "type", "veth", "peer", "name", far,
                "index", str(102 + number))
        command("ip", "link", "set", name, "address", interface["mac"], "mtu", str(interface["mtu"]),
                "txqueuelen", "1000", "up")
        command("ip", "link", "set", far, "up")
        command("tc", "qdisc", "replace", "dev", name, "root", "pfifo_fast")
        for address in interface["addresses"]:
            command("ip", "addr", "add", address, "brd", "+", "dev", name)


def shown(interfaces):
    """What ip addr says of lo and of these, without what the texts of dobos leave out."""
    text = "".join(command("ip", "addr", "show", "dev", name)
                   for name in ["lo"] + [interface["name"] for interface in interfaces])
    text = re.sub(r" group default", "", text)
    text = re.sub(r"^(\d+: \w+)@far\d+:", r"\1:", text, flags=re.M)
    return re.sub(r"^(1: lo: .*) qlen 1000$", r"\1", text, flags=re.M)


def shown_json(interfaces):
    """The same as `ip -j addr` has it."""
    links = []
    for name in ["lo"] + [interface["name"] for interface in interfaces]:
        link = json.loads(command("ip", "-j", "addr", "show", "dev", name))[0]
        for key in ["group", "link"] + ["txqlen"] * (name == "lo"):
            link.pop(key, None)
        links.append(link)
    return json.dumps(links, indent=1) + "\n"


def plain(text):
    """Any text of ip addr without what dobos leaves out, and without the far ends."""
    text = re.sub(r"^(\w+)@far\d+ +", lambda match: f"{match[1]:<16} ", text, flags=re.M)
    text = re.sub(r"^(\d+: \w+)@far\d+", r"\1", text.replace(" group default", ""), flags=re.M)
    text = re.sub(r"^(\d+: )?far.*\n(    .*\n)*", "", text, flags=re.M)
    return re.sub(r"^(1: lo: .*) qlen 1000$", r"\1", text, flags=re.M)


def views(interfaces):
    """Options and words: what dobos is asked, and what ip is."""
    name = interfaces[-1]["name"]
    network = (interfaces[-1]["addresses"] or ["10.0.0.1/8"])[0].split("/")[0] + "/12"
    for words in (["-br"], ["-4"], ["-4", "-o"], ["-o"], ["-4", "-br"]):
        yield ["addr", *words], [*words, "addr"]
    for words in (["ls", "up"], ["sh", "dev", name], ["show", name, "scope", "global"], ["list", "scope", "host"],
                  ["show", "to", network], ["show", "dynamic"], ["show", "permanent"]):
        yield ["addr", "-4", *words], ["-4", "addr", *words]
    for words in (["ls"], ["show", "dev", name], ["show", "root", network], ["show", "match", network],
                  ["show", "default"], ["list", "exact", network]):
        yield ["route", *words], ["route", *words]


def choices(interfaces):
    """Addresses to ask route get about: one's own, a neighbour's, a broadcast one, a group, and nobody's."""
    for interface in interfaces:
        for address in interface["addresses"]:
            own, length = address.split("/")
            number = sum(int(part) << 24 - 8 * nth for nth, part in enumerate(own.split(".")))
            yield own
            if int(length) < 31:
                yield dotted(number ^ 1 << 32 - int(length) - 1)
                yield dotted(number | (1 << 32 - int(length)) - 1)
    yield from ("127.0.0.1", "127.1.2.3", "223.255.255.1")


def compare_choices(at, interfaces):
    problem = ""
    for address in choices(interfaces):
        ours = subprocess.run([DOBOS, "route", *at, "get", address], capture_output=True, text=True, check=False)
        theirs = subprocess.run(["ip", "route", "get", address], capture_output=True, text=True, check=False)
        found = "".join(ours.stdout.splitlines(True)[:2]) + f"exit {ours.returncode}\n"
        wanted = theirs.stdout.replace(" uid 0 ", " ") + f"exit {theirs.returncode}\n"
        # To itself Linux speaks from the first address of the subnet, dobos from the one spoken to.
        found, wanted = (re.sub(r"^(local .*) src \S+", r"\1", text) for text in (found, wanted))
        if found != wanted:
            problem += f"route get {address}: " + difference(found, wanted)
    return problem


def difference(left, right):
    if left == right:
        return ""
    return "dobos printed\n" + left + "iproute2 printed\n" + right


def compare(seed, number):
    interfaces = draw_network(seed)
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(network_file(interfaces))
        file.flush()
        at = ["-f", file.name, "-n", "host"]
        set_up(interfaces)
        problem = difference(command(DOBOS, "addr", *at), shown(interfaces))
        found = json.loads(command(DOBOS, "--json", "addr", *at))
        problem += difference(json.dumps(found, indent=1) + "\n", shown_json(interfaces))
        problem += difference(command(DOBOS, "--json", "route", *at).strip(),
                              command("ip", "-j", "route").strip())
        problem += difference(command(DOBOS, "route", *at), command("ip", "route"))
        for ours, theirs in views(interfaces):
            found = command(DOBOS, *at, *ours)
            wanted = plain(command("ip", *theirs))
            if found != wanted:
                problem += " ".join(ours) + ": " + difference(found, wanted)
        problem += compare_choices(at, interfaces)
    print(f"{'not ok' if problem else 'ok'} {number} - seed {seed}: {len(interfaces)} interfaces, "
          f"{sum(len(i['addresses']) for i in interfaces)} addresses")
    for line in problem.splitlines():
        print("# " + line)
    return bool(problem)


def main():
    seeds = [int(word) for word in sys.argv[1:]] or range(1, 13)
    if os.environ.get("DOBOS_TEST_NAMESPACE") != "1":
        # A namespace a seed: indices of interfaces begin anew.
        failed = 0
        for number, seed in enumerate(seeds, 1):
            failed |= subprocess.run(
                ["unshare", "--map-root-user", "--net", sys.executable, __file__, str(seed)],
                env={**os.environ, "DOBOS_TEST_NAMESPACE": "1", "NUMBER": str(number)},
                check=False, timeout=60).returncode
        print(f"1..{len(seeds)}")
        return 1 if failed else 0
    command("ip", "link", "set", "lo", "up")
    with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w", encoding="ascii") as file:
        file.write("1")
    return compare(seeds[0], int(os.environ["NUMBER"]))


sys.exit(main())
