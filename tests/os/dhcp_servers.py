#!/usr/bin/env python3
"""dhcp_servers PROGRAM SERVER...: dobos's DHCP client with DHCP servers of others (dnsmasq, kea, udhcpd).

PROGRAM is dhcp_lease. For each server, all at once, each in a network namespace of its own: the client
leases; at T1 it renews with the server, by unicast; then the server is taken away, so that T1 goes
unanswered, and another put in its place; at T2 the client asks all and is bound to that one; in the end it gives
the address back. --lease ends when it is leased and given back. Exit status 0 when all of it happened.
"""
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

RENEW, REBIND, LEASE = 12, 22, 120
DEVICE = 'lease0'
NETWORK = '10.77.0.'


class Failure(Exception):
    pass


def dnsmasq(folder, host):
    """The second has another address, and does not know what the first has leased."""
    return [shutil.which('dnsmasq', path='/usr/sbin:/usr/bin:/sbin:/bin') or 'dnsmasq',
            '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--no-ping',
            '--user=root', '--log-facility=-', '--log-dhcp', f'--pid-file={folder}/pid',
            f'--dhcp-leasefile={folder}/leases.{host}', f'--interface={DEVICE}', '--bind-interfaces',
            '--dhcp-authoritative', f'--dhcp-range={NETWORK}50,{NETWORK}60,{LEASE}s',
            f'--dhcp-option=3,{NETWORK}254', f'--dhcp-option=6,{NETWORK}253',
            '--dhcp-option=15,lab.example', '--dhcp-option=option:domain-search,one.example,two.example',
            f'--dhcp-option=121,198.51.100.0/24,{NETWORK}252,0.0.0.0/0,{NETWORK}254',
            f'--dhcp-option=58,{RENEW}', f'--dhcp-option=59,{REBIND}']


def kea(folder, host):
    """The second is the first, started again: it knows its leases."""
    options = [{'name': 'routers', 'data': f'{NETWORK}254'},
               {'name': 'domain-name-servers', 'data': f'{NETWORK}253'},
               {'name': 'domain-name', 'data': 'lab.example'},
               {'name': 'domain-search', 'data': 'one.example, two.example'}]
    configuration = {'Dhcp4': {
        'interfaces-config': {'interfaces': [DEVICE], 'dhcp-socket-type': 'raw'},
        'lease-database': {'type': 'memfile', 'persist': True, 'name': f'{folder}/leases.csv'},
        'valid-lifetime': LEASE, 'renew-timer': RENEW, 'rebind-timer': REBIND, 'authoritative': True,
        'subnet4': [{'id': 1, 'subnet': f'{NETWORK}0/24', 'option-data': options,
                     'pools': [{'pool': f'{NETWORK}50 - {NETWORK}60'}]}],
        'loggers': [{'name': 'kea-dhcp4', 'severity': 'INFO', 'output_options': [{'output': 'stdout'}]}]}}
    path = folder / f'kea.{host}.json'
    path.write_text(json.dumps(configuration), encoding='ascii')
    return [shutil.which('kea-dhcp4', path='/usr/sbin:/usr/bin:/sbin:/bin') or 'kea-dhcp4', '-c', str(path)]


def udhcpd(folder, host):
    """busybox's, which says nothing of T1 and T2: for --lease."""
    path = folder / f'udhcpd.{host}.conf'
    path.write_text(f'start {NETWORK}50\nend {NETWORK}60\ninterface {DEVICE}\nlease_file {folder}/leases\n'
                    f'pidfile {folder}/pid\noption subnet 255.255.255.0\noption router {NETWORK}254\n'
                    f'option dns {NETWORK}253\noption domain lab.example\noption lease {LEASE}\n',
                    encoding='ascii')
    (folder / 'leases').touch()
    return ['busybox', 'udhcpd', '-f', str(path)]


SERVERS = {'dnsmasq': dnsmasq, 'kea': kea, 'udhcpd': udhcpd}


