# Line 3: a router between two veth namespaces beside the kernel's own forwarding.
# timeout: 600
. "$(dirname "$0")/lib.sh"

fail 'not there yet'
