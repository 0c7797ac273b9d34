'use strict';

// How inspect shows the objects that are more than their properties: those of the language (collections,
// errors, promises, …) and the interfaces that are written in JavaScript, whose state is in private
// fields.

const {
  ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached, BigIntPrototypeValueOf,
  BooleanPrototypeValueOf, DatePrototypeGetTime, DatePrototypeToISOString, Error,
  MapIteratorPrototypeNext, MapPrototypeEntries, MapPrototypeGetSize, MathMin, NumberIsNaN,
  NumberPrototypeValueOf, ObjectGetOwnPropertyDescriptor, ObjectGetOwnPropertyNames,
  ObjectGetPrototypeOf, ReflectApply, RegExp, RegExpPrototypeExec, RegExpPrototypeGetSource,
  SetIteratorPrototypeNext, SetPrototypeGetSize, SetPrototypeValues, StringPrototypeIncludes, StringPrototypeRepeat,
  StringPrototypeValueOf, SymbolPrototypeValueOf, Uint8Array, getter, globalThis,
} = internal.primordials;
const { List, PairView, setInspector } = internal;
const {
  describers, formatPrimitive, formatValue, hasValue, hex, indentLines, isIndex, isProxy, MAX_ENTRIES,
  MAX_PROTOTYPES, ownKeys, ownValue, prefixOf, truncate,
} = internal.inspection;
const { eventState } = internal;
const { readableState, viewGeometry, writableState } = internal.streams;

// In some versions of V8 `stack` is an accessor, the same for all errors: the one getter that may be
// called.
const stackGetter = ObjectGetOwnPropertyDescriptor(new Error(), 'stack')?.get;

const flagGetters = ['hasIndices', 'global', 'ignoreCase', 'multiline', 'dotAll', 'unicode',
                     'unicodeSets', 'sticky'];
const flagLetters = 'dgimsuvy';
for (let i = 0; i < flagGetters.length; i++) {
  flagGetters[i] = getter(RegExp.prototype, flagGetters[i]);
}

const sharedByteLength = globalThis.SharedArrayBuffer === undefined
  ? undefined : getter(globalThis.SharedArrayBuffer.prototype, 'byteLength');

// A value with a text of its own, followed by its properties if it has any.
function withBase(inspection, shape, base, isSkipped = undefined) {
  shape.keys = ownKeys(inspection, shape.value, isSkipped);
  shape.prefix = `${base} `;
  if (shape.keys.length === 0 && shape.size === 0) shape.whole = base;
}

function describeBoxed(valueOf, name) {
  return (inspection, shape, value) => {
    const primitive = formatPrimitive(valueOf(value));
    const { className } = shape.nature;
    const label = className === name ? name : `${name} (${className ?? 'null prototype'})`;
    withBase(inspection, shape, `[${label}: ${primitive}]`,
             name === 'String' ? ((key) => isIndex(key) || key === 'length') : undefined);
  };
}

function describeOpaque(name) {
  return (inspection, shape, value) => {
    shape.keys = ownKeys(inspection, value);
    shape.prefix = prefixOf(shape.nature, name);
    shape.size = 1;
    shape.contents = (self) => self.entries.push('<items unknown>');
  };
}

function describeArrayBuffer(byteLengthOf, name) {
  return (inspection, shape, value) => {
    const byteLength = byteLengthOf(value);
    shape.keys = ownKeys(inspection, value);
    shape.prefix = prefixOf(shape.nature, name);
    shape.size = 1;
    shape.contents = (self) => {
      const shown = MathMin(byteLength, 50);
      if (name === 'ArrayBuffer' && ArrayBufferPrototypeGetDetached(value)) {
        self.entries.push('(detached)');
      } else {
        const bytes = new Uint8Array(value, 0, shown);
        let text = '';
        for (let i = 0; i < shown; i++) text += (i === 0 ? '' : ' ') + hex(bytes[i], 2);
        if (byteLength > shown) text += ` ... ${byteLength - shown} more bytes`;
        self.entries.push(`[Uint8Contents]: <${text}>`);
      }
      self.entries.push(`byteLength: ${byteLength}`);
    };
  };
}

