// node:stream. What is expected here is what Node.js does: each test writes down what happens, in order, and the same code
// run by Node.js writes down the same.
import { test, worker, assert, assertEquals } from './harness.mjs';
import { AsyncLocalStorage } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import S, { Readable } from 'node:stream';
import consumers from 'node:stream/consumers';
import promises from 'node:stream/promises';
import web from 'node:stream/web';
import util from 'node:util';

const names = ['data', 'end', 'close', 'error', 'finish', 'prefinish'];
const all = [...names, 'drain', 'pause', 'resume', 'pipe', 'unpipe'];

// Writes down the events of a stream.
function log(stream, trace, events = all) {
  for (const name of events) {
    stream.on(name, (value) => trace.push(name === 'data' ? `data:${value}` : name === 'error' ? `error:${value.code || value.message}` : name));
  }
  return stream;
}
// Timers without a delay come in order: nothing here depends on how fast it is.
const defer = (fn, ms, ...args) => setTimeout(fn, 0, ...args);
async function wait() {
  for (let i = 0; i < 40; i++) await new Promise((resolve) => { setTimeout(resolve, 0); });
}

function trace(name, expected, run) {
  test(`stream: ${name}`, async () => {
    const t = [];
    await run(t);
    assertEquals(t.map(String).join(' '), expected);
  });
}

trace('flow', "data:a data:b end close", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, names);
  r.push('a');
  r.push('b');
  r.push(null);
  await wait();
});

trace('flow sync', "data:0 data:1 data:2 data:3 data:4 end close", async (t) => {
  let i = 0;
  const r = new S.Readable({ read() { this.push(i < 5 ? String(i++) : null); } });
  log(r, t, names);
  await wait();
});

trace('paused', "a null bcd null false end close true true true", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, ['end','close','error']);
  r.push('ab');
  r.push('cd');
  t.push(String(r.read(1)), String(r.read(10)), String(r.read()), String(r.read()));
  r.push(null);
  t.push(r.readableEnded);
  r.read();
  await wait();
  t.push(r.readableEnded, r.destroyed, r.closed);
});

trace('readable', "x0x1 x2 end close", async (t) => {
  let i = 0;
  const r = new S.Readable({ read() { this.push(i < 3 ? 'x' + i++ : null); }, highWaterMark: 4 });
  r.on('readable', () => { let c; while ((c = r.read()) !== null) t.push(String(c)); });
  log(r, t, ['end','close']);
  await wait();
});

trace('readable n', "abc def gh end close", async (t) => {
  const r = new S.Readable({ read() {} });
  r.on('readable', () => { let c; while ((c = r.read(3)) !== null) t.push(String(c)); });
  log(r, t, ['end','close']);
  for (const p of ['a','b','c','defg','h']) { r.push(p); await wait(1); }
  r.push(null);
  await wait();
});

trace('object mode', "{\"a\":1} 0 \"\" true", async (t) => {
  const r = new S.Readable({ objectMode: true, read() {} });
  r.push({a:1});
  r.push(0);
  r.push('');
  r.push(null);
  for await (const c of r) t.push(JSON.stringify(c));
  t.push(r.destroyed);
});

trace('encoding', "data:a data:\u20acb end", async (t) => {
  const r = new S.Readable({ read() {}, encoding: 'utf8' });
  const b = Buffer.from('a€b');
  log(r, t, ['data','end']);
  r.push(b.subarray(0, 2));
  r.push(b.subarray(2));
  r.push(null);
  await wait();
});

trace('set encoding', "data:6162 data:63 end", async (t) => {
  const r = new S.Readable({ read() {} });
  r.push('ab');
  r.setEncoding('hex');
  r.push('c');
  r.push(null);
  log(r, t, ['data','end']);
  await wait();
});

trace('unshift', "hello  world end close", async (t) => {
  const r = new S.Readable({ read() {} });
  r.push('world');
  r.unshift('hello ');
  t.push(String(r.read(6)), String(r.read()));
  r.push(null);
  log(r, t, names);
  await wait();
});

