"""wire: DNS messages for differ_dns: questions built byte by byte, answers read strictly.

Only what the comparison needs, and nothing of dobos: it is to find the faults of ours. A name is a
tuple of labels (bytes), the root ().
"""
import collections
import struct

TYPES = {
    "A": 1, "NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9, "NULL": 10, "WKS": 11,
    "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17, "AFSDB": 18, "X25": 19, "ISDN": 20,
    "RT": 21, "NSAP": 22, "SIG": 24, "KEY": 25, "PX": 26, "AAAA": 28, "LOC": 29, "NXT": 30, "SRV": 33,
    "NAPTR": 35, "KX": 36, "CERT": 37, "DNAME": 39, "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44,
    "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51,
    "TLSA": 52, "SMIMEA": 53, "CDS": 59, "CDNSKEY": 60, "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63,
    "SVCB": 64, "HTTPS": 65, "SPF": 99, "NID": 104, "L32": 105, "L64": 106, "LP": 107, "EUI48": 108,
    "EUI64": 109, "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255,
    "URI": 256, "CAA": 257, "TYPE65280": 65280, "TYPE65535": 65535}
TYPE_NAMES = {number: name for name, number in TYPES.items()}
CLASSES = {"IN": 1, "CH": 3, "HS": 4, "NONE": 254, "ANY": 255}
RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
          "NOTAUTH", "NOTZONE")
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010

# Names inside data: N a name, S a character string, a number that many octets, * the rest.
LAYOUTS = {2: "N", 3: "N", 4: "N", 5: "N", 6: "NN", 7: "N", 8: "N", 9: "N", 12: "N", 14: "NN", 15: "2N", 17: "NN",
           18: "2N", 21: "2N", 26: "2NN", 33: "6N", 35: "4SSSN", 36: "2N", 39: "N", 64: "2N", 65: "2N", 107: "2N"}
COMPRESSIBLE = {2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15}  # RFC 3597, section 4


class Fault(Exception):
    """A message that is not one."""


def type_name(number):
    return TYPE_NAMES.get(number, f"TYPE{number}")


def rcode_name(number):
    return RCODES[number] if number < len(RCODES) else {16: "BADVERS", 23: "BADCOOKIE"}.get(number, f"RCODE{number}")


# ---- names ----

def name_of(text, origin=()):
    """A name as a zone file has it."""
    if text == ".":
        return ()
    if text == "@":
        return origin
    labels, label, i, ended = [], bytearray(), 0, False
    while i < len(text):
        ended = text[i] == "."
        if ended:
            labels.append(bytes(label))
            label = bytearray()
        elif text[i] == "\\" and text[i + 1].isdigit():
            label.append(int(text[i + 1:i + 4]))
            i += 3
        else:
            i += text[i] == "\\"
            label += text[i].encode()
        i += 1
    return tuple(labels) if ended else (*labels, bytes(label), *origin)


def text_of(name):
    """The same backward, always with its last dot."""
    def letter(octet):
        if 0x21 <= octet <= 0x7e:
            return ("\\" if chr(octet) in '.\\"();@$' else "") + chr(octet)
        return f"\\{octet:03d}"
    return "".join("".join(map(letter, label)) + "." for label in name) or "."


def lower(name):
    return tuple(label.lower() for label in name)


def is_within(name, zone):
    return len(name) >= len(zone) and lower(name)[len(name) - len(zone):] == lower(zone)


def name_bytes(name):
    return b"".join(bytes([len(label)]) + label for label in name) + b"\0"


# ---- questions ----

def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def opt(size=1232, version=0, do=False, options=b"", rcode=0, owner=b"\0", flags=0):
    """An OPT record as it stands in a question."""
    return owner + struct.pack("!HHBBHH", 41, size, rcode, version, 0x8000 * do | flags, len(options)) + options


def query(number, name, kind, group=1, flags=RD, opcode=0, extra=b"", counts=(1, 0, 0, None), records=None):
    """`extra` is what stands behind the question; `counts` as the header says, the last by default
    whether there is something behind."""
    *counted, additionals = counts
    if additionals is None:
        additionals = 1 if extra else 0
    header = struct.pack("!HHHHHH", number, flags | opcode << 11, *counted, additionals)
    question = name_bytes(name) if isinstance(name, tuple) else name
    return header + (records if records is not None else question + struct.pack("!HH", kind, group)) + extra


# ---- answers ----

class Record(collections.namedtuple("Record", "owner type group ttl data")):
    """Owner and the names in the data in small letters."""

    @property
    def key(self):
        return self.owner, self.type, self.group, self.data

    def text(self):
        data = self.data.hex()
        if self.type in (1, 28):
            data = ".".join(map(str, self.data)) if self.type == 1 else self.data.hex(":", 2)
        elif LAYOUTS.get(self.type) in ("N", "2N", "6N"):
            at = int(LAYOUTS[self.type][:-1] or 0)
            data = (self.data[:at].hex() + " " if at else "") + text_of(read_name(self.data, at, False)[0])
        return f"{text_of(self.owner)} {self.ttl} {type_name(self.type)} {data}"


