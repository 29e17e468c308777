# Line 1: real curl and ping from a home of labs/isp.yaml to a server in the other ISP.
# timeout: 600
. "$(dirname "$0")/lib.sh"

fail 'not there yet'
