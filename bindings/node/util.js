'use strict';

// node:util (https://nodejs.org/api/util.html).

const { Error, ObjectDefineProperty, ObjectGetOwnPropertyDescriptor, Promise, ReflectApply, Symbol, TypeError } = internal.primordials;

const custom = Symbol.for('nodejs.util.promisify.custom');

function requireFunction(fn, name = 'original') {
  if (typeof fn === 'function') return;
  const error = new TypeError(`The "${name}" argument must be of type function. Received ${fn === null || fn === undefined ? fn : `type ${typeof fn}`}`);
  error.code = 'ERR_INVALID_ARG_TYPE';
  throw error;
}

function inspect(value, options, depth) {
  if (typeof options === 'boolean') options = { showHidden: options, depth };
  if (value !== null && typeof value === 'object' && options?.customInspect !== false && typeof value[inspect.custom] === 'function' &&
      value[inspect.custom] !== inspect) {
    const shown = value[inspect.custom](options?.depth ?? 2, { ...inspect.defaultOptions, ...options, stylize: (text) => `${text}` }, inspect);
    if (shown !== value) return typeof shown === 'string' ? shown : inspect(shown, options);
  }
  return internal.inspect(value, options);
}
inspect.custom = Symbol.for('nodejs.util.inspect.custom');
inspect.defaultOptions = { depth: 2, colors: false, showHidden: false, breakLength: 80, compact: 3 };
inspect.colors = {};
inspect.styles = {};

const format = (...args) => (args.length === 0 ? '' : internal.format(args));

