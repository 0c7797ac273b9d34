// The worker around a test of web-platform-tests, in service-worker syntax: the tests are classic scripts, too.
//
// worker.py puts text in place of the lines that begin with "//@": the configuration, testharness.js, the test with the
// scripts it names. testharness.js finds what it finds in a dedicated worker of a browser, and reports with postMessage
// as it does there. The first request runs the test and is answered with the report.
var $wpt = (function () {
  'use strict';
  const config =
//@config
  ;
  // What the test may change is kept before it runs.
  const { Promise, Request, Response, String, URL, Uint8Array, atob, clearTimeout, fetch, setTimeout } = globalThis;
  const stringify = JSON.stringify;
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });

  if (globalThis.self !== globalThis) define('self', globalThis);
  define('GLOBAL', { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false });
  define('META_TITLE', config.title);
  define('location', { ...config.location, toString: () => config.location.href });
  // A global object of verge counts as a dedicated worker's.
  define('DedicatedWorkerGlobalScope', class DedicatedWorkerGlobalScope {
    static [Symbol.hasInstance](object) {
      return object === globalThis;
    }
  });

  const base = config.location.href;
  const absolute = (input) => {
    if (input instanceof Request) return input;
    try {
      return new URL(String(input), base).href;
    } catch {
      return input;
    }
  };
  if (config.network) {
    // A browser's worker resolves URLs against its own; a server's worker has none.
    const resolveFirst = (name, resolve) => {
      const construct = (Class, args, newTarget) =>
        Reflect.construct(Class, args.length ? [resolve(args[0]), ...args.slice(1)] : args, newTarget);
      if (globalThis[name]) define(name, new Proxy(globalThis[name], { construct }));
    };
    resolveFirst('Request', absolute);
    resolveFirst('EventSource', absolute);
    resolveFirst('WebSocket', (input) => {
      if (typeof input !== 'string') return input;
      try {
        return new URL(input, base.replace(/^http/, 'ws')).href;
      } catch {
        return input;
      }
    });
    if (fetch) define('fetch', (input, ...rest) => fetch(absolute(input), ...rest));
  } else {
    // Files of the checkout that the test reads.
    const types = { json: 'application/json', wasm: 'application/wasm', html: 'text/html', txt: 'text/plain' };
    define('fetch', (input, ...rest) => {
      const path = new URL(String(input), base).pathname;
      const content = Object.hasOwn(config.files, path) ? config.files[path] : undefined;
      if (content === undefined) {
        return fetch ? fetch(input, ...rest) : Promise.reject(new TypeError(`no such file: ${path}`));
      }
      const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
      const type = types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
      return Promise.resolve(new Response(bytes, { headers: { 'content-type': type } }));
    });
  }

  // What the harness has reported so far.
  const report = { outcome: 'timeout', message: '', tests: [] };
  let answer = null;
  const finish = () => answer?.(new Response(stringify(report)));
  const brief = ({ name, status, message }) => [
    String(name), status, status ? String(message ?? '').slice(0, 400) : ''];
  define('postMessage', (message) => {
    if (message?.type === 'result') {
      report.tests[report.tests.length] = brief(message.test);
    } else if (message?.type === 'complete') {
      const { status } = message;
      report.outcome = ['ok', 'error', 'timeout', 'error'][status.status];
      report.message = String(status.message ?? '').slice(0, 1000);
      report.tests = message.tests.map(brief);
      finish();
    }
  });

  return {
    // Runs `test`, a function; gives a promise of the response.
    run(test, done) {
      return new Promise((resolve) => {
        const timer = setTimeout(finish, config.limit_ms);
        answer = (response) => {
          answer = null;
          clearTimeout(timer);
          resolve(response);
        };
        try {
          test.call(globalThis);
          done();
        } catch (error) {
          report.outcome = 'error';
          report.message = String(error?.stack ?? error).slice(0, 1000);
          finish();
        }
      });
    },
  };
})();
//@harness
function $wptTest() {
//@test
}
addEventListener('fetch', (event) => event.respondWith($wpt.run($wptTest, done)));
