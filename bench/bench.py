"""Runs a workload on verge and its peers, in turns, and compares CPU time for each request."""

import argparse
import http.client
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = os.path.join(ROOT, 'out', 'bench')
TICK = os.sysconf('SC_CLK_TCK')

HELLO = """export default {
  async fetch(request) {
    return new Response('Hello ' + new URL(request.url).pathname);
  },
};
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Server:
    """A server under test, pinned to one processor."""

    def __init__(self, name, command, port, cpu, directory):
        self.name = name
        self.port = port
        self.log = open(os.path.join(directory, name + '.log'), 'wb')
        start = time.monotonic()
        self.process = subprocess.Popen(['taskset', '-c', str(cpu)] + command, stdout=self.log, stderr=self.log,
                                        cwd=directory, start_new_session=True)
        self.start_ms = self.wait(start)

    def wait(self, start):
        """Milliseconds from the start to the first 200."""
        for _ in range(5000):
            if self.process.poll() is not None:
                sys.exit(f'bench: {self.name} ended at once; see {self.log.name}')
            try:
                connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=5)
                connection.request('GET', '/')
                if connection.getresponse().status == 200:
                    return (time.monotonic() - start) * 1000
            except OSError:
                time.sleep(0.001)
        sys.exit(f'bench: {self.name} does not answer; see {self.log.name}')

    def pids(self):
        """The server's process and its children."""
        found = [self.process.pid]
        for entry in os.listdir('/proc'):
            if not entry.isdigit():
                continue
            try:
                with open(f'/proc/{entry}/stat', encoding='ascii', errors='replace') as file:
                    fields = file.read().rsplit(')', 1)[1].split()
                if int(fields[1]) in found:
                    found.append(int(entry))
            except (OSError, IndexError):
                pass
        return found

    def cpu_seconds(self):
        user = system = 0
        for pid in self.pids():
            with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
                fields = file.read().rsplit(')', 1)[1].split()
            user += int(fields[11])
            system += int(fields[12])
        return user / TICK, system / TICK

    def rss_mib(self):
        total = 0
        for pid in self.pids():
            with open(f'/proc/{pid}/status', encoding='ascii') as file:
                match = re.search(r'VmRSS:\s+(\d+)', file.read())
            total += int(match[1]) if match else 0
        return total / 1024

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()


def milliseconds(text):
    value, unit = re.fullmatch(r'([\d.]+)(us|ms|s|m)', text).groups()
    return float(value) * {'us': 1e-3, 'ms': 1, 's': 1e3, 'm': 6e4}[unit]


def load(server, path, connections, seconds, cpu):
    """One run of wrk; a dictionary of figures."""
    before = server.cpu_seconds()
    result = subprocess.run(
        ['taskset', '-c', str(cpu), 'wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency',
         f'http://127.0.0.1:{server.port}{path}'], capture_output=True, text=True, timeout=seconds + 60)
    after = server.cpu_seconds()
    output = result.stdout
    requests = int(re.search(r'(\d+) requests in', output)[1])
    errors = re.findall(r'(Socket errors:.*|Non-2xx.*)', output)
    if errors:
        print(f'  {server.name}: {errors[0]}', file=sys.stderr)
    return {
        'user': (after[0] - before[0]) / requests * 1e6,
        'system': (after[1] - before[1]) / requests * 1e6,
        'cpu': (after[0] - before[0] + after[1] - before[1]) / requests * 1e6,
        'rate': float(re.search(r'Requests/sec:\s+([\d.]+)', output)[1]),
        'p50': milliseconds(re.search(r'50%\s+(\S+)', output)[1]),
        'p99': milliseconds(re.search(r'99%\s+(\S+)', output)[1]),
        'rss': server.rss_mib(),
    }


def npm_binary(package, *paths):
    for path in paths:
        full = os.path.join(PACKAGES, 'node_modules', path)
        if os.path.exists(full):
            return full
    return shutil.which(package)


def install_peers():
    os.makedirs(PACKAGES, exist_ok=True)
    subprocess.run(['npm', 'install', '--no-fund', '--no-audit', '--prefix', PACKAGES, 'workerd', 'deno'], check=True)