trace('push after eof', "false error:ERR_STREAM_PUSH_AFTER_EOF close", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, names);
  r.push(null);
  t.push(r.push('a'));
  await wait();
});

trace('bad chunk', "error:ERR_INVALID_ARG_TYPE close", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, names);
  r.push({});
  await wait();
});

trace('read throws', "error:boom close", async (t) => {
  const r = new S.Readable({ read() { throw new Error('boom'); } });
  log(r, t, names);
  await wait();
});

trace('destroy err', "sync true true error:x close true x false", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, names);
  r.destroy(new Error('x'));
  t.push('sync', r.destroyed, r.closed);
  await wait();
  t.push(r.closed, r.errored?.message, r.readable);
});

trace('destroy twice', "d close", async (t) => {
  const r = new S.Readable({ read() {}, destroy(e, cb) { t.push('d'); defer(cb, 1, e); } });
  log(r, t, names);
  r.destroy();
  r.destroy(new Error('y'));
  await wait(10);
});

trace('no auto destroy', "data:a end false", async (t) => {
  const r = new S.Readable({ read() {}, autoDestroy: false });
  log(r, t, names);
  r.push('a');
  r.push(null);
  await wait();
  t.push(r.destroyed);
});

trace('emit close false', "end true true", async (t) => {
  const r = new S.Readable({ read() {}, emitClose: false });
  log(r, t, names);
  r.push(null);
  await wait();
  t.push(r.destroyed, r.closed);
});

trace('pause resume', "resume data:a pause false true resume data:b true end close", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, [...names, 'pause', 'resume']);
  r.push('a');
  await wait(1);
  r.pause();
  r.push('b');
  await wait(1);
  t.push(r.readableFlowing, r.isPaused());
  r.resume();
  await wait(1);
  t.push(r.readableFlowing);
  r.push(null);
  await wait();
});

trace('from', "a b 3", async (t) => {
  for await (const c of S.Readable.from(['a', Promise.resolve('b'), 3])) t.push(c);
});

trace('from async', "1 2 left", async (t) => {
  async function* g() { try { yield 1; yield 2; yield 3; } finally { t.push('left'); } }
  for await (const c of S.Readable.from(g())) { t.push(c); if (c === 2) break; }
  await wait();
});

trace('from error', "1 g", async (t) => {
  async function* g() { yield 1; throw new Error('g'); }
  try { for await (const c of S.Readable.from(g())) t.push(c); } catch (e) { t.push(e.message); }
});

trace('from string', "abc", async (t) => {
  for await (const c of S.Readable.from('abc')) t.push(c);
});

trace('iter destroy', "a ERR_STREAM_PREMATURE_CLOSE", async (t) => {
  const r = new S.Readable({ read() {} });
  r.push('a');
  defer(() => r.destroy(), 1);
  try { for await (const c of r) t.push(String(c)); t.push('over'); } catch (e) { t.push(e.code); }
});

trace('iter err', "a bad", async (t) => {
  const r = new S.Readable({ read() {} });
  r.push('a');
  defer(() => r.destroy(new Error('bad')), 1);
  try { for await (const c of r) t.push(String(c)); } catch (e) { t.push(e.message); }
});

trace('write', "w:a:buffer w:b:buffer w:c:buffer prefinish sync true false cb a end cb finish close true true", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { t.push('w:' + c + ':' + e); cb(); } });
  log(w, t);
  w.write('a', () => t.push('cb a'));
  w.write(Buffer.from('b'));
  w.end('c', () => t.push('end cb'));
  t.push('sync', w.writableEnded, w.writableFinished);
  await wait();
  t.push(w.writableFinished, w.destroyed);
});

