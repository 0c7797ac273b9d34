'use strict';

// `scheduler.wait(milliseconds, { signal })` of Workers: a timer as a promise.

const { defineInterface, Promise, TypeError } = internal.primordials;
const { executeContext, illegalConstructor, kInternal, toDictionary, toUnrestrictedDouble } = internal.webidl;
const {
  abortReason, addAbortAlgorithm, isAborted, isAbortSignal, removeAbortAlgorithm, requireOwnSignal,
} = internal;

class Scheduler {
  #brand;

  constructor(token = undefined) {
    if (token !== kInternal) throw illegalConstructor();
  }

  // The state of a class without any: for a wrong receiver it rejects, too.
  async wait(milliseconds, options = undefined) {
    this.#brand;
    const context = executeContext('wait', 'Scheduler');
    if (arguments.length === 0) throw new TypeError(`${context}: 1 argument required, but only 0 present.`);
    const delay = toUnrestrictedDouble(milliseconds);
    const signal = toDictionary(options, context)?.signal;
    if (signal !== undefined && !isAbortSignal(signal)) {
      throw new TypeError(`${context}: The 'signal' member is not an AbortSignal.`);
    }
    if (signal === undefined) return new Promise((resolve) => { native.setTimeout(resolve, delay, undefined); });
    if (isAborted(signal)) throw abortReason(signal);
    requireOwnSignal(signal);
    return new Promise((resolve, reject) => {
      const abort = (reason) => {
        native.clearTimeout(timer);
        reject(reason);
      };
      const timer = native.setTimeout(() => {
        removeAbortAlgorithm(signal, abort);
        resolve();
      }, delay);
      addAbortAlgorithm(signal, abort);
    });
  }
}
defineInterface(Scheduler);

internal.Scheduler = Scheduler;
internal.scheduler = new Scheduler(kInternal);
