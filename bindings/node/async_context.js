'use strict';

// What code keeps in its asynchronous context, beside its invocation: a list of keys and values that V8 takes along
// through promises, microtasks and (bindings/timers) timers.
//
// The list is linked and never changes: entering a context with another value makes a new one, so that everything that
// kept the old one still sees what it saw. It holds each key once.

const { ReflectApply, isolate } = internal.primordials;

class Entry {
  constructor(key, value, next) {
    this.key = key;
    this.value = value;
    this.next = next;
  }
}
isolate(Entry);

function find(key) {
  let entry = native.asyncStorages();
  while (entry !== undefined && entry.key !== key) entry = entry.next;
  return entry;
}

function without(entries, key) {
  let rest;
  for (let entry = entries; entry !== undefined; entry = entry.next) {
    if (entry.key !== key) rest = new Entry(entry.key, entry.value, rest);
  }
  return rest;
}

// Calls `fn` with `entries` as the context's contents.
function runIn(entries, fn, receiver, args) {
  const outer = native.enterAsyncStorages(entries);
  try {
    return ReflectApply(fn, receiver, args);
  } finally {
    native.restoreAsyncContext(outer);
  }
}

// Set once there is an AsyncLocalStorage: binds a function to the context of now.
internal.captureContext = undefined;

internal.asyncContext = {
  __proto__: null,
  // The entry of a key: undefined, or an object whose `value` it is.
  find,
  // The contents now, for `runIn`.
  capture: () => native.asyncStorages(),
  runIn,
  runWith: (key, value, fn, receiver, args) =>
    runIn(new Entry(key, value, without(native.asyncStorages(), key)), fn, receiver, args),
  // For the rest of the running turn and what it starts.
  enter(key, value) {
    native.enterAsyncStorages(new Entry(key, value, without(native.asyncStorages(), key)));
  },
  leave(key) {
    native.enterAsyncStorages(without(native.asyncStorages(), key));
  },
};
