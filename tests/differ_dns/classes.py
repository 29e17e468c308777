"""classes: the differences that are allowed between our answers and those of nsd, knot and unbound, each with the
section of an RFC that allows or demands ours. A class names the aspects that it explains in one pair of answers, and
looks at ours first: what ours must be for the class to hold. What no class explains is a fault, and so is a
class that explains nothing.
"""
import collections

import wire

Class = collections.namedtuple("Class", "name section because explains")
CLASSES = []
MOST = 20
SECTIONS = {"answer", "authority", "additional", "ttl"}
CONTENT = SECTIONS | {"aa", "tc", "rcode"}
NS, CNAME, SOA, DNAME, ANY = (wire.TYPES[word] for word in ("NS", "CNAME", "SOA", "DNAME", "ANY"))
ADDRESSES = (1, 28)
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN = range(7)
OUR_UDP = 1232  # what we send by UDP at most


def difference(name, section, because):
    """The function behind it tells which of the aspects it explains in a pair."""
    def add(explains):
        CLASSES.append(Class(name, section, because, explains))
        return explains
    return add


def explain(pair, aspects):
    """What stays unexplained, and the names of the classes that explain the rest."""
    rest, names = set(aspects), []
    for each in CLASSES:
        found = rest & set(each.explains(pair, rest) or ()) if rest else ()
        if found:
            rest -= found
            names.append(each.name)
    return rest, names


# ---- what the rules look at ----

def is_answer(answer):
    return answer is not None and not isinstance(answer, str)


def both(pair):
    return is_answer(pair.ours) and is_answer(pair.theirs)


def is_error(answer, *rcodes):
    """An error, and nothing with it."""
    return is_answer(answer) and answer.rcode in rcodes and not answer.answer and not answer.authority


def is_referral(answer):
    return answer.rcode == NOERROR and not answer.answer and any(r.type == NS for r in answer.authority)


def keys(section):
    return {record.key for record in section}


def mentioned(answer):
    """Names that the records of an answer lead to."""
    found = set()
    for record in answer.answer + answer.authority:
        layout = wire.LAYOUTS.get(record.type, "")
        at = int(layout[0]) if layout[:1].isdigit() else 0
        if layout.lstrip("0123456789")[:1] == "N":
            found.add(wire.read_name(record.data, at, False)[0])
    return found


def in_domain(answer):
    """The glue without which a referral leads nowhere."""
    cut = {r.owner for r in answer.authority if r.type == NS}
    targets = {wire.read_name(r.data, 0, False)[0] for r in answer.authority if r.type == NS}
    return {r.key for r in answer.additional if r.owner in targets and any(wire.is_within(r.owner, c) for c in cut)}


def has_strange_parts(pair):
    """What a query has no use for: records, octets behind, counts of them, an RCODE, bits of answers."""
    message = pair.wire
    if len(message) < 12 or pair.flags & 0x8000:
        return False
    counts = [int.from_bytes(message[at:at + 2], "big") for at in (4, 6, 8, 10)]
    if counts[0] != 1 or pair.name is None:
        return False
    end = wire.read_name(message, 12)[1] + 4
    plain = counts[3] == (pair.sent_opt is not None) and counts[1] == counts[2] == 0
    return bool(pair.flags & (15 | wire.AA | wire.TC | wire.RA | wire.Z)) or not plain or (counts[3] == 0 and end != len(message))


# ---- messages that are no plain questions ----

@difference("errors to what cannot be read", "RFC 1035, section 4.1.1",
            "a format error is what a server says when it could not interpret a query, and it cannot repeat that; knot is silent, and "
            "unbound repeats it")
def to_the_unreadable(pair, _):
    if is_error(pair.ours, FORMERR) and (pair.theirs is None or isinstance(pair.theirs, str)):
        return {"silence"}
    return {"question"} if both(pair) and is_error(pair.ours, FORMERR) and is_error(pair.theirs, FORMERR) and \
        not pair.ours.questions and (pair.name is None or pair.wire[12] >= 0xc0) else ()


