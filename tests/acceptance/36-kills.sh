# Line 36: 200 kills at random moments of dobos run and of dobos lab --live, TERM or KILL, of dobos or a
# process of its own, started by root or by an ordinary user: no process, mount, interface or file is
# left. The seed is the day's, and printed.
# timeout: 600
. "$(dirname "$0")/lib.sh"

export DOBOS_COMMAND=$dobos
want "200 kills" tests/os/kill_test.py 200 "$(date +%Y%m%d)"
