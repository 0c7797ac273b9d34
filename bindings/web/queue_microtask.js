'use strict';

// queueMicrotask (https://html.spec.whatwg.org/#microtask-queuing). What the callback throws is reported here: V8 would
// tell its message listeners only.

const { primordials: { ObjectDefineProperty, TypeError, globalThis } } = internal;

// A method, because those have no [[Construct]].
const { queueMicrotask } = {
  queueMicrotask(callback) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'queueMicrotask': 1 argument required, but only 0 present.");
    }
    if (typeof callback !== 'function') {
      throw new TypeError("Failed to execute 'queueMicrotask': parameter 1 is not of type 'Function'.");
    }
    native.enqueueMicrotask(() => {
      try {
        callback();
      } catch (error) {
        native.reportException(error);
      }
    });
  },
};

ObjectDefineProperty(globalThis, 'queueMicrotask', {
  __proto__: null, value: queueMicrotask, writable: true, enumerable: true, configurable: true,
});