@difference("an error repeats what was asked", "RFC 1035, section 4.1.2 and RFC 5452, section 9.1",
            "the question section is what a client finds its question by, so it stands in errors too where it could be read, "
            "RD, CD and DO are copied (RFC 1035, 4.1.1; RFC 4035, 3.1.6 and 3.2.2; RFC 3225, 3) and RA says what the server can")
def errors_repeat(pair, rest):
    if not both(pair):
        return ()
    found = set()
    if not pair.theirs.questions and pair.ours.questions and pair.theirs.rcode != NOERROR:
        found.add("question")
    for word in ("rd", "cd"):
        bit = getattr(wire, word.upper())
        if pair.ours.has(bit) == bool(pair.flags & bit):
            found.add(word)
    if pair.cache and pair.ours.has(wire.RA):
        found.add("ra")
    if pair.theirs.rcode != NOERROR and pair.ours.opt and pair.theirs.opt and pair.sent_opt and \
            pair.ours.opt["do"] == pair.sent_opt["do"] and pair.ours.opt["version"] == 0:
        found.add("edns")
    return found


@difference("what a question has no use for is not looked at", "RFC 1035, section 4.1.1 and RFC 1123, section 1.2.2",
            "records in a question, octets behind it, its RCODE and bits of answers mean nothing to the one who answers, who takes what he can use")
def strange_parts(pair, _):
    if both(pair) and has_strange_parts(pair) and is_error(pair.theirs, FORMERR) and pair.ours.rcode in (NOERROR, NXDOMAIN, REFUSED):
        return CONTENT | {"edns"}
    return ()


@difference("only QUERY is answered", "RFC 1035, section 4.1.1",
            "a kind of query that a server does not know is not implemented; we have no NOTIFY and no UPDATE")
def opcodes(pair, _):
    if both(pair) and pair.opcode not in (0,) and is_error(pair.ours, NOTIMP):
        return {"rcode", "edns", "opcode", "question"}
    return ()


@difference("types that are no data", "RFC 6895, section 3.1 and RFC 4035, section 2.5",
            "types 0, OPT and 128 to 254 stand for transfers, signatures and the like and never for records of a zone, so "
            "looking for them there is refused; and beside an alias there is no RRSIG, NSEC or NSEC3 in a zone that is not signed, so it "
            "is followed")
def meta(pair, _):
    if both(pair) and pair.type in (46, 47, 50) and pair.ours.answer and pair.ours.answer[0].type in (CNAME, DNAME):
        return CONTENT
    if both(pair) and pair.type is not None and (pair.type in (0, 41) or 128 <= pair.type <= 254) and \
            is_error(pair.ours, REFUSED, FORMERR, NOTIMP):
        return CONTENT | {"options", "question", "edns"}
    return ()


@difference("classes other than IN", "RFC 1035, section 6.2 and RFC 4892, section 2",
            "we have no zones of class CH, and to tell one's version is left to the server; an answer about class * never is "
            "with authority")
def other_classes(pair, _):
    if not both(pair) or pair.group == 1:
        return ()
    if pair.group == 255 and not pair.ours.has(wire.AA):
        return {"aa", "authority", "additional", "rcode"}
    return CONTENT | {"options", "question"} if pair.group != 255 and is_error(pair.ours, REFUSED, NOTIMP) else ()


# ---- EDNS ----

@difference("options that we do not have", "RFC 6891, section 6.1.2",
            "an option that is not known is ignored, and none is owed: peers tell NSID, EXPIRE, cookies or extended errors")
def options(pair, _):
    if both(pair) and pair.ours.opt and pair.theirs.opt:
        return {"options"}
    return ()


@difference("sizes that are no sizes", "RFC 6891, section 6.2.3",
            "a size below 512 counts as 512; knot finds a format error in it")
def small_sizes(pair, _):
    if both(pair) and pair.sent_opt and pair.sent_opt["size"] < 512 and is_error(pair.theirs, FORMERR):
        return CONTENT | {"edns"}
    return ()


@difference("an OPT is the root's and comes once", "RFC 6891, section 6.1.1 and 6.1.2",
            "its owner must be the root, and a second one is a format error")
