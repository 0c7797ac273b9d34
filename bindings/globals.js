'use strict';

// The last script: puts what the others made on the global object
// (https://webidl.spec.whatwg.org/#define-the-global-property-references).

const { defineProperty } = Object;

const interfaces = [
  'DOMException',
  'Event',
  'EventTarget',
  'CustomEvent',
  'ErrorEvent',
  'PromiseRejectionEvent',
  'MessageEvent',
  'CloseEvent',
  'ExtendableEvent',
  'FetchEvent',
  'AbortController',
  'AbortSignal',
  'ReadableStream',
  'ReadableStreamDefaultReader',
  'ReadableStreamBYOBReader',
  'ReadableStreamDefaultController',
  'ReadableByteStreamController',
  'ReadableStreamBYOBRequest',
  'WritableStream',
  'WritableStreamDefaultWriter',
  'WritableStreamDefaultController',
  'TransformStream',
  'TransformStreamDefaultController',
  'WorkerGlobalScope',
  'ServiceWorkerGlobalScope',
  'ByteLengthQueuingStrategy',
  'CountQueuingStrategy',
  'IdentityTransformStream',
  'FileReader',
  'ProgressEvent',
  'FixedLengthStream',
  'TextDecoderStream',
  'TextEncoderStream',
  'CompressionStream',
  'DecompressionStream',
  'WebSocket',
  'WebSocketPair',
];
for (const name of interfaces) {
  if (internal[name] === undefined) throw new Error(`${name} is missing`);
  defineProperty(globalThis, name, { value: internal[name], writable: true, enumerable: false, configurable: true });
}

internal.makePairIterable(native.classes.Headers, 'Headers');
internal.iterateHeaders = native.classes.Headers.prototype[Symbol.iterator];
internal.makePairIterable(native.classes.FormData, 'FormData');
internal.makePairIterable(native.classes.URLSearchParams, 'URLSearchParams');

defineProperty(globalThis, 'self', { value: globalThis, writable: true, enumerable: true, configurable: true });
defineProperty(globalThis, 'console', {
  value: internal.console, writable: true, enumerable: false, configurable: true,
});
Object.setPrototypeOf(globalThis, internal.ServiceWorkerGlobalScope.prototype);
