"""Measures what limits are worth: how exactly a runaway request is ended, and what its neighbour notices."""

import argparse
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from servers import ROOT, SERVERS, free_port
from workloads import WORKLOADS

VERGE = os.environ.get('VERGE_BIN') or os.path.join(ROOT, 'out', 'release', 'verge')

RUNAWAY = {
    'loop': 'for (;;);',
    'regexp': "/^(a+)+$/.test('a'.repeat(60) + 'b');",
    'builtins': "const s = 'x'.repeat(1e6); for (;;) s.toUpperCase();",
    'microtasks': 'await new Promise(() => { (function f() { Promise.resolve().then(f); })(); });',
    'forEach': "const a = new Array(1e5).fill(1), f = [].forEach; a.forEach(f.bind(a, f.bind(a, Boolean)));",
    'allocating': 'for (;;) new Array(1e4).fill({});',
}
HUNGRY = 'const keep = []; for (;;) keep.push(new Array(1e4).fill(1.5));'


def worker(routes):
    lines = ''.join(f"  '/{name}': async () => {{ {code} }},\n" for name, code in routes.items())
    return ("const routes = {\n" + lines + "  '/': () => 'fine',\n};\n"
            "export default { async fetch(request) { return new Response(await routes[new URL(request.url).pathname]()); } };\n")


class Verge:
    def __init__(self, directory, files, main, *arguments):
        for name, text in files.items():
            with open(os.path.join(directory, name), 'w', encoding='utf-8') as file:
                file.write(text)
        self.port = free_port()
        self.process = subprocess.Popen(
            [VERGE, 'serve', os.path.join(directory, main), '--port', str(self.port), '--shards', '1', *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()
        self.shard = self.find_shard()

    def find_shard(self):
        folder = f'/proc/{self.process.pid}/task'
        for task in os.listdir(folder):
            with open(f'{folder}/{task}/comm', encoding='ascii') as file:
                if file.read().strip() == 'shard-0':
                    return f'{folder}/{task}/schedstat'
        sys.exit('bench: verge has no thread of the name shard-0')

    def cpu_ms(self):
        """What the shard's thread has used, by the kernel's count."""
        with open(self.shard, encoding='ascii') as file:
            return int(file.read().split()[0]) / 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.reader.join()


def get(port, path='/', host='localhost', timeout=120):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        connection.request('GET', path, headers={'Host': host})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def percentiles(values):
    ordered = sorted(values)
    return f'{statistics.median(ordered):8.2f}{ordered[int(len(ordered) * 0.99)]:8.2f}{ordered[-1]:8.2f}'


def cpu_limit(options):
    print(f'CPU ms of a request that would never end, limit {options.limit} ms, {options.runs} runs: as verge counts it, and '
          'all that the thread used from its arrival to its answer')
    print(f'{"":12}{"p50":>8}{"p99":>8}{"max":>8}   {"thread":>6}{"p99":>10}{"max":>8}')
    with tempfile.TemporaryDirectory() as directory:
        verge = Verge(directory, {'worker.js': worker(RUNAWAY)}, 'worker.js', '--cpu-ms', str(options.limit))
        for name in RUNAWAY:
            seen = len(verge.log)
            used = []
            for _ in range(options.runs):
                get(verge.port)  # the isolate is made here
                before = verge.cpu_ms()
                status = get(verge.port, '/' + name)
                used.append(verge.cpu_ms() - before)
                if status != 503:
                    sys.exit(f'bench: {name} was answered with {status}')
            while len(verge.log) < seen + options.runs:
                time.sleep(0.01)
            counted = [float(match[1]) for line in verge.log[seen:] if (match := re.search(r'([\d.]+) ms used', line))]
            print(f'{name:12}{percentiles(counted)} {percentiles(used)}', flush=True)
        verge.stop()


def ask_for(port, host, seconds):
    """Latencies in ms, and failures, of one client that asks again and again."""
    latencies = []
    failures = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        try:
            failures += get(port, '/', host, timeout=10) != 200
        except OSError:
            failures += 1
        latencies.append((time.monotonic() - begin) * 1e3)
        time.sleep(0.002)
    return latencies, failures


def neighbour(options):
    configuration = ''
    for name in ('healthy', 'evil'):
        configuration += f'[[workers]]\nname = "{name}"\nmain = "{name}.js"\nroutes = ["{name}.test/*"]\n'
        configuration += f'limits = {{ cpu_ms = {options.limit if name == "evil" else 1000} }}\n'
    print(f'latency of a healthy worker, ms; one shard, CPU limit of its neighbour {options.limit} ms')
    print(f'{"beside":12}{"p50":>8}{"p99":>8}{"max":>8}{"requests":>10}{"failed":>8}{"stopped":>9}')
    with tempfile.TemporaryDirectory() as directory:
        verge = Verge(directory, {'verge.toml': configuration, 'healthy.js': worker({}),
                                  'evil.js': worker({**RUNAWAY, 'hungry': HUNGRY})}, 'verge.toml')
        for attack in (None, *RUNAWAY, 'hungry'):
            over = threading.Event()
            stopped = []

            def attacking(path=attack, over=over, stopped=stopped):
                while path and not over.is_set():
                    stopped.append(get(verge.port, '/' + path, 'evil.test') == 503)

            attacker = threading.Thread(target=attacking)
            attacker.start()
            latencies, failures = ask_for(verge.port, 'healthy.test', options.seconds)
            over.set()
            attacker.join()
            print(f'{attack or "nobody":12}{percentiles(latencies)}{len(latencies):10}{failures:8}{sum(stopped):9}', flush=True)
        verge.stop()
        peers(directory)


def peers(directory):
    """Whether the same process still answers while one of its requests is in `while (true)`."""
    path = os.path.join(directory, 'loop.js')
    with open(path, 'w', encoding='utf-8') as file:
        file.write("export default { fetch(request) { if (new URL(request.url).pathname === '/loop') while (true); "
                   "return new Response('fine'); } };\n")
    for name, command_of in SERVERS.items():
        if name in ('verge', 'nginx'):
            continue
        port = free_port()
        command = command_of(directory, path, port, WORKLOADS['hello'])
        if not command:
            continue
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=directory,
                                   start_new_session=True)
        try:
            for _ in range(1000):
                try:
                    get(port)
                    break
                except OSError:
                    time.sleep(0.01)
            looping = threading.Thread(target=lambda port=port: quietly(port), daemon=True)
            looping.start()
            time.sleep(0.5)
            try:
                answer = f'answers with {get(port, timeout=5)}'
            except OSError:
                answer = 'does not answer within 5 s'
            print(f'{name}: {answer}')
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def quietly(port):
    try:
        get(port, '/loop', timeout=60)
    except OSError:
        pass


def main():
    parser = argparse.ArgumentParser(prog='tools/bench', description=__doc__)
    parser.add_argument('measure', choices=['cpu-limit', 'neighbour'])
    parser.add_argument('--limit', type=int, default=10, help='CPU limit in ms (default 10)')
    parser.add_argument('--runs', type=int, default=1000, help='cpu-limit: requests of each kind (default 1000)')
    parser.add_argument('--seconds', type=float, default=5, help='neighbour: length of a measurement (default 5)')
    options = parser.parse_args()
    {'cpu-limit': cpu_limit, 'neighbour': neighbour}[options.measure](options)


if __name__ == '__main__':
    main()
