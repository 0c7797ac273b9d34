'use strict';

// The event interfaces that carry data: CustomEvent, ErrorEvent, PromiseRejectionEvent, MessageEvent
// and CloseEvent.

const { defineInterface, ObjectFreeze, TypeError } = internal.primordials;
const {
  constructContext, defineElement, executeContext, forEachOfSequence, illegalInvocation, isObject,
  requireArguments, requireConstructorArguments, toDictionary, toDOMString, toUnsignedLong, toUnsignedShort,
  toUSVString,
} = internal.webidl;
const { Event, eventState, initializeEvent } = internal;

class CustomEvent extends Event {
  #detail = null;

  constructor(type, init = undefined) {
    requireConstructorArguments(arguments.length, 1, 'CustomEvent');
    super(type, init);
    if (isObject(init)) {
      const { detail } = init;
      if (detail !== undefined) this.#detail = detail;
    }
  }

  get detail() { return this.#detail; }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    if (!(#detail in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'initCustomEvent', 'CustomEvent');
    type = toDOMString(type);
    if (initializeEvent(eventState(this), type, !!bubbles, !!cancelable)) this.#detail = detail;
  }
}
defineInterface(CustomEvent);

class ErrorEvent extends Event {
  #message = '';
  #filename = '';
  #lineno = 0;
  #colno = 0;
  #error = undefined;

  constructor(type, init = undefined) {
    requireConstructorArguments(arguments.length, 1, 'ErrorEvent');
    super(type, init);
    if (isObject(init)) {
      const { colno, error, filename, lineno, message } = init;
      if (colno !== undefined) this.#colno = toUnsignedLong(colno);
      this.#error = error;
      if (filename !== undefined) this.#filename = toUSVString(filename);
      if (lineno !== undefined) this.#lineno = toUnsignedLong(lineno);
      if (message !== undefined) this.#message = toDOMString(message);
    }
  }

  get message() { return this.#message; }
  get filename() { return this.#filename; }
  get lineno() { return this.#lineno; }
  get colno() { return this.#colno; }
  get error() { return this.#error; }

  static {
    // What the global's `onerror` is called with; undefined when `event` is of another class.
    internal.errorEventParts = (event) => (
      #error in event
        ? [event.#message, event.#filename, event.#lineno, event.#colno, event.#error] : undefined);
  }
}
defineInterface(ErrorEvent);

class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  constructor(type, init) {
    requireConstructorArguments(arguments.length, 2, 'PromiseRejectionEvent');
    const context = constructContext('PromiseRejectionEvent');
    const dictionary = toDictionary(init, context);
    super(type, init);
    const promise = dictionary?.promise;
    if (promise === undefined) {
      throw new TypeError(`${context}: required member 'promise' is undefined.`);
    }
    if (!isObject(promise)) {
      throw new TypeError(`${context}: member 'promise' is not an object.`);
    }
    this.#promise = promise;
    this.#reason = dictionary.reason;
  }

  get promise() { return this.#promise; }
  get reason() { return this.#reason; }
}
defineInterface(PromiseRejectionEvent);

const noPorts = ObjectFreeze([]);

class MessageEvent extends Event {
  #data = null;
  #origin = '';
  #lastEventId = '';
  #source = null;
  #ports = noPorts;

  constructor(type, init = undefined) {
    requireConstructorArguments(arguments.length, 1, 'MessageEvent');
    super(type, init);
    if (isObject(init)) {
      const { data, lastEventId, origin, ports, source } = init;
      if (data !== undefined) this.#data = data;
      if (lastEventId !== undefined) this.#lastEventId = toDOMString(lastEventId);
      if (origin !== undefined) this.#origin = toUSVString(origin);
      if (ports !== undefined) this.#ports = toPorts(ports, constructContext('MessageEvent'));
      if (source !== undefined) this.#source = toSource(source, constructContext('MessageEvent'));
    }
  }

  get data() { return this.#data; }
  get origin() { return this.#origin; }
  get lastEventId() { return this.#lastEventId; }
  get source() { return this.#source; }
  get ports() { return this.#ports; }

  initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = '',
                   lastEventId = '', source = null, ports = noPorts) {
    if (!(#data in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'initMessageEvent', 'MessageEvent');
    const context = executeContext('initMessageEvent', 'MessageEvent');
    type = toDOMString(type);
    origin = toUSVString(origin);
    lastEventId = toDOMString(lastEventId);
    source = toSource(source, context);
    ports = ports === noPorts ? noPorts : toPorts(ports, context);
    if (!initializeEvent(eventState(this), type, !!bubbles, !!cancelable)) return;
    this.#data = data;
    this.#origin = origin;
    this.#lastEventId = lastEventId;
    this.#source = source;
    this.#ports = ports;
  }

  static {
    internal.createMessageEvent = (type, data, origin, lastEventId, ports) => {
      const event = new MessageEvent(type);
      event.#data = data;
      event.#origin = origin;
      event.#lastEventId = lastEventId;
      if (ports !== undefined) event.#ports = ObjectFreeze(ports);
      return event;
    };
  }
}

function toPorts(value, context) {
  const ports = [];
  forEachOfSequence(value, context, (port, index) => {
    if (!internal.isMessagePort?.(port)) {
      throw new TypeError(`${context}: 'ports' has a member that is not a MessagePort.`);
    }
    defineElement(ports, index, port);
  });
  return ObjectFreeze(ports);
}

function toSource(value, context) {
  if (value === null || internal.isMessagePort?.(value)) return value;
  throw new TypeError(`${context}: 'source' is not a MessageEventSource.`);
}
defineInterface(MessageEvent);

class CloseEvent extends Event {
  #wasClean = false;
  #code = 0;
  #reason = '';

  constructor(type, init = undefined) {
    requireConstructorArguments(arguments.length, 1, 'CloseEvent');
    super(type, init);
    if (isObject(init)) {
      const { code, reason, wasClean } = init;
      if (code !== undefined) this.#code = toUnsignedShort(code);
      if (reason !== undefined) this.#reason = toUSVString(reason);
      this.#wasClean = !!wasClean;
    }
  }

  get wasClean() { return this.#wasClean; }
  get code() { return this.#code; }
  get reason() { return this.#reason; }
}
defineInterface(CloseEvent);

internal.CustomEvent = CustomEvent;
internal.ErrorEvent = ErrorEvent;
internal.PromiseRejectionEvent = PromiseRejectionEvent;
internal.MessageEvent = MessageEvent;
internal.CloseEvent = CloseEvent;