def hello_servers(directory, cpu, only):
    """(name, command, port) of every server that is installed."""
    worker = os.path.join(directory, 'hello.js')
    with open(worker, 'w', encoding='utf-8') as file:
        file.write(HELLO)
    found = []
    port = free_port()
    found.append(('verge', [os.path.join(ROOT, 'out', 'release', 'verge'), 'serve', worker, '--port', str(port),
                            '--shards', '1'], port))
    nginx = shutil.which('nginx') or ('/usr/sbin/nginx' if os.path.exists('/usr/sbin/nginx') else None)
    if nginx:
        port = free_port()
        config = os.path.join(directory, 'nginx.conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f"""worker_processes 1; daemon off; master_process off; pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log; events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  server {{ listen 127.0.0.1:{port}; location / {{ default_type text/plain; return 200 "Hello /abc"; }} }} }}
""")
        found.append(('nginx', [nginx, '-e', f'{directory}/nginx-error.log', '-c', config], port))
    workerd = npm_binary('workerd', '@cloudflare/workerd-linux-64/bin/workerd', '@cloudflare/workerd-linux-arm64/bin/workerd')
    if workerd:
        port = free_port()
        config = os.path.join(directory, 'workerd.capnp')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "hello.js", esModule = embed "hello.js")],
                                        compatibilityDate = "2026-04-01"))],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]);
""")
        found.append(('workerd', [workerd, 'serve', config], port))
    deno = npm_binary('deno', '@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno')
    if deno:
        port = free_port()
        found.append(('deno', [deno, 'serve', '--no-check', '--host', '127.0.0.1', '--port', str(port), worker], port))
    return [entry for entry in found if not only or entry[0] in only]


WORKLOADS = {'hello': (hello_servers, '/abc')}


def main():
    parser = argparse.ArgumentParser(prog='tools/bench', description=__doc__)
    parser.add_argument('workload', choices=WORKLOADS)
    parser.add_argument('--rounds', type=int, default=5, help='how often each server is measured (default 5)')
    parser.add_argument('--seconds', type=int, default=3, help='length of a measurement (default 3)')
    parser.add_argument('--connections', type=int, default=64)
    parser.add_argument('--only', action='append', help='measure only these servers; may be repeated')
    parser.add_argument('--install', action='store_true', help='install the peers that come from npm first')
    options = parser.parse_args()
    if options.install:
        install_peers()
    if not shutil.which('wrk'):
        sys.exit('bench: wrk is not installed; run: apt-get install wrk nginx-light')
    servers_of, path = WORKLOADS[options.workload]
    cpus = sorted(os.sched_getaffinity(0))
    server_cpu, load_cpu = cpus[0], cpus[-1]
    if server_cpu == load_cpu:
        print('bench: one processor only: server and load share it', file=sys.stderr)

    with tempfile.TemporaryDirectory() as directory:
        servers = []
        try:
            starts = {}
            for name, command, port in servers_of(directory, server_cpu, options.only):
                times = []
                # The start is measured on its own: nothing else runs yet but idle servers.
                for last in (False,) * 4 + (True,):
                    server = Server(name, command, port, server_cpu, directory)
                    times.append(server.start_ms)
                    if last:
                        servers.append(server)
                    else:
                        server.stop()
                starts[name] = statistics.median(times)
            idle = {server.name: server.rss_mib() for server in servers}
            for server in servers:
                load(server, path, options.connections, 1, load_cpu)  # warm-up: compilers, pools
            figures = {server.name: [] for server in servers}
            for number in range(options.rounds):
                print(f'round {number + 1} of {options.rounds}', file=sys.stderr, flush=True)
                for server in servers:
                    figures[server.name].append(load(server, path, options.connections, options.seconds, load_cpu))
        finally:
            for server in servers:
                server.stop()

    first = servers[0].name
    print(f'{options.workload}: {options.connections} connections, {options.rounds} rounds of {options.seconds} s, '
          'medians; ratio: CPU a request against ' + first + ', the median over rounds')
    print(f'{"":10}{"CPU µs":>8}{"user":>7}{"system":>8}{"ratio":>7}{"req/s":>9}{"p50 ms":>8}{"p99 ms":>8}{"RSS MiB":>9}'
          f'{"idle":>6}{"start ms":>10}')
    for server in servers:
        rows = figures[server.name]
        median = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        ratio = statistics.median(row['cpu'] / base['cpu'] for row, base in zip(rows, figures[first]))
        print(f'{server.name:10}{median["cpu"]:8.2f}{median["user"]:7.2f}{median["system"]:8.2f}{ratio:7.2f}'
              f'{median["rate"]:9.0f}{median["p50"]:8.2f}{median["p99"]:8.2f}{median["rss"]:9.1f}{idle[server.name]:6.1f}'
              f'{starts[server.name]:10.1f}')


main()
