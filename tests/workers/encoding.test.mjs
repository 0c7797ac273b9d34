import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';

const bytes = (...list) => new Uint8Array(list);

test('TextEncoder encodes to UTF-8', () => {
  const encoder = new TextEncoder();
  assertEquals(encoder.encoding, 'utf-8');
  assertDeepEquals(encoder.encode(), bytes());
  assertDeepEquals(encoder.encode(undefined), bytes());
  assertDeepEquals(encoder.encode(''), bytes());
  assertDeepEquals(encoder.encode('abc'), bytes(97, 98, 99));
  assertDeepEquals(encoder.encode('é'), bytes(0xC3, 0xA9));
  assertDeepEquals(encoder.encode('€😀'), bytes(0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80));
  assertDeepEquals(encoder.encode('\uD800x\uDC00'), bytes(0xEF, 0xBF, 0xBD, 120, 0xEF, 0xBF, 0xBD));
  assertDeepEquals(encoder.encode(null), bytes(110, 117, 108, 108));
  assert(encoder.encode('x') instanceof Uint8Array);
  assertThrows(() => encoder.encode(Symbol('s')), TypeError);
  assertEquals(new TextDecoder().decode(encoder.encode('é'.repeat(5_000))), 'é'.repeat(5_000));
  assertEquals(new TextDecoder().decode(encoder.encode('a😀'.repeat(5_000))), 'a😀'.repeat(5_000));
});

test('TextEncoder.encodeInto stops before what does not fit', () => {
  const encoder = new TextEncoder();
  const into = (text, size) => {
    const target = new Uint8Array(size + 2).fill(0xEE);
    const { read, written } = encoder.encodeInto(text, target.subarray(1, 1 + size));
    assertEquals(target[0], 0xEE);
    assertEquals(target[size + 1], 0xEE);
    return [read, written, ...target.subarray(1, 1 + written)];
  };
  assertDeepEquals(into('abc', 2), [2, 2, 97, 98]);
  assertDeepEquals(into('abc', 10), [3, 3, 97, 98, 99]);
  assertDeepEquals(into('é', 1), [0, 0]);
  assertDeepEquals(into('aé', 2), [1, 1, 97]);
  assertDeepEquals(into('😀', 3), [0, 0]);
  assertDeepEquals(into('😀', 4), [2, 4, 0xF0, 0x9F, 0x98, 0x80]);
  assertDeepEquals(into('\uD800', 3), [1, 3, 0xEF, 0xBF, 0xBD]);
  assertDeepEquals(into('\uD800a', 4), [2, 4, 0xEF, 0xBF, 0xBD, 97]);
  assertDeepEquals(into('abc', 0), [0, 0]);
  assertThrows(() => encoder.encodeInto('a', new Uint16Array(2)), TypeError);
  assertThrows(() => encoder.encodeInto('a', new ArrayBuffer(2)), TypeError);
  assertThrows(() => encoder.encodeInto('a'), TypeError);
  const detached = new Uint8Array(4);
  structuredClone(null, { transfer: [detached.buffer] });
  assertDeepEquals(encoder.encodeInto('abc', detached), { read: 0, written: 0 });
});

test('TextDecoder knows labels', () => {
  assertEquals(new TextDecoder().encoding, 'utf-8');
  assertEquals(new TextDecoder(undefined).encoding, 'utf-8');
  assertEquals(new TextDecoder(' UTF8\n').encoding, 'utf-8');
  assertEquals(new TextDecoder('latin1').encoding, 'windows-1252');
  assertEquals(new TextDecoder('utf-16').encoding, 'utf-16le');
  assertEquals(new TextDecoder('x-sjis').encoding, 'shift_jis');
  for (const label of ['', 'utf-7', 'replacement', 'hz-gb-2312', 'utf-8\0', 'ütf-8']) {
    assertThrows(() => new TextDecoder(label), RangeError);
  }
  assertThrows(() => new TextDecoder('nope'), /'nope'/);
  const decoder = new TextDecoder('utf-8', { fatal: 1, ignoreBOM: true });
  assert(decoder.fatal && decoder.ignoreBOM);
  assert(!new TextDecoder().fatal && !new TextDecoder().ignoreBOM);
  assertThrows(() => new TextDecoder('utf-8', 1), TypeError);
  assertThrows(() => TextDecoder(), TypeError);
});

