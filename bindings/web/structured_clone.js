'use strict';

// What structuredClone and messages do with objects of the platform: serializable objects are copied, transferable ones
// moved (https://html.spec.whatwg.org/#serializable-objects, #transferable-objects), the others refused.

const {
  DOMException, isDOMException, isPlatformPrototype,
  primordials: { ObjectGetPrototypeOf, getter, ObjectDefineProperty },
} = internal;

// Linked lists, the last one registered first.
let cloneables;
let transferables;

// For a class: `clone(value)` gives a copy of an instance, and undefined for anything else.
internal.setCloneable = (clone) => {
  cloneables = { __proto__: null, clone, next: cloneables };
};

// For a class: `isInstance(value)`, and `transfer(value)`, which gives the object that takes over, and throws when that
// cannot be done.
internal.setTransferable = (isInstance, transfer) => {
  transferables = { __proto__: null, isInstance, transfer, next: transferables };
};

const MAX_PROTOTYPES = 100;

// A copy, null when `value` is an object of the platform that has none, undefined for an object of the worker's.
internal.cloneHostObject = (value) => {
  for (let each = cloneables; each !== undefined; each = each.next) {
    const clone = each.clone(value);
    if (clone !== undefined) return clone;
  }
  let prototype = value;
  for (let i = 0; i < MAX_PROTOTYPES && prototype !== null; i++) {
    prototype = ObjectGetPrototypeOf(prototype);
    // A DOMException would have been copied: this only looks like one.
    if (prototype !== DOMException.prototype && isPlatformPrototype(prototype)) return null;
  }
  return undefined;
};

function findTransferable(value) {
  let each = transferables;
  while (each !== undefined && !each.isInstance(value)) each = each.next;
  return each;
}

internal.isTransferable = (value) => findTransferable(value) !== undefined;
internal.transferObject = (value) => findTransferable(value).transfer(value);

// https://webidl.spec.whatwg.org/#dom-domexception-serialization
const getName = getter(DOMException.prototype, 'name');
const getMessage = getter(DOMException.prototype, 'message');
internal.setCloneable((value) => {
  if (!isDOMException(value)) return undefined;
  const { stack } = value;
  const clone = new DOMException(getMessage(value), getName(value));
  if (typeof stack === 'string') {
    ObjectDefineProperty(clone, 'stack', {
      __proto__: null, value: stack, writable: true, enumerable: false, configurable: true,
    });
  }
  return clone;
});
