'use strict';

// node:querystring (https://nodejs.org/api/querystring.html).

const { decodeURIComponent: decode, encodeURIComponent: encode } = globalThis;

const escape = (text) => encode(String(text));

function unescape(text) {
  try {
    return decode(text);
  } catch {
    return text;
  }
}

function toText(value) {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}

function stringify(object, separator = '&', equals = '=', { encodeURIComponent = querystring.escape } = {}) {
  if (object === null || typeof object !== 'object') return '';
  const pairs = [];
  for (const [key, value] of Object.entries(object)) {
    for (const each of Array.isArray(value) ? value : [value]) pairs.push(encodeURIComponent(key) + equals + encodeURIComponent(toText(each)));
  }
  return pairs.join(separator);
}

function parse(text, separator = '&', equals = '=', { maxKeys = 1000, decodeURIComponent = querystring.unescape } = {}) {
  const result = { __proto__: null };
  if (typeof text !== 'string' || text === '') return result;
  let pairs = text.split(separator);
  if (maxKeys > 0) pairs = pairs.slice(0, maxKeys);
  for (const pair of pairs) {
    if (pair === '') continue;
    const at = pair.indexOf(equals);
    const part = (value) => decodeURIComponent(value.replaceAll('+', ' '));
    const key = part(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : part(pair.slice(at + equals.length));
    if (!(key in result)) result[key] = value;
    else if (Array.isArray(result[key])) result[key].push(value);
    else result[key] = [result[key], value];
  }
  return result;
}

const querystring = { escape, unescape, stringify, parse, encode: stringify, decode: parse };

return { __proto__: null, ...querystring, default: querystring };