trace('write async', "w:a true false false 4 true w:bc w:d drain 0 false prefinish finish close", async (t) => {
  const w = new S.Writable({ highWaterMark: 3, write(c, e, cb) { t.push('w:' + c); defer(cb, 1); } });
  log(w, t);
  t.push(w.write('a'), w.write('bc'), w.write('d'), w.writableLength, w.writableNeedDrain);
  await wait(15);
  t.push(w.writableLength, w.writableNeedDrain);
  w.end();
  await wait(5);
});

trace('writev', "v:a v:b|c prefinish finish close", async (t) => {
  const w = new S.Writable({ writev(cs, cb) { t.push('v:' + cs.map(c => c.chunk).join('|')); defer(cb, 1); } });
  log(w, t);
  w.write('a');
  w.write('b');
  w.write('c');
  w.end();
  await wait(15);
});

trace('cork', "corked 1 2 w:a w:b w:c prefinish finish close", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { t.push('w:' + c); cb(); } });
  w.cork();
  w.write('a');
  w.write('b');
  t.push('corked', w.writableCorked, w.writableLength);
  w.uncork();
  await wait();
  log(w, t);
  w.cork();
  w.write('c');
  w.end();
  await wait();
});

trace('write error', "cb:we error:we close true we false", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(new Error('we')); } });
  log(w, t);
  w.write('a', (e) => t.push('cb:' + e?.message));
  await wait();
  t.push(w.destroyed, w.errored?.message, w.writable);
});

trace('write error queue', "a:we b:we c:we error:we close", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { defer(cb, 1, new Error('we')); } });
  log(w, t);
  for (const x of 'abc') w.write(x, (e) => t.push(x + ':' + e?.message));
  await wait(10);
});

trace('write after end', "prefinish false cb:ERR_STREAM_WRITE_AFTER_END error:ERR_STREAM_WRITE_AFTER_END close", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); } });
  log(w, t);
  w.end();
  t.push(w.write('x', (e) => t.push('cb:' + e.code)));
  await wait();
});

trace('write after destroy', "false close cb:ERR_STREAM_DESTROYED", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); } });
  log(w, t);
  w.destroy();
  t.push(w.write('x', (e) => t.push('cb:' + e.code)));
  await wait();
});

trace('write null', "ERR_STREAM_NULL_VALUES ERR_INVALID_ARG_TYPE ERR_UNKNOWN_ENCODING", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); } });
  try { w.write(null); } catch (e) { t.push(e.code); }
  try { w.write({}); } catch (e) { t.push(e.code); }
  try { w.write('a', 'nope'); } catch (e) { t.push(e.code); }
});

trace('final', "final prefinish cb finish close", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { defer(cb, 1); }, final(cb) { t.push('final'); defer(cb, 1); } });
  log(w, t);
  w.write('a');
  w.end(() => t.push('cb'));
  await wait(15);
});

trace('final error', "error:fe close cb:fe", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); }, final(cb) { cb(new Error('fe')); } });
  log(w, t);
  w.end((e) => t.push('cb:' + e?.message));
  await wait();
});

trace('end twice', "prefinish finish close cb:ERR_STREAM_ALREADY_FINISHED", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); } });
  log(w, t);
  w.end();
  await wait();
  w.end((e) => t.push('cb:' + e?.code));
  await wait();
});

trace('multi cb', "error:ERR_MULTIPLE_CALLBACK close", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); cb(); } });
  log(w, t);
  w.write('a');
  await wait();
});

trace('construct', "c w:a w:b prefinish finish close", async (t) => {
  const w = new S.Writable({ construct(cb) { t.push('c'); defer(cb, 2); }, write(c, e, cb) { t.push('w:' + c); cb(); } });
  log(w, t);
  w.write('a');
  w.end('b');
  await wait(10);
});

trace('construct r', "c data:x end close", async (t) => {
  const r = new S.Readable({ construct(cb) { t.push('c'); defer(cb, 2); }, read() { this.push('x'); this.push(null); } });
  log(r, t, names);
  await wait(10);
});

