"""How quickly development servers start and run what is saved: the same TypeScript project on each of them."""

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from servers import PACKAGES, ROOT, free_port, install, npm_binary

MODULES = 12
TIMEOUT = 60

TSCONFIG = {'compilerOptions': {'target': 'ESNext', 'module': 'ESNext', 'moduleResolution': 'Bundler', 'strict': True}}
CONFIG = {'name': 'bench-dev', 'main': 'src/index.ts', 'compatibility_date': '2026-04-01'}


def write_project(folder):
    """A router over a dozen of modules with types; the answer to / is what src/text.ts says."""
    os.makedirs(os.path.join(folder, 'src'))

    def write(name, text):
        with open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
            file.write(text)

    write('wrangler.jsonc', json.dumps(CONFIG))
    write('tsconfig.json', json.dumps(TSCONFIG))
    write('package.json', '{"private": true, "type": "module"}')
    write('src/text.ts', text_module('start'))
    write('src/types.ts', 'export interface Route { path: string; handle(request: Request): Response | Promise<Response> }\n')
    imports, routes = [], []
    for number in range(MODULES):
        write(f'src/route{number}.ts', f"""import type {{ Route }} from './types.ts';
enum Kind {{ List = 'list', Item = 'item' }}
export class Handler{number} implements Route {{
  constructor(readonly path: string, private readonly kind: Kind = Kind.Item) {{}}
  handle(request: Request): Response {{
    return Response.json({{ kind: this.kind, path: this.path, method: request.method as string, number: {number} }});
  }}
}}
export const route: Route = new Handler{number}('/route{number}', Kind.List);
""")
        imports.append(f"import {{ route as route{number} }} from './route{number}.ts';\n")
        routes.append(f'route{number}')
    write('src/index.ts', ''.join(imports) + f"""import {{ text }} from './text.ts';
import type {{ Route }} from './types.ts';

const routes: Map<string, Route> = new Map([{', '.join(routes)}].map((route) => [route.path, route]));

export default {{
  fetch(request: Request): Response | Promise<Response> {{
    const {{ pathname }} = new URL(request.url);
    return routes.get(pathname)?.handle(request) ?? new Response(text);
  }},
}};
""")


def text_module(text):
    return f'export const text: string = {json.dumps(text)};\n'


def verge(folder, port):
    return [os.path.join(ROOT, 'out', 'release', 'verge'), 'dev', folder, '--port', str(port), '--inspector-port', 'off']


