# Line 6: docs/conformance.md shows the MUSTs of the Internet and NAT standards, each with function
# and test.
# timeout: 600
. "$(dirname "$0")/lib.sh"

fail 'not there yet'
