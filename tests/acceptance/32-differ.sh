# timeout: 900
# Line 32: real programs inside `dobos run` do what they do on a network of Linux namespaces set up
# alike: as root with all of it, and as an ordinary user with all but the joined namespace.
. "$(dirname "$0")/lib.sh"
want "as root" ./tests/differ/differ.py "$dobos"
want "as an ordinary user" ./tests/differ/differ.py --user "$dobos"
