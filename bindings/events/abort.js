'use strict';

// AbortController and AbortSignal (DOM §3).
//
// A dependent signal (AbortSignal.any) knows its sources strongly, a source its dependents weakly, so
// that a signal made in a loop from a long-lived one can be collected. While somebody listens on a
// dependent signal its sources hold it strongly as well: it is then reachable by what it will do.
//
// What a signal ends is I/O of the invocation that made it: no other one may abort it, or have it end something of its
// own. To look at it and to listen are free.

const {
  defineInterface, Set, SetPrototypeAdd, SetPrototypeDelete, SetPrototypeForEach,
  SetPrototypeGetSize, TypeError, WeakRef, WeakRefPrototypeDeref, isolate,
} = internal.primordials;
const {
  executeContext, forEachOfSequence, illegalConstructor, isObject, kInternal, requireArguments,
  toEnforcedUnsignedLongLong,
} = internal.webidl;
const { DOMException, Event, EventTarget, defineEventHandler, dispatchTrusted, eventTargetState } =
  internal;

class AbortState {
  constructor() {
    this.owner = internal.currentOwner();
    this.aborted = false;
    this.reason = undefined;
    this.algorithms = undefined;  // Set of functions, in insertion order
    this.dependent = false;
    this.sources = undefined;     // Set of signals, for a dependent signal
    this.dependents = undefined;  // Set of WeakRefs to signals
    this.listenedDependents = undefined;  // Set of signals, those that somebody waits on
    this.pruneAt = 16;
  }
}
isolate(AbortState);

let abortState;
let isAbortSignal;
let controllerSignal;

class AbortSignal extends EventTarget {
  #state;

  constructor(token = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    super();
    this.#state = new AbortState();
  }

  static abort(reason = undefined) {
    const signal = createAbortSignal();
    const state = signal.#state;
    state.aborted = true;
    state.reason = reason === undefined ? abortError() : reason;
    return signal;
  }

  static timeout(milliseconds) {
    requireArguments(arguments.length, 1, 'timeout', 'AbortSignal');
    milliseconds = toEnforcedUnsignedLongLong(
      milliseconds, executeContext('timeout', 'AbortSignal'));
    const signal = createAbortSignal();
    native.setTimeout(() => {
      signalAbort(signal, new DOMException('The operation timed out.', 'TimeoutError'));
    }, milliseconds);
    return signal;
  }

  static any(signals) {
    requireArguments(arguments.length, 1, 'any', 'AbortSignal');
    const context = executeContext('any', 'AbortSignal');
    const list = new Set();
    forEachOfSequence(signals, context, (signal) => {
      if (!isAbortSignal(signal)) {
        throw new TypeError(`${context}: A member of the sequence is not an AbortSignal.`);
      }
      requireOwnSignal(signal);
      SetPrototypeAdd(list, signal);
    });
    return createDependentSignal(list);
  }

