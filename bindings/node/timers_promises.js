'use strict';

// node:timers/promises (https://nodejs.org/api/timers.html#timers-promises-api).

const { Error, Promise } = internal.primordials;

function abortError(signal) {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

function wait(start, stop, value, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortError(signal));
      return;
    }
    const id = start(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    function onAbort() {
      stop(id);
      reject(abortError(signal));
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

async function* every(delay = 1, value = undefined, { signal } = {}) {
  for (;;) {
    await promises.setTimeout(delay, undefined, { signal });
    yield value;
  }
}

const start = globalThis.setTimeout;
const stop = globalThis.clearTimeout;
const promises = {
  setTimeout: (delay = 1, value = undefined, { signal } = {}) => wait((done) => start(done, delay), stop, value, signal),
  setImmediate: (value = undefined, { signal } = {}) => wait((done) => start(done, 0), stop, value, signal),
  setInterval: every,
};
promises.scheduler = { wait: (delay, options) => promises.setTimeout(delay, undefined, options), yield: () => promises.setImmediate() };

return { __proto__: null, ...promises, default: promises };
