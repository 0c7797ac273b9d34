'use strict';

// Functions of Array.prototype that V8 runs in one loop of C++, or on a list as long as their receiver says it is. For
// `{ length: 2 ** 53 - 1 }` and `new Array(2 ** 32 - 1)` that is a loop which nothing can end, or an allocation that
// ends the process. Such receivers get the same steps in JavaScript, which can be ended; all others V8's own function.

const { Array: { prototype }, Math: { trunc, max, min }, Object: { defineProperty }, WeakMap } = globalThis;
const { uncurryThis } = internal.primordials;
const { isArray } = Array;
const { deleteProperty } = Reflect;

// An array with more elements has holes: no isolate has the memory.
const many = 2 ** 25;

const isOrdinary = (value) => isArray(value) && value.length <= many;

function lengthOf(object) {
  const length = +object.length;
  return length > 0 ? min(trunc(length), 2 ** 53 - 1) : 0;
}

function toInteger(value) {
  const number = trunc(+value);
  return number === number ? number : 0;
}

function from(relative, length) {
  const index = toInteger(relative);
  return index < 0 ? max(length + index, 0) : min(index, length);
}

const toObject = (value, name) => {
  if (value === undefined || value === null) {
    throw new TypeError(`Array.prototype.${name} called on null or undefined`);
  }
  return Object(value);
};

const includesOf = uncurryThis(prototype.includes);
const indexOfOf = uncurryThis(prototype.indexOf);
const fillOf = uncurryThis(prototype.fill);
const sortOf = uncurryThis(prototype.sort);

const functions = {
  __proto__: null,

  // https://tc39.es/ecma262/#sec-array.prototype.includes
  includes(searchElement, fromIndex = undefined) {
    if (isOrdinary(this)) return includesOf(this, searchElement, fromIndex);
    const object = toObject(this, 'includes');
    const length = lengthOf(object);
    if (length === 0) return false;
    for (let k = from(fromIndex, length); k < length; ++k) {
      const element = object[k];
      if (element === searchElement || (element !== element && searchElement !== searchElement)) return true;
    }
    return false;
  },

  // https://tc39.es/ecma262/#sec-array.prototype.indexof
  indexOf(searchElement, fromIndex = undefined) {
    if (isOrdinary(this)) return indexOfOf(this, searchElement, fromIndex);
    const object = toObject(this, 'indexOf');
    const length = lengthOf(object);
    if (length === 0) return -1;
    for (let k = from(fromIndex, length); k < length; ++k) {
      if (k in object && object[k] === searchElement) return k;
    }
    return -1;
  },

  // https://tc39.es/ecma262/#sec-array.prototype.fill
  fill(value, start = undefined, end = undefined) {
    if (isOrdinary(this)) return fillOf(this, value, start, end);
    const object = toObject(this, 'fill');
    const length = lengthOf(object);
    let k = from(start, length);
    const final = end === undefined ? length : from(end, length);
    for (; k < final; ++k) object[k] = value;
    return object;
  },

  // https://tc39.es/ecma262/#sec-array.prototype.sort
  sort(comparefn) {
    if (isOrdinary(this)) return sortOf(this, comparefn);
    if (comparefn !== undefined && typeof comparefn !== 'function') {
      throw new TypeError('The comparison function must be either a function or undefined');
    }
    const object = toObject(this, 'sort');
    const length = lengthOf(object);
    const items = [];
    for (let k = 0; k < length; ++k) {
      if (!(k in object)) continue;
      const value = object[k];
      defineProperty(items, items.length, {
        __proto__: null, value, writable: true, enumerable: true, configurable: true,
      });
    }
    sortOf(items, comparefn);
    let k = 0;
    for (; k < items.length; ++k) object[k] = items[k];
    for (; k < length; ++k) {
      if (!deleteProperty(object, k)) throw new TypeError(`Cannot delete property '${k}' of the object`);
    }
    return object;
  },
};

// They look like V8's own.
const texts = new WeakMap();
const textOf = uncurryThis(texts.get);
const toStringOf = uncurryThis(Function.prototype.toString);
const { toString } = {
  toString() {
    return textOf(texts, this) ?? toStringOf(this);
  },
};

function install(target, name, value, length) {
  defineProperty(value, 'length', { __proto__: null, value: length, configurable: true });
  defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
  texts.set(value, `function ${name}() { [native code] }`);
}

for (const name of ['includes', 'indexOf', 'fill', 'sort']) install(prototype, name, functions[name], 1);
install(Function.prototype, 'toString', toString, 0);