trace('construct err', "error:ce close", async (t) => {
  const r = new S.Readable({ construct(cb) { cb(new Error('ce')); }, read() {} });
  log(r, t, names);
  await wait(10);
});

trace('transform', "data:A data:B data:! prefinish end finish close true", async (t) => {
  const x = new S.Transform({ transform(c, e, cb) { cb(null, String(c).toUpperCase()); }, flush(cb) { cb(null, '!'); } });
  log(x, t, names);
  x.write('a');
  x.end('b');
  await wait();
  t.push(x.destroyed);
});

trace('transform err', "error:te close", async (t) => {
  const x = new S.Transform({ transform(c, e, cb) { cb(new Error('te')); } });
  log(x, t, names);
  x.write('a');
  await wait();
});

trace('transform back', "t:aa false false false 2 6 t:bb d:aa t:cc d:bb d:cc end", async (t) => {
  const x = new S.Transform({ highWaterMark: 2, transform(c, e, cb) { t.push('t:' + c); cb(null, c); } });
  t.push(x.write('aa'), x.write('bb'), x.write('cc'));
  await wait();
  t.push(x.readableLength, x.writableLength);
  x.on('data', d => t.push('d:' + d));
  await wait();
  x.end();
  x.on('end', () => t.push('end'));
  await wait();
});

trace('transform obj', "1 2 2 4", async (t) => {
  const x = new S.Transform({ objectMode: true, transform(c, e, cb) { this.push(c); this.push(c * 2); cb(); } });
  x.write(1);
  x.write(2);
  x.end();
  for await (const c of x) t.push(c);
});

trace('pass through', "hello", async (t) => {
  const p = new S.PassThrough();
  p.end('hello');
  let s = '';
  for await (const c of p) s += c;
  t.push(s);
});

trace('pipe', "pipe w:a w:b w:c finish unpipe close", async (t) => {
  const r = S.Readable.from(['a','b','c']);
  const w = new S.Writable({ objectMode: true, highWaterMark: 1, write(c, e, cb) { t.push('w:' + c); defer(cb, 1); } });
  log(w, t, ['pipe','unpipe','finish','close','error']);
  r.pipe(w);
  await wait(20);
});

trace('pipe bytes', "100", async (t) => {
  let n = 0;
  const r = new S.Readable({ highWaterMark: 10, read() { this.push(n++ < 10 ? '0123456789' : null); } });
  let got = 0;
  const w = new S.Writable({ highWaterMark: 15, write(c, e, cb) { got += c.length; defer(cb, 0); } });
  r.pipe(w);
  await new Promise(f => w.on('finish', f));
  t.push(got);
});

trace('pipe err', "pipe unpipe error:we close false false", async (t) => {
  const r = new S.Readable({ read() {} });
  const w = new S.Writable({ write(c, e, cb) { cb(new Error('we')); } });
  log(w, t, ['pipe','unpipe','error','close']);
  r.pipe(w);
  r.push('a');
  await wait();
  t.push(r.destroyed, r.readableFlowing);
});

trace('pipe two', "abc abc true true", async (t) => {
  const r = new S.Readable({ read() {} });
  const a = [], b = [];
  const w1 = new S.Writable({ write(c, e, cb) { a.push(String(c)); cb(); } }), w2 = new S.Writable({ highWaterMark: 1, write(c, e, cb) { b.push(String(c)); defer(cb, 1); } });
  r.pipe(w1);
  r.pipe(w2);
  for (const x of 'abc') r.push(x);
  r.push(null);
  await wait(20);
  t.push(a.join(''), b.join(''), w1.writableFinished, w2.writableFinished);
});

trace('unpipe', "a unpipe false 1 db", async (t) => {
  const r = new S.Readable({ read() {} });
  const w = new S.Writable({ write(c, e, cb) { t.push(String(c)); cb(); } });
  log(w, t, ['unpipe']);
  r.pipe(w);
  r.push('a');
  await wait(1);
  r.unpipe(w);
  r.push('b');
  await wait(1);
  t.push(r.readableFlowing, r.readableLength);
  r.on('data', d => t.push('d' + d));
  r.resume();
  await wait();
});

