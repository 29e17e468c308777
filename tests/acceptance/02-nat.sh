# Line 2: NAT as configured, by a self-test, by turnutils_natdiscovery and by real programs.
# timeout: 600
. "$(dirname "$0")/lib.sh"

fail 'not there yet'
