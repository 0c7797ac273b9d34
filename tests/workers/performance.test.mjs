import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows, withPollution } from './harness.mjs';

test('performance counts from its time origin', () => {
  const now = performance.now();
  assertEquals(typeof now, 'number');
  assert(now >= 0);
  assert(performance.now() >= now, 'never backwards');
  assert(Number.isFinite(performance.timeOrigin));
  assert(performance.timeOrigin > 1.6e12, 'milliseconds since the epoch');
  assert(performance.timeOrigin + performance.now() <= Date.now() + 2);
});

test('performance.toJSON has the time origin', () => {
  assertDeepEquals(performance.toJSON(), { timeOrigin: performance.timeOrigin });
  assertEquals(JSON.stringify(performance), `{"timeOrigin":${performance.timeOrigin}}`);
});

test('performance is the instance of Performance', () => {
  assert(performance instanceof Performance);
  assertEquals(globalThis.performance, performance);
  assertEquals(Object.prototype.toString.call(performance), '[object Performance]');
  assertThrows(() => new Performance(), TypeError);
  assertThrows(() => performance.now.call({}), TypeError);
});

test('marks and measures', () => {
  const start = performance.mark('start', { startTime: 5, detail: { a: [1] } });
  assert(start instanceof PerformanceMark && start instanceof PerformanceEntry);
  assertDeepEquals(start.toJSON(), { name: 'start', entryType: 'mark', startTime: 5, duration: 0, detail: { a: [1] } });
  assert(start.detail === start.detail);
  performance.mark('end', { startTime: 9 });
  const measure = performance.measure('m', 'start', 'end');
  assert(measure instanceof PerformanceMeasure && measure.startTime === 5 && measure.duration === 4 && measure.detail === null);
  assertEquals(performance.measure('m', { start: 1, duration: 2 }).duration, 2);
  assertEquals(performance.measure('m', { end: 7, duration: 2, detail: 'd' }).startTime, 5);
  assertEquals(performance.measure('m').startTime, 0);
  assertDeepEquals(performance.getEntriesByName('m').map(({ startTime }) => startTime), [0, 1, 5, 5]);
  assertDeepEquals(performance.getEntriesByType('mark').map(({ name }) => name), ['start', 'end']);
  assertDeepEquals(performance.getEntriesByName('start', 'measure'), []);
  performance.clearMarks('start');
  assertThrows(() => performance.measure('x', 'start'), 'SyntaxError');
  performance.clearMarks();
  performance.clearMeasures('none');
  assertEquals(performance.getEntries().length, 4);
  performance.clearMeasures();
  assertDeepEquals(performance.getEntries(), []);
  performance.mark('after');
  assertEquals(performance.getEntries().length, 1);
  performance.clearMarks();
});

test('what marks and measures refuse', () => {
  assertThrows(() => performance.mark(), TypeError);
  assertThrows(() => performance.mark('x', { startTime: -1 }), TypeError);
  assertThrows(() => performance.mark('x', { startTime: NaN }), TypeError);
  assertThrows(() => performance.mark('x', { detail: () => {} }), 'DataCloneError');
  assertThrows(() => performance.mark(Symbol('s')), TypeError);
  assertThrows(() => performance.measure('x', {}, Symbol('s')), TypeError);
  assertThrows(() => performance.measure('x', { start: 1, duration: 1, end: 1 }), TypeError);
  assertThrows(() => performance.measure('x', { detail: 1 }), TypeError);
  assertThrows(() => performance.measure('x', { start: 1 }, 'end'), TypeError);
  assertThrows(() => performance.measure('x', { start: -1, end: 1 }), TypeError);
  for (const Class of [Performance, PerformanceEntry, PerformanceMeasure, PerformanceObserverEntryList]) {
    assertThrows(() => new Class(), TypeError);
    assertThrows(() => new Class('x', {}), TypeError);
  }
  assertThrows(() => new PerformanceMark(), TypeError);
  assertEquals(new PerformanceMark('own').name, 'own');
  assertDeepEquals(performance.getEntries(), []);
  const { get } = Object.getOwnPropertyDescriptor(PerformanceMark.prototype, 'detail');
  assertThrows(() => get.call(performance.measure('x')), TypeError);
  performance.clearMeasures();
});

test('the timeline is bounded', () => {
  for (let i = 0; i < 10_005; i++) performance.mark(`m${i}`, { startTime: i });
  const entries = performance.getEntries();
  assertEquals(entries.length, 10_000);
  assertEquals(entries[0].name, 'm5');
  performance.clearMarks();
});

test('observers', async () => {
  const batches = [];
  const observer = new PerformanceObserver((list, self) => batches.push([list.getEntries().map(({ name }) => name), self]));
  performance.mark('before');
  observer.observe({ type: 'mark', buffered: true });
  observer.observe({ type: 'unknown' });
  performance.mark('a');
  performance.measure('not observed');
  assertThrows(() => observer.observe({ entryTypes: ['mark'] }), 'InvalidModificationError');
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(batches.length, 1);
  assertDeepEquals(batches[0][0], ['before', 'a']);
  assertEquals(batches[0][1], observer);
  performance.mark('b');
  assertDeepEquals(observer.takeRecords().map(({ name }) => name), ['b']);
  observer.disconnect();
  performance.mark('c');
  observer.observe({ entryTypes: ['measure', 'unknown'] });
  performance.measure('d');
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertDeepEquals(batches.map(([names]) => names), [['before', 'a'], ['d']]);
  observer.disconnect();
  assertThrows(() => new PerformanceObserver(), TypeError);
  assertThrows(() => observer.observe(), TypeError);
  assertThrows(() => observer.observe({ entryTypes: ['mark'], type: 'mark' }), TypeError);
  assertDeepEquals(PerformanceObserver.supportedEntryTypes, ['mark', 'measure']);
  assert(PerformanceObserver.supportedEntryTypes === PerformanceObserver.supportedEntryTypes);
  performance.clearMarks();
  performance.clearMeasures();
});

test('an event and performance have one clock', () => {
  const { timeStamp } = new Event('x');
  assert(timeStamp > 0 && timeStamp <= performance.now());
});

test('patched prototypes are not used', () => withPollution(() => {
  performance.mark('x');
  const measure = performance.measure('y', 'x');
  if (performance.getEntriesByName('x').length !== 1 || performance.getEntries().length !== 2) throw new Error('entries');
  if (measure.duration < 0) throw new Error('duration');
  performance.clearMarks();
  performance.clearMeasures();
}));

export default worker;