trace('pipe end false', "false", async (t) => {
  const r = S.Readable.from(['a']);
  const w = new S.Writable({ objectMode: true, write(c, e, cb) { cb(); } });
  r.pipe(w, { end: false });
  await wait();
  t.push(w.writableEnded);
});

trace('duplex', "w:a data:r end false prefinish finish close true", async (t) => {
  const d = new S.Duplex({ read() { this.push('r'); this.push(null); }, write(c, e, cb) { t.push('w:' + c); cb(); } });
  log(d, t, names);
  d.write('a');
  await wait();
  t.push(d.destroyed);
  d.end();
  await wait();
  t.push(d.destroyed);
});

trace('half open', "end prefinish finish close true true", async (t) => {
  const d = new S.Duplex({ allowHalfOpen: false, read() { this.push(null); }, write(c, e, cb) { cb(); } });
  log(d, t, names);
  d.resume();
  await wait();
  t.push(d.writableEnded, d.destroyed);
});

trace('duplex sides', "false true prefinish finish close true", async (t) => {
  const d = new S.Duplex({ readable: false, write(c, e, cb) { cb(); } });
  t.push(d.readable, d.writable);
  log(d, t, names.filter(x => x !== 'data'));
  d.end();
  await wait();
  t.push(d.destroyed);
});

trace('hwm', "5 6 true false 65536 16 ERR_INVALID_ARG_VALUE", async (t) => {
  const d = new S.Duplex({ readableHighWaterMark: 5, writableHighWaterMark: 6, readableObjectMode: true });
  t.push(d.readableHighWaterMark, d.writableHighWaterMark, d.readableObjectMode, d.writableObjectMode);
  t.push(new S.Readable().readableHighWaterMark, new S.Readable({ objectMode: true }).readableHighWaterMark);
  try { new S.Readable({ highWaterMark: -1 }); } catch (e) { t.push(e.code); }
});

trace('finished ok', "over:undefined", async (t) => {
  const r = S.Readable.from(['a']);
  S.finished(r, (e) => t.push('over:' + e?.code));
  r.resume();
  await wait();
});

trace('finished premature', "over:ERR_STREAM_PREMATURE_CLOSE", async (t) => {
  const r = new S.Readable({ read() {} });
  S.finished(r, (e) => t.push('over:' + e?.code));
  r.destroy();
  await wait();
});

trace('finished err', "over:q", async (t) => {
  const r = new S.Readable({ read() {} });
  S.finished(r, (e) => t.push('over:' + e?.message));
  r.destroy(new Error('q'));
  await wait();
});

trace('finished after', "over:undefined", async (t) => {
  const w = new S.Writable({ write(c, e, cb) { cb(); } });
  w.end();
  await wait();
  S.finished(w, (e) => t.push('over:' + e));
  await wait();
});

trace('finished duplex', "w:undefined - r:undefined both:undefined", async (t) => {
  const d = new S.PassThrough();
  S.finished(d, (e) => t.push('both:' + e));
  S.finished(d, { readable: false }, (e) => t.push('w:' + e));
  S.finished(d, { writable: false }, (e) => t.push('r:' + e));
  d.end('a');
  await wait();
  t.push('-');
  d.resume();
  await wait();
});

trace('finished promise', "ok z", async (t) => {
  const r = S.Readable.from(['a']);
  r.resume();
  await S.promises.finished(r);
  t.push('ok');
  const r2 = new S.Readable({ read() {} });
  defer(() => r2.destroy(new Error('z')), 1);
  await S.promises.finished(r2).catch(e => t.push(e.message));
});

trace('finished abort', "AbortError false", async (t) => {
  const r = new S.Readable({ read() {} });
  const ac = new AbortController();
  S.finished(r, { signal: ac.signal }, (e) => t.push(e.name));
  ac.abort();
  await wait();
  t.push(r.destroyed);
});