const kinds = {
  __proto__: null,

  Map(inspection, shape, map) {
    const size = MapPrototypeGetSize(map);
    shape.keys = ownKeys(inspection, map);
    shape.prefix = prefixOf(shape.nature, 'Map', `(${size})`);
    shape.size = size;
    shape.contents = (self, level) => {
      const iterator = MapPrototypeEntries(map);
      for (let shown = 0; ; shown++) {
        const { done, value } = MapIteratorPrototypeNext(iterator);
        if (done) return;
        if (shown === MAX_ENTRIES || inspection.remaining <= 0) {
          self.addMore(size - shown);
          return;
        }
        self.entries.push(`${formatValue(inspection, value[0], level)} => ` +
                          formatValue(inspection, value[1], level));
      }
    };
  },

  Set(inspection, shape, set) {
    const size = SetPrototypeGetSize(set);
    shape.keys = ownKeys(inspection, set);
    shape.prefix = prefixOf(shape.nature, 'Set', `(${size})`);
    shape.size = size;
    shape.contents = (self, level) => {
      const iterator = SetPrototypeValues(set);
      for (let shown = 0; ; shown++) {
        const { done, value } = SetIteratorPrototypeNext(iterator);
        if (done) return;
        if (shown === MAX_ENTRIES || inspection.remaining <= 0) {
          self.addMore(size - shown);
          return;
        }
        self.entries.push(formatValue(inspection, value, level));
      }
    };
  },

  DataView(inspection, shape, view) {
    shape.keys = ownKeys(inspection, view);
    shape.prefix = prefixOf(shape.nature, 'DataView');
    shape.size = 1;
    shape.contents = (self, level) => addDataViewEntries(inspection, self, view, level);
  },

  WeakMap: describeOpaque('WeakMap'),
  WeakSet: describeOpaque('WeakSet'),
  WeakRef: describeOpaque('WeakRef'),

  Date(inspection, shape, date) {
    const invalid = NumberIsNaN(DatePrototypeGetTime(date));
    withBase(inspection, shape, invalid ? 'Invalid Date' : DatePrototypeToISOString(date));
  },

  RegExp(inspection, shape, regexp) {
    let flags = '';
    for (let i = 0; i < flagGetters.length; i++) {
      if (flagGetters[i](regexp)) flags += flagLetters[i];
    }
    withBase(inspection, shape, `/${truncate(RegExpPrototypeGetSource(regexp))}/${flags}`);
  },

  Error(inspection, shape, error) {
    const isSkipped = (key) => key === 'stack' || key === 'message';
    const hidden = new List();
    if (isHidden(error, 'cause')) hidden.push('cause');
    if (isHidden(error, 'errors')) hidden.push('errors');
    shape.size = hidden.length;
    if (hidden.length > 0) {
      shape.contents = (self, level) => {
        for (let i = 0; i < hidden.length; i++) {
          const key = hidden[i];
          self.entries.push(
            `[${key}]: ${formatValue(inspection, ownValue(error, key), level)}`);
        }
      };
    }
    withBase(inspection, shape, indentLines(errorText(error, shape.nature), StringPrototypeRepeat(' ', inspection.indentation)),
             inspection.showHidden ? ((key) => isSkipped(key) || key === 'cause' || key === 'errors')
               : isSkipped);
  },

  Promise(inspection, shape, promise) {
    shape.keys = ownKeys(inspection, promise);
    shape.prefix = prefixOf(shape.nature, 'Promise');
    const pair = native.promiseState?.(promise);
    if (pair === undefined) return;
    shape.size = 1;
    shape.contents = (self, level) => {
      const state = pair[0];
      if (state === 'pending') {
        self.entries.push('<pending>');
        return;
      }
      const value = formatValue(inspection, pair[1], level);
      self.entries.push(state === 'rejected' ? `<rejected> ${value}` : value);
    };
  },

  ArrayBuffer: describeArrayBuffer(ArrayBufferPrototypeGetByteLength, 'ArrayBuffer'),
  SharedArrayBuffer: describeArrayBuffer(sharedByteLength, 'SharedArrayBuffer'),
  Number: describeBoxed(NumberPrototypeValueOf, 'Number'),
  String: describeBoxed(StringPrototypeValueOf, 'String'),
  Boolean: describeBoxed(BooleanPrototypeValueOf, 'Boolean'),
  Symbol: describeBoxed(SymbolPrototypeValueOf, 'Symbol'),
  BigInt: describeBoxed(BigIntPrototypeValueOf, 'BigInt'),
};

const kindNames = ObjectGetOwnPropertyNames(kinds);
for (let i = 0; i < kindNames.length; i++) describers[kindNames[i]] = kinds[kindNames[i]];

function addDataViewEntries(inspection, shape, view, level) {
  const { buffer, byteLength, byteOffset } = viewGeometry(view);
  shape.entries.push(`byteLength: ${byteLength}`);
  shape.entries.push(`byteOffset: ${byteOffset}`);
  shape.entries.push(`buffer: ${formatValue(inspection, buffer, level)}`);
}