test('TextDecoder decodes UTF-8', () => {
  const decode = (...list) => new TextDecoder().decode(bytes(...list));
  assertEquals(new TextDecoder().decode(), '');
  assertEquals(decode(97, 98), 'ab');
  assertEquals(decode(0xC3, 0xA9), 'é');
  assertEquals(decode(0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80), '€😀');
  assertEquals(decode(0xE2, 0x82), '\uFFFD');
  assertEquals(decode(0xF0, 0x9F, 0x98, 97), '\uFFFDa');
  assertEquals(decode(0xC0, 0x80), '\uFFFD\uFFFD');
  assertEquals(decode(0xED, 0xA0, 0x80), '\uFFFD\uFFFD\uFFFD');
  assertEquals(decode(0xEF, 0xBB, 0xBF, 97), 'a');
  assertEquals(decode(0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF, 97), '\uFEFFa');
  assertEquals(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes(0xEF, 0xBB, 0xBF, 97)), '\uFEFFa');
});

test('TextDecoder takes every kind of buffer', () => {
  const buffer = bytes(120, 97, 98, 99, 120).buffer;
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(buffer), 'xabcx');
  assertEquals(decoder.decode(new Uint8Array(buffer, 1, 3)), 'abc');
  assertEquals(decoder.decode(new DataView(buffer, 2)), 'bcx');
  assertEquals(decoder.decode(new Uint16Array(bytes(97, 98).buffer)), 'ab');
  assertEquals(decoder.decode(new Float64Array(0)), '');
  assertEquals(decoder.decode(new Uint8Array(100).fill(65)), 'A'.repeat(100));
  for (const wrong of [null, 'abc', 1, {}, [97]]) assertThrows(() => decoder.decode(wrong), TypeError);
});

test('TextDecoder reads the bytes after all of its arguments', () => {
  const array = new Uint8Array(100).fill(65);
  const text = new TextDecoder().decode(array, {
    get stream() {
      structuredClone(array, { transfer: [array.buffer] });
      return false;
    },
  });
  assertEquals(text, '');
});

test('TextDecoder can be fatal', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  assertThrows(() => decoder.decode(bytes(0xFF)), TypeError);
  assertThrows(() => decoder.decode(bytes(0xE2, 0x82)), /not valid for encoding utf-8/);
  assertEquals(decoder.decode(bytes(0xE2, 0x82, 0xAC)), '€', 'and go on after an error');
  assertEquals(decoder.decode(bytes(0xE2), { stream: true }), '');
  assertEquals(decoder.decode(bytes(0x82, 0xAC), { stream: true }), '€');
  assertThrows(() => decoder.decode(bytes(0xE2)), TypeError);
  assertThrows(() => new TextDecoder('utf-16le', { fatal: true }).decode(bytes(0, 0xD8)), TypeError);
  assertThrows(() => new TextDecoder('big5', { fatal: true }).decode(bytes(0x81)), TypeError);
  assertThrows(() => new TextDecoder('windows-1253', { fatal: true }).decode(bytes(0xAA)), TypeError);
});