trace('pipeline', "done:undefined aa,bb", async (t) => {
  const out = [];
  S.pipeline(S.Readable.from(['a','b']), new S.Transform({ objectMode: true, transform(c, e, cb) { cb(null, c + c); } }), new S.Writable({ objectMode: true, write(c, e, cb) { out.push(c); cb(); } }), (e) => t.push('done:' + e, out.join()));
  await wait(10);
});

trace('pipeline err', "done:mid true true true", async (t) => {
  const a = S.Readable.from(['a','b']), b = new S.Transform({ objectMode: true, transform(c, e, cb) { cb(new Error('mid')); } }), c = new S.PassThrough({ objectMode: true });
  S.pipeline(a, b, c, (e) => t.push('done:' + e.message));
  await wait(10);
  t.push(a.destroyed, b.destroyed, c.destroyed);
});

trace('pipeline gen', "AB", async (t) => {
  const v = await S.promises.pipeline(async function* () { yield 'a'; yield 'b'; }, async function* (src) { for await (const c of src) yield String(c).toUpperCase(); }, async (src) => { let s = ''; for await (const c of src) s += c; return s; });
  t.push(v);
});

trace('pipeline iter', "x,y", async (t) => {
  const out = [];
  await S.promises.pipeline(['x','y'], new S.PassThrough({ objectMode: true }), async function (src) { for await (const c of src) out.push(c); });
  t.push(out.join());
});

trace('pipeline abort', "AbortError true true", async (t) => {
  const ac = new AbortController();
  const r = new S.Readable({ read() {} });
  const w = new S.PassThrough();
  const p = S.promises.pipeline(r, w, { signal: ac.signal });
  defer(() => ac.abort(), 1);
  await p.catch(e => t.push(e.name));
  t.push(r.destroyed, w.destroyed);
});

trace('pipeline premature', "ERR_STREAM_PREMATURE_CLOSE true", async (t) => {
  const r = new S.Readable({ read() {} });
  const w = new S.PassThrough();
  defer(() => w.destroy(), 1);
  await S.promises.pipeline(r, w).catch(e => t.push(e.code));
  t.push(r.destroyed);
});

trace('pipeline throw', "in gen", async (t) => {
  await S.promises.pipeline(S.Readable.from(['a']), async function* (src) { for await (const c of src) throw new Error('in gen'); }, new S.PassThrough({objectMode:true}).resume()).catch(e => t.push(e.message));
});

trace('operators', "2,4,6,8 1,3 1,2 4 10 20 true false 3 1,1,2,2,3,3,4,4 1,2,3,4 10", async (t) => {
  const R = () => S.Readable.from([1,2,3,4]);
  t.push(await R().map(x => x * 2).toArray(), await R().filter(x => x % 2).toArray(), await R().take(2).toArray(), await R().drop(3).toArray(), await R().reduce((a, b) => a + b), await R().reduce((a, b) => a + b, 10), await R().some(x => x > 3), await R().every(x => x > 3), await R().find(x => x > 2), await R().flatMap(x => [x, x]).toArray(), await R().map(async x => x, { concurrency: 2 }).toArray());
  let n = 0;
  await R().forEach(x => { n += x; });
  t.push(n);
});

trace('web', "ab xy", async (t) => {
  const rs = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('b'); c.close(); } });
  const out = [];
  for await (const c of S.Readable.fromWeb(rs)) out.push(String(c));
  t.push(out.join(''));
  const w = S.Readable.toWeb(S.Readable.from([Buffer.from('x'), Buffer.from('y')], { objectMode: false }));
  t.push(await new Response(w).text());
});

