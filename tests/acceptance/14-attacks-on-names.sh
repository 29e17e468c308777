# Line 14: each attack row I has its test, those of DNSSEC and of what is not begun apart; the table of the queries that
# one query of a client costs under attack, each row bounded; 100,000 forged answers of which none enters the
# cache; all of it with the sanitizers on.
# timeout: 1800
. "$(dirname "$0")/lib.sh"

want_attack_rows I 5 'DNSSEC is not begun' 'multicast DNS is not begun' 'IPv6 is not begun'

want '100,000 forged answers do not enter the cache' \
    grep -qE '^ok [0-9]+ - attack_i4_forged_answers_do_not_enter' "$scratch/all.tap"
want '... so many' grep -qE 'i < 100000;' tests/attacks/i_resolver_test.c
want 'the table was measured' grep -qE '^ok [0-9]+ - table_of_queries_sent_is_bounded' "$scratch/all.tap"
table=$(grep -E '^# *\|' "$scratch/all.tap")
echo "$table"
for attack in NXNSAttack TsuNAME 'aliases without end' 'dead servers'; do
    want "the table has: $attack" grep -qF "$attack" <<<"$table"
done
