'use strict';

// The console namespace object (Console Standard §1). Text goes to native.print(level, text); levels
// are 'log', 'info', 'debug', 'warn' and 'error'.

const {
  ErrorCaptureStackTrace, Map, MapPrototypeDelete, MapPrototypeGet, MapPrototypeSet,
  NumberPrototypeToFixed, ObjectCreate, ObjectDefineProperty, ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyNames, StringPrototypeIndexOf, StringPrototypeRepeat, StringPrototypeSlice,
  SymbolToStringTag,
} = internal.primordials;
const { List, format, formatTable, inspect } = internal;
const { indentLines } = internal.inspection;
const { forEachOfSequence, isObject, toDOMString } = internal.webidl;

const MAX_GROUPS = 40;

// State of the realm's one console.
let groupDepth = 0;
let counts;
let timers;

function print(level, text) {
  const padding = StringPrototypeRepeat('  ', groupDepth);
  native.print(level, padding + indentLines(text, padding));
}

function logger(level, args) {
  if (args.length > 0) print(level, format(args));
}

// `${first} ${rest…}` when there is a prefix in front of the data of a call.
function withPrefix(prefix, data) {
  return data.length === 0 ? prefix : `${prefix}: ${format(data)}`;
}

function durationText(milliseconds) {
  if (milliseconds < 1000) return `${NumberPrototypeToFixed(milliseconds, 3)}ms`;
  return `${NumberPrototypeToFixed(milliseconds / 1000, 3)}s`;
}

function elapsed(label, method) {
  const start = timers === undefined ? undefined : MapPrototypeGet(timers, label);
  if (start === undefined) {
    print('warn', `console.${method}: there is no timer '${label}'`);
    return undefined;
  }
  return durationText(native.now() - start);
}

// Reads an option of console.dir without running a getter.
function optionOf(options, key) {
  if (!isObject(options)) return undefined;
  try {
    return ObjectGetOwnPropertyDescriptor(options, key)?.value;
  } catch {
    return undefined;
  }
}

function pushGroup(data) {
  if (data.length > 0) logger('log', data);
  if (groupDepth < MAX_GROUPS) groupDepth++;
}

const methods = {
  __proto__: null,

  assert(condition = false, ...data) {
    if (!condition) print('error', withPrefix('Assertion failed', data));
  },

  clear() {
    groupDepth = 0;
  },

  debug(...data) { logger('debug', data); },
  error(...data) { logger('error', data); },
  info(...data) { logger('info', data); },
  log(...data) { logger('log', data); },

  table(tabularData = undefined, properties = undefined) {
    let columns;
    if (properties !== undefined) {
      columns = new List();
      forEachOfSequence(properties, "Failed to execute 'table' on 'console'",
                        (name) => columns.push(toDOMString(name)));
    }
    const text = formatTable(tabularData, columns);
    if (text === undefined) logger('log', [tabularData]);
    else print('log', text);
  },

  trace(...data) {
    const holder = { __proto__: null };
    ErrorCaptureStackTrace(holder, methods.trace);
    let stack = native.originalStack(holder.stack);
    stack = typeof stack === 'string' ? stack : '';
    // Only the frames: the first line is the holder's own name.
    const frames = StringPrototypeIndexOf(stack, '\n');
    print('log', withPrefix('Trace', data) +
          (frames === -1 ? '' : StringPrototypeSlice(stack, frames)));
  },

  warn(...data) { logger('warn', data); },

  dir(item = undefined, options = undefined) {
    const depth = optionOf(options, 'depth');
    print('log', inspect(item, {
      __proto__: null,
      depth: depth === null ? Infinity : typeof depth === 'number' ? depth : undefined,
      showHidden: optionOf(options, 'showHidden') === true,
    }));
  },

  dirxml(...data) { logger('log', data); },

  count(label = 'default') {
    label = toDOMString(label);
    counts ??= new Map();
    const count = (MapPrototypeGet(counts, label) ?? 0) + 1;
    MapPrototypeSet(counts, label, count);
    print('info', `${label}: ${count}`);
  },

  countReset(label = 'default') {
    label = toDOMString(label);
    if (counts === undefined || !MapPrototypeDelete(counts, label)) {
      print('warn', `console.countReset: there is no count '${label}'`);
    }
  },

  group(...data) { pushGroup(data); },
  groupCollapsed(...data) { pushGroup(data); },

  groupEnd() {
    if (groupDepth > 0) groupDepth--;
  },

  time(label = 'default') {
    label = toDOMString(label);
    timers ??= new Map();
    if (MapPrototypeGet(timers, label) !== undefined) {
      print('warn', `console.time: there is a timer '${label}' already`);
      return;
    }
    MapPrototypeSet(timers, label, native.now());
  },

  timeLog(label = 'default', ...data) {
    label = toDOMString(label);
    const duration = elapsed(label, 'timeLog');
    if (duration === undefined) return;
    const suffix = data.length === 0 ? '' : ` ${format(data)}`;
    print('log', `${label}: ${duration}${suffix}`);
  },

  timeEnd(label = 'default') {
    label = toDOMString(label);
    const duration = elapsed(label, 'timeEnd');
    if (duration === undefined) return;
    MapPrototypeDelete(timers, label);
    print('info', `${label}: ${duration}`);
  },

  // For a profiler's timeline, which does not exist here: they are accepted and do nothing.
  timeStamp() {},
  profile() {},
  profileEnd() {},
};

// A namespace object (WebIDL §3.13), with an empty object as its prototype as the standard demands.
const console = ObjectCreate({});
const names = ObjectGetOwnPropertyNames(methods);
for (let i = 0; i < names.length; i++) {
  ObjectDefineProperty(console, names[i], {
    __proto__: null, value: methods[names[i]], enumerable: true, writable: true, configurable: true,
  });
}
ObjectDefineProperty(console, SymbolToStringTag, {
  __proto__: null, value: 'console', configurable: true,
});

internal.console = console;
