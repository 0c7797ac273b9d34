import { test, worker, assert, assertEquals, assertThrows } from './harness.mjs';

test('DOMException has the defaults of the standard', () => {
  const error = new DOMException();
  assertEquals(error.name, 'Error');
  assertEquals(error.message, '');
  assertEquals(error.code, 0);
  assert(error instanceof Error);
  assertEquals(Object.prototype.toString.call(error), '[object DOMException]');
});

test('DOMException maps names to legacy codes', () => {
  const codes = { IndexSizeError: 1, NotFoundError: 8, InvalidStateError: 11, AbortError: 20,
                  QuotaExceededError: 22, TimeoutError: 23, DataCloneError: 25, EncodingError: 0 };
  for (const [name, code] of Object.entries(codes)) {
    assertEquals(new DOMException('m', name).code, code, name);
  }
  assertEquals(new DOMException('m', 'toString').code, 0, 'no lookup on Object.prototype');
});

test('DOMException takes a dictionary with a cause', () => {
  const cause = new Error('inner');
  const error = new DOMException('m', { name: 'DataError', cause });
  assertEquals(error.name, 'DataError');
  assertEquals(error.cause, cause);
  assert(!Object.hasOwn(new DOMException('m', 'x'), 'cause'));
});

test('DOMException has a stack that begins with its name and message', () => {
  function thrower() {
    throw new DOMException('went wrong', 'NotSupportedError');
  }
  const error = assertThrows(thrower, 'NotSupportedError');
  assert(error.stack.startsWith('NotSupportedError: went wrong\n'), error.stack);
  assert(error.stack.includes('thrower'), error.stack);
  assert(!/at new DOMException/.test(error.stack), error.stack);
});

test('DOMException constants are on the interface and its prototype, and cannot be changed', () => {
  for (const object of [DOMException, DOMException.prototype]) {
    const { value, writable, enumerable, configurable } =
      Object.getOwnPropertyDescriptor(object, 'DATA_CLONE_ERR');
    assertEquals(value, 25);
    assert(!writable && enumerable && !configurable);
  }
  assertEquals(Object.keys(DOMException).length, 25);
});

test('DOMException getters check their receiver', () => {
  for (const name of ['name', 'message', 'code']) {
    const { get, enumerable } = Object.getOwnPropertyDescriptor(DOMException.prototype, name);
    assert(enumerable, name);
    assertThrows(() => get.call({}), TypeError);
    assertThrows(() => get.call(new Error()), TypeError);
  }
  assertThrows(() => DOMException(), TypeError);
  assertThrows(() => new DOMException(Symbol()), TypeError);
});

export default worker;
