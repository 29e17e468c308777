#!/usr/bin/env bash
# acceptance: a line that fails, is skipped or has no script is a failed line; the rest still runs.
# Root, set-up and git are played by stand-ins, so that this runs anywhere.
. "$(dirname "$0")/tap.sh"

fixture
mkdir -p bin tests/acceptance
printf '#!/bin/sh\necho 0\n' >bin/id
printf '#!/bin/sh\ncase "$*" in *clone*) for last; do :; done; cp -r . "$last" ;; esac\n' >bin/git
printf '#!/bin/sh\n' >scripts/setup
printf '#!/bin/sh\n' >scripts/build
chmod +x bin/* scripts/setup scripts/build
PATH=$PWD/bin:$PATH

printf '1\tfirst\n2\tsecond\n' >tests/acceptance/lines.tsv
echo 'echo one' >tests/acceptance/01-one.sh
echo 'test -f meson.build' >tests/acceptance/02-two.sh
holds 'two lines that hold pass' ./scripts/acceptance
holds 'the last line counts them' grep -qx '2 passed, 0 failed' acceptance-log/all.log
holds 'the log is kept' grep -q 'PASS line 2' acceptance-log/all.log
holds 'and each line has its own' grep -qx one acceptance-log/01-one.log

echo 'exit 3' >tests/acceptance/01-one.sh
breaks 'a line that fails fails, and the next still runs' '^1 passed, 1 failed' ./scripts/acceptance
echo 'exit 77' >tests/acceptance/01-one.sh
breaks 'a skipped line fails' 'FAIL line 1: skipped' ./scripts/acceptance
printf '# timeout: 1\nsleep 5\n' >tests/acceptance/01-one.sh
breaks 'a line that hangs fails' 'FAIL line 1 \(exit 124' ./scripts/acceptance
rm tests/acceptance/01-one.sh
breaks 'a line without a script fails' 'there is no script for it' ./scripts/acceptance
holds 'a chosen line alone passes' ./scripts/acceptance 2
holds 'and the choice is named' grep -q '1 lines were not chosen' acceptance-log/all.log
printf '#!/bin/sh\nexit 1\n' >scripts/build
breaks 'a build that fails fails' '0 passed, 1 failed' ./scripts/acceptance
printf '#!/bin/sh\necho 1000\n' >bin/id
breaks 'an ordinary user is told' 'run it as root' ./scripts/acceptance
finish
