#!/bin/sh
# udhcpc.sh: what busybox's DHCP client calls with what it has learned: says it, and applies it.
case $1 in
deconfig)
    ip -4 addr flush dev "$interface"
    ;;
bound | renew)
    echo "$1 $ip/$mask router $router dns $dns domain $domain lease $lease server $serverid"
    ip addr replace "$ip/$mask" broadcast "${broadcast:-+}" dev "$interface" \
        valid_lft "$lease" preferred_lft "$lease"
    ip route replace default via "$router" dev "$interface"
    for server in $dns; do
        echo "nameserver $server"
    done >/etc/resolv.conf
    ;;
*)
    echo "$1"
    ;;
esac
