'use strict';

// `process`, the global and node:process: what libraries read of it that were written for Node.js as well. It does not
// say that this is Node.js: no version and no tag, by which they would choose sockets and files over fetch().

const {
  BigInt, JSONStringify, MathFloor, ObjectDefineProperty, ObjectKeys, Proxy, ReflectApply, String, TypeError,
} = internal.primordials;

function toEnvValue(value) {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return String(value);
}

// The worker's variables. Other values than text are their JSON.
const variables = {};
const bindings = native.workerEnv();
const names = ObjectKeys(bindings);
for (let i = 0; i < names.length; i++) {
  const value = bindings[names[i]];
  const text = typeof value === 'string' ? value : JSONStringify(value);
  if (typeof text !== 'string') continue;
  ObjectDefineProperty(variables, names[i], {
    __proto__: null, value: text, writable: true, enumerable: true, configurable: true,
  });
}

// Whatever is put there becomes text.
const env = new Proxy(variables, {
  __proto__: null,
  set(target, key, value) {
    ObjectDefineProperty(target, key, {
      __proto__: null, value: toEnvValue(value), writable: true, enumerable: true, configurable: true,
    });
    return true;
  },
  defineProperty(target, key, descriptor) {
    ObjectDefineProperty(target, key, {
      __proto__: null, value: toEnvValue(descriptor.value), writable: true, enumerable: true, configurable: true,
    });
    return true;
  },
});

function nextTick(callback, ...args) {
  if (typeof callback !== 'function') {
    throw new TypeError('The "callback" argument must be of type function.');
  }
  native.enqueueMicrotask(() => {
    try {
      ReflectApply(callback, undefined, args);
    } catch (error) {
      native.reportException(error);
    }
  });
}

// [seconds, nanoseconds], from a clock that stands still while code runs.
function hrtime(since = undefined) {
  const now = native.now();
  let seconds = MathFloor(now / 1000);
  let nanoseconds = MathFloor((now - seconds * 1000) * 1e6);
  if (since !== undefined) {
    seconds -= since[0];
    nanoseconds -= since[1];
    if (nanoseconds < 0) {
      seconds -= 1;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}
ObjectDefineProperty(hrtime, 'bigint', {
  __proto__: null, value: () => BigInt(MathFloor(native.now() * 1e6)), writable: true, enumerable: true,
  configurable: true,
});

function emitWarning(warning) {
  internal.console.warn(warning);
}

const process = {
  env,
  argv: ['verge'],
  argv0: 'verge',
  execArgv: [],
  title: 'verge',
  version: '',
  versions: {},
  features: {},
  platform: 'linux',
  pid: 1,
  ppid: 0,
  cwd: () => '/',
  nextTick,
  hrtime,
  uptime: () => 0,
  emitWarning,
};

return { __proto__: null, ...process, default: process };
