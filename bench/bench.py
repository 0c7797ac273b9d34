"""Runs a workload on verge and its peers, in turns, and compares CPU time for each request."""

import argparse
import http.client
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import tenants
from servers import ROOT, SERVERS, free_port, install_peers, nginx_binary, nginx_command
from workloads import WORKLOADS

TICK = os.sysconf('SC_CLK_TCK')


class Server:
    """A server under test, pinned to one processor."""

    def __init__(self, name, command, port, cpu, directory, host='127.0.0.1'):
        self.name = name
        self.host = host
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
                connection.request('GET', '/', headers={'Host': self.host})
                if connection.getresponse().status == 200:
                    return (time.monotonic() - start) * 1000
            except OSError:
                time.sleep(0.001)
        sys.exit(f'bench: {self.name} does not answer; see {self.log.name}')

    def ask(self, path):
        """One request that has to succeed."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        connection.request('GET', path)
        if connection.getresponse().status != 200:
            sys.exit(f'bench: {self.name} fails at {path}; see {self.log.name}')

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


def load(server, workload, script, connections, seconds, cpu):
    """One run of wrk; a dictionary of figures."""
    before = server.cpu_seconds()
    result = subprocess.run(
        ['taskset', '-c', str(cpu), 'wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency',
         *(['-s', script] if script else []), f'http://127.0.0.1:{server.port}{workload.path}'], capture_output=True, text=True, timeout=seconds + 60)
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
        'p50': milliseconds(re.search(r'^ +50% +(\S+)', output, re.M)[1]),
        'p99': milliseconds(re.search(r'^ +99% +(\S+)', output, re.M)[1]),
        'rss': server.rss_mib(),
    }


def prepare(name, directory, only, origin_port):
    """Writes the worker and the load's script; (script for wrk or None, [(server's name, command, port)])."""
    workload = WORKLOADS[name]
    origin = f'http://127.0.0.1:{origin_port}'
    worker = os.path.join(directory, name + '.js')
    with open(os.path.join(ROOT, 'bench', 'workloads', (workload.script or name) + '.js'), encoding='utf-8') as source:
        text = source.read()
    with open(worker, 'w', encoding='utf-8') as file:
        file.write(text.replace('ORIGIN', origin) if workload.origin else text)
    workload.nginx = workload.nginx.replace('ORIGIN', origin)
    script = None
    if workload.lua:
        script = os.path.join(directory, 'load.lua')
        with open(script, 'w', encoding='utf-8') as file:
            file.write(workload.lua)
    found = []
    for server, command_of in SERVERS.items():
        if only and server not in only:
            continue
        port = free_port()
        command = command_of(directory, worker, port, workload)
        if command:
            found.append((server, command, port))
    return script, found


def main():
    if sys.argv[1:2] == ['tenants']:
        return tenants.main(Server, sys.argv[2:])
    parser = argparse.ArgumentParser(prog='tools/bench', description=__doc__)
    parser.add_argument('workload', choices=[*WORKLOADS, 'tenants'],
                        help='tenants is about many workers; it has options of its own: tools/bench tenants --help')
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
    workload = WORKLOADS[options.workload]
    if workload.origin and not nginx_binary():
        sys.exit('bench: this workload needs an origin; run: apt-get install nginx-light')
    cpus = sorted(os.sched_getaffinity(0))
    server_cpu, load_cpu = cpus[0], cpus[-1]
    if server_cpu == load_cpu:
        print('bench: one processor only: server and load share it', file=sys.stderr)

    with tempfile.TemporaryDirectory() as directory:
        servers = []
        origin = None
        try:
            origin_port = free_port()
            if workload.origin:
                origin = Server('origin', nginx_command(directory, 'origin', origin_port, workload.origin), origin_port,
                                load_cpu, directory)
            starts = {}
            script, commands = prepare(options.workload, directory, options.only, origin_port)
            for name, command, port in commands:
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
                if workload.seed:
                    server.ask(workload.seed)
                load(server, workload, script, options.connections, 1, load_cpu)  # warm-up: compilers, pools
            figures = {server.name: [] for server in servers}
            for number in range(options.rounds):
                print(f'round {number + 1} of {options.rounds}', file=sys.stderr, flush=True)
                for server in servers:
                    figures[server.name].append(
                        load(server, workload, script, options.connections, options.seconds, load_cpu))
        finally:
            for server in servers + ([origin] if origin else []):
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


if __name__ == '__main__':
    main()
