# Line 48: the archive has no writable byte, the freestanding program runs its handshake and exits 0, no
# arrow breaks the include table.
# timeout: 300
. "$(dirname "$0")/lib.sh"

want 'no writable byte in libdobos.a, only dobos_* leaves it' ./scripts/check-globals build
size -A build/libdobos.a | grep -E '^\.(data|bss|tdata|tbss|init_array)' || echo 'no writable section at all'
want 'the freestanding program runs and exits 0; the core compiles for -m32 and wasm32' \
    ./scripts/check-freestanding . "$scratch/freestanding"
want 'no arrow breaks the include table' ./scripts/check-includes .
