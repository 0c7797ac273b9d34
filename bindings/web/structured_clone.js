'use strict';

// DOMException for structuredClone (https://webidl.spec.whatwg.org/#dom-domexception-serialization).

const {
  DOMException, isDOMException, primordials: { getter, ObjectDefineProperty },
} = internal;
const getName = getter(DOMException.prototype, 'name');
const getMessage = getter(DOMException.prototype, 'message');

// A clone of `value` if it is a DOMException, else undefined.
internal.cloneDOMException = (value) => {
  if (!isDOMException(value)) return undefined;
  const { stack } = value;
  const clone = new DOMException(getMessage(value), getName(value));
  if (typeof stack === 'string') {
    ObjectDefineProperty(clone, 'stack', {
      __proto__: null, value: stack, writable: true, enumerable: false, configurable: true,
    });
  }
  return clone;
};
