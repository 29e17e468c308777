#!/usr/bin/env bash
# Networks that seeds draw, as network files in `dobos lab`: what the file's tables lead somewhere is
# answered there, the rest is not (topology_file.c). Speaks TAP.
#     topology_file_test.sh TOPOLOGY_FILE [FROM [COUNT]]
set -euo pipefail
program=$1 from=${2:-1} count=${3:-40}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 1..1
asked=0
for ((seed = from; seed < from + count; seed++)); do
    "$program" "$seed" >"$scratch/net.yaml"
    if ! timeout 20 "$DOBOS_COMMAND" lab "$scratch/net.yaml" --seed "$seed" >"$scratch/log" 2>&1; then
        sed 's/^/# /' "$scratch/net.yaml" "$scratch/log"
        echo "not ok 1 - the network of seed $seed is not what its file says"
        exit 1
    fi
    asked=$((asked + $(grep -c 'run: ping' "$scratch/net.yaml")))
done
echo "ok 1 - $count networks from seed $from are what their files say, in $asked questions"
