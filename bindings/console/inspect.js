'use strict';

// internal.inspect(value, options): any value as text for a person, as developer tools print it.
//
// It must be safe on hostile values: properties are read through their descriptors, so that getters
// do not run; proxies are shown by their target when C++ can tell them; every count, depth, string
// and the text as a whole is bounded; and whatever is thrown all the same ends in a placeholder.

const {
  ArrayBufferIsView, ArrayIsArray, BigIntPrototypeToString, FunctionPrototypeToString, Map,
  MapPrototypeGet, MapPrototypeGetSize, MapPrototypeSet, MathFloor, MathMax, MathMin,
  NumberPrototypeToString, ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf, ObjectIs,
  ReflectApply, ReflectOwnKeys, RegExpPrototypeExec, StringPrototypeCharCodeAt,
  StringPrototypeEndsWith, StringPrototypeIncludes, StringPrototypeIndexOf,
  StringPrototypePadEnd, StringPrototypePadStart, StringPrototypeRepeat, StringPrototypeSlice,
  StringPrototypeStartsWith, StringPrototypeToUpperCase, Symbol, SymbolPrototypeToString,
  SymbolToStringTag, TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag,
  globalThis, isolate,
} = internal.primordials;
const { isObject } = internal.webidl;

const BREAK_LENGTH = 76;
const MAX_ENTRIES = 100;
const MAX_STRING = 10000;
const MAX_TEXT = 256 * 1024;
const MAX_PROTOTYPES = 64;
// An object with no more than this many levels inside may go on one line.
const COMPACT_LEVELS = 3;

// A growing list whose writes reach no prototype.
class List {
  constructor() {
    this.length = 0;
  }

  push(value) {
    this[this.length] = value;
    this.length++;
  }
}
isolate(List);

function joinList(list, separator) {
  let text = '';
  for (let i = 0; i < list.length; i++) text += i === 0 ? list[i] : separator + list[i];
  return text;
}

// One call of inspect.
class Inspection {
  constructor(depth, breakLength, showHidden) {
    this.depth = depth;
    this.breakLength = breakLength;
    this.showHidden = showHidden;
    this.remaining = MAX_TEXT;
    this.path = undefined;       // the objects around the current one, innermost first
    this.circular = undefined;   // Map from object to its reference number
    this.currentLevel = 0;
    this.indentation = 0;
  }

  spend(text) {
    this.remaining -= text.length;
    return text;
  }
}
isolate(Inspection);

class PathNode {
  constructor(value, outer) {
    this.value = value;
    this.outer = outer;
  }
}
isolate(PathNode);

// A method with this key on a prototype gives what to show of its instances: an object whose own
// properties are listed under the class name, or a string to be shown as it is.
const inspectSymbol = Symbol('inspect');

// The same for interfaces written in JavaScript, without a trace on the prototype.
const inspectors = new Map();

function setInspector(Class, inspector) {
  MapPrototypeSet(inspectors, Class.prototype, inspector);
}

// What an object is at heart is found by the intrinsic prototypes in its chain and then confirmed by
// a brand check, so that an ordinary object costs no failing checks.
const kinds = new Map();
const kindNames = [
  'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Date', 'RegExp', 'Error', 'Promise', 'ArrayBuffer',
  'SharedArrayBuffer', 'Number', 'String', 'Boolean', 'Symbol', 'BigInt', 'Function',
];
for (let i = 0; i < kindNames.length; i++) {
  const Class = globalThis[kindNames[i]];
  if (Class !== undefined) MapPrototypeSet(kinds, Class.prototype, kindNames[i]);
}
const functionKinds = new Map();
MapPrototypeSet(functionKinds, ObjectGetPrototypeOf(async () => {}), 'AsyncFunction');
MapPrototypeSet(functionKinds, ObjectGetPrototypeOf(function* () {}), 'GeneratorFunction');
MapPrototypeSet(functionKinds, ObjectGetPrototypeOf(async function* () {}),
                'AsyncGeneratorFunction');

function inspect(value, options = undefined) {
  const inspection = new Inspection(options?.depth ?? 4, options?.breakLength ?? BREAK_LENGTH,
                                    options?.showHidden ?? false);
  try {
    return formatValue(inspection, value, 0);
  } catch {
    // A proxy's trap, a user's prepareStackTrace, or the end of the stack.
    return '[object that cannot be inspected]';
  }
}

