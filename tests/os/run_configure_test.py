#!/usr/bin/env python3
"""run_configure_test: who configures the interface of `dobos run`, and with which files; as root
and as an ordinary user; speaks TAP.
"""
import os
import pathlib

from run_caller import expect, expect_in, run_cases

# ---- private copies of folders ----


def private_folder_is_a_copy_that_can_be_written(caller):
    script = ("head -1 /etc/passwd; echo x >/etc/new && mkdir /etc/folder && echo y >/etc/folder/z"
              " && mv /etc/new /etc/passwd && cat /etc/passwd /etc/folder/z; rm -r /etc/folder")
    first = pathlib.Path("/etc/passwd").read_text(encoding="utf-8").splitlines()[0]
    before = sorted(os.listdir("/etc"))
    expect(caller.shell(script, options=["--private", "/etc"]), (0, f"{first}\nx\ny\n", ""))
    expect(sorted(os.listdir("/etc")), before)


def private_copy_keeps_links_modes_and_files(caller):
    setup = ("mount -t tmpfs -o mode=755 none /srv; cd /srv; mkdir -p a/b; echo five >a/b/file; "
             "chmod 750 a/b/file; ln -s b/file a/link; ln -s nowhere a/lost; mkfifo a/pipe; "
             "echo secret >a/secret; chmod 0 a/secret; mkdir a/mount; "
             "mount -t tmpfs none a/mount; touch a/mount/below; chmod -R o+rX a/b; cd /")
    script = "cd /srv; cat a/link; readlink a/lost; stat -c %a a/b/file; ls a a/mount; exit 3"
    status, out, error = caller.shell(script, setup=setup, options=["--private", "/srv"])
    expect((status, error), (3, ""))
    secret = "secret\n" if caller.root else ""
    expect(out, f"five\nnowhere\n755\na:\nb\nlink\nlost\nmount\n{secret}\na/mount:\n")


def private_etc_lets_the_resolver_be_replaced(caller):
    script = ("cat /etc/resolv.conf; echo new >/etc/resolv.conf.tmp; "
              "mv /etc/resolv.conf.tmp /etc/resolv.conf; cat /etc/resolv.conf; "
              "grep ^hosts: /etc/nsswitch.conf")
    expect(caller.shell(script, options=["--private=/etc"])[:2],
           (0, "nameserver 192.168.7.1\nsearch example.org\nnew\nhosts: files dns\n"))


def bare_interface_comes_with_files_to_configure_it(caller):
    script = "touch /etc/mark /run/mark && mv /etc/mark /etc/resolv.conf && cat /etc/resolv.conf"
    expect(caller.shell(script, options=["--no-config", "--root"]), (0, "", ""))
    expect(os.path.exists("/run/mark"), False)


def private_folder_that_cannot_be_is_refused(caller):
    for folder, word in (("etc", "from /"), ("/", "from /"), ("/..", "from /"),
                         ("/no/such", "/no/such: No such file or directory"),
                         ("/etc/passwd", "/etc/passwd: Not a directory")):
        status, out, error = caller.run("true", options=["--private", folder])
        expect((status, out), (125, ""))
        expect_in(word, error)


run_cases(globals())