def read_name(message, at, pointers=True):
    """A name and where it ends; pointers only backward."""
    labels, end, limit, total = [], None, at, 1
    while True:
        if at >= len(message):
            raise Fault("a name runs out of the message")
        length = message[at]
        if length >= 0xc0:
            if not pointers or at + 1 >= len(message):
                raise Fault("a pointer where none may be")
            end = at + 2 if end is None else end
            at = (length & 0x3f) << 8 | message[at + 1]
            if at >= limit:
                raise Fault("a pointer that does not lead back")
            limit = at
            continue
        if length > 63:
            raise Fault("a label of an unknown kind")
        if length == 0:
            return tuple(labels), at + 1 if end is None else end
        total += length + 1
        if total > 255 or at + 1 + length > len(message):
            raise Fault("a name is too long")
        labels.append(message[at + 1:at + 1 + length])
        at += 1 + length


def read_data(message, at, length, kind, faults):
    """Data without compression."""
    end, out = at + length, b""
    layout = LAYOUTS.get(kind, "") if length else ""
    while layout:
        word, layout = layout[0], layout[1:]
        if word == "N":
            before = at
            name, at = read_name(message, at)
            if at - before != len(name_bytes(name)) and kind not in COMPRESSIBLE:
                faults.append(f"the data of {type_name(kind)} are compressed")
            out += name_bytes(lower(name))
        else:
            count = 1 + message[at] if word == "S" else int(word)
            out += message[at:at + count]
            at += count
        if at > end:
            raise Fault(f"data of {type_name(kind)} run over their end")
    return out + message[at:end]


class Answer:
    """A message as it came."""

    def __init__(self, message):
        if len(message) < 12:
            raise Fault("shorter than a header")
        self.size, self.faults = len(message), []
        self.id, self.flags, *counts = struct.unpack("!HHHHHH", message[:12])
        self.opcode, self.rcode = self.flags >> 11 & 15, self.flags & 15
        at, self.questions, self.sections, self.opt = 12, [], [], None
        for _ in range(counts[0]):
            name, at = read_name(message, at)
            kind, group = struct.unpack("!HH", message[at:at + 4])
            self.questions.append((name, kind, group))
            at += 4
        for count in counts[1:]:
            records = []
            for _ in range(count):
                record, at = self.read_record(message, at)
                if record.type != 41:
                    records.append(record)
            self.sections.append(records)
        if at != len(message):
            raise Fault("something stands behind the last record")

    def read_record(self, message, at):
        owner, at = read_name(message, at)
        if at + 10 > len(message):
            raise Fault("a record runs out of the message")
        kind, group, ttl, length = struct.unpack("!HHIH", message[at:at + 10])
        at += 10
        if at + length > len(message):
            raise Fault("data run out of the message")
        data = read_data(message, at, length, kind, self.faults)
        if kind == 41:
            if self.opt is not None or owner:
                raise Fault("a second OPT, or one that is not the root's")
            self.opt = {"size": group, "version": ttl >> 16 & 255, "do": bool(ttl & 0x8000), "options": read_options(data)}
            self.rcode |= ttl >> 24 << 4
        return Record(lower(owner), kind, group, ttl, data), at + length

    @property
    def answer(self):
        return self.sections[0]

    @property
    def authority(self):
        return self.sections[1]

    @property
    def additional(self):
        return self.sections[2]

    def has(self, flag):
        return bool(self.flags & flag)

    def text(self):
        """For people: what dig would show."""
        flags = [word for word in ("QR", "AA", "TC", "RD", "RA", "Z", "AD", "CD") if self.has(globals()[word])]
        lines = [f"{rcode_name(self.rcode)} {' '.join(flags)} opcode {self.opcode}, {self.size} octets"
                 + (f", EDNS {self.opt}" if self.opt else "")]
        lines += [f"  ? {text_of(n)} {type_name(t)} class {c}" for n, t, c in self.questions]
        for mark, section in zip("=^+", self.sections):
            lines += [f"  {mark} {record.text()}" for record in section]
        return "\n".join(lines + [f"  ! {fault}" for fault in self.faults])


def read_options(data):
    found, at = {}, 0
    while at + 4 <= len(data):
        code, length = struct.unpack("!HH", data[at:at + 4])
        found[code] = data[at + 4:at + 4 + length].hex()
        at += 4 + length
    if at != len(data):
        raise Fault("an option runs over its end")
    return found