function formatValue(inspection, value, level) {
  if (inspection.remaining <= 0) return '...';
  if (!isObject(value)) return inspection.spend(formatPrimitive(value));
  return formatObject(inspection, value, level);
}

function formatPrimitive(value) {
  switch (typeof value) {
    case 'string': return quote(value);
    case 'number': return ObjectIs(value, -0) ? '-0' : `${value}`;
    case 'bigint': return `${truncate(BigIntPrototypeToString(value))}n`;
    case 'symbol': return truncate(SymbolPrototypeToString(value));
    default: return `${value}`;
  }
}

function truncate(string) {
  if (string.length <= MAX_STRING) return string;
  return `${StringPrototypeSlice(string, 0, MAX_STRING)}... ${string.length - MAX_STRING} more`;
}

const needsEscape = /[\x00-\x1f\x7f-\x9f\ud800-\udfff\\'"`]/;

// A string literal, in the quotes that need the least escaping.
function quote(string) {
  const text = string.length > MAX_STRING ? StringPrototypeSlice(string, 0, MAX_STRING) : string;
  const rest = string.length - text.length;
  const suffix = rest === 0 ? '' : `... ${rest} more character${rest === 1 ? '' : 's'}`;
  if (RegExpPrototypeExec(needsEscape, text) === null) return `'${text}'${suffix}`;
  let mark = "'";
  if (StringPrototypeIncludes(text, "'")) {
    if (!StringPrototypeIncludes(text, '"')) mark = '"';
    else if (!StringPrototypeIncludes(text, '`')) mark = '`';
  }
  const markCode = StringPrototypeCharCodeAt(mark, 0);
  let result = mark;
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    const escape = escapeOf(text, i, markCode);
    if (escape === undefined) continue;
    result += StringPrototypeSlice(text, copied, i) + escape;
    copied = i + 1;
  }
  return result + StringPrototypeSlice(text, copied) + mark + suffix;
}

const shortEscapes = { __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r' };

// The escape sequence for the code unit at `index`, undefined when it stands for itself.
function escapeOf(text, index, markCode) {
  const code = StringPrototypeCharCodeAt(text, index);
  if (code === markCode) return `\\${text[index]}`;
  if (code === 0x5c) return '\\\\';
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) {
    return shortEscapes[code] ?? `\\x${StringPrototypeToUpperCase(hex(code, 2))}`;
  }
  if (code < 0xd800 || code > 0xdfff) return undefined;
  if (code < 0xdc00) {
    const next = index + 1 < text.length ? StringPrototypeCharCodeAt(text, index + 1) : 0;
    if (next >= 0xdc00 && next <= 0xdfff) return undefined;
  } else if (index > 0) {
    const previous = StringPrototypeCharCodeAt(text, index - 1);
    if (previous >= 0xd800 && previous <= 0xdbff) return undefined;
  }
  return `\\u${StringPrototypeToUpperCase(hex(code, 4))}`;
}

function hex(number, width) {
  return StringPrototypePadStart(NumberPrototypeToString(number, 16), width, '0');
}

// What the prototype chain says of an object.
class Nature {
  constructor() {
    this.className = undefined;  // undefined without any constructor
    this.tag = undefined;
    this.kind = undefined;
    this.functionKind = undefined;
    this.inspector = undefined;
  }
}
isolate(Nature);

function ownValue(object, key) {
  const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
  if (descriptor === undefined) return undefined;
  // A descriptor is an ordinary object: `value` of an accessor's must not come from its prototype.
  return hasValue(descriptor) ? descriptor.value : undefined;
}

function hasValue(descriptor) {
  return ObjectGetOwnPropertyDescriptor(descriptor, 'value') !== undefined;
}

// Asked before every look at an object that came from somewhere else: a proxy's traps are user code.
function isProxy(object) {
  return native.proxyDetails?.(object) !== undefined;
}

function functionName(fn) {
  if (isProxy(fn)) return '';
  const name = ownValue(fn, 'name');
  return typeof name === 'string' ? truncate(name) : '';
}

