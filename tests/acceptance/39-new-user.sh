# Line 39: in a fresh debootstrap root (minbase, so without make, compiler or curl) a new user types what the
# README says, from top to bottom: make run ends with the page, make test passes, every command that it
# shows does something, and so does every example of every manual page. The root is entered by pivot_root, not
# chroot: the kernel makes no user namespace inside a chroot.
# timeout: 3000
. "$(dirname "$0")/lib.sh"

root=$scratch/root

# The mirror that this machine's apt uses, one line "deb URI CODENAME COMPONENT" each.
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
    awk '$3 ~ /^bookworm/' | sort -u)
mirror=$(awk '$3 == "bookworm" && $4 == "main" { print $2; exit }' <<<"$sources")
[ -n "$mirror" ] || fail "apt on this machine knows no mirror of Debian bookworm"
extra=()
[[ $mirror != https:* ]] || extra=(--include=ca-certificates)

debootstrap --variant=minbase "${extra[@]}" bookworm "$root" "$mirror" >"$scratch/debootstrap.log" || {
    tail -n 20 "$scratch/debootstrap.log"
    fail 'debootstrap'
}
echo 'ok: debootstrap made a bare Debian 12'
printf '%s\n' "$sources" >"$root/etc/apt/sources.list"
apt-config dump | grep -E '^Acquire::(http|https)::' >"$root/etc/apt/apt.conf.d/90machine" || :
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp -r "$clone" "$root/srv/dobos"
rm -rf "$root"/srv/dobos/build*
for tool in make gcc meson curl; do
    [ ! -e "$root/usr/bin/$tool" ] || fail "the root is not bare: it has $tool"
done
echo "ok: the root has no make, gcc, meson or curl"

# inside COMMAND: runs it in the root, as a machine of its own would: own mounts, processes, names.
inside() {
    unshare --mount --pid --uts --fork --kill-child bash -c '
        set -e
        cd "$1"
        mount --make-rprivate /
        mount --bind . .
        cd "$1"
        mount -t proc proc proc
        mount --rbind /dev dev
        mount --rbind /sys sys
        mkdir -p old
        pivot_root . old
        cd /
        umount -l /old
        rmdir /old
        exec env -i HOME=/root TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c "$2"' \
        inside "$root" "$1"
}

# README: a machine without make gets it first.
want 'make is installed as README says' inside \
    'id -u; apt-get -q update && apt-get -q install -y --no-install-recommends make'
want 'make run ends with the page' inside 'cd /srv/dobos && make run' | tee "$scratch/run.log"
grep -qi '</html>' "$scratch/run.log" || fail 'make run did not show the page'
want 'make test passes' inside 'cd /srv/dobos && make test' | tee "$scratch/test.log"
grep -qE '^[1-9][0-9]* passed, 0 failed$' "$scratch/test.log" || fail 'make test did not close with 0 failed'
want 'every command of README runs' inside 'cd /srv/dobos && ./tests/docs/readme_commands_test.sh'
want 'every example of every manual page runs' inside 'cd /srv/dobos && ./tests/docs/man_examples_test.sh'
want 'set-up is quick when all is there' inside 'cd /srv/dobos && timeout 1 ./scripts/setup test'
want 'set-up left nothing behind' test ! -e "$root/usr/sbin/policy-rc.d"
