'use strict';

// WebSocket and WebSocketPair: classes over the sockets that C++ keeps (websocket/socket.h). Here is what the class layer
// cannot express, an EventTarget with handlers and events; the rest is one call down for each method.

const {
  defineInterface, ObjectDefineProperty, TypeError,
} = internal.primordials;
const { isObject, kInternal, requireArguments, requireConstructorArguments, toDOMString, toUSVString } = internal.webidl;
const {
  CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent, defineEventHandler, dispatchTrusted, eventTargetState,
} = internal;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

let socketOf;
let isWebSocket;

class WebSocket extends EventTarget {
  #socket;

  constructor(url, protocols = undefined) {
    requireConstructorArguments(arguments.length, 1, 'WebSocket');
    super();
    if (url === kInternal) {
      this.#socket = protocols;
    } else {
      this.#socket = native.dialWebSocket(this, toUSVString(url), protocols);
    }
  }

  get url() { return this.#socket.url(); }
  get readyState() { return this.#socket.readyState(); }
  get bufferedAmount() { return this.#socket.bufferedAmount(); }
  get extensions() { return this.#socket.extensions(); }
  get protocol() { return this.#socket.protocol(); }

  get binaryType() { return this.#socket.deliversBlobs() ? 'blob' : 'arraybuffer'; }
  set binaryType(type) {
    const socket = this.#socket;
    type = toDOMString(type);
    if (type === 'blob' || type === 'arraybuffer') socket.deliverBlobs(type === 'blob');
  }

  accept(options = undefined) {
    this.#socket.accept(this, isObject(options) && !!options.allowHalfOpen);
  }

  send(data) {
    const socket = this.#socket;
    requireArguments(arguments.length, 1, 'send', 'WebSocket');
    socket.send(data);
  }

  close(code = undefined, reason = undefined) {
    this.#socket.close(code, reason);
  }

  static {
    socketOf = (webSocket) => webSocket.#socket;
    isWebSocket = (value) => isObject(value) && #socket in value;
  }
}
defineInterface(WebSocket, {
  __proto__: null,
  constants: {
    __proto__: null, CONNECTING, OPEN, CLOSING, CLOSED,
    // As Workers have named them since before the others.
    READY_STATE_CONNECTING: CONNECTING, READY_STATE_OPEN: OPEN, READY_STATE_CLOSING: CLOSING, READY_STATE_CLOSED: CLOSED,
  },
});
defineEventHandler(WebSocket.prototype, 'open');
defineEventHandler(WebSocket.prototype, 'message');
defineEventHandler(WebSocket.prototype, 'error');
defineEventHandler(WebSocket.prototype, 'close');

class WebSocketPair {
  constructor() {
    const socket = native.newWebSocketPair();
    const define = (key, end) => ObjectDefineProperty(this, key, {
      __proto__: null, value: new WebSocket(kInternal, end), enumerable: true, configurable: true, writable: true,
    });
    define('0', socket);
    define('1', socket.takeOther());
  }
}
defineInterface(WebSocketPair);

// In the order of `Event` in socket.cc.
const makers = [
  () => new Event('open'),
  (data, socket) => new MessageEvent('message', { __proto__: null, data, origin: socket.origin() }),
  (message) => new ErrorEvent('error', { __proto__: null, message, error: new TypeError(message) }),
  (code, reason, wasClean) => new CloseEvent('close', { __proto__: null, code, reason, wasClean }),
];

internal.WebSocket = WebSocket;
internal.WebSocketPair = WebSocketPair;
internal.fireWebSocket = (webSocket, event, first, second, third) => {
  // Nobody can see an event that has no listener.
  if (eventTargetState(webSocket).first === undefined) return;
  dispatchTrusted(webSocket, event === 1 ? makers[1](first, socketOf(webSocket)) : makers[event](first, second, third));
};
internal.createWebSocket = (socket) => new WebSocket(kInternal, socket);
internal.webSocketHandle = (value) => (isWebSocket(value) ? socketOf(value) : undefined);
