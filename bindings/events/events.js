'use strict';

// Event and EventTarget (DOM §2) for a global without a node tree: an event's path is its target.
//
// The listeners of a target are one linked list in insertion order. Dispatch walks the live list and
// allocates nothing: a listener added meanwhile has an `id` at or past the limit taken at the start,
// and a removed one keeps its `next`, so that a walk standing on it finds its way on.

const {
  defineInterface, ObjectDefineProperty, ObjectGetOwnPropertyDescriptor, ReflectApply, TypeError,
  globalThis, isolate,
} = internal.primordials;
const {
  constructContext, executeContext, isObject, requireArguments, requireConstructorArguments,
  toDictionary, toDOMString,
} = internal.webidl;
const { DOMException } = internal;

const NONE = 0;
const CAPTURING_PHASE = 1;
const AT_TARGET = 2;
const BUBBLING_PHASE = 3;

class EventState {
  constructor(type, bubbles, cancelable, composed) {
    this.type = type;
    this.bubbles = bubbles;
    this.cancelable = cancelable;
    this.composed = composed;
    this.trusted = false;
    this.initialized = true;
    this.dispatching = false;
    this.canceled = false;
    this.inPassiveListener = false;
    this.stopPropagation = false;
    this.stopImmediate = false;
    this.phase = NONE;
    this.target = null;
    this.currentTarget = null;
    this.timeStamp = native.now();
  }
}
isolate(EventState);

function setCanceled(state) {
  if (state.cancelable && !state.inPassiveListener) state.canceled = true;
}

// "initialize" (DOM §2.2). Returns false, having changed nothing, while the event is dispatched.
function initializeEvent(state, type, bubbles, cancelable) {
  if (state.dispatching) return false;
  state.initialized = true;
  state.stopPropagation = false;
  state.stopImmediate = false;
  state.canceled = false;
  state.trusted = false;
  state.target = null;
  state.type = type;
  state.bubbles = bubbles;
  state.cancelable = cancelable;
  return true;
}

let eventState;
let isEvent;

// [LegacyUnforgeable]: an own accessor on each event, the same function for all.
const isTrustedDescriptor = {
  __proto__: null,
  get: ObjectGetOwnPropertyDescriptor({ get isTrusted() { return eventState(this).trusted; } },
                                      'isTrusted').get,
  set: undefined,
  enumerable: true,
  configurable: false,
};

class Event {
  #state;

  constructor(type, init = undefined) {
    requireConstructorArguments(arguments.length, 1, 'Event');
    type = toDOMString(type);
    const dictionary = toDictionary(init, constructContext('Event'));
    let bubbles = false;
    let cancelable = false;
    let composed = false;
    if (dictionary !== undefined) {
      bubbles = !!dictionary.bubbles;
      cancelable = !!dictionary.cancelable;
      composed = !!dictionary.composed;
    }
    this.#state = new EventState(type, bubbles, cancelable, composed);
    ObjectDefineProperty(this, 'isTrusted', isTrustedDescriptor);
  }