function natureOf(value) {
  const nature = new Nature();
  let object = value;
  for (let i = 0; object !== null && i < MAX_PROTOTYPES; i++) {
    if (i > 0 && isProxy(object)) break;
    if (nature.className === undefined) {
      const constructor = ownValue(object, 'constructor');
      // An instance's own `constructor` says nothing; a prototype is not an instance of itself.
      if (typeof constructor === 'function' && i > 0) {
        const name = functionName(constructor);
        if (name !== '') nature.className = name;
      }
    }
    if (nature.tag === undefined) {
      const tag = ownValue(object, SymbolToStringTag);
      if (typeof tag === 'string' && tag !== '') nature.tag = truncate(tag);
    }
    nature.functionKind ??= MapPrototypeGet(functionKinds, object);
    nature.kind ??= MapPrototypeGet(kinds, object);
    if (nature.inspector === undefined && i > 0) {
      nature.inspector = MapPrototypeGet(inspectors, object);
      if (nature.inspector === undefined) {
        const method = ownValue(object, inspectSymbol);
        if (typeof method === 'function') nature.inspector = (self) => ReflectApply(method, self, []);
      }
    }
    object = ObjectGetPrototypeOf(object);
  }
  return nature;
}

// "Map(2)" and the like: class name, tag and size in front of the brace.
function prefixOf(nature, fallback, size = '') {
  const { className, tag } = nature;
  let prefix = className === undefined ? `[${fallback}${size}: null prototype]`
    : `${className}${size}`;
  if (tag !== undefined && tag !== className && tag !== fallback) prefix += ` [${tag}]`;
  return `${prefix} `;
}

function isOnPath(inspection, value) {
  for (let node = inspection.path; node !== undefined; node = node.outer) {
    if (node.value === value) return true;
  }
  return false;
}

function circularReference(inspection, value) {
  inspection.circular ??= new Map();
  let index = MapPrototypeGet(inspection.circular, value);
  if (index === undefined) {
    index = MapPrototypeGetSize(inspection.circular) + 1;
    MapPrototypeSet(inspection.circular, value, index);
  }
  return `[Circular *${index}]`;
}

function formatObject(inspection, value, level) {
  const details = native.proxyDetails?.(value);
  if (details !== undefined) {
    const target = details[0];
    if (target === null) return inspection.spend('<Revoked Proxy>');
    return `Proxy(${formatValue(inspection, target, level)})`;
  }
  if (isOnPath(inspection, value)) return inspection.spend(circularReference(inspection, value));

  const shape = new Shape(inspection, value, natureOf(value));
  describe(inspection, shape, value);
  if (shape.whole !== undefined) return inspection.spend(shape.whole);
  if (level > inspection.depth && shape.hasContents()) {
    return inspection.spend(`[${shape.nature.className ?? shape.nature.tag ?? 'Object: null prototype'}]`);
  }

  inspection.path = new PathNode(value, inspection.path);
  inspection.currentLevel = level;
  inspection.indentation += 2;
  shape.addEntries(level + 1);
  inspection.indentation -= 2;
  inspection.path = inspection.path.outer;

  const reference = inspection.circular && MapPrototypeGet(inspection.circular, value);
  const prefix = reference === undefined ? shape.prefix : `<ref *${reference}> ${shape.prefix}`;
  return inspection.spend(layOut(inspection, shape, prefix, level));
}

// How one object is to be shown: a prefix, braces, and a function that lists its contents before its
// own properties. `whole` is the complete text of those that have neither.
class Shape {
  constructor(inspection, value, nature) {
    this.inspection = inspection;
    this.value = value;
    this.nature = nature;
    this.prefix = '';
    this.open = '{';
    this.close = '}';
    this.base = '';           // shown instead of braces when there is nothing inside
    this.keys = undefined;    // a List of property keys
    this.contents = undefined;
    this.size = 0;            // of `contents`
    this.entries = new List();
    this.whole = undefined;
    this.groupable = false;
  }

  hasContents() {
    return this.size > 0 || this.keys.length > 0;
  }

