# Line 34: our DHCP client leases, renews and rebinds with dnsmasq and with kea, each in a namespace; 1,000
# clients of ours in virtual time get 1,000 addresses and renew for a week, none given twice, also when the
# server restarts.
# timeout: 900
. "$(dirname "$0")/lib.sh"

want_status 0 'dnsmasq and kea: leased, renewed by unicast, rebound by broadcast, given back' \
    timeout 200 tests/os/dhcp_servers.py build/tests/os/dhcp_lease dnsmasq kea
echo "$output"
for server in dnsmasq kea; do
    for step in leased 'renewed by unicast' 'rebound to' 'given back'; do
        want "$server: $step" grep -q "^$server: $step" <<<"$output"
    done
done

want_status 0 '1,000 clients for a virtual week, with restarts of the server' build/tests/services/dhcp_week
echo "$output"