function promisify(original) {
  requireFunction(original);
  if (original[custom]) {
    requireFunction(original[custom], 'util.promisify.custom');
    return original[custom];
  }
  function promised(...args) {
    return new Promise((resolve, reject) => {
      ReflectApply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = custom;

function callbackify(original) {
  requireFunction(original);
  return function (...args) {
    const callback = args.pop();
    requireFunction(callback, 'last argument');
    ReflectApply(original, this, args).then(
      (value) => queueMicrotask(() => callback(null, value)),
      (reason) => queueMicrotask(() => callback(reason || Object.assign(new Error('Promise was rejected with falsy value'), { reason, code: 'ERR_FALSY_VALUE_REJECTION' }))));
  };
}

function inherits(constructor, parent) {
  requireFunction(constructor, 'ctor');
  requireFunction(parent, 'superCtor');
  ObjectDefineProperty(constructor, 'super_', { __proto__: null, value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

function deprecate(fn, message, code) {
  let warned = false;
  function deprecated(...args) {
    if (!warned) internal.console.warn(`DeprecationWarning: ${message}`);
    warned = true;
    return new.target ? Reflect.construct(fn, args, new.target) : ReflectApply(fn, this, args);
  }
  Object.setPrototypeOf(deprecated, fn);
  if (fn.prototype) deprecated.prototype = fn.prototype;
  return deprecated;
}

function debuglog() {
  const log = () => {};
  log.enabled = false;
  return log;
}

const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const isInstance = (name) => (value) => value !== null && typeof value === 'object' && tagOf(value) === name;
const TypedArray = Object.getPrototypeOf(Uint8Array);
const tag = ObjectGetOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;
const isTyped = (name) => (value) => ReflectApply(tag, value, []) === name;
const generator = Object.getPrototypeOf(function* () {});
const asynchronous = Object.getPrototypeOf(async () => {});
const types = {
  isAnyArrayBuffer: (value) => value instanceof ArrayBuffer || isInstance('SharedArrayBuffer')(value),
  isArrayBuffer: (value) => value instanceof ArrayBuffer,
  isSharedArrayBuffer: isInstance('SharedArrayBuffer'),
  isArrayBufferView: (value) => ArrayBuffer.isView(value),
  isTypedArray: (value) => ReflectApply(tag, value, []) !== undefined,
  isAsyncFunction: (value) => typeof value === 'function' && Object.getPrototypeOf(value) === asynchronous,
  isGeneratorFunction: (value) => typeof value === 'function' && Object.getPrototypeOf(value) === generator,
  isGeneratorObject: isInstance('Generator'),
  isBoxedPrimitive: (value) => value instanceof Number || value instanceof String || value instanceof Boolean || isInstance('Symbol')(value) || isInstance('BigInt')(value),
  isNumberObject: isInstance('Number'), isStringObject: isInstance('String'), isBooleanObject: isInstance('Boolean'), isSymbolObject: isInstance('Symbol'), isBigIntObject: isInstance('BigInt'),
  isDataView: isInstance('DataView'), isDate: isInstance('Date'), isRegExp: isInstance('RegExp'), isMap: isInstance('Map'), isSet: isInstance('Set'), isWeakMap: isInstance('WeakMap'),
  isWeakSet: isInstance('WeakSet'), isPromise: isInstance('Promise'), isMapIterator: isInstance('Map Iterator'), isSetIterator: isInstance('Set Iterator'),
  isArgumentsObject: isInstance('Arguments'), isModuleNamespaceObject: isInstance('Module'), isNativeError: (value) => value instanceof Error, isProxy: (value) => native.proxyDetails(value) !== undefined,
  isExternal: () => false, isKeyObject: () => false, isCryptoKey: isInstance('CryptoKey'),
};
for (const name of ['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']) {
  types[`is${name}`] = isTyped(name);
}

// Deep equality as assert.deepStrictEqual has it; `loose`: as assert.deepEqual.
function isDeepEqual(a, b, loose, seen = new Map()) {
  if (Object.is(a, b)) return true;
  const primitive = (value) => value === null || (typeof value !== 'object' && typeof value !== 'function');
  // eslint-disable-next-line eqeqeq
  if (primitive(a) || primitive(b)) return loose && primitive(a) && primitive(b) && (a == b || (a !== a && b !== b));
  if (typeof a === 'function' || typeof b === 'function') return false;
  if (!loose && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (tagOf(a) !== tagOf(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (types.isDate(a) && a.getTime() !== b.getTime()) return false;
  if (types.isRegExp(a) && (a.source !== b.source || a.flags !== b.flags || a.lastIndex !== b.lastIndex)) return false;
  if (a instanceof Error && (a.message !== b.message || a.name !== b.name)) return false;
  if (types.isBoxedPrimitive(a) && !Object.is(a.valueOf(), b.valueOf())) return false;
  if (types.isAnyArrayBuffer(a)) return isDeepEqual(new Uint8Array(a), new Uint8Array(b), loose, seen);
  if (ArrayBuffer.isView(a)) {
    if (a.byteLength !== b.byteLength) return false;
    const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
    const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
    return left.every((byte, i) => byte === right[i]);
  }
  if (types.isSet(a)) {
    if (a.size !== b.size) return false;
    for (const value of a) if (!b.has(value) && ![...b].some((other) => isDeepEqual(value, other, loose, seen))) return false;
  }
  if (types.isMap(a)) {
    if (a.size !== b.size) return false;
    for (const [key, value] of a) {
      const other = b.has(key) ? [key] : [...b.keys()].filter((each) => isDeepEqual(key, each, loose, seen));
      if (!other.some((each) => isDeepEqual(value, b.get(each), loose, seen))) return false;
    }
  }
  const keysOf = (value) => Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key) && (!loose || typeof key === 'string'));
  const keys = keysOf(a);
  return keys.length === keysOf(b).length && (!Array.isArray(a) || a.length === b.length) &&
      keys.every((key) => Object.prototype.propertyIsEnumerable.call(b, key) && isDeepEqual(a[key], b[key], loose, seen));
}
internal.isDeepEqual = isDeepEqual;

// eslint-disable-next-line no-control-regex
const stripVTControlCharacters = (text) => text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007/g, '');

const util = {
  inspect, format, formatWithOptions: (options, ...args) => format(...args), promisify, callbackify, inherits, deprecate, debuglog, debug: debuglog, types,
  isDeepStrictEqual: (a, b) => isDeepEqual(a, b, false), stripVTControlCharacters, styleText: (style, text) => text, toUSVString: (value) => String(value).toWellFormed(),
  TextEncoder, TextDecoder, isArray: Array.isArray, isBuffer: (value) => value?.constructor?.isBuffer?.(value) ?? false, isString: (value) => typeof value === 'string',
  isFunction: (value) => typeof value === 'function', isObject: (value) => value !== null && typeof value === 'object', isRegExp: types.isRegExp, isDate: types.isDate,
  isError: types.isNativeError, isPrimitive: (value) => value === null || (typeof value !== 'object' && typeof value !== 'function'),
  isUndefined: (value) => value === undefined, isNull: (value) => value === null, isNumber: (value) => typeof value === 'number', isBoolean: (value) => typeof value === 'boolean',
  isNullOrUndefined: (value) => value === null || value === undefined, isSymbol: (value) => typeof value === 'symbol',
  aborted: (signal) => new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }))),
  getSystemErrorName: (number) => `E${number}`, MIMEType: undefined,
  _extend: (target, source) => Object.assign(target, source),
};
delete util.MIMEType;

return { __proto__: null, ...util, default: util };
