'use strict';

// WebIDL type conversions and the wording of their errors, for built-ins written in JavaScript.
// `context` is always the start of the message: "Failed to execute 'm' on 'I'" or
// "Failed to construct 'I'".

const {
  MathTrunc, NumberIsFinite, ObjectDefineProperty, ReflectApply, RegExpPrototypeExec, String, Symbol, SymbolIterator,
  TypeError, uncurryThis,
} = internal.primordials;

const MAX_SAFE_INTEGER = 2 ** 53 - 1;

// The token that lets built-ins call constructors which are illegal (or mean something else) for
// user code. It is never handed out.
const kInternal = Symbol('internal constructor');

function executeContext(method, iface) {
  return `Failed to execute '${method}' on '${iface}'`;
}

function constructContext(iface) {
  return `Failed to construct '${iface}'`;
}

function missingArguments(context, required, actual) {
  const plural = required === 1 ? 'argument' : 'arguments';
  return new TypeError(`${context}: ${required} ${plural} required, but only ${actual} present.`);
}

function requireArguments(actual, required, method, iface) {
  if (actual < required) throw missingArguments(executeContext(method, iface), required, actual);
}

function requireConstructorArguments(actual, required, iface) {
  if (actual < required) throw missingArguments(constructContext(iface), required, actual);
}

function illegalConstructor() {
  return new TypeError('Illegal constructor');
}

function illegalInvocation() {
  return new TypeError('Illegal invocation');
}

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

// ToString as WebIDL's DOMString has it: symbols throw, unlike String(symbol).
function toDOMString(value) {
  return typeof value === 'string' ? value : `${value}`;
}

const lone = /[\uD800-\uDFFF]/;
const StringPrototypeToWellFormed = uncurryThis(String.prototype.toWellFormed);

function toUSVString(value) {
  const string = toDOMString(value);
  return RegExpPrototypeExec(lone, string) === null ? string : StringPrototypeToWellFormed(string);
}

// A dictionary argument: undefined and null are the empty dictionary, other primitives an error.
function toDictionary(value, context) {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw new TypeError(`${context}: The provided value is not of type 'object'.`);
  return value;
}

// Reads a callback function member of a dictionary.
function toCallbackMember(value, name, context) {
  if (value === undefined) return undefined;
  if (typeof value !== 'function') {
    throw new TypeError(`${context}: The '${name}' member is not a function.`);
  }
  return value;
}

function enforceRange(value, max, context) {
  const number = +value;
  if (!NumberIsFinite(number)) {
    throw new TypeError(`${context}: Value is not a finite number.`);
  }
  const integer = MathTrunc(number) + 0;
  if (integer < 0 || integer > max) {
    throw new TypeError(`${context}: Value is outside the range 0 to ${max}.`);
  }
  return integer;
}

function toEnforcedUnsignedLongLong(value, context) {
  return enforceRange(value, MAX_SAFE_INTEGER, context);
}

function toUnsignedShort(value) {
  return (+value) & 0xffff;
}

function toUnsignedLong(value) {
  return (+value) >>> 0;
}

function toUnrestrictedDouble(value) {
  return +value;
}

function toDouble(value, context) {
  const number = +value;
  if (!NumberIsFinite(number)) throw new TypeError(`${context}: Value is not a finite number.`);
  return number;
}

// `items[index] = value` for an array, where user code may have put a setter in the way.
function defineElement(items, index, value) {
  ObjectDefineProperty(items, index, {
    __proto__: null, value, writable: true, enumerable: true, configurable: true,
  });
}

// A sequence<any>: a user iterable is walked by its own protocol, which is what WebIDL asks for.
// `visit` is called with each value and its index.
function forEachOfSequence(value, context, visit) {
  if (!isObject(value)) {
    throw new TypeError(`${context}: The provided value cannot be converted to a sequence.`);
  }
  const method = value[SymbolIterator];
  if (typeof method !== 'function') {
    throw new TypeError(`${context}: The object must have a callable @@iterator property.`);
  }
  const iterator = ReflectApply(method, value, []);
  if (!isObject(iterator)) {
    throw new TypeError(`${context}: The result of @@iterator is not an object.`);
  }
  const { next } = iterator;
  for (let index = 0; ; index++) {
    const result = ReflectApply(next, iterator, []);
    if (!isObject(result)) {
      throw new TypeError(`${context}: The iterator result is not an object.`);
    }
    if (result.done) return;
    visit(result.value, index);
  }
}

internal.webidl = {
  __proto__: null,
  kInternal,
  executeContext,
  constructContext,
  defineElement,
  forEachOfSequence,
  illegalConstructor,
  illegalInvocation,
  isObject,
  requireArguments,
  requireConstructorArguments,
  toCallbackMember,
  toDictionary,
  toDouble,
  toDOMString,
  toEnforcedUnsignedLongLong,
  toUnrestrictedDouble,
  toUnsignedLong,
  toUnsignedShort,
  toUSVString,
};
