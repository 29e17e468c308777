#!/usr/bin/env bash
# check-includes: an arrow that the table does not know fails, each kind of it.
. "$(dirname "$0")/tap.sh"

fixture
mkdir -p src/{base,link,network,host,os} include/dobos examples
echo '#include <stdint.h>' >include/dobos/types.h
printf '#include <dobos/types.h>\n' >src/base/seq.h
printf '#include "base/seq.h"\n' >src/link/cable.h
printf '#include "link/cable.h"\n' >src/host/host.c
printf '#include <stdio.h>\n#include "base/seq.h"\n' >src/os/tap.c
printf '#include <stdio.h>\n#include <dobos/types.h>\n' >examples/two.c
rm src/dobos.c
holds 'a tree that keeps to the table passes' ./scripts/check-includes .

try() {
    echo "$3" >"$2"
    breaks "$1" "$(basename "$2"):1" ./scripts/check-includes .
    rm "$2"
}
try 'an arrow up fails' src/base/up.c '#include "host/host.h"'
try 'an arrow to a sibling fails' src/network/side.c '#include "link/cable.h"'
try 'a system header in a core room fails' src/wire/print.c '#include <stdio.h>'
try 'an include without its room fails' src/link/near.c '#include "cable.h"'
try 'an include of a .c file fails' src/host/whole.c '#include "host/host.c"'
try 'an include by macro fails' src/host/macro.c '#include HEADER'
try 'a public header with an inner one fails' include/dobos/leak.h '#include "base/seq.h"'
try 'an example with an inner header fails' examples/inner.c '#include "base/seq.h"'
try 'a missing public header fails' src/base/gone.c '#include <dobos/gone.h>'
try 'an arrow behind blanks fails' src/base/blank.c '  #  include   "host/host.h" /* up */'
mkdir src/attic
breaks 'a room that the table does not know fails' 'src/attic' ./scripts/check-includes .
rmdir src/attic
rm -r src include examples
mkdir src
breaks 'an empty tree fails' 'no source file' ./scripts/check-includes .
finish
