# Line 42: real programs on a dobos network, as root and as an ordinary user: curl's page from the home
# network; 100 MiB down and up with the right SHA-256; iputils' ping, dig, traceroute, wget, and a
# static binary.
# timeout: 900
. "$(dirname "$0")/lib.sh"

home=$clone/labs/home.yaml
bodies=$clone/tests/acceptance/42-bodies.yaml
bytes=$((100 * 1024 * 1024))
make_user

# run_as WHO ARGUMENT…: dobos run, as root or as the ordinary user, who gets a /dev/net/tun that
# everybody may open, as distributions have it.
run_as() {
    local who=$1
    shift
    if [ "$who" = root ]; then
        timeout 240 "$dobos" run "$@"
        return
    fi
    timeout 240 unshare --mount --propagation private bash -c '
        set -e
        mount -t tmpfs -o mode=755 none /mnt
        mknod -m 666 /mnt/tun c 10 200
        mount --bind /mnt/tun /dev/net/tun
        exec setpriv --reuid "$0" --regid "$0" --clear-groups --reset-env -- "$@"' \
        "$user" "$dobos" run "$@"
}

# says TITLE PATTERN WHO ARGUMENT…: it exits 0 and its output has the pattern.
says() {
    local title=$1 pattern=$2
    shift 2
    want_status 0 "$title" run_as "$@"
    grep -qE -- "$pattern" <<<"$output" || fail "$title: no '$pattern' in: $output"
}

# The body of /big, made a second time by another hand: splitmix64's finaliser over the number of
# each eight bytes.
cat >"$scratch/pattern.py" <<'PYTHON'
import array, hashlib, sys
mask, digest = (1 << 64) - 1, hashlib.sha256()
for start in range(0, int(sys.argv[1]) // 8, 1 << 16):
    words = array.array("Q", bytes(8 << 16))
    for place in range(1 << 16):
        x = (start + place + 0x9E3779B97F4A7C15) & mask
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ x >> 27) * 0x94D049BB133111EB & mask
        words[place] = x ^ x >> 31
    digest.update(words.tobytes())
print(digest.hexdigest())
PYTHON
down=$(python3 "$scratch/pattern.py" "$bytes")
head -c "$bytes" /dev/urandom >"$scratch/up"
chmod 644 "$scratch/up"
up=$(sha256sum "$scratch/up" | cut -d ' ' -f 1)

for who in root "$user"; do
    echo "-- as $who: uid $(run_as "$who" -f "$bodies" -- id -u)"
    says 'curl fetches the page by its name' '</html>' "$who" -f "$home" -n laptop -- \
        curl -sS http://www.example.org/

    found=$(run_as "$who" -f "$home" -n laptop -- curl -sS http://www.example.org/big | sha256sum)
    want_equal '100 MiB down at 100 Mbit/s' "$down" "${found%% *}"
    found=$(run_as "$who" -f "$home" -n laptop -- curl -sS -T "$scratch/up" \
        http://www.example.org/up)
    want_equal '100 MiB up at 100 Mbit/s' "$bytes $up" "$found"

    begin=$(date +%s%N)
    found=$(run_as "$who" -f "$bodies" -- curl -sS http://www.example.org/big | sha256sum)
    want_equal "100 MiB down, SHA-256 $down" "$down" "${found%% *}"
    echo "   $((bytes * 8000 / ($(date +%s%N) - begin))) Mbit/s"
    begin=$(date +%s%N)
    found=$(run_as "$who" -f "$bodies" -- curl -sS -T "$scratch/up" http://www.example.org/up)
    want_equal "100 MiB up, SHA-256 $up" "$bytes $up" "$found"
    echo "   $((bytes * 8000 / ($(date +%s%N) - begin))) Mbit/s"

    says 'ping of iputils' ' 0% packet loss' "$who" -f "$bodies" -- \
        ping -c 3 -i 0.2 www.example.org
    says 'dig' '^198\.51\.100\.53$' "$who" -f "$bodies" -- dig +short www.example.org
    says 'dig over TCP' '^198\.51\.100\.53$' "$who" -f "$bodies" -- \
        dig +tcp +short www.example.org
    says 'traceroute sees both routers and the server' '^ 3  198\.51\.100\.53 ' "$who" \
        -f "$bodies" -- traceroute -n -q 1 198.51.100.53
    grep -q '^ 1  192\.168\.0\.1 ' <<<"$output" || fail "no first hop in: $output"
    grep -q '^ 2  203\.0\.113\.2 ' <<<"$output" || fail "no second hop in: $output"
    says 'wget' 'five layers' "$who" -f "$bodies" -- wget -q -O - http://www.example.org/
    says 'a static binary' 'five layers' "$who" -f "$bodies" -- \
        busybox wget -q -O - http://www.example.org/
done
want 'busybox is a static binary' bash -c '! ldd "$(command -v busybox)" >/dev/null 2>&1'