def odd_opt(pair, _):
    if both(pair) and pair.sent_opt is None and len(pair.wire) > 12 and pair.wire[10:12] != b"\0\0" and is_error(pair.ours, FORMERR):
        return CONTENT | {"edns", "question"}
    return ()


# ---- what is in an answer ----

@difference("an answer does not name the zone's servers", "RFC 1034, section 4.3.2, step 3",
            "what matches goes into the answer, and only a referral (3b) puts name servers into the authority section")
def servers_of_the_zone(pair, _):
    if not both(pair) or not pair.ours.answer:
        return ()
    more = [r for r in pair.theirs.authority if r.key not in keys(pair.ours.authority)]
    if not more or any(r.type != NS for r in more) or keys(pair.ours.authority) - keys(pair.theirs.authority):
        return ()
    targets = mentioned(pair.theirs)
    extra = [r for r in pair.theirs.additional if r.key not in keys(pair.ours.additional)]
    return {"authority"} | ({"additional"} if all(r.type in ADDRESSES and r.owner in targets for r in extra) and
                            not keys(pair.ours.additional) - keys(pair.theirs.additional) else set())


@difference("help that nobody needs", "RFC 1034, section 4.3.2, step 6 and RFC 2181, section 9",
            "addresses of the hosts that an answer leads to are added where they are known and fit, and may be left out")
def helping_addresses(pair, _):
    if not both(pair) or is_referral(pair.ours) != is_referral(pair.theirs) or is_referral(pair.ours):
        return ()
    ours, theirs = (mentioned(answer) for answer in (pair.ours, pair.theirs))
    good = all(r.type in ADDRESSES and r.owner in ours for r in pair.ours.additional) and \
        all(r.owner in theirs or r.type == CNAME for r in pair.theirs.additional)
    return {"additional"} if good else ()


@difference("glue of servers elsewhere", "RFC 9471, sections 2.2 and 3",
            "addresses of servers inside the delegated zone must be given; those of others are a help that may be left out")
def sibling_glue(pair, _):
    if both(pair) and is_referral(pair.ours) and is_referral(pair.theirs) and in_domain(pair.ours) == in_domain(pair.theirs):
        return {"additional"}
    return ()


@difference("glue that does not fit", "RFC 9471, section 3.1",
            "where not all addresses of servers inside the delegated zone fit, TC is set; nsd and knot ask for one that fits")
def cut_glue(pair, _):
    if both(pair) and is_referral(pair.ours) and is_referral(pair.theirs) and pair.ours.has(wire.TC):
        return {"tc", "additional"}
    return ()


@difference("how much is sent by UDP", "RFC 6891, sections 6.2.4 and 6.2.5",
            "a size is the most that the client takes; how much less is sent is the server's affair, and how well it compresses; what "
            "is cut short is asked anew by TCP")
def udp_sizes(pair, _):
    if both(pair) and pair.by == "udp" and pair.ours.has(wire.TC) != pair.theirs.has(wire.TC):
        limit = min(max(512, pair.sent_opt["size"]), OUR_UDP) if pair.sent_opt else 512
        if pair.theirs.has(wire.TC) and pair.ours.size <= limit or pair.ours.has(wire.TC) and pair.theirs.size > limit * 3 // 4:
            return {"tc"}
    return {"rcode"} if both(pair) and pair.peer == "knot" and pair.ours.has(wire.TC) and pair.theirs.has(wire.TC) else ()


@difference("ANY gets one set", "RFC 8482, section 4.1",
            "by UDP one set of a name's records stands for all, and which one is the server's choice; unbound gives what it happens to "
            "have")
def any_type(pair, _):
    if both(pair) and pair.type == ANY and pair.ours.answer and pair.theirs.answer:
        ours, theirs = keys(pair.ours.answer), keys(pair.theirs.answer)
        small = {k for k in ours if k[1] != CNAME}
        return {"answer", "additional", "authority", "tc", *(("rcode",) if pair.cache else ())} if small <= theirs or theirs <= ours or pair.cache or \
            len({k[1] for k in small}) == 1 else ()
    return ()