  get type() { return this.#state.type; }
  get target() { return this.#state.target; }
  get srcElement() { return this.#state.target; }
  get currentTarget() { return this.#state.currentTarget; }
  get eventPhase() { return this.#state.phase; }
  get bubbles() { return this.#state.bubbles; }
  get cancelable() { return this.#state.cancelable; }
  get defaultPrevented() { return this.#state.canceled; }
  get composed() { return this.#state.composed; }
  get timeStamp() { return this.#state.timeStamp; }

  composedPath() {
    const { currentTarget } = this.#state;
    return currentTarget === null ? [] : [currentTarget];
  }

  stopPropagation() {
    this.#state.stopPropagation = true;
  }

  get cancelBubble() { return this.#state.stopPropagation; }
  set cancelBubble(value) {
    const state = this.#state;
    if (value) state.stopPropagation = true;
  }

  stopImmediatePropagation() {
    const state = this.#state;
    state.stopPropagation = true;
    state.stopImmediate = true;
  }

  get returnValue() { return !this.#state.canceled; }
  set returnValue(value) {
    const state = this.#state;
    if (!value) setCanceled(state);
  }

  preventDefault() {
    setCanceled(this.#state);
  }

  initEvent(type, bubbles = false, cancelable = false) {
    const state = this.#state;
    requireArguments(arguments.length, 1, 'initEvent', 'Event');
    initializeEvent(state, toDOMString(type), !!bubbles, !!cancelable);
  }

  static {
    eventState = (event) => event.#state;
    isEvent = (value) => isObject(value) && #state in value;
  }
}
defineInterface(Event, {
  __proto__: null,
  constants: { __proto__: null, NONE, CAPTURING_PHASE, AT_TARGET, BUBBLING_PHASE },
});

class Listener {
  constructor(id, type, callback, capture, passive, once, handler) {
    this.id = id;
    this.type = type;
    this.callback = callback;
    this.capture = capture;
    this.passive = passive;
    this.once = once;
    this.handler = handler;  // is the listener of an `on...` attribute
    this.removed = false;
    this.previous = undefined;
    this.next = undefined;
  }
}
isolate(Listener);

class EventTargetState {
  constructor() {
    this.first = undefined;
    this.last = undefined;
    this.nextId = 0;
    // Called with true when the first listener is added and with false when the last one goes.
    this.onInterestChanged = undefined;
  }
}
isolate(EventTargetState);

function findListener(state, type, callback, capture) {
  for (let listener = state.first; listener !== undefined; listener = listener.next) {
    if (listener.callback === callback && listener.type === type && listener.capture === capture &&
        !listener.handler) {
      return listener;
    }
  }
  return undefined;
}

function appendListener(state, type, callback, capture, passive, once, handler) {
  const listener = new Listener(state.nextId++, type, callback, capture, passive, once, handler);
  const { last } = state;
  if (last === undefined) {
    state.first = listener;
  } else {
    last.next = listener;
    listener.previous = last;
  }
  state.last = listener;
  if (last === undefined) state.onInterestChanged?.(true);
  return listener;
}

function removeListener(state, listener) {
  if (listener.removed) return;
  listener.removed = true;
  const { previous, next } = listener;
  if (previous === undefined) state.first = next;
  else previous.next = next;
  if (next === undefined) state.last = previous;
  else next.previous = previous;
  if (state.first === undefined) state.onInterestChanged?.(false);
}

// "inner invoke" (DOM §2.10) for one phase: capturing listeners first, then the others. Each phase has
// its own limit, as the standard copies the list anew.
function invokeListeners(state, event, type, currentTarget, capturing, limit) {
  for (let listener = state.first; listener !== undefined && listener.id < limit;
    listener = listener.next) {
    if (listener.removed || listener.capture !== capturing || listener.type !== type) continue;
    if (listener.once) removeListener(state, listener);
    const eventInternals = eventState(event);
    eventInternals.inPassiveListener = listener.passive;
    try {
      const { callback } = listener;
      if (listener.handler) {
        callHandler(callback.handler, event, eventInternals, currentTarget);
      } else if (typeof callback === 'function') {
        ReflectApply(callback, currentTarget, [event]);
      } else {
        const { handleEvent } = callback;
        if (typeof handleEvent !== 'function') {
          throw new TypeError("EventListener: The object has no callable 'handleEvent'.");
        }
        ReflectApply(handleEvent, callback, [event]);
      }
    } catch (error) {
      native.reportException(error);
    }
    eventInternals.inPassiveListener = false;
    if (eventInternals.stopImmediate) return;
  }
}

// "The event handler processing algorithm" (HTML §8.1.8.1).
function callHandler(handler, event, eventInternals, currentTarget) {
  if (typeof handler !== 'function') return;
  // The global's `onerror` takes an ErrorEvent apart, and its result means the opposite.
  const parts = currentTarget === globalThis && eventInternals.type === 'error'
    ? internal.errorEventParts(event) : undefined;
  const result = ReflectApply(handler, currentTarget, parts ?? [event]);
  if (result === (parts !== undefined)) setCanceled(eventInternals);
}

// Returns false when the event was canceled.
function dispatch(target, targetState, event) {
  const state = eventState(event);
  state.dispatching = true;
  state.target = target;
  if (!state.stopPropagation && targetState.first !== undefined) {
    state.currentTarget = target;
    state.phase = AT_TARGET;
    const limit = targetState.nextId;
    invokeListeners(targetState, event, state.type, target, true, limit);
    if (!state.stopPropagation) {
      invokeListeners(targetState, event, state.type, target, false, targetState.nextId);
    }
  }
  state.phase = NONE;
  state.currentTarget = null;
  state.dispatching = false;
  state.stopPropagation = false;
  state.stopImmediate = false;
  return !state.canceled;
}

function toCallback(callback, context) {
  if (callback === undefined || callback === null) return null;
  if (!isObject(callback)) throw new TypeError(`${context}: The listener is not an object.`);
  return callback;
}

// "flatten" (DOM §2.7).
function flattenCapture(options) {
  return isObject(options) ? !!options.capture : !!options;
}

function addEventListener(state, type, callback, options) {
  const context = executeContext('addEventListener', 'EventTarget');
  type = toDOMString(type);
  callback = toCallback(callback, context);
  let capture = false;
  let once = false;
  let passive = false;
  let signal;
  if (isObject(options)) {
    capture = !!options.capture;
    once = !!options.once;
    passive = !!options.passive;
    ({ signal } = options);
    if (signal !== undefined && !internal.isAbortSignal(signal)) {
      throw new TypeError(`${context}: The 'signal' member is not an AbortSignal.`);
    }
  } else {
    capture = !!options;
  }
  if (signal !== undefined && internal.isAborted(signal)) return;
  if (callback === null || findListener(state, type, callback, capture) !== undefined) return;
  const listener = appendListener(state, type, callback, capture, passive, once, false);
  if (signal !== undefined) {
    internal.addAbortAlgorithm(signal, () => removeListener(state, listener));
  }
}

function removeEventListener(state, type, callback, options) {
  const context = executeContext('removeEventListener', 'EventTarget');
  type = toDOMString(type);
  callback = toCallback(callback, context);
  const capture = flattenCapture(options);
  if (callback === null) return;
  const listener = findListener(state, type, callback, capture);
  if (listener !== undefined) removeListener(state, listener);
}

function dispatchUserEvent(target, state, event) {
  const context = executeContext('dispatchEvent', 'EventTarget');
  if (!isEvent(event)) throw new TypeError(`${context}: parameter 1 is not of type 'Event'.`);
  const internals = eventState(event);
  if (internals.dispatching || !internals.initialized) {
    throw new DOMException(`${context}: The event is already being dispatched.`,
                           'InvalidStateError');
  }
  internals.trusted = false;
  return dispatch(target, state, event);
}

let eventTargetState;

// The global object is an EventTarget whose state is here.
let globalState;

// The state of a receiver that may be the global object, and is undefined in a call without one.
function receiverState(target) {
  return target === globalThis || target === undefined || target === null
    ? globalState ??= new EventTargetState() : eventTargetState(target);
}

class EventTarget {
  #state = new EventTargetState();

  addEventListener(type, callback, options = undefined) {
    const state = receiverState(this);
    requireArguments(arguments.length, 2, 'addEventListener', 'EventTarget');
    addEventListener(state, type, callback, options);
  }

  removeEventListener(type, callback, options = undefined) {
    const state = receiverState(this);
    requireArguments(arguments.length, 2, 'removeEventListener', 'EventTarget');
    removeEventListener(state, type, callback, options);
  }

  dispatchEvent(event) {
    const state = receiverState(this);
    requireArguments(arguments.length, 1, 'dispatchEvent', 'EventTarget');
    return dispatchUserEvent(this ?? globalThis, state, event);
  }

  static {
    eventTargetState = (target) => target.#state;
  }
}
defineInterface(EventTarget);

// Event handler attributes (HTML §8.1.8.1). The handler's place among the listeners is where it was
// first set; assigning another one keeps the place, null gives it up.
function findHandler(state, type) {
  for (let listener = state.first; listener !== undefined; listener = listener.next) {
    if (listener.handler && listener.type === type) return listener;
  }
  return undefined;
}

function getHandler(state, type) {
  return findHandler(state, type)?.callback.handler ?? null;
}

function setHandler(state, type, value) {
  const listener = findHandler(state, type);
  if (!isObject(value)) {
    if (listener !== undefined) removeListener(state, listener);
  } else if (listener !== undefined) {
    listener.callback.handler = value;
  } else {
    appendListener(state, type, { __proto__: null, handler: value }, false, false, false, true);
  }
}

// Defines the attribute `on<type>` on a prototype whose instances are EventTargets. `onSet` is called with the target
// after the handler was set.
function defineEventHandler(prototype, type, onSet = undefined, stateOf = eventTargetState) {
  const name = `on${type}`;
  const { get, set } = ObjectGetOwnPropertyDescriptor({
    get [name]() { return getHandler(stateOf(this), type); },
    set [name](value) {
      setHandler(stateOf(this), type, value);
      onSet?.(this);
    },
  }, name);
  ObjectDefineProperty(prototype, name, {
    __proto__: null, get, set, enumerable: true, configurable: true,
  });
}

// Dispatches a trusted event at the global. Returns false when it was canceled.
function dispatchGlobal(event) {
  eventState(event).trusted = true;
  return dispatch(globalThis, receiverState(globalThis), event);
}

// Dispatches a trusted event at any EventTarget.
function dispatchTrusted(target, event) {
  eventState(event).trusted = true;
  return dispatch(target, eventTargetState(target), event);
}

function hasGlobalListeners(type) {
  for (let listener = globalState?.first; listener !== undefined; listener = listener.next) {
    if (listener.type === type) return true;
  }
  return false;
}

internal.Event = Event;
internal.EventTarget = EventTarget;
internal.defineEventHandler = defineEventHandler;
internal.defineGlobalEventHandler = (prototype, type) => defineEventHandler(prototype, type, undefined, receiverState);
internal.dispatchGlobal = dispatchGlobal;
internal.dispatchTrusted = dispatchTrusted;
internal.eventState = eventState;
internal.eventTargetState = eventTargetState;
internal.hasGlobalListeners = hasGlobalListeners;
internal.initializeEvent = initializeEvent;
internal.isEvent = isEvent;
