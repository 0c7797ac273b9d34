'use strict';

// The intrinsics that built-in JavaScript uses, captured before any user code runs.
//
// User code shares the realm with the built-ins and may replace any global or prototype method.
// Everything here is taken once, when the startup snapshot is built, and is called with an explicit
// receiver (`MapPrototypeGet(map, key)`), so later patches are never seen. Two habits complete it:
// no `for…of`, spread or array destructuring over arrays (they look up `Symbol.iterator`), and no
// property write that could reach a setter on `Object.prototype` or `Array.prototype`: objects get
// all their fields in a literal, or in the constructor of a class that `isolate` has seen; growing
// lists are linked lists, Maps or `Ring`s.

const {
  AggregateError, Array, ArrayBuffer, BigInt, Boolean, DataView, Date, Error, Function, Map, Number,
  Object, Promise, Proxy, RangeError, Reflect, RegExp, Set, String, Symbol, SyntaxError, TypeError,
  Uint8Array, WeakMap, WeakRef, WeakSet,
} = globalThis;

const FunctionPrototypeCall = Function.prototype.call;
const uncurryThis = Function.prototype.bind.bind(FunctionPrototypeCall);
const { getOwnPropertyDescriptor } = Object;

function getter(prototype, key) {
  return uncurryThis(getOwnPropertyDescriptor(prototype, key).get);
}

const TypedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const AsyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(async function* () {}).prototype);

const { apply: ReflectApply } = Reflect;
const MapIteratorPrototype = Object.getPrototypeOf(new Map().entries());
const SetIteratorPrototype = Object.getPrototypeOf(new Set().values());

const promiseResolve = Promise.resolve;
const promiseReject = Promise.reject;
const arrayFrom = Array.from;

const {
  defineProperty: ObjectDefineProperty,
  getOwnPropertyNames: ObjectGetOwnPropertyNames,
  setPrototypeOf: ObjectSetPrototypeOf,
} = Object;

// The interface pattern of WebIDL for a plain JavaScript class: members become enumerable,
// @@toStringTag names the interface, and constants go on both the interface and its prototype.
//   name       the tag, when it is not the class's own name
//   constants  an object of numeric constants
function defineInterface(Class, options = { __proto__: null }) {
  const makeEnumerable = (object, skip) => {
    const names = ObjectGetOwnPropertyNames(object);
    for (let i = 0; i < names.length; i++) {
      if (skip(names[i])) continue;
      ObjectDefineProperty(object, names[i], { __proto__: null, enumerable: true });
    }
  };
  makeEnumerable(Class.prototype, (key) => key === 'constructor');
  makeEnumerable(Class, (key) => key === 'length' || key === 'name' || key === 'prototype');
  const { constants } = options;
  if (constants !== undefined) {
    const names = ObjectGetOwnPropertyNames(constants);
    for (let i = 0; i < names.length; i++) {
      const descriptor = { __proto__: null, value: constants[names[i]], enumerable: true };
      ObjectDefineProperty(Class, names[i], descriptor);
      ObjectDefineProperty(Class.prototype, names[i], descriptor);
    }
  }
  ObjectDefineProperty(Class.prototype, Symbol.toStringTag, {
    __proto__: null, value: options.name ?? Class.name, configurable: true,
  });
  SetPrototypeAdd(platformPrototypes, Class.prototype);
}

const platformPrototypes = new Set();
const SetPrototypeAdd = uncurryThis(Set.prototype.add);
const SetPrototypeHas = uncurryThis(Set.prototype.has);
// Whether an object that inherits from this is one of the platform's.
internal.isPlatformPrototype = (prototype) => SetPrototypeHas(platformPrototypes, prototype);

// For classes of internal objects: takes Object.prototype out of their prototype chain, so that
// `this.field = …` in a constructor defines the field whatever setters user code puts there.
function isolate(Class) {
  ObjectSetPrototypeOf(Class.prototype, null);
}

