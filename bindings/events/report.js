'use strict';

// Uncaught exceptions and unhandled rejections become events at the global object.

const { ErrorEvent, PromiseRejectionEvent, dispatchGlobal, hasGlobalListeners } = internal;

let reporting = false;

// True when no listener prevented the default, which is a log line.
internal.reportException = (error, message, filename, lineno, colno) => {
  // An exception of an "error" listener is only logged: no event for it, or there would be no end.
  if (reporting || !hasGlobalListeners('error')) return true;
  reporting = true;
  try {
    const event = new ErrorEvent('error', {
      __proto__: null, cancelable: true, error, message, filename, lineno, colno,
    });
    return dispatchGlobal(event);
  } finally {
    reporting = false;
  }
};

// `type` is 'unhandledrejection' or 'rejectionhandled'.
internal.reportRejection = (type, promise, reason) => {
  if (!hasGlobalListeners(type)) return true;
  const event = new PromiseRejectionEvent(type, {
    __proto__: null, cancelable: type === 'unhandledrejection', promise, reason,
  });
  return dispatchGlobal(event);
};
