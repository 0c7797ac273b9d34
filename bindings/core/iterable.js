// Iterators of pair-iterable classes that C++ implements (https://webidl.spec.whatwg.org/#idl-iterable).
'use strict';

const { create, defineProperty, getPrototypeOf, setPrototypeOf } = Object;
const { apply } = Reflect;
const { iterator: iteratorSymbol, toStringTag } = Symbol;
const { TypeError } = globalThis;
const iteratorPrototype = getPrototypeOf(getPrototypeOf([][iteratorSymbol]()));

const KEYS = 0;
const VALUES = 1;
const ENTRIES = 2;

function method(target, name, value) {
  defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
}

// Gives `Class` entries, keys, values, forEach and [Symbol.iterator].
internal.makePairIterable = function makePairIterable(Class, className) {
  class PairIterator {
    #target;
    #kind;
    #index = 0;

    constructor(target, kind) {
      this.#target = target;
      this.#kind = kind;
    }

    static next(iterator) {
      if (typeof iterator !== 'object' || iterator === null || !(#target in iterator)) {
        throw new TypeError(`next() called on an object that is not a ${className} Iterator.`);
      }
      const pair = native.pairAt(iterator.#target, iterator.#index);
      if (pair === undefined) return { value: undefined, done: true };
      iterator.#index++;
      const kind = iterator.#kind;
      return { value: kind === ENTRIES ? pair : pair[kind], done: false };
    }
  }
  const { next } = PairIterator;

  const prototype = create(iteratorPrototype);
  method(prototype, 'next', { next() { return next(this); } }.next);
  defineProperty(prototype, toStringTag, { value: `${className} Iterator`, configurable: true });

  function iterate(target, kind) {
    native.checkClass(target, className);
    const iterator = new PairIterator(target, kind);
    setPrototypeOf(iterator, prototype);
    return iterator;
  }

  const methods = {
    entries() { return iterate(this, ENTRIES); },
    keys() { return iterate(this, KEYS); },
    values() { return iterate(this, VALUES); },
    forEach(callback, thisArg = undefined) {
      native.checkClass(this, className);
      if (arguments.length === 0) {
        throw new TypeError(
            `Failed to execute 'forEach' on '${className}': 1 argument required, but only 0 present.`);
      }
      if (typeof callback !== 'function') {
        throw new TypeError(`Failed to execute 'forEach' on '${className}': parameter 1 is not of type 'Function'.`);
      }
      for (let i = 0, pair; (pair = native.pairAt(this, i)) !== undefined; i++) {
        apply(callback, thisArg, [pair[1], pair[0], this]);
      }
    },
  };
  defineProperty(methods.forEach, 'length', { value: 1, configurable: true });
  for (const name of ['entries', 'keys', 'values', 'forEach']) method(Class.prototype, name, methods[name]);
  defineProperty(Class.prototype, iteratorSymbol,
                       { value: methods.entries, writable: true, enumerable: false, configurable: true });
};
