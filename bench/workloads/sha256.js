// A JSON round trip of 20 KiB and its SHA-256.
const document = { rows: Array.from({ length: 200 }, (_, i) => ({ id: i, name: 'row number ' + i, tags: ['a', 'b', 'c'], price: i * 1.5, note: 'some text that is a little longer' })) };
const text = JSON.stringify(document);
const encoder = new TextEncoder();

export default {
  async fetch() {
    const copy = JSON.stringify(JSON.parse(text));
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(copy)));
    let hex = '';
    for (const byte of hash) hex += byte.toString(16).padStart(2, '0');
    return new Response(hex);
  },
};
