#!/usr/bin/env bash
# check-install: a missing header, library, need or command fails.
. "$(dirname "$0")/tap.sh"

# Makes a fixture that installs a library and the command, then changes it by a sed script.
install_fixture() {
    fixture
    mkdir -p include/dobos
    printf '%s\n' '#ifdef __cplusplus' 'extern "C"' '#endif' 'const char *dobos_version(void);' \
        >include/dobos/version.h
    printf '#include <dobos/version.h>\nconst char *dobos_version(void) { return "0"; }\n' >src/version.c
    echo 'int main(void) { return 0; }' >src/dobos.c
    cat >meson.build <<'END'
project('fixture', 'c', version: '0')
library = static_library('dobos', 'src/version.c', include_directories: 'include', install: true)
executable('dobos', 'src/dobos.c', install: true)
install_subdir('include/dobos', install_dir: get_option('includedir'))
import('pkgconfig').generate(name: 'dobos', version: '0', description: 'fixture',
  libraries: ['-L${libdir}', '-ldobos'])
END
    sed -i "$1" meson.build
    ./scripts/build build >/dev/null || exit 1
}
install_fixture ''
holds 'a whole installation passes' ./scripts/check-install build
install_fixture '/^install_subdir/d'
breaks 'a missing header fails' 'does not build' ./scripts/check-install build
install_fixture "s/'include', install: true/'include'/"
breaks 'a missing library fails' 'does not build' ./scripts/check-install build
install_fixture "/^import/,\$d"
breaks 'a missing .pc file fails' 'pkg-config dobos' ./scripts/check-install build
install_fixture "/^executable/d"
breaks 'a missing command fails' 'the command is not installed' ./scripts/check-install build
finish