def wrangler(folder, port):
    script = os.path.join(PACKAGES, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
    if not os.path.exists(script) or not shutil.which('node'):
        return None
    return ['node', script, 'dev', '--port', str(port), '--inspector-port', str(free_port()), '--show-interactive-dev-session=false']


def workerd(folder, port):
    binary = npm_binary('workerd', '@cloudflare/workerd-linux-64/bin/workerd', '@cloudflare/workerd-linux-arm64/bin/workerd')
    return binary and [binary, 'serve', 'wrangler.jsonc', '--experimental', '--watch', '-s', f'http=127.0.0.1:{port}']


def deno(folder, port):
    binary = npm_binary('deno', '@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno')
    return binary and [binary, 'serve', '--watch', '--no-check', '--host', '127.0.0.1', '--port', str(port), 'src/index.ts']


def bun(folder, port):
    binary = npm_binary('bun', '@oven/bun-linux-x64/bin/bun', '@oven/bun-linux-aarch64/bin/bun', 'bun/bin/bun.exe')
    return binary and [binary, '--hot', 'run', f'--port={port}', 'src/index.ts']


def bun_watch(folder, port):
    command = bun(folder, port)
    return command and [command[0], '--watch', *command[2:]]


SERVERS = {'verge': verge, 'wrangler': wrangler, 'workerd': workerd, 'deno': deno, 'bun --hot': bun, 'bun --watch': bun_watch}


class DevServer:
    def __init__(self, name, directory):
        self.name = name
        self.folder = os.path.join(directory, re.sub(r'\W+', '-', name) + f'-{time.monotonic_ns()}')
        write_project(self.folder)
        self.port = free_port()
        command = SERVERS[name](self.folder, self.port)
        environment = {**os.environ, 'WRANGLER_SEND_METRICS': 'false', 'CI': '1', 'NO_COLOR': '1', 'DO_NOT_TRACK': '1',
                       'PATH': os.path.join(PACKAGES, 'node_modules', '.bin') + os.pathsep + os.environ['PATH']}
        self.log = open(os.path.join(directory, os.path.basename(self.folder) + '.log'), 'wb')
        start = time.monotonic()
        self.process = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, start_new_session=True)
        self.start_ms = self.wait_for('start', start)

    def wait_for(self, text, since):
        """Milliseconds until the answer is `text`. A connection for each question: a server may end in between."""
        while time.monotonic() - since < TIMEOUT:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=5)
                try:
                    connection.request('GET', '/')
                    if connection.getresponse().read().decode() == text:
                        return (time.monotonic() - since) * 1000
                finally:
                    connection.close()
            time.sleep(0.0005)
        with open(self.log.name, encoding='utf-8', errors='replace') as log:
            sys.exit(f'bench: {self.name} does not answer {text!r}:\n{log.read()[-2000:]}')

    def save(self, text):
        since = time.monotonic()
        with open(os.path.join(self.folder, 'src', 'text.ts'), 'w', encoding='utf-8') as file:
            file.write(text_module(text))
        return self.wait_for(text, since)

    def processes(self):
        """Those of its session."""
        found = []
        for entry in os.listdir('/proc'):
            with contextlib.suppress(OSError, ValueError):
                if entry.isdigit() and os.getsid(int(entry)) == self.process.pid:
                    found.append(int(entry))
        return found

    def memory_mib(self):
        """(RSS, PSS) of all processes together; in PSS what they share counts once."""
        rss = pss = 0
        for pid in self.processes():
            with contextlib.suppress(OSError), open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
                text = file.read()
                rss += int(re.search(r'^Rss:\s+(\d+)', text, re.M)[1])
                pss += int(re.search(r'^Pss:\s+(\d+)', text, re.M)[1])
        return rss / 1024, pss / 1024

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
                break
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.log.close()


def main():
    parser = argparse.ArgumentParser(prog='tools/bench dev', description=__doc__)
    parser.add_argument('--starts', type=int, default=5, help='how often each server is started (default 5)')
    parser.add_argument('--saves', type=int, default=20, help='how often a file is saved (default 20)')
    parser.add_argument('--only', action='append', choices=SERVERS, help='measure only these servers; may be repeated')
    parser.add_argument('--install', action='store_true', help='install the peers that come from npm first')
    options = parser.parse_args()
    if options.install:
        install('workerd', 'wrangler', 'deno', 'bun', 'esbuild')
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        for name, command_of in SERVERS.items():
            if options.only and name not in options.only:
                continue
            if not command_of(directory, 0):
                print(f'{name} is not there; see --install', file=sys.stderr)
                continue
            starts = []
            for last in [False] * (options.starts - 1) + [True]:
                server = DevServer(name, directory)
                starts.append(server.start_ms)
                if not last:
                    server.stop()
            try:
                server.save('warm')
                # Between two saves there is time, as there is when a person writes.
                saves = []
                for number in range(options.saves):
                    time.sleep(0.3)
                    saves.append(server.save(f'saved {number}'))
                time.sleep(1)
                rss, pss = server.memory_mib()
                rows.append((name, statistics.median(starts), statistics.median(saves), max(saves), rss, pss,
                             len(server.processes())))
            finally:
                server.stop()
            print(f'{name}: done', file=sys.stderr)
    print(f'dev: {options.starts} starts, {options.saves} saves of one of {MODULES + 3} files; medians')
    print(f'{"":12}{"start ms":>10}{"save ms":>9}{"worst":>8}{"RSS MiB":>9}{"PSS":>7}{"processes":>11}')
    for name, start, save, worst, rss, pss, processes in rows:
        print(f'{name:12}{start:10.0f}{save:9.1f}{worst:8.1f}{rss:9.0f}{pss:7.0f}{processes:11}')


if __name__ == '__main__':
    main()