  addEntries(level) {
    if (this.contents !== undefined) this.contents(this, level);
    const { inspection, value, keys } = this;
    const shown = MathMin(keys.length, MAX_ENTRIES);
    for (let i = 0; i < shown; i++) {
      if (inspection.remaining <= 0) {
        this.addMore(keys.length - i);
        return;
      }
      this.entries.push(formatProperty(inspection, value, keys[i], level));
    }
    if (keys.length > shown) this.addMore(keys.length - shown);
  }

  addMore(count) {
    this.entries.push(`... ${count} more item${count === 1 ? '' : 's'}`);
  }
}
isolate(Shape);

function ownKeys(inspection, value, isSkipped = undefined) {
  const keys = new List();
  const all = ReflectOwnKeys(value);
  for (let i = 0; i < all.length; i++) {
    const key = all[i];
    if (isSkipped !== undefined && isSkipped(key)) continue;
    const descriptor = ObjectGetOwnPropertyDescriptor(value, key);
    if (descriptor === undefined) continue;
    if (descriptor.enumerable || (inspection.showHidden && typeof key === 'string')) keys.push(key);
  }
  return keys;
}

const arrayIndex = /^(?:0|[1-9][0-9]{0,9})$/;

function isIndex(key) {
  return typeof key === 'string' && RegExpPrototypeExec(arrayIndex, key) !== null;
}

// The properties of an array-like object that are not its elements. Their list cannot be had without
// that of the elements, which for large ones is not worth it.
function nonIndexKeys(inspection, value, length) {
  if (length > 10 * MAX_ENTRIES) return new List();
  return ownKeys(inspection, value, (key) => isIndex(key) || key === 'length');
}

const identifier = /^[a-zA-Z_$][a-zA-Z_$0-9]*$/;

function formatKey(key) {
  if (typeof key === 'symbol') return `[${truncate(SymbolPrototypeToString(key))}]`;
  return RegExpPrototypeExec(identifier, key) === null ? quote(key) : truncate(key);
}

function formatProperty(inspection, object, key, level) {
  const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
  let name = inspection.spend(formatKey(key));
  if (descriptor === undefined) return `${name}: undefined`;
  if (!descriptor.enumerable && typeof key === 'string') name = `[${name}]`;
  if (!hasValue(descriptor)) {
    const { get, set } = descriptor;
    if (get === undefined) return `${name}: ${set === undefined ? 'undefined' : '[Setter]'}`;
    return `${name}: ${set === undefined ? '[Getter]' : '[Getter/Setter]'}`;
  }
  return `${name}: ${formatValue(inspection, descriptor.value, level)}`;
}

// Fills in the shape of an object by its nature.
function describe(inspection, shape, value) {
  const { nature } = shape;
  if (ArrayIsArray(value)) {
    describeArray(inspection, shape, value);
  } else if (typeof value === 'function') {
    shape.base = functionBase(value, nature);
    shape.keys = ownKeys(inspection, value);
    if (shape.keys.length === 0) shape.whole = shape.base;
    shape.prefix = `${shape.base} `;
  } else if (ArrayBufferIsView(value)) {
    describeView(inspection, shape, value);
  } else if (nature.inspector !== undefined && describeByInspector(inspection, shape, value)) {
    // Done.
  } else if (nature.kind === undefined || !describeKind(inspection, shape, value)) {
    shape.keys = ownKeys(inspection, value);
    const plain = nature.className === 'Object' && nature.tag === undefined;
    shape.prefix = plain ? '' : prefixOf(nature, 'Object');
  }
}

// What an inspector returns for an interface that is a list of pairs: they are shown as `name${separator}value`.
class PairView {
  constructor(separator) {
    this.separator = separator;
    this.names = new List();
    this.values = new List();
  }

  add(name, value) {
    this.names.push(name);
    this.values.push(value);
  }
}
isolate(PairView);

function describePairs(inspection, shape, value, view) {
  const { names, separator, values } = view;
  shape.keys = ownKeys(inspection, value);
  shape.size = names.length;
  shape.contents = (self, level) => {
    for (let i = 0; i < names.length; i++) {
      if (i === MAX_ENTRIES || inspection.remaining <= 0) {
        self.addMore(names.length - i);
        return;
      }
      self.entries.push(names[i] + separator + formatValue(inspection, values[i], level));
    }
  };
}

