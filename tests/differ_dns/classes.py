"""classes: the differences that are allowed between our answers and those of nsd, knot and unbound, each with the
section of an RFC that allows or demands ours. A class names the aspects that it explains in one pair of answers;
what no class explains is a fault, and so is a class that explains nothing.
"""
import collections

import wire

Class = collections.namedtuple("Class", "name section because explains")
CLASSES = []
MOST = 20


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
