"""What is measured: a worker below workloads/ and the requests sent to it."""

import dataclasses


@dataclasses.dataclass
class Workload:
    path: str = '/abc'
    # A script for wrk: how requests look, beyond a GET.
    lua: str = ''
    # What nginx does that comes closest; empty: it is left out.
    nginx: str = ''
    # An origin beside the servers: its location block. The script's ORIGIN becomes its address.
    origin: str = ''
    # The worker's file below workloads/ when its name is another.
    script: str = ''
    # The worker's configuration (wrangler.jsonc), as a dictionary: only servers that read one take part.
    config: dict = dataclasses.field(default_factory=dict)
    # Whether the worker has a KV namespace, NS. Only servers that have such a thing are measured.
    kv: bool = False
    # Which servers take part; empty: all that can.
    servers: tuple = ()
    # What stands in nginx's http block, beside its server. DIRECTORY becomes a folder of its own.
    nginx_http: str = ''
    # The size of the file abc, which the origin has in ROOT.
    file: int = 0
    # Asked for once before the load.
    seed: str = ''
    verge_options: list = dataclasses.field(default_factory=list)


HEADERS_LUA = 'for i = 0, 9 do wrk.headers["x-in-" .. i] = "value number " .. i end'
ECHO_LUA = 'wrk.method = "POST" wrk.body = string.rep("0123456789abcdef", 4096)'

DATABASE = {'d1_databases': [{'binding': 'DB', 'database_name': 'bench', 'database_id': 'bench'}]}

# nginx as a cache in front of the origin, and what makes it fastest.
NGINX_CACHE = ('proxy_cache_path DIRECTORY levels=1:2 keys_zone=c:8m max_size=100m; sendfile on; tcp_nopush on; '
               'open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;')
NGINX_CACHED = ('location / { proxy_pass ORIGIN; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_cache c; '
                'proxy_cache_key $request_uri; add_header X-Cache $upstream_cache_status; }')
CACHEABLE = 'location / { root ROOT; try_files /abc =404; default_type text/plain; add_header Cache-Control max-age=86400; }'

WORKLOADS = {
    'hello': Workload(nginx='location / { default_type text/plain; return 200 "Hello /abc"; }'),
    'json': Workload(),
    'echo': Workload(lua=ECHO_LUA),
    'headers': Workload(lua=HEADERS_LUA),
    'subrequest': Workload(origin='location / { default_type text/plain; return 200 "Hello from the origin"; }',
                           nginx='location / { proxy_pass ORIGIN; proxy_http_version 1.1; proxy_set_header Connection ""; }',
                           verge_options=['--allow-outbound', '127.0.0.0/8']),
    'cpu': Workload(),
    'sha256': Workload(),
    'streams': Workload(),
    'd1': Workload(path='/select', script='d1', config=DATABASE),
    'd1-rows': Workload(path='/rows', script='d1', config=DATABASE),
    'd1-insert': Workload(path='/insert', script='d1', config=DATABASE),
    'd1-batch': Workload(path='/batch', script='d1', config=DATABASE),
    'cache': Workload(servers=('verge', 'nginx', 'miniflare', 'deno'), seed='/abc', origin=CACHEABLE, file=10240,
                      nginx=NGINX_CACHED, nginx_http=NGINX_CACHE),
    'cache-front': Workload(servers=('verge', 'nginx', 'varnish'), seed='/abc', origin=CACHEABLE, file=10240, nginx=NGINX_CACHED,
                            nginx_http=NGINX_CACHE, config={'cache': {'enabled': True}}),
    'kv-get': Workload(path='/get', script='kv', kv=True, seed='/seed'),
    'kv-miss': Workload(path='/miss', script='kv', kv=True, seed='/seed'),
    'kv-put': Workload(path='/put', script='kv', kv=True, seed='/seed'),
    'kv-list': Workload(path='/list', script='kv', kv=True, seed='/seed'),
}
