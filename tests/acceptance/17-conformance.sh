# Line 17: docs/conformance.md shows the MUSTs of the standards of names, each with function and test, or as a deviation
# with its reason; it is what its tables and the marks in source and tests make. None is put off.
# timeout: 300
. "$(dirname "$0")/lib.sh"

want_musts 1034 1035 '1123:^6\.1' 2181 2308 6891 7766
