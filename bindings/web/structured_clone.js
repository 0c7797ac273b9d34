'use strict';

// DOMException for structuredClone (https://webidl.spec.whatwg.org/#dom-domexception-serialization).

const { DOMException, isDOMException, primordials: { getter } } = internal;
const getName = getter(DOMException.prototype, 'name');
const getMessage = getter(DOMException.prototype, 'message');

// [name, message, stack] of a DOMException, undefined for anything else.
internal.describeDOMException = (value) => {
  if (!isDOMException(value)) return undefined;
  const { stack } = value;
  return [getName(value), getMessage(value), typeof stack === 'string' ? stack : undefined];
};