test('TextDecoder streams', () => {
  const whole = bytes(0xEF, 0xBB, 0xBF, 97, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x98, 0x80, 0xFF, 0xC3);
  for (let size = 1; size <= whole.length; size++) {
    const decoder = new TextDecoder();
    let text = '';
    for (let at = 0; at < whole.length; at += size) {
      text += decoder.decode(whole.subarray(at, at + size), { stream: true });
    }
    text += decoder.decode();
    assertEquals(text, 'a€😀\uFFFD\uFFFD', `chunks of ${size}`);
    assertEquals(decoder.decode(bytes(0xEF, 0xBB, 0xBF, 98)), 'b', 'a new stream, a new byte order mark');
  }
  const utf16 = new TextDecoder('utf-16le');
  let text = '';
  for (const byte of [0xFF, 0xFE, 97, 0, 0x3D, 0xD8, 0x00, 0xDE]) text += utf16.decode(bytes(byte), { stream: true });
  assertEquals(text + utf16.decode(), 'a😀');
  const jis = new TextDecoder('iso-2022-jp');
  text = '';
  for (const byte of [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x1B, 0x28, 0x42, 97]) {
    text += jis.decode(bytes(byte), { stream: true });
  }
  assertEquals(text + jis.decode(), '日a');
});

test('TextDecoder decodes other encodings', () => {
  const decode = (label, ...list) => new TextDecoder(label).decode(bytes(...list));
  assertEquals(decode('windows-1252', 0x80, 0xE9, 0x81), '€é\x81');
  assertEquals(decode('iso-8859-2', 0xB1), 'ą');
  assertEquals(decode('koi8-r', 0xD0, 0xD2), 'пр');
  assertEquals(decode('windows-1251', 0xCF), 'П');
  assertEquals(decode('x-user-defined', 0x41, 0xFF), 'A\uF7FF');
  assertEquals(decode('utf-16be', 0x30, 0x42), 'あ');
  assertEquals(decode('utf-16be', 0xFE, 0xFF, 0, 97), 'a');
  assertEquals(decode('shift_jis', 0x93, 0xFA, 0x96, 0x7B), '日本');
  assertEquals(decode('euc-jp', 0xC6, 0xFC), '日');
  assertEquals(decode('euc-kr', 0xB0, 0xA1), '가');
  assertEquals(decode('big5', 0xA4, 0xA4), '中');
  assertEquals(decode('gbk', 0xD6, 0xD0), '中');
  assertEquals(decode('gb18030', 0x94, 0x39, 0xDA, 0x33), '\u{1F4A9}');
  assertEquals(decode('iso-2022-jp', 0x41), 'A');
  assertEquals(decode('iso-2022-jp', 0x0E), '\uFFFD');
});

test('atob and btoa', () => {
  assertEquals(btoa(''), '');
  assertEquals(btoa('a'), 'YQ==');
  assertEquals(btoa('\xFF\0é'), '/wDp');
  assertEquals(btoa(null), 'bnVsbA==');
  assertThrows(() => btoa('€'), 'InvalidCharacterError');
  assertThrows(() => btoa(), TypeError);
  assertEquals(atob(''), '');
  assertEquals(atob('YQ=='), 'a');
  assertEquals(atob(' Y Q\n'), 'a');
  assertEquals(atob('/wDp'), '\xFF\0é');
  assertEquals(atob(null), '\x9Eée');
  for (const wrong of ['a', 'YQ=', '====', 'YQ==a', 'é', '€', 'Y-_=', 'YQ\v==', 'YQ\0=']) {
    assertThrows(() => atob(wrong), 'InvalidCharacterError');
  }
  const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('').repeat(40);
  assertEquals(atob(btoa(all)), all);
  assertEquals(atob.length, 1);
  assertEquals(btoa.length, 1);
});

test('Encoding members check their receiver', () => {
  for (const receiver of [{}, null, TextDecoder.prototype]) {
    assertThrows(() => TextEncoder.prototype.encode.call(receiver, 'a'), TypeError);
    assertThrows(() => TextDecoder.prototype.decode.call(receiver), TypeError);
    assertThrows(() => Object.getOwnPropertyDescriptor(TextDecoder.prototype, 'fatal').get.call(receiver), TypeError);
  }
  assertThrows(() => TextDecoder.prototype.decode.call(new TextEncoder()), TypeError);
  assertEquals(Object.prototype.toString.call(new TextEncoder()), '[object TextEncoder]');
});

export default worker;