trace('web w', "a,b,closed A true", async (t) => {
  const got = [];
  const ws = new WritableStream({ write(c) { got.push(String(c)); }, close() { got.push('closed'); } });
  const w = S.Writable.fromWeb(ws);
  w.write('a');
  w.end('b');
  await new Promise(f => w.on('finish', f));
  t.push(got.join());
  const got2 = [];
  const nw = new S.Writable({ write(c, e, cb) { got2.push(String(c)); cb(); } });
  const wr = S.Writable.toWeb(nw).getWriter();
  await wr.write(new Uint8Array([65]));
  await wr.close();
  t.push(got2.join(), nw.writableFinished);
});

trace('web err', "werr nerr", async (t) => {
  const rs = new ReadableStream({ pull(c) { c.error(new Error('werr')); } });
  const r = S.Readable.fromWeb(rs);
  r.on('error', e => t.push(e.message));
  r.resume();
  await wait();
  const r2 = new S.Readable({ read() { this.destroy(new Error('nerr')); } });
  const rd = S.Readable.toWeb(r2).getReader();
  await rd.read().catch(e => t.push(e.message));
});

trace('duplex from', "a! b!", async (t) => {
  const d = S.Duplex.from(async function* (src) { for await (const c of src) yield String(c) + '!'; });
  d.write('a');
  d.end('b');
  for await (const c of d) t.push(String(c));
});

trace('duplex from pair', "p2:to d:from end", async (t) => {
  const p1 = new S.PassThrough(), p2 = new S.PassThrough();
  const d = S.Duplex.from({ readable: p1, writable: p2 });
  d.write('to');
  p1.end('from');
  p2.on('data', c => t.push('p2:' + c));
  d.on('data', c => t.push('d:' + c));
  d.on('end', () => t.push('end'));
  await wait();
});

trace('inherits', "old n true true true false true", async (t) => {
  function Old() { S.Transform.call(this); }
  util.inherits(Old, S.Transform);
  Old.prototype._transform = function (c, e, cb) { this.push(c); cb(); };
  const o = new Old();
  o.on('data', d => t.push(String(d)));
  o.end('old');
  await wait();
  class N extends S.Readable { _read() { this.push('n'); this.push(null); } }
  for await (const c of new N()) t.push(String(c));
  t.push(o instanceof S.Writable, o instanceof S.Readable, o instanceof S, new S.Readable() instanceof S.Writable, S.Readable({ read() {} }) instanceof S.Readable);
});

trace('abort signal', "AbortError ABORT_ERR true", async (t) => {
  const ac = new AbortController();
  const r = new S.Readable({ read() {}, signal: ac.signal });
  r.on('error', e => t.push(e.name, e.code));
  ac.abort();
  await wait();
  t.push(r.destroyed);
});

trace('async push in read', "data:c0 data:c1 data:c2 end close", async (t) => {
  let i = 0;
  const r = new S.Readable({ read() { defer(() => this.push(i < 3 ? 'c' + i++ : null), 1); } });
  log(r, t, names);
  await wait(20);
});

trace('read calls', "ab ab ab 4", async (t) => {
  let calls = 0;
  const r = new S.Readable({ highWaterMark: 4, read() { calls++; if (calls <= 3) this.push('ab'); } });
  r.on('data', d => t.push(String(d)));
  await wait();
  t.push(calls);
});

trace('lazy read', "0 1", async (t) => {
  let calls = 0;
  const r = new S.Readable({ read() { calls++; } });
  await wait();
  t.push(calls);
  r.read();
  await wait();
  t.push(calls);
});

trace('prefetch', "3 6 false", async (t) => {
  let calls = 0;
  const r = new S.Readable({ highWaterMark: 6, read() { calls++; this.push('ab'); } });
  r.read(0);
  await wait();
  t.push(calls, r.readableLength, r.push('x'));
});

trace('compose', "HI?", async (t) => {
  const s = S.compose(async function* (src) { for await (const c of src) yield String(c).toUpperCase(); }, async function* (src) { for await (const c of src) yield c + '?'; });
  s.end('hi');
  for await (const c of s) t.push(String(c));
});

