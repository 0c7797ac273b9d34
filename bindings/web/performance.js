'use strict';

// Performance and the entries of its timeline (High Resolution Time, Performance Timeline, User Timing Level 3).

const {
  ArrayPrototypeSort, ObjectDefineProperty, ObjectFreeze, ReflectApply, Set,
  SetPrototypeAdd, SetPrototypeDelete, SetPrototypeForEach, SetPrototypeHas, TypeError, defineInterface, isolate,
} = internal.primordials;
const {
  constructContext, defineElement, executeContext, forEachOfSequence, illegalConstructor, illegalInvocation, isObject,
  kInternal, requireArguments, requireConstructorArguments, toDOMString, toDictionary, toDouble,
} = internal.webidl;
const { DOMException, EventTarget, queueTask } = internal;

// Nobody clears the timeline in a worker that lives for days: the oldest entries go first.
const MAX_ENTRIES = 10_000;

let entryOf;

class EntryState {
  constructor(name, entryType, startTime, duration, detail) {
    this.name = name;
    this.entryType = entryType;
    this.startTime = startTime;
    this.duration = duration;
    this.detail = detail;
    // In the timeline.
    this.entry = undefined;
    this.next = undefined;
  }
}
isolate(EntryState);

class PerformanceEntry {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#state = state;
    state.entry = this;
  }

  get name() { return this.#state.name; }
  get entryType() { return this.#state.entryType; }
  get startTime() { return this.#state.startTime; }
  get duration() { return this.#state.duration; }

  toJSON() {
    const { name, entryType, startTime, duration, detail } = this.#state;
    return detail === undefined ? { name, entryType, startTime, duration }
      : { name, entryType, startTime, duration, detail };
  }

  static {
    entryOf = (entry) => entry.#state;
  }
}
defineInterface(PerformanceEntry);

function cloneDetail(detail) {
  return detail === undefined || detail === null ? null : native.structuredClone(detail);
}

function detailOf(entry, entryType) {
  const state = entryOf(entry);
  if (state.entryType !== entryType) throw illegalInvocation();
  return state.detail;
}

function markState(name, options, context) {
  name = toDOMString(name);
  const dictionary = toDictionary(options, context);
  let detail;
  let startTime;
  if (dictionary !== undefined) ({ detail, startTime } = dictionary);
  if (startTime === undefined) {
    startTime = native.now();
  } else {
    startTime = toDouble(startTime, context);
    if (startTime < 0) throw new TypeError(`${context}: '${name}' cannot have a negative start time.`);
  }
  return new EntryState(name, 'mark', startTime, 0, cloneDetail(detail));
}

class PerformanceMark extends PerformanceEntry {
  constructor(name, options = undefined, state = undefined) {
    if (name === kInternal) {
      super(kInternal, state);
    } else {
      requireConstructorArguments(arguments.length, 1, 'PerformanceMark');
      super(kInternal, markState(name, options, constructContext('PerformanceMark')));
    }
  }

  get detail() { return detailOf(this, 'mark'); }
}
defineInterface(PerformanceMark);
ObjectDefineProperty(PerformanceMark, 'length', { __proto__: null, value: 1, configurable: true });

class PerformanceMeasure extends PerformanceEntry {
  get detail() { return detailOf(this, 'measure'); }
}
defineInterface(PerformanceMeasure);

// The timeline: entries in the order in which they were made.
let first;
let last;
let count = 0;

function record(state) {
  if (last === undefined) first = state;
  else last.next = state;
  last = state;
  if (++count > MAX_ENTRIES) {
    first = first.next;
    count--;
  }
  notifyObservers(state);
}

// The entries for which `matches(state)`, by start time.
function collect(matches) {
  const entries = [];
  for (let state = first; state !== undefined; state = state.next) {
    if (matches(state)) defineElement(entries, entries.length, state.entry);
  }
  return ArrayPrototypeSort(entries, (a, b) => entryOf(a).startTime - entryOf(b).startTime);
}

function clear(entryType, name) {
  let previous;
  for (let state = first; state !== undefined; state = state.next) {
    if (state.entryType !== entryType || (name !== undefined && state.name !== name)) {
      previous = state;
      continue;
    }
    if (previous === undefined) first = state.next;
    else previous.next = state.next;
    if (state === last) last = previous;
    count--;
  }
}

function byName(name, entryType) {
  name = toDOMString(name);
  if (entryType !== undefined) entryType = toDOMString(entryType);
  return (state) => state.name === name && (entryType === undefined || state.entryType === entryType);
}

function byType(entryType) {
  entryType = toDOMString(entryType);
  return (state) => state.entryType === entryType;
}

// (DOMString or DOMHighResTimeStamp)
function toMark(value, context) {
  return typeof value === 'number' ? toDouble(value, context) : toDOMString(value);
}

// "convert a mark to a timestamp" (User Timing §4.1).
function timeOfMark(mark, context) {
  if (typeof mark === 'number') {
    if (mark < 0) throw new TypeError(`${context}: A time stamp is negative.`);
    return mark;
  }
  let found;
  for (let state = first; state !== undefined; state = state.next) {
    if (state.entryType === 'mark' && state.name === mark) found = state;
  }
  if (found === undefined) throw new DOMException(`${context}: The mark '${mark}' does not exist.`, 'SyntaxError');
  return found.startTime;
}

function measureState(name, startOrOptions, endMark, context) {
  name = toDOMString(name);
  let detail;
  let duration;
  let end;
  let start;
  if (isObject(startOrOptions)) {
    ({ detail } = startOrOptions);
    ({ duration } = startOrOptions);
    if (duration !== undefined) duration = toDouble(duration, context);
    ({ end } = startOrOptions);
    if (end !== undefined) end = toMark(end, context);
    ({ start } = startOrOptions);
    if (start !== undefined) start = toMark(start, context);
    const given = detail !== undefined || duration !== undefined || end !== undefined || start !== undefined;
    if (endMark !== undefined) endMark = toDOMString(endMark);
    if (given) {
      if (endMark !== undefined) throw new TypeError(`${context}: An end mark goes with a start mark only.`);
      if (start === undefined && end === undefined) throw new TypeError(`${context}: 'start' or 'end' is needed.`);
      if (start !== undefined && duration !== undefined && end !== undefined) {
        throw new TypeError(`${context}: 'start', 'duration' and 'end' cannot be given together.`);
      }
    }
  } else {
    if (startOrOptions !== undefined && startOrOptions !== null) start = toDOMString(startOrOptions);
    if (endMark !== undefined) endMark = toDOMString(endMark);
  }
  if (endMark !== undefined) end = endMark;

  let endTime;
  if (end !== undefined) endTime = timeOfMark(end, context);
  else if (start !== undefined && duration !== undefined) endTime = timeOfMark(start, context) + duration;
  else endTime = native.now();
  let startTime = 0;
  if (start !== undefined) startTime = timeOfMark(start, context);
  else if (duration !== undefined) startTime = endTime - duration;
  return new EntryState(name, 'measure', startTime, endTime - startTime, cloneDetail(detail));
}

class Performance extends EventTarget {
  #brand;

  constructor(token = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    super();
  }

  get timeOrigin() {
    this.#brand;
    return native.timeOrigin();
  }

  now() {
    this.#brand;
    return native.now();
  }

  toJSON() {
    this.#brand;
    return { timeOrigin: native.timeOrigin() };
  }

  mark(name, options = undefined) {
    this.#brand;
    requireArguments(arguments.length, 1, 'mark', 'Performance');
    const state = markState(name, options, executeContext('mark', 'Performance'));
    const mark = new PerformanceMark(kInternal, undefined, state);
    record(state);
    return mark;
  }

  measure(name, startOrMeasureOptions = undefined, endMark = undefined) {
    this.#brand;
    requireArguments(arguments.length, 1, 'measure', 'Performance');
    const state = measureState(name, startOrMeasureOptions, endMark, executeContext('measure', 'Performance'));
    const measure = new PerformanceMeasure(kInternal, state);
    record(state);
    return measure;
  }

  clearMarks(name = undefined) {
    this.#brand;
    clear('mark', name === undefined ? undefined : toDOMString(name));
  }

  clearMeasures(name = undefined) {
    this.#brand;
    clear('measure', name === undefined ? undefined : toDOMString(name));
  }

  getEntries() {
    this.#brand;
    return collect(() => true);
  }

  getEntriesByType(type) {
    this.#brand;
    requireArguments(arguments.length, 1, 'getEntriesByType', 'Performance');
    return collect(byType(type));
  }

  getEntriesByName(name, type = undefined) {
    this.#brand;
    requireArguments(arguments.length, 1, 'getEntriesByName', 'Performance');
    return collect(byName(name, type));
  }
}
defineInterface(Performance);

// Observers (Performance Timeline §6).

const supportedEntryTypes = ObjectFreeze(['mark', 'measure']);

class ObserverState {
  constructor(callback) {
    this.callback = callback;
    this.observer = undefined;
    this.invocation = 0;  // which observes; it ends with that one. 0: global scope
    this.types = new Set();  // of entries it gets
    this.isMultiple = undefined;  // called with `entryTypes`
    this.records = [];
    this.queuedBy = 0;  // the invocation that its task belongs to
  }
}
isolate(ObserverState);

// Those that observe something.
const observers = new Set();

function notifyObservers(state) {
  SetPrototypeForEach(observers, (observer) => {
    if (observer.invocation !== 0 && !native.isInvocationOpen(observer.invocation)) {
      SetPrototypeDelete(observers, observer);
    } else if (SetPrototypeHas(observer.types, state.entryType)) {
      queueRecord(observer, state.entry);
    }
  });
}

function queueRecord(observer, entry) {
  if (observer.records.length < MAX_ENTRIES) defineElement(observer.records, observer.records.length, entry);
  // What is recorded in global scope waits for the first entry of an event.
  const invocation = observer.invocation === 0 ? native.currentInvocation() : observer.invocation;
  if (invocation === 0 || isQueued(observer)) return;
  queueTask(deliverRecords, observer, invocation);
  observer.queuedBy = invocation;
}

// Its task is never run when the invocation ends first.
function isQueued(observer) {
  return observer.queuedBy !== 0 && native.isInvocationOpen(observer.queuedBy);
}

function takeRecords(observer) {
  const { records } = observer;
  observer.records = [];
  return records;
}

function deliverRecords(observer) {
  observer.queuedBy = 0;
  const records = takeRecords(observer);
  if (records.length === 0) return;
  const list = new PerformanceObserverEntryList(kInternal, records);
  try {
    ReflectApply(observer.callback, observer.observer, [list, observer.observer, { droppedEntriesCount: 0 }]);
  } catch (error) {
    native.reportException(error);
  }
}

class PerformanceObserverEntryList {
  #entries;

  constructor(token = undefined, entries = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    this.#entries = ArrayPrototypeSort(entries, (a, b) => entryOf(a).startTime - entryOf(b).startTime);
  }

  #filter(matches) {
    const found = [];
    for (let i = 0; i < this.#entries.length; i++) {
      if (matches(entryOf(this.#entries[i]))) defineElement(found, found.length, this.#entries[i]);
    }
    return found;
  }

  getEntries() { return this.#filter(() => true); }

  getEntriesByType(type) {
    this.#entries;
    requireArguments(arguments.length, 1, 'getEntriesByType', 'PerformanceObserverEntryList');
    return this.#filter(byType(type));
  }

  getEntriesByName(name, type = undefined) {
    this.#entries;
    requireArguments(arguments.length, 1, 'getEntriesByName', 'PerformanceObserverEntryList');
    return this.#filter(byName(name, type));
  }
}
defineInterface(PerformanceObserverEntryList);

class PerformanceObserver {
  #state;

  constructor(callback) {
    requireConstructorArguments(arguments.length, 1, 'PerformanceObserver');
    if (typeof callback !== 'function') {
      throw new TypeError(`${constructContext('PerformanceObserver')}: parameter 1 is not of type 'Function'.`);
    }
    this.#state = new ObserverState(callback);
    this.#state.observer = this;
  }

  observe(options = undefined) {
    const state = this.#state;
    const context = executeContext('observe', 'PerformanceObserver');
    const dictionary = toDictionary(options, context);
    let buffered;
    let entryTypes;
    let type;
    if (dictionary !== undefined) {
      buffered = !!dictionary.buffered;
      ({ entryTypes } = dictionary);
      if (entryTypes !== undefined) {
        const list = new Set();
        forEachOfSequence(entryTypes, context, (item) => { SetPrototypeAdd(list, toDOMString(item)); });
        entryTypes = list;
      }
      ({ type } = dictionary);
      if (type !== undefined) type = toDOMString(type);
    }
    if (entryTypes === undefined && type === undefined) {
      throw new TypeError(`${context}: 'entryTypes' or 'type' is needed.`);
    }
    if (entryTypes !== undefined && (type !== undefined || buffered)) {
      throw new TypeError(`${context}: 'entryTypes' cannot be given with other members.`);
    }
    const isMultiple = entryTypes !== undefined;
    if (state.isMultiple !== undefined && state.isMultiple !== isMultiple) {
      throw new DOMException(`${context}: The observer was called with the other kind of options before.`,
                             'InvalidModificationError');
    }
    state.isMultiple = isMultiple;
    const isWanted = (each) => (isMultiple ? SetPrototypeHas(entryTypes, each) : each === type);
    let wanted = 0;
    const types = isMultiple ? new Set() : state.types;
    for (let i = 0; i < supportedEntryTypes.length; i++) {
      if (!isWanted(supportedEntryTypes[i])) continue;
      wanted++;
      SetPrototypeAdd(types, supportedEntryTypes[i]);
    }
    if (wanted === 0) return;
    state.types = types;
    state.invocation = native.currentInvocation();
    SetPrototypeAdd(observers, state);
    if (!buffered) return;
    for (let each = first; each !== undefined; each = each.next) {
      if (each.entryType === type) queueRecord(state, each.entry);
    }
  }

  disconnect() {
    const state = this.#state;
    SetPrototypeDelete(observers, state);
    state.types = new Set();
    state.isMultiple = undefined;
    state.records = [];
  }

  takeRecords() {
    return takeRecords(this.#state);
  }

  static get supportedEntryTypes() { return supportedEntryTypes; }
}
defineInterface(PerformanceObserver);

internal.PerformanceEntry = PerformanceEntry;
internal.PerformanceMark = PerformanceMark;
internal.PerformanceMeasure = PerformanceMeasure;
internal.PerformanceObserver = PerformanceObserver;
internal.PerformanceObserverEntryList = PerformanceObserverEntryList;
internal.Performance = Performance;
internal.performance = new Performance(kInternal);
