'use strict';

// The interfaces of the global object (HTML §10.2, Service Workers §4.1): what it inherits from, and its event
// handlers.

const { defineInterface } = internal.primordials;
const { illegalConstructor } = internal.webidl;
const { EventTarget, defineGlobalEventHandler } = internal;

class WorkerGlobalScope extends EventTarget {
  constructor() {
    throw illegalConstructor();
  }
}
defineInterface(WorkerGlobalScope);
for (const type of ['error', 'unhandledrejection', 'rejectionhandled']) {
  defineGlobalEventHandler(WorkerGlobalScope.prototype, type);
}

class ServiceWorkerGlobalScope extends WorkerGlobalScope {}
defineInterface(ServiceWorkerGlobalScope);

internal.WorkerGlobalScope = WorkerGlobalScope;
internal.ServiceWorkerGlobalScope = ServiceWorkerGlobalScope;
