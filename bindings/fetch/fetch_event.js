'use strict';

// Service-worker syntax: addEventListener('fetch', (event) => event.respondWith(…)).

const {
  DOMException, Event, createAbortSignal, createDependentSignal, dispatchGlobal, isAbortSignal, requireOwnSignal,
  signalAbort,
} = internal;
const { TypeError, defineInterface } = internal.primordials;

class ExtendableEvent extends Event {
  #context;

  constructor(type, context) {
    super(type);
    this.#context = context;
  }

  waitUntil(promise) {
    this.#context.waitUntil(promise);
  }

  passThroughOnException() {
    this.#context.passThroughOnException();
  }
}

class FetchEvent extends ExtendableEvent {
  #request;
  #response;
  #responded = false;

  constructor(type, request, context) {
    super(type, context);
    this.#request = request;
  }

  get request() {
    return this.#request;
  }

  respondWith(response) {
    if (this.#responded) {
      throw new DOMException('FetchEvent.respondWith() has already been called; it can only be called once.',
                             'InvalidStateError');
    }
    this.#responded = true;
    this.#response = response;
  }

  static responseOf(event) {
    if (!event.#responded) {
      throw new TypeError('No listener of the "fetch" event called event.respondWith().');
    }
    return event.#response;
  }
}
const { responseOf } = FetchEvent;
delete FetchEvent.responseOf;

internal.ExtendableEvent = ExtendableEvent;
internal.FetchEvent = FetchEvent;

// Has the signature of a module worker's handler.
internal.dispatchFetch = (request, env, context) => {
  const event = new FetchEvent('fetch', request, context);
  dispatchGlobal(event);
  return responseOf(event);
};

internal.hasGlobalListener = (type) => internal.hasGlobalListeners(type);

// A Request's own signal: aborted with the one it was given.
internal.followSignal = (signal) => {
  if (signal === undefined || signal === null) return createAbortSignal();
  if (!isAbortSignal(signal)) {
    throw new TypeError("Failed to construct 'Request': member signal is not of type 'AbortSignal'.");
  }
  requireOwnSignal(signal);
  return createDependentSignal([signal]);
};

internal.abortByClient = (signal) => {
  signalAbort(signal, new DOMException('The client disconnected.', 'AbortError'));
};

// addEventListener('scheduled', (event) => event.waitUntil(…)). What it waits for is what the event is for.
class ScheduledEvent extends ExtendableEvent {
  #controller;
  #first = null;
  #last = null;

  constructor(type, controller, context) {
    super(type, context);
    this.#controller = controller;
  }

  get cron() {
    return this.#controller.cron;
  }

  get scheduledTime() {
    return this.#controller.scheduledTime;
  }

  noRetry() {
    this.#controller.noRetry();
  }

  waitUntil(promise) {
    super.waitUntil(promise);
    const node = { __proto__: null, promise, next: null };
    if (this.#last === null) {
      this.#first = node;
    } else {
      this.#last.next = node;
    }
    this.#last = node;
  }

  static async whenDone(event) {
    // More may come meanwhile.
    for (let node = event.#first; node !== null; node = node.next) await node.promise;
  }
}
const { whenDone } = ScheduledEvent;
delete ScheduledEvent.whenDone;

internal.ScheduledEvent = ScheduledEvent;

internal.dispatchScheduled = (controller, env, context) => {
  const event = new ScheduledEvent('scheduled', controller, context);
  dispatchGlobal(event);
  return whenDone(event);
};
