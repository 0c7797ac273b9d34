'use strict';

// What scripts that run later (bindings/lazy_scripts.list) use of classes and functions in C++: taken before any code of
// a worker can replace it.

const { getter, globalThis, uncurryThis } = internal.primordials;
const { Headers, Response, TextDecoder, TextEncoder, URL } = native.classes;

internal.captured = {
  __proto__: null,
  fetch: globalThis.fetch,
  HeadersPrototypeGet: uncurryThis(Headers.prototype.get),
  ResponsePrototypeGetBody: getter(Response.prototype, 'body'),
  ResponsePrototypeGetHeaders: getter(Response.prototype, 'headers'),
  ResponsePrototypeGetStatus: getter(Response.prototype, 'status'),
  ResponsePrototypeGetUrl: getter(Response.prototype, 'url'),
  TextDecoder,
  TextDecoderPrototypeDecode: uncurryThis(TextDecoder.prototype.decode),
  TextEncoder,
  TextEncoderPrototypeEncode: uncurryThis(TextEncoder.prototype.encode),
  URL,
  URLPrototypeGetHref: getter(URL.prototype, 'href'),
  URLPrototypeGetOrigin: getter(URL.prototype, 'origin'),
};
