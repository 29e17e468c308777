# Line 35: 10,000 hosts on one segment, each pinging its successor, all at once and one after the other:
# at most 60 s of CPU each; an idle host with one interface takes at most 16 KiB.
# timeout: 600
. "$(dirname "$0")/lib.sh"

# network HOSTS STEP: a network of so many hosts on one segment; STEP: what each step has beside its ping,
# or none: no script.
network() {
    awk -v hosts="$1" -v step="$2" '
        function address(i) { return "10.0." int(i / 256) "." i % 256 }
        BEGIN {
            print "network: many\nsegments: {lan: }\nnodes:"
            for (i = 1; i <= hosts; i++)
                printf "  h%d: {interfaces: {eth0: {segment: lan, addresses: [%s/16]}}}\n", i, address(i)
            if (step != "none")
                print "script:"
            for (i = 1; i <= hosts && step != "none"; i++)
                printf "  - {node: h%d, run: ping -c 1 %s, %sexpect: {exit: 0, output: 1 received}}\n",
                    i, address(i % hosts + 1), step
        }'
}
# measured FILE COMMAND…: its output goes to FILE; sets $cpu (seconds, rounded up) and $peak (KiB).
measured() {
    local file=$1 status=0
    shift
    read -r status cpu peak < <(python3 - "$file" "$@" <<'PYTHON'
import math, resource, subprocess, sys
with open(sys.argv[1], "w") as out:
    status = subprocess.run(sys.argv[2:], stdout=out, stderr=subprocess.STDOUT).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, math.ceil(used.ru_utime + used.ru_stime), used.ru_maxrss)
PYTHON
    )
    [ "$status" -eq 0 ] || fail "exit $status: $*: $(tail -n 3 "$file")"
}

network 10000 'background: true, ' >"$scratch/at-once.yaml"
network 10000 '' >"$scratch/in-turn.yaml"
for way in at-once in-turn; do
    measured "$scratch/out" "$dobos" lab "$scratch/$way.yaml"
    want_equal "$way: every ping is answered" '20000 held, 0 failed' "$(tail -n 1 "$scratch/out")"
    want_equal "$way: by its successor" 10000 \
        "$(grep -c '^64 bytes from 10\.0\.[0-9.]*: icmp_seq=1 ' "$scratch/out")"
    echo "$way: $cpu s of CPU, $peak KiB"
    want "$way: at most 60 s of CPU" test "$cpu" -le 60
done

# What a host holds of its pool, and, since that leaves the heap's own overhead out, how much a process
# grows with each host of a network: the host, its place in the network and its part of the file.
want_status 0 'an idle host holds at most 16 KiB' build/tests/host/idle_test
grep 'an idle host' <<<"$output"
network 1000 none >"$scratch/few.yaml"
network 10000 none >"$scratch/many.yaml"
measured "$scratch/out" "$dobos" lab --until 1s "$scratch/few.yaml"
few=$peak
measured "$scratch/out" "$dobos" lab --until 1s "$scratch/many.yaml"
grown=$(((peak - few) * 1024 / 9000))
echo "a process grows by $grown bytes with each host of its network"
want 'a process grows by at most 16 KiB a host' test "$grown" -le 16384
