# Line 44: dobos calc on the textbook's masks, on /31, /32 and /0, on malformed ones, and against
# Debian's ipcalc on 1,000 random inputs (CALC_SEED gives others).
# timeout: 1200
. "$(dirname "$0")/lib.sh"

# says TITLE INPUT… -- FIELD=VALUE…: the JSON has these fields.
says() {
    local title=$1 input=() field
    shift
    while [ "$1" != -- ]; do
        input+=("$1")
        shift
    done
    shift
    want_status 0 "$title" "$dobos" calc --json "${input[@]}"
    for field in "$@"; do
        grep -qE "\"${field%%=*}\":\"?${field#*=}[\",}]" <<<"$output" || fail "$title: no $field in $output"
    done
}
class_c=(prefixlen=24 netmask=255.255.255.0 network=192.168.0.0 broadcast=192.168.0.255
    hostmin=192.168.0.1 hostmax=192.168.0.254 hosts=254)
says 'a prefix of 24' 192.168.0.186/24 -- "${class_c[@]}"
says 'its netmask' 192.168.0.186 255.255.255.0 -- "${class_c[@]}"
says 'a prefix of 8' 10.1.2.3/8 -- prefixlen=8 netmask=255.0.0.0 network=10.0.0.0 \
    broadcast=10.255.255.255 hostmin=10.0.0.1 hostmax=10.255.255.254 hosts=16777214
says 'a prefix of 10' 100.64.1.1/10 -- prefixlen=10 netmask=255.192.0.0 network=100.64.0.0 \
    broadcast=100.127.255.255 hostmin=100.64.0.1 hostmax=100.127.255.254 hosts=4194302
says 'a prefix of 28' 192.168.0.186/28 -- prefixlen=28 netmask=255.255.255.240 network=192.168.0.176 \
    broadcast=192.168.0.191 hostmin=192.168.0.177 hostmax=192.168.0.190 hosts=14
says 'two hosts and no broadcast address' 192.0.2.9/31 -- netmask=255.255.255.254 network=192.0.2.8 \
    hostmin=192.0.2.8 hostmax=192.0.2.9 hosts=2
! grep -q broadcast <<<"$output" || fail 'a /31 has no broadcast address'
says 'a single host' 192.0.2.9/32 -- netmask=255.255.255.255 network=192.0.2.9 hosts=1
! grep -q broadcast <<<"$output" || fail 'a /32 has no broadcast address'
says 'everything' 192.0.2.9/0 -- netmask=0.0.0.0 network=0.0.0.0 broadcast=255.255.255.255 \
    hosts=4294967294

# refuses REASON INPUT…
refuses() {
    local reason=$1
    shift
    want_status 2 "refused: $*" "$dobos" calc "$@"
    grep -qF "$reason" <<<"$output" || fail "the reason is not '$reason' but: $output"
}
refuses 'part 1 is more than 255' 256.1.1.1/24
refuses 'has 3 parts, not 4' 1.2.3/24
refuses 'part 1 has a leading zero' 01.2.3.4/24
refuses 'more than 32' 1.2.3.4/33
refuses 'not a number' 1.2.3.4/x
refuses 'expected a prefix length (/24) or a netmask behind it' 1.2.3.4
refuses "'255.0.255.0'" 1.2.3.4 255.0.255.0
refuses "expected ADDRESS/PREFIX" --

DOBOS_COMMAND=$dobos tests/cli/calc_ipcalc_test.py 1000 "${CALC_SEED:-1000}" || fail 'ipcalc says otherwise'
echo 'ok: ipcalc says the same of 1,000 random inputs'
