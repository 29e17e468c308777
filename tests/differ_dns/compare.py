"""compare: two answers to one question, side by side: in which aspects they differ; and what an answer of ours
must be whatever anybody else says.
"""
import struct

import wire

ASPECTS = ("silence", "rcode", "aa", "tc", "ra", "rd", "ad", "cd", "z", "opcode", "question", "answer", "ttl", "authority",
           "additional", "edns", "options")
DRIFT = 90  # seconds that times to live in two caches may differ, for these were not asked at one moment


class Pair:
    """A question, our answer, theirs, whose they are."""

    def __init__(self, question, ours, peer, theirs):
        self.id, self.at, self.by, self.peer = question["id"], question["at"], question["by"], peer
        self.family = self.id.rpartition("-")[0]
        self.wire = bytes.fromhex(question["wire"])
        self.ours, self.theirs = ours, theirs
        self.cache = self.at == "cache"
        self.name, self.type, self.group, self.sent_opt = None, None, None, None
        self.flags = struct.unpack("!H", self.wire[2:4])[0] if len(self.wire) > 3 else 0
        try:
            self.name, at = wire.read_name(self.wire, 12)
            self.type, self.group = struct.unpack("!HH", self.wire[at:at + 4])
            self.sent_opt = wire.Answer(self.wire).opt
        except (wire.Fault, struct.error, IndexError):
            pass

    @property
    def opcode(self):
        return self.flags >> 11 & 15

    def text(self):
        name = wire.text_of(self.name) if self.name is not None else self.wire.hex()
        edns = f", EDNS {self.sent_opt}" if self.sent_opt else ""
        return f"{self.id}: at {self.at} by {self.by}: {name} {wire.type_name(self.type or 0)} class {self.group}, " \
               f"flags {self.flags:04x}{edns}"


def parsed(message):
    """An answer, None (silence), or what is wrong with it."""
    if message is None:
        return None
    try:
        return wire.Answer(bytes.fromhex(message))
    except (wire.Fault, struct.error, IndexError) as fault:
        return str(fault) or type(fault).__name__


# ---- what holds in any case ----

def chain_is_in_order(answer, name):
    """Each alias leads to the next owner: CNAME as it stands, DNAME from above (with its CNAME behind)."""
    name = wire.lower(name)
    for record in answer.answer:
        if record.type == wire.TYPES["DNAME"] and name != record.owner:
            if not wire.is_within(name, record.owner):
                return False
        elif record.owner != name:
            return False
        elif record.type == wire.TYPES["CNAME"]:
            target = wire.read_name(record.data, 0, False)[0]
            if len(answer.answer) > 1:
                name = target
    return True


def faults_of(pair):
    """What is wrong with our answer, by itself."""
    ours = pair.ours
    if isinstance(ours, str):
        return [f"our answer is not sound: {ours}"]
    if ours is None:
        return []
    found = list(ours.faults)
    if not ours.has(wire.QR) or ours.id != struct.unpack("!H", pair.wire[:2])[0]:
        found.append("no answer to this question")
    if ours.questions and pair.name is not None and ours.questions[0] != (pair.name, pair.type, pair.group):
        found.append("the question is not as it was asked")
    limit = max(512, pair.sent_opt["size"]) if pair.sent_opt else 512
    if pair.by == "udp" and ours.size > limit:
        found.append(f"{ours.size} octets by UDP, {limit} are taken")
    if ours.opt and not pair.sent_opt and pair.family not in ("odd", "recursive-edges"):
        found.append("an OPT that was not asked for")
    if ours.has(wire.AA) and ours.rcode not in (0, 3, 6):
        found.append("authority over an error")
    if ours.has(wire.TC) and pair.by == "tcp":
        found.append("cut short by TCP")
    if pair.name is not None and pair.type not in (255, 5) and not ours.has(wire.TC) and not chain_is_in_order(ours, pair.name):
        found.append("the chain of aliases is out of order")
    for section in ours.sections:
        keys = [record.key for record in section]
        if len(keys) != len(set(keys)):
            found.append("a record twice")
        ttls = {}
        for record in section:
            if ttls.setdefault((record.owner, record.type), record.ttl) != record.ttl:
                found.append("a set with two times to live")
    return found


# ---- side by side ----

def keys(section):
    return {record.key for record in section}


def times_differ(pair):
    theirs = {record.key: record.ttl for section in (pair.theirs.answer, pair.theirs.authority) for record in section}
    for section in (pair.ours.answer, pair.ours.authority):
        for record in section:
            if record.key in theirs and abs(theirs[record.key] - record.ttl) > (DRIFT if pair.cache else 0):
                return True
    return False


def aspects(pair):
    """The set of aspects in which two answers differ."""
    ours, theirs = pair.ours, pair.theirs
    if ours is None or theirs is None or isinstance(theirs, str):
        return {"silence"} if (ours is None) != (theirs is None) or isinstance(theirs, str) else set()
    found = {word for word in ("aa", "tc", "ra", "rd", "ad", "cd", "z")
             if ours.has(getattr(wire, word.upper())) != theirs.has(getattr(wire, word.upper()))}
    found |= {word for word in ("rcode", "opcode") if getattr(ours, word) != getattr(theirs, word)}
    if ours.questions != theirs.questions:
        found.add("question")
    if bool(ours.opt) != bool(theirs.opt) or ours.opt and (
            ours.opt["version"] != theirs.opt["version"] or ours.opt["do"] != theirs.opt["do"]):
        found.add("edns")
    elif ours.opt and set(ours.opt["options"]) != set(theirs.opt["options"]):
        found.add("options")
    # what is cut short is cut somewhere
    if ours.has(wire.TC) or theirs.has(wire.TC):
        return found
    found |= {word for word in ("answer", "authority", "additional") if keys(getattr(ours, word)) != keys(getattr(theirs, word))}
    if times_differ(pair):
        found.add("ttl")
    return found
