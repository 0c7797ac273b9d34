"""How each server is started with a worker. The same module runs on all of them."""

import json
import os
import shutil
import socket
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = os.path.join(ROOT, 'out', 'bench')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def install(*packages):
    os.makedirs(PACKAGES, exist_ok=True)
    subprocess.run(['npm', 'install', '--no-fund', '--no-audit', '--prefix', PACKAGES, *packages], check=True)


def install_peers():
    install('workerd', 'deno', 'bun', 'miniflare')


def npm_binary(name, *paths):
    for path in paths:
        full = os.path.join(PACKAGES, 'node_modules', path)
        if os.path.exists(full):
            # npm does not run install scripts by default: they would have done this.
            if not os.access(full, os.X_OK):
                os.chmod(full, 0o755)
            return full
    return shutil.which(name)


def nginx_binary():
    return shutil.which('nginx') or ('/usr/sbin/nginx' if os.path.exists('/usr/sbin/nginx') else None)


def nginx_command(directory, name, port, locations, http=''):
    """One worker process in the foreground, with `locations` in its only server and `http` beside that."""
    nginx = nginx_binary()
    config = os.path.join(directory, f'{name}.conf')
    with open(config, 'w', encoding='utf-8') as file:
        file.write(f"""worker_processes 1; daemon off; master_process off; pid {directory}/{name}.pid;
error_log {directory}/{name}-error.log; events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  {http.replace('DIRECTORY', os.path.join(directory, name + '-cache'))}
  server {{ listen 127.0.0.1:{port}; {locations} }} }}
""")
    return [nginx, '-e', f'{directory}/{name}-error.log', '-c', config]


def configure(directory, server, script, workload):
    """A folder of the server's own with the worker and its configuration; the configuration's path."""
    folder = os.path.join(directory, server)
    os.makedirs(folder, exist_ok=True)
    shutil.copy(script, folder)
    path = os.path.join(folder, 'wrangler.jsonc')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({'name': 'bench', 'main': os.path.basename(script), 'compatibility_date': '2026-04-01',
                   'no_bundle': True, **workload.config}, file)
    return path


def kv_project(directory, script, name):
    """A folder with the worker and a configuration that gives it a KV namespace."""
    folder = os.path.join(directory, 'kv-' + name)
    os.makedirs(folder, exist_ok=True)
    shutil.copy(script, os.path.join(folder, 'worker.js'))
    with open(os.path.join(folder, 'wrangler.jsonc'), 'w', encoding='utf-8') as file:
        # workerd would bundle with an esbuild that it looks for, and verge has nothing to bundle.
        json.dump({'name': 'kv', 'main': 'worker.js', 'compatibility_date': '2026-04-01',
                   'kv_namespaces': [{'binding': 'NS', 'id': 'bench'}],
                   **({'no_bundle': True} if name == 'workerd' else {})}, file)
    return folder


def verge(directory, script, port, workload):
    if workload.config:
        script = configure(directory, 'verge', script, workload)
    if workload.kv:
        script = kv_project(directory, script, 'verge')
    command = [os.path.join(ROOT, 'out', 'release', 'verge'), 'serve', script, '--port', str(port), '--shards', '1']
    return command + workload.verge_options


def nginx(directory, script, port, workload):
    if not nginx_binary() or not workload.nginx:
        return None
    return nginx_command(directory, 'nginx', port, workload.nginx, workload.nginx_http)


def varnish(directory, script, port, workload):
    binary = shutil.which('varnishd') or '/usr/sbin/varnishd'
    if 'varnish' not in workload.servers or not os.path.exists(binary):
        return None
    vcl = os.path.join(directory, 'varnish.vcl')
    with open(vcl, 'w', encoding='utf-8') as file:
        file.write(f'vcl 4.1;\nbackend default {{ .host = "127.0.0.1"; .port = "{workload.origin_port}"; }}\n')
    return [binary, '-j', 'none', '-F', '-a', f'127.0.0.1:{port}', '-f', vcl, '-n', os.path.join(directory, 'varnish'), '-s', 'malloc,64m']


def workerd(directory, script, port, workload):
    binary = npm_binary('workerd', '@cloudflare/workerd-linux-64/bin/workerd',
                        '@cloudflare/workerd-linux-arm64/bin/workerd')
    if not binary:
        return None
    if workload.config:
        path = configure(directory, 'workerd', script, workload)
        return [binary, 'serve', path, '--experimental', '--socket-addr', f'http=127.0.0.1:{port}']
    if workload.kv:
        # In its folder: that is where it keeps what it stores.
        return ['sh', '-c', f'cd {kv_project(directory, script, "workerd")} && exec {binary} serve wrangler.jsonc '
                            f'--experimental -s http=127.0.0.1:{port}']
    config = os.path.join(directory, 'workerd.capnp')
    with open(config, 'w', encoding='utf-8') as file:
        file.write(f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [(name = "worker.js", esModule = embed "{os.path.basename(script)}")],
                                        compatibilityDate = "2026-04-01")),
              (name = "internet", network = (allow = ["public", "private", "local"]))],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]);
""")
    return [binary, 'serve', config]


def miniflare(directory, script, port, workload):
    package = os.path.join(PACKAGES, 'node_modules', 'miniflare')
    if not (workload.config or workload.kv or workload.servers) or not os.path.isdir(package) or not shutil.which('node'):
        return None
    if workload.kv:
        return ['node', os.path.join(ROOT, 'bench', 'miniflare.mjs'), PACKAGES, script, str(port),
                os.path.join(directory, 'kv-miniflare')]
    folder = os.path.dirname(configure(directory, 'miniflare', script, workload))
    options = {'modules': True, 'scriptPath': os.path.join(folder, os.path.basename(script)), 'port': port,
               'host': '127.0.0.1', 'compatibilityDate': '2026-04-01', 'd1Persist': os.path.join(folder, 'd1'),
               'd1Databases': {each['binding']: each['database_id'] for each in workload.config.get('d1_databases', [])}}
    start = os.path.join(folder, 'start.cjs')
    with open(start, 'w', encoding='utf-8') as file:
        file.write(f'const {{ Miniflare }} = require({json.dumps(package)});\nnew Miniflare({json.dumps(options)});\n')
    return ['node', start]


def deno(directory, script, port, workload):
    if workload.config:
        return None
    binary = npm_binary('deno', '@deno/linux-x64-glibc/deno', '@deno/linux-arm64-glibc/deno')
    if not binary or workload.kv:
        return None
    return [binary, 'serve', '--no-check', '--allow-net', '--host', '127.0.0.1', '--port', str(port), script]


def bun(directory, script, port, workload):
    if workload.config:
        return None
    binary = npm_binary('bun', '@oven/bun-linux-x64/bin/bun', '@oven/bun-linux-aarch64/bin/bun', 'bun/bin/bun.exe')
    return [binary, 'run', f'--port={port}', script] if binary and not workload.kv else None


SERVERS = {'verge': verge, 'nginx': nginx, 'varnish': varnish, 'workerd': workerd, 'miniflare': miniflare, 'deno': deno, 'bun': bun}