internal.primordials = {
  __proto__: null,
  uncurryThis,
  defineInterface,
  isolate,
  globalThis,

  AggregateError, Array, ArrayBuffer, BigInt, Boolean, DataView, Date, Error, Function, Map, Number,
  Object, Promise, Proxy, RangeError, RegExp, Set, String, Symbol, SyntaxError, TypeError, Uint8Array,
  WeakMap, WeakRef, WeakSet,

  ArrayFrom: (items) => ReflectApply(arrayFrom, Array, [items]),
  ArrayIsArray: Array.isArray,
  ArrayPrototypeJoin: uncurryThis(Array.prototype.join),
  ArrayPrototypeSort: uncurryThis(Array.prototype.sort),

  ArrayBufferIsView: ArrayBuffer.isView,
  ArrayBufferPrototypeGetByteLength: getter(ArrayBuffer.prototype, 'byteLength'),
  ArrayBufferPrototypeGetDetached: getter(ArrayBuffer.prototype, 'detached'),
  ArrayBufferPrototypeSlice: uncurryThis(ArrayBuffer.prototype.slice),
  ArrayBufferPrototypeTransferToFixedLength:
    uncurryThis(ArrayBuffer.prototype.transferToFixedLength),
  DataViewPrototypeGetBuffer: getter(DataView.prototype, 'buffer'),
  DataViewPrototypeGetByteLength: getter(DataView.prototype, 'byteLength'),
  DataViewPrototypeGetByteOffset: getter(DataView.prototype, 'byteOffset'),
  TypedArrayPrototype,
  TypedArrayPrototypeGetBuffer: getter(TypedArrayPrototype, 'buffer'),
  TypedArrayPrototypeGetByteLength: getter(TypedArrayPrototype, 'byteLength'),
  TypedArrayPrototypeGetByteOffset: getter(TypedArrayPrototype, 'byteOffset'),
  TypedArrayPrototypeGetLength: getter(TypedArrayPrototype, 'length'),
  TypedArrayPrototypeGetSymbolToStringTag: getter(TypedArrayPrototype, Symbol.toStringTag),
  TypedArrayPrototypeSet: uncurryThis(TypedArrayPrototype.set),

  BigIntPrototypeToString: uncurryThis(BigInt.prototype.toString),
  BigIntPrototypeValueOf: uncurryThis(BigInt.prototype.valueOf),
  BooleanPrototypeValueOf: uncurryThis(Boolean.prototype.valueOf),
  DatePrototypeGetTime: uncurryThis(Date.prototype.getTime),
  DatePrototypeToISOString: uncurryThis(Date.prototype.toISOString),
  ErrorCaptureStackTrace: Error.captureStackTrace,
  FunctionPrototypeToString: uncurryThis(Function.prototype.toString),
  JSONStringify: JSON.stringify,

  MapPrototypeDelete: uncurryThis(Map.prototype.delete),
  MapIteratorPrototypeNext: uncurryThis(MapIteratorPrototype.next),
  MapPrototypeEntries: uncurryThis(Map.prototype.entries),
  MapPrototypeForEach: uncurryThis(Map.prototype.forEach),
  MapPrototypeGet: uncurryThis(Map.prototype.get),
  MapPrototypeGetSize: getter(Map.prototype, 'size'),
  MapPrototypeHas: uncurryThis(Map.prototype.has),
  MapPrototypeSet: uncurryThis(Map.prototype.set),
  SetPrototypeAdd,
  SetPrototypeDelete: uncurryThis(Set.prototype.delete),
  SetIteratorPrototypeNext: uncurryThis(SetIteratorPrototype.next),
  SetPrototypeForEach: uncurryThis(Set.prototype.forEach),
  SetPrototypeGetSize: getter(Set.prototype, 'size'),
  SetPrototypeValues: uncurryThis(Set.prototype.values),
  SetPrototypeHas,
  WeakMapPrototypeGet: uncurryThis(WeakMap.prototype.get),
  WeakMapPrototypeSet: uncurryThis(WeakMap.prototype.set),
  WeakMapPrototypeHas: uncurryThis(WeakMap.prototype.has),
  WeakRefPrototypeDeref: uncurryThis(WeakRef.prototype.deref),
  WeakSetPrototypeHas: uncurryThis(WeakSet.prototype.has),

  MathFloor: Math.floor,
  MathMax: Math.max,
  MathMin: Math.min,
  MathTrunc: Math.trunc,
  NumberIsFinite: Number.isFinite,
  NumberIsInteger: Number.isInteger,
  NumberIsNaN: Number.isNaN,
  NumberParseFloat: Number.parseFloat,
  NumberParseInt: Number.parseInt,
  NumberPrototypeToFixed: uncurryThis(Number.prototype.toFixed),
  NumberPrototypeToString: uncurryThis(Number.prototype.toString),
  NumberPrototypeValueOf: uncurryThis(Number.prototype.valueOf),

  ObjectCreate: Object.create,
  ObjectDefineProperty,
  ObjectFreeze: Object.freeze,
  ObjectGetOwnPropertyDescriptor: getOwnPropertyDescriptor,
  ObjectGetPrototypeOf: Object.getPrototypeOf,
  ObjectIs: Object.is,
  ObjectKeys: Object.keys,
  ObjectPrototype: Object.prototype,
  ObjectPrototypeHasOwnProperty: uncurryThis(Object.prototype.hasOwnProperty),
  ObjectPrototypePropertyIsEnumerable: uncurryThis(Object.prototype.propertyIsEnumerable),
  ObjectGetOwnPropertyNames,
  ObjectSetPrototypeOf,

  PromisePrototypeThen: uncurryThis(Promise.prototype.then),
  PromiseReject: (reason) => ReflectApply(promiseReject, Promise, [reason]),
  PromiseResolve: (value) => ReflectApply(promiseResolve, Promise, [value]),
  // For reactions to work that has already finished; costs no new promise.
  resolvedPromise: ReflectApply(promiseResolve, Promise, [undefined]),

  ReflectApply,
  ReflectConstruct: Reflect.construct,
  ReflectDefineProperty: Reflect.defineProperty,
  ReflectDeleteProperty: Reflect.deleteProperty,
  ReflectGet: Reflect.get,
  ReflectGetOwnPropertyDescriptor: Reflect.getOwnPropertyDescriptor,
  ReflectHas: Reflect.has,
  ReflectOwnKeys: Reflect.ownKeys,
  ReflectSet: Reflect.set,
  RegExpPrototypeExec: uncurryThis(RegExp.prototype.exec),
  RegExpPrototypeGetSource: getter(RegExp.prototype, 'source'),

  StringFromCharCode: String.fromCharCode,
  StringPrototypeCharCodeAt: uncurryThis(String.prototype.charCodeAt),
  StringPrototypeEndsWith: uncurryThis(String.prototype.endsWith),
  StringPrototypeIncludes: uncurryThis(String.prototype.includes),
  StringPrototypeIndexOf: uncurryThis(String.prototype.indexOf),
  StringPrototypePadEnd: uncurryThis(String.prototype.padEnd),
  StringPrototypePadStart: uncurryThis(String.prototype.padStart),
  StringPrototypeRepeat: uncurryThis(String.prototype.repeat),
  StringPrototypeSlice: uncurryThis(String.prototype.slice),
  StringPrototypeStartsWith: uncurryThis(String.prototype.startsWith),
  StringPrototypeToUpperCase: uncurryThis(String.prototype.toUpperCase),
  StringPrototypeValueOf: uncurryThis(String.prototype.valueOf),
  SymbolAsyncIterator: Symbol.asyncIterator,
  SymbolIterator: Symbol.iterator,
  SymbolToStringTag: Symbol.toStringTag,
  SymbolPrototypeToString: uncurryThis(Symbol.prototype.toString),
  SymbolPrototypeValueOf: uncurryThis(Symbol.prototype.valueOf),

  AsyncIteratorPrototype,
  getter,
};