@difference("how far a chain of aliases is followed", "RFC 1034, sections 3.6.2 and 4.3.2, step 3",
            "an alias leads on in whatever zone is here (knot stays in one); chains in a message are bounded, and one in a circle "
            "ends: with authority the client asks on from there, for a resolver it is an error")
def chains(pair, _):
    if not both(pair):
        return ()
    ours, theirs = ({r.key for r in a.answer if r.type in (CNAME, DNAME)} for a in (pair.ours, pair.theirs))
    if pair.cache:
        failed = SERVFAIL in (pair.ours.rcode, pair.theirs.rcode)
        return {"answer", "authority", "rcode"} if failed and len(ours | theirs) >= 8 or \
            pair.ours.rcode == pair.theirs.rcode == SERVFAIL and ours == keys(pair.ours.answer) else ()
    if pair.peer == "knot" and theirs and pair.ours.has(wire.TC):
        return {"tc"}
    if pair.peer == "knot" and theirs and theirs <= ours:
        return {"answer", "authority", "additional", "rcode"}
    if max(len(ours), len(theirs)) >= 16 and (ours <= theirs or theirs <= ours):
        return {"answer", "authority", "additional"}
    return ()


@difference("what a DNAME makes of a name", "RFC 6672, sections 2.2, 3.1 and 3.2",
            "a name that grows too long is YXDOMAIN (knot: NXDOMAIN); the alias that is made lives as long as the DNAME (unbound: 0); "
            "it is the answer where a CNAME is asked for, and its end has the SOA of what is not there")
def rewritten(pair, _):
    if not both(pair) or not any(r.type == DNAME for r in pair.ours.answer):
        return ()
    if pair.ours.rcode == YXDOMAIN:
        return {"rcode", "authority"}
    if not pair.cache or not keys(pair.theirs.answer) <= keys(pair.ours.answer):
        return ()
    made = {r.ttl for r in pair.ours.answer[:2]}
    return ({"ttl"} if len(made) == 1 else set()) | ({"authority", "rcode"} if pair.type in (CNAME, DNAME) else set())


# ---- the resolver ----

SPECIAL = ("localhost.", "invalid.", "onion.", "home.arpa.", "test.", "ip6.arpa.", "0.in-addr.arpa.", "10.in-addr.arpa.",
           "127.in-addr.arpa.", "254.169.in-addr.arpa.", "168.192.in-addr.arpa.", "255.255.255.255.in-addr.arpa.",
           *(f"{second}.172.in-addr.arpa." for second in range(16, 32)))


@difference("names that are not asked in public", "RFC 6303, section 3 and RFC 6761, section 6",
            "a zone of nothing has itself as its server in SOA and NS, where unbound has localhost with zones of its own; test is "
            "asked of the root, for a network whose root is given may have it (RFC 6761, section 6.2)")
def special(pair, _):
    if not both(pair) or not pair.cache or pair.name is None or \
            not any(wire.is_within(pair.name, wire.name_of(zone)) for zone in SPECIAL):
        return ()
    asked = wire.is_within(pair.name, (b"test",)) and not pair.ours.has(wire.AA)
    if asked or pair.ours.has(wire.AA) and pair.theirs.has(wire.AA):
        return {"aa", "answer", "authority", "rcode", "ttl"}
    return ()


@difference("questions that do not desire recursion", "RFC 1034, section 4.3.1",
            "without RD the answer is what is known already, and if nothing is, refused; unbound refuses any")
def no_recursion(pair, _):
    if both(pair) and pair.cache and not pair.flags & wire.RD and (is_error(pair.ours, REFUSED) or is_error(pair.theirs, REFUSED)):
        return {"rcode", "answer", "authority", "additional"}
    return ()


@difference("servers that lead back to themselves", "RFC 1034, section 5.3.3, step 4 and RFC 2308, section 2.2",
            "a referral to the zone just asked leads nowhere, and an answer without SOA does not say that there is no data: that is "
            "a failure; unbound makes an empty answer of it")
def lame(pair, _):
    if both(pair) and pair.cache and is_error(pair.ours, SERVFAIL) and pair.theirs.rcode == NOERROR and \
            not pair.theirs.answer and not pair.theirs.authority:
        return {"rcode"}
    return ()
