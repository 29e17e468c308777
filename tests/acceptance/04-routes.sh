# Line 4: 1,000,000 routes from a file.
# timeout: 600
. "$(dirname "$0")/lib.sh"

fail 'not there yet'
