'use strict';

// internal.format(args): the Console Standard's Formatter (§2.2) and Printer in one, from the
// arguments of a console method to its text.
//
// The specifiers convert primitives only; an object is inspected, or is NaN as a number, because
// conversion would run user code. (%j is the exception: JSON.stringify is what it asks for.)

const {
  JSONStringify, NumberParseFloat, NumberParseInt, Number, String, StringPrototypeCharCodeAt,
  StringPrototypeIndexOf, StringPrototypeSlice,
} = internal.primordials;
const { inspect } = internal;
const { isObject } = internal.webidl;

const MAX_TEXT = 1024 * 1024;
const PERCENT = 0x25;

const shallow = { __proto__: null, depth: 1 };
const detailed = { __proto__: null, showHidden: true };

function toNumberText(value, convert) {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol' || isObject(value)) return 'NaN';
  const number = convert(value);
  return number === 0 && 1 / number < 0 ? '-0' : `${number}`;
}

function toStringText(value) {
  if (isObject(value)) return inspect(value, shallow);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return toNumberText(value, Number);
  return String(value);
}

function toJSONText(value) {
  try {
    return `${JSONStringify(value)}`;
  } catch {
    return inspect(value);
  }
}

// The text of `value` for a specifier; undefined when the letter is none.
function substitute(letter, value) {
  switch (letter) {
    case 0x73: return toStringText(value);                          // s
    case 0x64: return toNumberText(value, Number);                  // d
    case 0x69: return toNumberText(value, NumberParseInt);          // i
    case 0x66: return toNumberText(value, NumberParseFloat);        // f
    case 0x6a: return toJSONText(value);                            // j
    case 0x6f: return inspect(value, detailed);                     // o
    case 0x4f: return inspect(value);                               // O
    case 0x63: return '';                                           // c: style, which text has not
    default: return undefined;
  }
}

function formatValue(value) {
  return typeof value === 'string' ? value : inspect(value);
}

// `args` is an array of its own (a rest parameter), so its elements are plain.
function format(args) {
  const { length } = args;
  if (length === 0) return '';
  let text = '';
  let next = 1;
  const first = args[0];
  if (typeof first === 'string' && length > 1) {
    let copied = 0;
    let position = StringPrototypeIndexOf(first, '%');
    while (position !== -1 && position + 1 < first.length) {
      const letter = StringPrototypeCharCodeAt(first, position + 1);
      if (letter === PERCENT) {
        text += StringPrototypeSlice(first, copied, position + 1);
        copied = position + 2;
      } else if (next < length) {
        const replacement = substitute(letter, args[next]);
        if (replacement !== undefined) {
          text += StringPrototypeSlice(first, copied, position) + replacement;
          copied = position + 2;
          next++;
        }
      }
      position = StringPrototypeIndexOf(first, '%', position + 2);
    }
    text += StringPrototypeSlice(first, copied);
  } else {
    text = formatValue(first);
  }
  for (; next < length && text.length < MAX_TEXT; next++) text += ` ${formatValue(args[next])}`;
  return text.length > MAX_TEXT ? `${StringPrototypeSlice(text, 0, MAX_TEXT)}...` : text;
}

internal.format = format;