// Returns false when the inspector refuses, as for a prototype object itself.
function describeByInspector(inspection, shape, value) {
  let view;
  try {
    view = shape.nature.inspector(value);
  } catch {
    return false;
  }
  if (typeof view === 'string') {
    shape.whole = truncate(view);
    return true;
  }
  if (!isObject(view)) return false;
  shape.prefix = prefixOf(shape.nature, 'Object');
  if (view instanceof PairView) {
    describePairs(inspection, shape, value, view);
    return true;
  }
  shape.value = view;
  shape.keys = ownKeys(inspection, view);
  const ownProperties = ownKeys(inspection, value, (key) => key === 'isTrusted');
  if (ownProperties.length > 0) {
    shape.size = ownProperties.length;
    shape.contents = (self, level) => {
      for (let i = 0; i < ownProperties.length && i < MAX_ENTRIES; i++) {
        self.entries.push(formatProperty(inspection, value, ownProperties[i], level));
      }
    };
  }
  return true;
}

function functionBase(fn, nature) {
  const name = functionName(fn);
  const source = FunctionPrototypeToString(fn);
  if (StringPrototypeStartsWith(source, 'class') && StringPrototypeEndsWith(source, '}')) {
    const parent = ObjectGetPrototypeOf(fn);
    const parentName = typeof parent === 'function' ? functionName(parent) : '';
    const heritage = parentName === '' ? '' : ` extends ${parentName}`;
    return `[class ${name === '' ? '(anonymous)' : name}${heritage}]`;
  }
  const kind = nature.functionKind ?? 'Function';
  return name === '' ? `[${kind} (anonymous)]` : `[${kind}: ${name}]`;
}

function describeArray(inspection, shape, array) {
  const { length } = array;
  const { nature } = shape;
  shape.open = '[';
  shape.close = ']';
  shape.size = length;
  shape.groupable = true;
  shape.prefix = nature.className === 'Array' && nature.tag === undefined
    ? '' : prefixOf(nature, 'Array', `(${length})`);
  shape.keys = nonIndexKeys(inspection, array, length);
  shape.contents = (self, level) => addArrayEntries(inspection, self, array, length, level);
}

function addArrayEntries(inspection, shape, array, length, level) {
  let index = 0;
  let shown = 0;
  let sparseKeys;
  let sparsePosition = 0;
  while (index < length) {
    if (shown === MAX_ENTRIES || inspection.remaining <= 0) {
      shape.addMore(length - index);
      return;
    }
    shown++;
    const descriptor = ObjectGetOwnPropertyDescriptor(array, `${index}`);
    if (descriptor !== undefined) {
      shape.entries.push(formatElement(inspection, descriptor, level));
      index++;
      continue;
    }
    // A hole. Keys come in ascending order of index, so the next element is found without a search.
    sparseKeys ??= ReflectOwnKeys(array);
    while (sparsePosition < sparseKeys.length && isIndex(sparseKeys[sparsePosition]) &&
           +sparseKeys[sparsePosition] < index) {
      sparsePosition++;
    }
    const next = sparsePosition < sparseKeys.length && isIndex(sparseKeys[sparsePosition])
      ? MathMin(+sparseKeys[sparsePosition], length) : length;
    const holes = MathMax(next - index, 1);
    shape.entries.push(`<${holes} empty item${holes === 1 ? '' : 's'}>`);
    index += holes;
  }
}

function formatElement(inspection, descriptor, level) {
  if (hasValue(descriptor)) return formatValue(inspection, descriptor.value, level);
  return descriptor.get === undefined ? '[Setter]' : '[Getter]';
}

function describeView(inspection, shape, view) {
  const tag = TypedArrayPrototypeGetSymbolToStringTag(view);
  if (tag === undefined) {
    describers.DataView(inspection, shape, view);
    return;
  }
  const length = TypedArrayPrototypeGetLength(view);
  shape.open = '[';
  shape.close = ']';
  shape.size = length;
  shape.groupable = true;
  shape.prefix = prefixOf(shape.nature, tag, `(${length})`);
  shape.keys = nonIndexKeys(inspection, view, length);
  shape.contents = (self) => {
    const shown = MathMin(length, MAX_ENTRIES);
    for (let i = 0; i < shown; i++) self.entries.push(formatPrimitive(view[i]));
    if (length > shown) self.addMore(length - shown);
  };
}

