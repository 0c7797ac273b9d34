'use strict';

// node:stream/consumers: all that a stream gives, in one piece. Streams of Node.js, of the Web, and async iterables.

const { Buffer } = native.builtinModule('node:buffer');

const bytesOf = (chunk) => (typeof chunk === 'string' ? Buffer.from(chunk)
  : ArrayBuffer.isView(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.from(chunk));

async function buffer(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(bytesOf(chunk));
  return Buffer.concat(chunks);
}
async function arrayBuffer(stream) {
  const bytes = await buffer(stream);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}
async function text(stream) {
  const decoder = new TextDecoder();
  let result = '';
  for await (const chunk of stream) result += typeof chunk === 'string' ? chunk : decoder.decode(bytesOf(chunk), { stream: true });
  return result + decoder.decode();
}
const json = async (stream) => JSON.parse(await text(stream));
const blob = async (stream) => new Blob([await buffer(stream)]);
const members = { arrayBuffer, blob, buffer, bytes: async (stream) => new Uint8Array(await arrayBuffer(stream)), json, text };

return { __proto__: null, ...members, default: members };