class Scene:
    """A client, its namespace, and who serves there."""

    def __init__(self, program, name):
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='dhcp-'))
        self.log = open(self.folder / 'log', 'w+', encoding='utf-8', errors='replace')
        self.server = None
        in_namespace = ['unshare', '--net'] if os.getuid() == 0 else ['unshare', '--user',
                                                                     '--map-root-user', '--net']
        self.client = subprocess.Popen(in_namespace + [program, DEVICE], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.client.stdout:
            self.log.write('client: ' + line)
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def expect(self, what, limit, matches):
        """The next line of the client that matches; others are passed over."""
        end = time.monotonic() + limit
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise Failure(f'{self.name}: {what}: did not happen within {limit} s') from None
            if line is None:
                raise Failure(f'{self.name}: {what}: the client has ended')
            if matches(line):
                return line

    def state(self, state, limit):
        return self.expect(state, limit, lambda line: line.get('state') == state)

    def run(self, *command):
        subprocess.run(['nsenter', '-t', str(self.client.pid), '--net'] +
                       ([] if os.getuid() == 0 else ['--user', '--preserve-credentials']) + list(command),
                       check=True, stdout=self.log, stderr=self.log)

    def serve(self, host):
        """A server at 10.77.0.HOST."""
        self.run('ip', 'address', 'add', f'{NETWORK}{host}/24', 'dev', DEVICE)
        command = SERVERS[self.name](self.folder, host)
        enter = ['nsenter', '-t', str(self.client.pid), '--net']
        if os.getuid() != 0:
            enter += ['--user', '--preserve-credentials']
        environment = dict(os.environ, KEA_PIDFILE_DIR=str(self.folder), KEA_LOCKFILE_DIR=str(self.folder))
        self.server = subprocess.Popen(enter + command, stdin=subprocess.DEVNULL, stdout=self.log,
                                       stderr=self.log, env=environment)

    def stop(self, host):
        self.server.terminate()
        try:
            self.server.wait(10)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.server = None
        if host:
            self.run('ip', 'address', 'del', f'{NETWORK}{host}/24', 'dev', DEVICE)

    def end(self):
        if self.server:
            self.stop(None)
        self.client.stdin.close()
        try:
            self.client.wait(10)
        except subprocess.TimeoutExpired:
            self.client.kill()
            self.client.wait()
        self.reader.join()

    def tell_log(self):
        self.log.flush()
        self.log.seek(0)
        for line in self.log.read().splitlines()[-60:]:
            print(f'    {self.name}: {line}')

    def forget(self):
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def want(condition, text):
    if not condition:
        raise Failure(text)


def check_lease(scene, line):
    number = int(line['address'].split('/')[0].rsplit('.', 1)[1])
    want(line['address'].startswith(NETWORK) and 50 <= number <= 60, f'{scene.name}: leased {line}')
    want(line['address'].endswith('/24'), f'{scene.name}: the mask: {line}')
    routes = {'dnsmasq': [f'0.0.0.0/0 via {NETWORK}254', f'198.51.100.0/24 via {NETWORK}252']}
    want(line['routes'] == routes.get(scene.name, [f'0.0.0.0/0 via {NETWORK}254']),
         f'{scene.name}: the routes: {line}')
    want(line['nameservers'] == [f'{NETWORK}253'], f'{scene.name}: the name servers: {line}')
    search = ['lab.example'] if scene.name == 'udhcpd' else ['one.example', 'two.example']
    want(line['search'] == search, f'{scene.name}: the domains: {line}')


def play(scene, lease_only):
    scene.expect('the device', 10, lambda line: 'device' in line)
    scene.run('ip', 'link', 'set', DEVICE, 'up')
    scene.serve(1)
    bound = scene.state('bound', 60)
    check_lease(scene, bound)
    print(f'{scene.name}: leased {bound["address"]}')
    if not lease_only:
        renew_and_rebind(scene, bound)
    scene.client.stdin.write('release\n')
    scene.client.stdin.flush()
    scene.expect('the release', 10, lambda line: line.get('sent') == 'RELEASE' and line['to'] == 'one')
    print(f'{scene.name}: given back')


def renew_and_rebind(scene, bound):
    scene.state('renewing', 60)
    scene.expect('a request to the server', 5,
                 lambda line: line.get('sent') == 'REQUEST' and line['to'] == 'one')
    renewed = scene.state('bound', 5)
    want(renewed['address'] == bound['address'] and renewed['until'] > bound['until'],
         f'{scene.name}: renewed {renewed}')
    print(f'{scene.name}: renewed by unicast')
    other = 2 if scene.name == 'dnsmasq' else 1
    scene.stop(1)
    scene.expect('a request to a server that has gone', 60,
                 lambda line: line.get('state') == 'renewing')
    scene.serve(other)
    scene.state('rebinding', 60)
    scene.expect('a request to all', 5,
                 lambda line: line.get('sent') == 'REQUEST' and line['to'] == 'all')
    rebound = scene.state('bound', 110)
    want(rebound['address'] == bound['address'] and rebound['until'] > renewed['until'] and
         rebound['server'] == f'{NETWORK}{other}', f'{scene.name}: rebound {rebound}')
    print(f'{scene.name}: rebound to {rebound["server"]}')


def perform(scene, lease_only, failures):
    try:
        play(scene, lease_only)
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        failures.append((scene, str(failure)))
    finally:
        scene.end()


def main():
    arguments = sys.argv[1:]
    lease_only = '--lease' in arguments
    arguments = [a for a in arguments if a != '--lease']
    if len(arguments) < 2 or any(name not in SERVERS for name in arguments[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    failures = []
    scenes = [Scene(arguments[0], name) for name in arguments[1:]]
    threads = [threading.Thread(target=perform, args=(scene, lease_only, failures)) for scene in scenes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for scene, failure in failures:
        scene.tell_log()
        print(f'FAILED: {failure}')
    for scene in scenes:
        scene.forget()
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
