# timeout: 900
# Line 22: what kind of NAT a router is, for each filtering, as our self-test in virtual time finds and as
# coturn does; real programs through it, in both directions; 60,000 mappings, one source port twice, TCP
# opened from both ends.
. "$(dirname "$0")/lib.sh"
export DOBOS_COMMAND=$dobos
want "the self-test in the manner of RFC 5780" ./build/tests/lab/nat_selftest_test
want "HTTP, SSH, FTP and turnutils_natdiscovery" ./tests/os/nat_programs.py
want "60,000 mappings, one source port, simultaneous open" ./tests/os/nat_flows.py 60000
