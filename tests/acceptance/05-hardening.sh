# Line 5: fragments that overlap, attack rows B, C and J, random topologies.
# timeout: 600
. "$(dirname "$0")/lib.sh"

fail 'not there yet'
