#!/usr/bin/env bash
# setup: lists what is missing without root, installs nothing then, and is silent when all is there.
. "$(dirname "$0")/tap.sh"

fixture
mkdir bin
# Stands for a bare Debian and an ordinary user.
printf '#!/bin/sh\nexit 0\n' >bin/dpkg-query
printf '#!/bin/sh\necho 1000\n' >bin/id
printf '#!/bin/sh\necho apt ran >>"%s/apt"\n' "$scratch" >bin/apt-get
chmod +x bin/*
PATH=$PWD/bin:$PATH
breaks 'an ordinary user gets the list' '^ +libfyaml-dev$' ./scripts/setup build
breaks 'and the command for root' 'apt-get install --no-install-recommends .*meson' ./scripts/setup build
holds 'the build needs no test peer' sh -c '! ./scripts/setup build 2>&1 | grep -q tshark'
breaks 'the tests do' '^ +tshark$' ./scripts/setup test
holds 'nothing was installed' test ! -e "$scratch/apt"
awk '!/^#/ { print "echo " $2 " installed" }' scripts/packages.tsv >bin/dpkg-query
sed -i '1i #!/bin/sh' bin/dpkg-query
holds 'nothing missing: success' ./scripts/setup acceptance
holds 'and silence' test ! -s "$scratch/output"
breaks 'an unknown level is refused' usage ./scripts/setup everything
finish
