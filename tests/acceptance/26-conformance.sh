# Line 26: docs/conformance.md shows the MUSTs of the Internet's standards for hosts and unicast routers and
# of those for NAT, each with function and test, or as a deviation with its reason; it is what its
# tables and the marks in source and tests make, and none is put off.
# timeout: 300
. "$(dirname "$0")/lib.sh"

want_musts 791 792 826 '1122:^3' 1812 1191 4787 5382 5508
