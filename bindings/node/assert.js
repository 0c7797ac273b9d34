'use strict';

// node:assert (https://nodejs.org/api/assert.html).

const { Error, TypeError } = internal.primordials;
const { inspect } = native.builtinModule('node:util').default;
const { isDeepEqual } = internal;

class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = 'AssertionError';
    this.code = 'ERR_ASSERTION';
    this.generatedMessage = message === undefined;
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

function expect(holds, message, details) {
  if (holds) return;
  if (message instanceof Error) throw message;
  throw new AssertionError({ ...details, message });
}

function assert(value, message) {
  expect(value, message ?? (arguments.length === 0 ? 'No value argument passed to `assert.ok()`' : 'The expression evaluated to a falsy value'),
    { actual: value, expected: true, operator: '==' });
}

// Whether an error is what was expected: a class, a pattern, a function that says so, an object with some of its properties.
function fits(error, expected) {
  if (expected === undefined) return true;
  if (expected instanceof RegExp) return expected.test(String(error));
  if (typeof expected === 'function') {
    if (expected.prototype !== undefined && error instanceof expected) return true;
    return !(Error.isPrototypeOf(expected) || expected === Error) && expected.call({}, error) === true;
  }
  return Object.keys(expected).every((key) => (
    expected[key] instanceof RegExp && typeof error[key] === 'string' ? expected[key].test(error[key]) : isDeepEqual(error[key], expected[key], false)));
}

function judge(thrown, error, expected, message, operator) {
  if (typeof expected === 'string') [expected, message] = [undefined, expected];
  expect(thrown, message ?? 'Missing expected exception.', { operator });
  if (fits(error, expected)) return;
  if (typeof expected === 'function' || expected instanceof RegExp) throw message === undefined ? error : new AssertionError({ message, actual: error, expected, operator });
  expect(false, message, { actual: error, expected, operator });
}

const methods = {
  AssertionError,
  ok: assert,
  equal: (actual, expected, message) => expect(actual == expected || (actual !== actual && expected !== expected), message, { actual, expected, operator: '==' }),
  notEqual: (actual, expected, message) => expect(actual != expected, message, { actual, expected, operator: '!=' }),
  strictEqual: (actual, expected, message) => expect(Object.is(actual, expected), message, { actual, expected, operator: 'strictEqual' }),
  notStrictEqual: (actual, expected, message) => expect(!Object.is(actual, expected), message, { actual, expected, operator: 'notStrictEqual' }),
  deepEqual: (actual, expected, message) => expect(isDeepEqual(actual, expected, true), message, { actual, expected, operator: 'deepEqual' }),
  notDeepEqual: (actual, expected, message) => expect(!isDeepEqual(actual, expected, true), message, { actual, expected, operator: 'notDeepEqual' }),
  deepStrictEqual: (actual, expected, message) => expect(isDeepEqual(actual, expected, false), message, { actual, expected, operator: 'deepStrictEqual' }),
  notDeepStrictEqual: (actual, expected, message) => expect(!isDeepEqual(actual, expected, false), message, { actual, expected, operator: 'notDeepStrictEqual' }),
  match: (text, pattern, message) => expect(typeof text === 'string' && pattern.test(text), message, { actual: text, expected: pattern, operator: 'match' }),
  doesNotMatch: (text, pattern, message) => expect(typeof text !== 'string' || !pattern.test(text), message, { actual: text, expected: pattern, operator: 'doesNotMatch' }),
  fail(message = 'Failed') {
    expect(false, message, { operator: 'fail' });
  },
  ifError(value) {
    if (value !== null && value !== undefined) throw value instanceof Error ? value : new AssertionError({ message: `ifError got unwanted exception: ${inspect(value)}`, actual: value, expected: null, operator: 'ifError' });
  },
  throws(fn, expected, message) {
    if (typeof fn !== 'function') throw new TypeError('The "fn" argument must be of type function.');
    let error;
    let thrown = false;
    try {
      fn();
    } catch (caught) {
      [thrown, error] = [true, caught];
    }
    judge(thrown, error, expected, message, 'throws');
  },
  doesNotThrow(fn, expected, message) {
    try {
      fn();
    } catch (error) {
      expect(false, typeof expected === 'string' ? expected : message ?? `Got unwanted exception.\nActual message: "${error?.message}"`, { actual: error, operator: 'doesNotThrow' });
    }
  },
  async rejects(promise, expected, message) {
    let error;
    let thrown = false;
    try {
      await (typeof promise === 'function' ? promise() : promise);
    } catch (caught) {
      [thrown, error] = [true, caught];
    }
    judge(thrown, error, expected, message, 'rejects');
  },
  async doesNotReject(promise, expected, message) {
    try {
      await (typeof promise === 'function' ? promise() : promise);
    } catch (error) {
      expect(false, typeof expected === 'string' ? expected : message ?? `Got unwanted rejection.\nActual message: "${error?.message}"`, { actual: error, operator: 'doesNotReject' });
    }
  },
};
Object.assign(assert, methods);

// With the strict comparisons under the short names.
const strict = Object.assign((...args) => assert(...args), methods, {
  equal: methods.strictEqual, notEqual: methods.notStrictEqual, deepEqual: methods.deepStrictEqual, notDeepEqual: methods.notDeepStrictEqual,
});
assert.strict = strict;
strict.strict = strict;

return { __proto__: null, ...methods, strict, default: assert };