  get aborted() { return this.#state.aborted; }
  get reason() { return this.#state.reason; }

  throwIfAborted() {
    const state = this.#state;
    if (state.aborted) throw state.reason;
  }

  static {
    abortState = (signal) => signal.#state;
    isAbortSignal = (value) => isObject(value) && #state in value;
  }
}
defineInterface(AbortSignal);
defineEventHandler(AbortSignal.prototype, 'abort');

class AbortController {
  #signal = createAbortSignal();

  get signal() { return this.#signal; }

  abort(reason = undefined) {
    requireOwnSignal(this.#signal);
    signalAbort(this.#signal, reason);
  }

  static {
    controllerSignal = (controller) => controller.#signal;
  }
}
defineInterface(AbortController);

function abortError() {
  return new DOMException('The operation was aborted.', 'AbortError');
}

function requireOwnSignal(signal) {
  internal.requireOwner(abortState(signal).owner, 'AbortSignal');
}

function createAbortSignal() {
  return new AbortSignal(kInternal);
}

// "create a dependent abort signal" (DOM §3.2).
function createDependentSignal(signals) {
  const result = createAbortSignal();
  const resultState = abortState(result);
  let abortedSource;
  SetPrototypeForEach(signals, (signal) => {
    if (abortedSource === undefined && abortState(signal).aborted) abortedSource = signal;
  });
  if (abortedSource !== undefined) {
    resultState.aborted = true;
    resultState.reason = abortState(abortedSource).reason;
    return result;
  }
  resultState.dependent = true;
  resultState.sources = new Set();
  SetPrototypeForEach(signals, (signal) => {
    const state = abortState(signal);
    if (!state.dependent) {
      linkDependent(result, resultState, signal);
    } else if (state.sources !== undefined) {
      SetPrototypeForEach(state.sources, (source) => linkDependent(result, resultState, source));
    }
  });
  eventTargetState(result).onInterestChanged = () => updateInterest(result);
  return result;
}

function linkDependent(signal, signalState, source) {
  SetPrototypeAdd(signalState.sources, source);
  const sourceState = abortState(source);
  sourceState.dependents ??= new Set();
  const { dependents } = sourceState;
  if (SetPrototypeGetSize(dependents) >= sourceState.pruneAt) {
    SetPrototypeForEach(dependents, (reference) => {
      if (WeakRefPrototypeDeref(reference) === undefined) SetPrototypeDelete(dependents, reference);
    });
    sourceState.pruneAt = 16 + 2 * SetPrototypeGetSize(dependents);
  }
  SetPrototypeAdd(dependents, new WeakRef(signal));
}

function updateInterest(signal) {
  const state = abortState(signal);
  if (state.sources === undefined) return;
  const interested = !state.aborted &&
    (eventTargetState(signal).first !== undefined ||
     (state.algorithms !== undefined && SetPrototypeGetSize(state.algorithms) > 0));
  SetPrototypeForEach(state.sources, (source) => {
    const sourceState = abortState(source);
    if (interested) {
      sourceState.listenedDependents ??= new Set();
      SetPrototypeAdd(sourceState.listenedDependents, signal);
    } else if (sourceState.listenedDependents !== undefined) {
      SetPrototypeDelete(sourceState.listenedDependents, signal);
    }
  });
}

// "signal abort" (DOM §3.2): all dependents get their reason before any listener runs.
function signalAbort(signal, reason = undefined) {
  const state = abortState(signal);
  if (state.aborted) return;
  state.aborted = true;
  state.reason = reason === undefined ? abortError() : reason;
  let dependentsToAbort;
  if (state.dependents !== undefined) {
    dependentsToAbort = new Set();
    SetPrototypeForEach(state.dependents, (reference) => {
      const dependent = WeakRefPrototypeDeref(reference);
      if (dependent === undefined) return;
      const dependentState = abortState(dependent);
      if (dependentState.aborted) return;
      dependentState.aborted = true;
      dependentState.reason = state.reason;
      SetPrototypeAdd(dependentsToAbort, dependent);
    });
    state.dependents = undefined;
  }
  runAbortSteps(signal, state);
  if (dependentsToAbort !== undefined) {
    SetPrototypeForEach(dependentsToAbort,
                        (dependent) => runAbortSteps(dependent, abortState(dependent)));
  }
  state.listenedDependents = undefined;
}

// "run the abort steps" (DOM §3.2).
function runAbortSteps(signal, state) {
  const { algorithms } = state;
  state.algorithms = undefined;
  if (algorithms !== undefined) {
    SetPrototypeForEach(algorithms, (algorithm) => {
      try {
        algorithm(state.reason);
      } catch (error) {
        native.reportException(error);
      }
    });
  }
  // Nobody can see an event that has no listener.
  if (eventTargetState(signal).first !== undefined) dispatchTrusted(signal, new Event('abort'));
  if (state.sources !== undefined) {
    updateInterest(signal);
    state.sources = undefined;
  }
}

function addAbortAlgorithm(signal, algorithm) {
  const state = abortState(signal);
  if (state.aborted) return;
  state.algorithms ??= new Set();
  SetPrototypeAdd(state.algorithms, algorithm);
  if (state.dependent) updateInterest(signal);
}

function removeAbortAlgorithm(signal, algorithm) {
  const state = abortState(signal);
  if (state.algorithms === undefined) return;
  SetPrototypeDelete(state.algorithms, algorithm);
  if (state.dependent) updateInterest(signal);
}

internal.AbortController = AbortController;
internal.AbortSignal = AbortSignal;
internal.addAbortAlgorithm = addAbortAlgorithm;
internal.controllerSignal = controllerSignal;
internal.createAbortSignal = createAbortSignal;
internal.createDependentSignal = (signals) => {
  const list = new Set();
  for (let i = 0; i < signals.length; i++) SetPrototypeAdd(list, signals[i]);
  return createDependentSignal(list);
};
internal.isAborted = (signal) => abortState(signal).aborted;
internal.abortReason = (signal) => abortState(signal).reason;
internal.isAbortSignal = isAbortSignal;
internal.removeAbortAlgorithm = removeAbortAlgorithm;
internal.requireOwnSignal = requireOwnSignal;
internal.signalAbort = signalAbort;