function isHidden(object, key) {
  const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
  return descriptor !== undefined && !descriptor.enumerable && hasValue(descriptor);
}

// A data property anywhere in the chain.
function inheritedValue(object, key) {
  for (let i = 0; object !== null && i < MAX_PROTOTYPES && !isProxy(object); i++) {
    const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
    if (descriptor !== undefined) return hasValue(descriptor) ? descriptor.value : undefined;
    object = ObjectGetPrototypeOf(object);
  }
  return undefined;
}

function errorText(error, nature) {
  const descriptor = ObjectGetOwnPropertyDescriptor(error, 'stack');
  let stack;
  if (descriptor !== undefined) {
    if (hasValue(descriptor)) stack = descriptor.value;
    else if (descriptor.get === stackGetter && stackGetter !== undefined) {
      stack = ReflectApply(stackGetter, error, []);
    }
    stack = native.originalStack(stack);
  }
  if (typeof stack === 'string' && stack !== '') {
    const text = truncate(stack);
    // Without frames: in brackets, so that it is seen to be an error.
    return StringPrototypeIncludes(text, '\n    at ') ? text : `[${text}]`;
  }
  const name = inheritedValue(error, 'name');
  const message = inheritedValue(error, 'message');
  const title = typeof name === 'string' && name !== '' ? name : nature.className ?? 'Error';
  return typeof message === 'string' && message !== '' ? `[${title}: ${truncate(message)}]`
    : `[${title}]`;
}

// Interfaces: state that is in private fields.

setInspector(internal.Event, (event) => {
  const state = eventState(event);
  return {
    __proto__: null,
    type: state.type,
    defaultPrevented: state.canceled,
    cancelable: state.cancelable,
    timeStamp: state.timeStamp,
  };
});

setInspector(internal.AbortController, (controller) => (
  { __proto__: null, signal: internal.controllerSignal(controller) }));

setInspector(internal.EventTarget, (target) => {
  internal.eventTargetState(target);  // checks that it is one
  return { __proto__: null };
});

setInspector(internal.AbortSignal, (signal) => {
  const aborted = internal.isAborted(signal);
  return aborted ? { __proto__: null, aborted, reason: internal.abortReason(signal) }
    : { __proto__: null, aborted };
});

setInspector(internal.ReadableStream, (stream) => {
  const state = readableState(stream);
  return {
    __proto__: null,
    locked: state.reader !== undefined,
    state: state.state,
    supportsBYOB: state.controller.isByte,
  };
});

setInspector(internal.WritableStream, (stream) => {
  const state = writableState(stream);
  return { __proto__: null, locked: state.writer !== undefined, state: state.state };
});

// Interfaces that C++ implements. Getters are captured, and throw for what only inherits from the prototype. What a
// getter would only make for being looked at (a body's stream, a signal) is left out.
function showAttributes(Class, names) {
  const getters = new List();
  for (let i = 0; i < names.length; i++) {
    let { prototype } = Class;
    while (ObjectGetOwnPropertyDescriptor(prototype, names[i]) === undefined) prototype = ObjectGetPrototypeOf(prototype);
    getters.push(getter(prototype, names[i]));
  }
  setInspector(Class, (value) => {
    const view = { __proto__: null };
    for (let i = 0; i < names.length; i++) view[names[i]] = getters[i](value);
    return view;
  });
}

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

function showPairs(Class, className, separator, quoteAlways) {
  setInspector(Class, (value) => {
    native.checkClass(value, className);
    const view = new PairView(separator);
    for (let i = 0, pair; (pair = native.pairAt(value, i)) !== undefined; i++) {
      const name = pair[0];
      const plain = !quoteAlways && RegExpPrototypeExec(identifier, name) !== null;
      view.add(plain ? name : formatPrimitive(name), pair[1]);
    }
    return view;
  });
}

const { classes } = native;
showPairs(classes.Headers, 'Headers', ': ', false);
showPairs(classes.FormData, 'FormData', ': ', false);
showPairs(classes.URLSearchParams, 'URLSearchParams', ' => ', true);
showAttributes(classes.Blob, ['size', 'type']);
showAttributes(classes.File, ['size', 'type', 'name', 'lastModified']);
showAttributes(classes.URL, [
  'href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search',
  'searchParams', 'hash',
]);
showAttributes(classes.Request, [
  'method', 'url', 'headers', 'bodyUsed', 'redirect', 'cache', 'cf', 'integrity', 'keepalive',
]);
showAttributes(classes.Response, [
  'status', 'statusText', 'headers', 'ok', 'bodyUsed', 'redirected', 'type', 'url', 'webSocket',
]);