trace('is x', "true false false false true", async (t) => {
  const r = S.Readable.from(['a']);
  t.push(S.isReadable(r), S.isDisturbed(r), S.isErrored(r));
  r.resume();
  await wait();
  t.push(S.isReadable(r), S.isDisturbed(r));
});

trace('multi iter', "1 2 false 3 4", async (t) => {
  const r = S.Readable.from([1,2,3,4]);
  for await (const c of r.iterator({ destroyOnReturn: false })) { t.push(c); if (c === 2) break; }
  t.push(r.destroyed);
  for await (const c of r) t.push(c);
});

trace('error after end', "data:a end close", async (t) => {
  const r = new S.Readable({ read() {} });
  log(r, t, names);
  r.push('a');
  r.push(null);
  await wait();
  r.destroy(new Error('late'));
  await wait();
});

trace('once data', "a true", async (t) => {
  const r = new S.Readable({ read() {} });
  r.once('data', d => { t.push(String(d)); });
  r.push('a');
  await wait(1);
  r.push('b');
  await wait(1);
  t.push(r.readableFlowing);
});

trace('remove readable', "readable null d:a d:b", async (t) => {
  const r = new S.Readable({ read() {} });
  const f = () => t.push('readable');
  r.on('readable', f);
  r.push('a');
  await wait(1);
  r.removeListener('readable', f);
  await wait(1);
  t.push(r.readableFlowing);
  r.on('data', d => t.push('d:' + d));
  await wait(1);
  r.push('b');
  await wait(1);
});

trace('decode strings', "string latin1", async (t) => {
  const w = new S.Writable({ decodeStrings: false, write(c, e, cb) { t.push(typeof c, e); cb(); } });
  w.write('a', 'latin1');
  await wait();
});

trace('legacy pipe', "x true", async (t) => {
  const s = new S();
  s.readable = true;
  const w = new S.Writable({ write(c, e, cb) { t.push(String(c)); cb(); } });
  s.pipe(w);
  s.emit('data', 'x');
  s.emit('end');
  await wait();
  t.push(w.writableFinished);
});

test('stream: the other modules of it', async () => {
  const sources = () => [Readable.from(['{"a":', '1}']), new Response('{"a":1}').body, (async function* parts() { yield Buffer.from('{"a":1}'); })()];
  for (const source of sources()) assertEquals(await consumers.text(source), '{"a":1}');
  for (const source of sources()) assertEquals((await consumers.json(source)).a, 1);
  for (const source of sources()) assertEquals((await consumers.buffer(source)).toString('hex'), '7b2261223a317d');
  for (const source of sources()) assertEquals((await consumers.arrayBuffer(source)).byteLength, 7);
  for (const source of sources()) assertEquals(await (await consumers.blob(source)).text(), '{"a":1}');
  assert(web.ReadableStream === ReadableStream && web.TransformStream === TransformStream);
  assert(promises.pipeline === S.promises.pipeline && S.Readable === Readable && S.Stream === S);
  const finishedLater = util.promisify(S.finished);
  const stream = Readable.from(['a']).resume();
  await finishedLater(stream);
  assert(stream.readableEnded);
});

test('stream: a response from one, a request into one', async () => {
  const upper = new S.Transform({ transform(chunk, encoding, callback) { callback(null, chunk.toString().toUpperCase()); } });
  const body = new Response('some text').body;
  S.pipeline(Readable.fromWeb(body), upper, () => {});
  assertEquals(await new Response(Readable.toWeb(upper)).text(), 'SOME TEXT');
});

test('stream: the context of who wrote is that of what is called', async () => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  const stream = new S.Writable({ write(chunk, encoding, callback) { seen.push(storage.getStore()); callback(); } });
  await storage.run('one', () => new Promise((resolve) => { stream.write('a', resolve); }));
  await storage.run('two', () => new Promise((resolve) => { stream.end('b', resolve); }));
  assertEquals(seen.join(), 'one,two');
});

export default worker;
