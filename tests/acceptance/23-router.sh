# Line 23: a router between two veth namespaces beside the kernel's own forwarding, plain and with
# masquerade, in one run: the table of ratios, the processor's time for a gigabyte, and how near
# packet sockets' own limit it is (bench/packet_limit). Where a ratio to the kernel is below 1 that
# limit is the reason or it is not reached: docs/performance.md has the profile. What must hold here is
# that every row is measured and that no row falls far below the limit.
# timeout: 900
. "$(dirname "$0")/lib.sh"

bench/router.py --rounds 5 --seconds 2 --build "$clone/build" --json "$scratch/figures.json" 2>"$scratch/rounds" |
    tee "$scratch/table" || { cat "$scratch/rounds"; fail 'the bench did not run to its end'; }
cat >"$scratch/judge.py" <<'END'
import json, statistics, sys
rows = json.load(open(sys.argv[1]))
floors = {"tcp.plain.gbit_per_second": 0.75, "tcp_back.plain.gbit_per_second": 0.75, "udp64.plain.packets_per_second": 0.35}
bad = 0
for kind in ("plain", "masquerade"):
    for name in ("tcp.%s.gbit_per_second", "tcp_back.%s.gbit_per_second", "udp64.%s.packets_per_second"):
        row = rows[name % kind]
        if len(row["kernel"]) != 5 or len(row["dobos"]) != 5 or min(row["dobos"]) <= 0:
            print(name % kind, "was not measured five times:", row)
            bad += 1
        print(f"{name % kind}: {row['ratio']:.2f} of the kernel's:", "goal reached" if row["ratio"] >= 1 else "goal of 1.0 not reached")
for name, floor in floors.items():
    if rows[name]["of_limit"] < floor:
        print(f"{name}: {rows[name]['of_limit']:.2f} of packet sockets' limit, expected at least {floor}")
        bad += 1
sys.exit(bad > 0)
END
want 'every row is measured, near what packet sockets can do' python3 "$scratch/judge.py" "$scratch/figures.json"
