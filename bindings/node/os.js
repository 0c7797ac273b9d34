'use strict';

// node:os (https://nodejs.org/api/os.html): a machine about which there is nothing to know.

const os = {
  EOL: '\n', devNull: '/dev/null', arch: () => 'x64', platform: () => 'linux', type: () => 'Linux', release: () => '', version: () => '', machine: () => 'x86_64',
  hostname: () => 'localhost', homedir: () => '/', tmpdir: () => '/tmp', endianness: () => 'LE', uptime: () => 0, loadavg: () => [0, 0, 0],
  totalmem: () => 128 * 1024 * 1024, freemem: () => 128 * 1024 * 1024, cpus: () => [], availableParallelism: () => 1, networkInterfaces: () => ({}),
  userInfo: () => ({ uid: 1, gid: 1, username: 'worker', homedir: '/', shell: null }), getPriority: () => 0, setPriority() {}, constants: { signals: {}, errno: {} },
};

return { __proto__: null, ...os, default: os };
