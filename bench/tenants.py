"""Many workers in one process: memory for each, time until ready, and the first request to each.

verge routes by host; workerd, which does not, gets a socket for each worker.
"""

import argparse
import os
import socket
import statistics
import sys
import tempfile
import time

from servers import ROOT, free_port, npm_binary

HELLO = "export default { fetch: (request) => new Response('Hello ' + new URL(request.url).pathname) };\n"


def bundle(bytes_wanted):
    """A worker of that size, as bundlers make them: many functions and classes, of which a request needs a few."""
    parts = ['const table = [];']
    size = 0
    while size < bytes_wanted:
        i = len(parts) - 1
        parts.append(f"""table.push(function route{i}(request, state) {{
  const parts = request.url.split('/').map((part, index) => `${{index}}:${{part}}`);
  if (parts.length > {i % 7}) {{ return {{ id: {i}, name: 'route {i}', parts, at: state.now + {i} }}; }}
  class Local{i} {{ constructor(a) {{ this.a = a; }} get value() {{ return this.a * {i}; }} }}
  return new Local{i}(parts.length).value;
}});""")
        size += len(parts[-1])
    middle = (len(parts) - 1) // 2
    parts.append(f'export default {{ fetch: (request) => Response.json(table[{middle}](request, {{ now: 1 }})) }};\n')
    return '\n'.join(parts)


SCRIPTS = {'hello': HELLO, 'bundle': bundle(500 * 1024)}


def verge_command(directory, count):
    with open(os.path.join(directory, 'verge.toml'), 'w', encoding='utf-8') as file:
        for i in range(count):
            file.write(f'[[workers]]\nname = "w{i}"\nmain = "w{i}.js"\nroutes = ["w{i}.test/*"]\n')
    port = free_port()
    command = [os.path.join(ROOT, 'out', 'release', 'verge'), 'serve', os.path.join(directory, 'verge.toml'), '--shards', '1',
               '--port', str(port)]
    return command, [port] * count


def workerd_command(directory, count):
    binary = npm_binary('workerd', '@cloudflare/workerd-linux-64/bin/workerd',
                        '@cloudflare/workerd-linux-arm64/bin/workerd')
    if not binary:
        return None, None
    # Bound all at once, so that no port is given twice.
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(('127.0.0.1', 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    services = ',\n'.join(f'(name = "w{i}", worker = (modules = [(name = "w.js", esModule = embed "w{i}.js")], '
                          'compatibilityDate = "2026-04-01"))' for i in range(count))
    sockets = ',\n'.join(f'(name = "s{i}", address = "127.0.0.1:{port}", http = (), service = "w{i}")'
                         for i, port in enumerate(ports))
    path = os.path.join(directory, 'workerd.capnp')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = (\n'
                   f'services = [{services}],\nsockets = [{sockets}]);\n')
    return [binary, 'serve', path], ports


COMMANDS = {'verge': verge_command, 'workerd': workerd_command}


def first_request(port, host):
    """Milliseconds of one request on a connection that is open before it."""
    with socket.create_connection(('127.0.0.1', port), 60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        client.sendall(f'GET /first HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n'.encode())
        data = client.recv(65536)
        elapsed = (time.perf_counter() - start) * 1000
        if b' 200 ' not in data[:20]:
            sys.exit(f'bench: {host} fails: {data[:200]!r}')
        return elapsed


def measure(server_class, name, kind, count, cpu, gap_ms):
    with tempfile.TemporaryDirectory() as directory:
        for i in range(count):
            with open(os.path.join(directory, f'w{i}.js'), 'w', encoding='utf-8') as file:
                file.write(SCRIPTS[kind])
        command, ports = COMMANDS[name](directory, count)
        if not command:
            return None
        server = server_class(name, command, ports[0], cpu, directory, host='w0.test')
        try:
            before = server.rss_mib()
            cpu_before = sum(server.cpu_seconds())
            times = []
            for i in range(1, count):
                time.sleep(gap_ms / 1000)
                times.append(first_request(ports[i], f'w{i}.test'))
            cpu_used = sum(server.cpu_seconds()) - cpu_before
            after = server.rss_mib()
            time.sleep(3)
            idle = server.rss_mib()
        finally:
            server.stop()
    times.sort()
    # workerd makes all of them before it is ready: what one of them takes is in both figures.
    base = before if name == 'verge' else 0
    touched = count - 1 if name == 'verge' else count
    return {'ready': server.start_ms, 'p50': statistics.median(times), 'p99': times[len(times) * 99 // 100],
            'cpu': cpu_used / (count - 1) * 1000, 'rss': (after - base) / touched, 'idle': (idle - base) / touched}


def main(server_class, arguments):
    parser = argparse.ArgumentParser(prog='tools/bench tenants', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--workers', type=int, default=200, help='how many (default 200)')
    parser.add_argument('--kind', choices=SCRIPTS, action='append', help='hello or bundle (500 KiB); default: both')
    parser.add_argument('--gap', type=float, default=0, metavar='MS', help='time between two first requests (default 0)')
    parser.add_argument('--only', choices=COMMANDS, action='append', help='measure only these servers')
    options = parser.parse_args(arguments)
    cpu = sorted(os.sched_getaffinity(0))[0]
    print(f'{options.workers} workers in one process, each asked once')
    print(f'{"":18}{"ready ms":>9}{"first p50 ms":>14}{"p99 ms":>8}{"CPU ms":>8}{"RSS MiB/worker":>16}{"3 s later":>11}')
    for kind in options.kind or SCRIPTS:
        for name in options.only or COMMANDS:
            row = measure(server_class, name, kind, options.workers, cpu, options.gap)
            if row:
                print(f'{kind + " " + name:18}{row["ready"]:9.0f}{row["p50"]:14.2f}{row["p99"]:8.2f}{row["cpu"]:8.2f}'
                      f'{row["rss"]:16.2f}{row["idle"]:11.2f}', flush=True)