// How to show an object of each kind, by the kind's name: filled in by inspectors.js. A describer throws
// when the brand check fails, for an object that only inherits from the prototype.
const describers = { __proto__: null };

function describeKind(inspection, shape, value) {
  try {
    describers[shape.nature.kind](inspection, shape, value);
    return true;
  } catch {
    shape.contents = undefined;
    shape.whole = undefined;
    shape.size = 0;
    return false;
  }
}

// Puts the entries on one line when they fit, else one to a line (many short ones in columns).
function layOut(inspection, shape, prefix, level) {
  const { open, close } = shape;
  let { entries } = shape;
  if (entries.length === 0) return `${prefix}${open}${close}`;
  let grouped = false;
  if (shape.groupable && entries.length > 6) {
    const rows = groupInColumns(inspection, entries, shape.keys.length);
    grouped = rows !== entries;
    entries = rows;
  }
  if (!grouped && inspection.currentLevel - level < COMPACT_LEVELS) {
    let total = entries.length + prefix.length + inspection.indentation;
    let multiline = StringPrototypeIncludes(prefix, '\n');
    for (let i = 0; i < entries.length && !multiline; i++) {
      total += entries[i].length + 1;
      multiline = StringPrototypeIncludes(entries[i], '\n');
    }
    if (!multiline && total <= inspection.breakLength) {
      return `${prefix}${open} ${joinList(entries, ', ')} ${close}`;
    }
  }
  const padding = StringPrototypeRepeat(' ', inspection.indentation);
  return `${prefix}${open}\n${padding}  ${joinList(entries, `,\n${padding}  `)}\n${padding}${close}`;
}

// Short elements of a long array go into columns of equal width, numbers to the right. The entries
// after the elements (a count of those left out, properties) keep a line for themselves.
function groupInColumns(inspection, entries, keyCount) {
  const last = entries[entries.length - 1 - keyCount];
  const count = entries.length - keyCount -
    (last !== undefined && StringPrototypeStartsWith(last, '... ') ? 1 : 0);
  let widest = 0;
  let numeric = true;
  for (let i = 0; i < count; i++) {
    const entry = entries[i];
    if (StringPrototypeIncludes(entry, '\n')) return entries;
    widest = MathMax(widest, entry.length);
    numeric &&= RegExpPrototypeExec(numberText, entry) !== null;
  }
  const available = inspection.breakLength - inspection.indentation;
  const columns = MathMin(16, MathFloor(available / (widest + 2)), MathFloor(count / 2));
  if (count <= 6 || columns < 2) return entries;
  const rows = new List();
  for (let start = 0; start < count; start += columns) {
    const end = MathMin(start + columns, count);
    let row = '';
    for (let i = start; i < end; i++) {
      const isLast = i === end - 1;
      const text = isLast ? entries[i] : `${entries[i]},`;
      if (numeric) row += StringPrototypePadStart(text, isLast ? widest : widest + 1);
      else row += isLast ? text : StringPrototypePadEnd(text, widest + 1);
      if (!isLast) row += ' ';
    }
    rows.push(row);
  }
  for (let i = count; i < entries.length; i++) rows.push(entries[i]);
  return rows;
}

const numberText = /^-?[0-9][0-9a-zA-Z.+-]*$/;

// Puts `padding` in front of each line but the first.
function indentLines(text, padding) {
  if (padding === '' || !StringPrototypeIncludes(text, '\n')) return text;
  let result = '';
  let start = 0;
  for (;;) {
    const end = StringPrototypeIndexOf(text, '\n', start);
    if (end === -1) return result + StringPrototypeSlice(text, start);
    result += StringPrototypeSlice(text, start, end + 1) + padding;
    start = end + 1;
  }
}

internal.List = List;
internal.inspection = {
  __proto__: null, describers, formatPrimitive, formatValue, hasValue, hex, indentLines, isIndex,
  isProxy, MAX_ENTRIES, MAX_PROTOTYPES, ownKeys, ownValue, prefixOf, truncate,
};
internal.inspect = inspect;
internal.inspectSymbol = inspectSymbol;
internal.joinList = joinList;
internal.PairView = PairView;
internal.setInspector = setInspector;
