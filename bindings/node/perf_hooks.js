'use strict';

// node:perf_hooks: the timeline that the Web has, too. There is no event loop to look at.

const { Error } = internal.primordials;

function fail(name) {
  const error = new Error(`node:perf_hooks: ${name} is not available in workers`);
  error.code = 'ERR_METHOD_NOT_IMPLEMENTED';
  throw error;
}

const members = {
  performance: globalThis.performance,
  constants: {},
  createHistogram() { fail('createHistogram()'); },
  monitorEventLoopDelay() { fail('monitorEventLoopDelay()'); },
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
};
for (const name of ['Performance', 'PerformanceEntry', 'PerformanceMark', 'PerformanceMeasure', 'PerformanceObserver', 'PerformanceObserverEntryList']) {
  if (globalThis[name] !== undefined) members[name] = globalThis[name];
}

return { __proto__: null, ...members, default: members };
