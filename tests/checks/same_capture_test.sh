#!/usr/bin/env bash
# check-same-capture: bytes that hang on the compiler, or a seed without effect, fail.
. "$(dirname "$0")/tap.sh"

fixture
holds 'equal captures pass' ./scripts/check-same-capture
sed -i 's/    (void)fputs(text, file);/#ifdef __OPTIMIZE__\n    (void)fputs("O", file);\n#endif\n&/' src/dobos.c
breaks 'bytes that hang on the compiler fail' 'build-clang differs' ./scripts/check-same-capture
fixture
sed -i 's/= argv\[4\];/= argv[1];/' src/dobos.c
breaks 'a seed without effect fails' 'the seed changes nothing' ./scripts/check-same-capture
fixture
sed -i 's/= argv\[4\];/= "";/' src/dobos.c
breaks 'an empty capture fails' 'captured nothing' ./scripts/check-same-capture
finish
