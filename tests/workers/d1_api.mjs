// Every method, type and error of D1. Run by tests/e2e/test_d1.py, which gives it a database `env.DB`.

import { test, worker, assert, assertEquals, assertDeepEquals, assertThrows } from './harness.mjs';
import { env } from 'cloudflare:workers';

const db = env.DB;

async function rejects(promise, message, cause = message.replace(/^D1_\w+: /, '')) {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof Error, 'an Error');
    assertEquals(error.message, message);
    if (cause !== undefined) assertEquals(error.cause?.message, cause, 'cause');
    return;
  }
  throw new Error(`nothing was thrown; expected ${message}`);
}
const one = (sql, ...params) => db.prepare(sql).bind(...params).first('x');

test('the classes', () => {
  assertEquals(Object.prototype.toString.call(db), '[object D1Database]');
  assertEquals(db.constructor.name, 'D1Database');
  assertEquals(db.prepare('x').constructor.name, 'D1PreparedStatement');
  assertEquals(db.withSession().constructor.name, 'D1DatabaseSession');
  assertEquals(typeof D1Database, 'undefined');
  assertThrows(() => new db.constructor(), TypeError);
  assertThrows(() => db.prepare.call({}, 'x'), TypeError);
  assertThrows(() => db.prepare(), TypeError);
});

test('receivers are checked', async () => {
  const objects = [db, db.prepare('SELECT 1'), db.withSession()];
  const strangers = [{}, null, undefined, 1, [], new Headers(), new Proxy(db, {}), Object.create(db), () => {}];
  for (const object of objects) {
    const prototype = Object.getPrototypeOf(object);
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (name === 'constructor' || typeof (value ?? get) !== 'function') continue;
      for (const receiver of [...strangers, prototype, ...objects.filter((other) => other !== object)]) {
        let thrown;
        try {
          await (value ?? get).call(receiver, 'SELECT 1');
        } catch (error) {
          thrown = error;
        }
        assert(thrown instanceof TypeError, `${prototype.constructor.name}.${name}: ${thrown}`);
      }
    }
  }
});

test('exec', async () => {
  const result = await db.exec(`
    CREATE TABLE users (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE, -- ; is no end
      born REAL
    );
    CREATE TRIGGER lower AFTER INSERT ON users BEGIN
      UPDATE users SET name = lower(name) WHERE id = new.id; SELECT 1;
    END;
    INSERT INTO users (name, born) VALUES ('Ada', 1815.9); INSERT INTO users (name) VALUES ('Bob;');
  `);
  assertDeepEquals(Object.keys(result), ['count', 'duration']);
  assertEquals(result.count, 3);
  assertEquals(typeof result.duration, 'number');
  assertEquals((await db.exec("INSERT INTO users (name) VALUES ('c')\nINSERT INTO users (name) VALUES ('d')")).count, 1);
  assertEquals(await one('SELECT group_concat(name) AS x FROM users'), 'ada,bob;,c,d');
  await rejects(db.exec('SELECT 1;\n\nSELECT nope;'),
    'D1_EXEC_ERROR: Error in line 3: SELECT nope;: no such column: nope at offset 7: SQLITE_ERROR');
  await rejects(db.exec('SELECT\n  nope;'),
    'D1_EXEC_ERROR: Error in line 1: SELECT: no such column: nope at offset 9: SQLITE_ERROR');
  await rejects(db.exec(''), 'D1_EXEC_ERROR: Error in line 1: : No SQL statements detected.');
  await rejects(db.exec("DELETE FROM users;\nSELECT nope;"),
    'D1_EXEC_ERROR: Error in line 2: SELECT nope;: no such column: nope at offset 7: SQLITE_ERROR');
  assertEquals(await one('SELECT count(*) AS x FROM users'), 4);
});

test('all, run, meta', async () => {
  const result = await db.prepare('SELECT id, name, born FROM users WHERE id < ? ORDER BY id').bind(3).all();
  assertDeepEquals(Object.keys(result), ['success', 'meta', 'results']);
  assertEquals(result.success, true);
  assertDeepEquals(result.results, [{ id: 1, name: 'ada', born: 1815.9 }, { id: 2, name: 'bob;', born: null }]);
  const { meta } = result;
  assertEquals(meta.served_by, 'verge');
  assertEquals(meta.served_by_primary, true);
  assertEquals(typeof meta.duration, 'number');
  assertEquals(typeof meta.timings.sql_duration_ms, 'number');
  assertEquals(meta.changes, 0);
  assertEquals(meta.changed_db, false);
  assertEquals(meta.rows_read, 2);
  assertEquals(meta.rows_written, 0);
  assertEquals(meta.total_attempts, 1);
  assert(meta.size_after > 0);
  const inserted = await db.prepare('INSERT INTO users (name) VALUES (?), (?)').bind('e', 'f').run();
  assertDeepEquals(inserted.results, []);
  assertEquals(inserted.meta.changes, 4); // the trigger's included
  assertEquals(inserted.meta.last_row_id, 6);
  assertEquals(inserted.meta.changed_db, true);
  const returned = await db.prepare("DELETE FROM users WHERE name IN ('e', 'f') RETURNING name").run();
  assertDeepEquals(returned.results, [{ name: 'e' }, { name: 'f' }]);
});

test('first', async () => {
  assertDeepEquals(await db.prepare('SELECT 1 AS a, 2 AS b').first(), { a: 1, b: 2 });
  assertEquals(await db.prepare('SELECT 1 AS a, 2 AS b').first('b'), 2);
  assertEquals(await db.prepare('SELECT 1 AS a WHERE 0').first(), null);
  assertEquals(await db.prepare('SELECT 1 AS a WHERE 0').first('nope'), null);
  assertEquals(await db.prepare('SELECT NULL AS a').first('a'), null);
  for (let i = 0; i < 3; ++i) { // on the pool, then in place
    await rejects(db.prepare('SELECT 7 AS a').first('nope'), 'D1_COLUMN_NOTFOUND: Column not found (nope)',
      'Column not found');
  }
});

test('raw', async () => {
  const statement = db.prepare('SELECT 1 AS a, 2 AS a, NULL AS b');
  assertDeepEquals(await statement.raw(), [[1, 2, null]]);
  assertDeepEquals(await statement.raw({ columnNames: true }), [['a', 'a', 'b'], [1, 2, null]]);
  assertDeepEquals(await statement.raw({ columnNames: false }), [[1, 2, null]]);
  assertDeepEquals(await db.prepare('SELECT 1 WHERE 0').raw({ columnNames: true }), [['1']]);
  assertDeepEquals(await statement.all().then((r) => r.results), [{ a: 2, b: null }]);
});

test('batch', async () => {
  const insert = db.prepare('INSERT INTO users (name) VALUES (?)');
  const results = await db.batch([insert.bind('x1'), db.prepare('SELECT count(*) AS n FROM users'), insert.bind('x2')]);
  assertEquals(results.length, 3);
  assertDeepEquals(results[1].results, [{ n: 5 }]);
  await rejects(db.batch([insert.bind('x3'), insert.bind('x1')]),
    'D1_ERROR: UNIQUE constraint failed: users.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)');
  assertEquals(await one("SELECT count(*) AS x FROM users WHERE name LIKE 'x%'"), 2);
  await rejects(db.batch([]), 'D1_ERROR: No SQL statements detected.');
  const reads = await db.batch([db.prepare('SELECT 1 AS a'), db.prepare('SELECT 2 AS a')]);
  assertDeepEquals(reads.map((r) => r.results[0].a), [1, 2]);
  for (const wrong of [null, 5, [1], [{}], ['SELECT 1'], [db]]) {
    let thrown;
    await db.batch(wrong).catch((error) => { thrown = error; });
    assert(thrown instanceof TypeError, `${wrong}`);
  }
});

test('what bind accepts', async () => {
  const bytes = new Uint8Array([0, 1, 255]);
  assertEquals(await one('SELECT ? AS x', 1.5), 1.5);
  assertEquals(await one('SELECT typeof(?) AS x', 1), 'real');
  assertEquals(await one('SELECT ? AS x', 'tëxt\0€😀'), 'tëxt\0€😀');
  assertEquals(await one('SELECT ? AS x', '\ud800'), '\ufffd');
  assertEquals(await one('SELECT ? AS x', null), null);
  assertEquals(await one('SELECT ? AS x', true), 1);
  assertEquals(await one('SELECT ? AS x', false), 0);
  assertEquals(await one('SELECT ? AS x', NaN), null);
  assertEquals(await one('SELECT ? AS x', Infinity), Infinity);
  assertEquals(await one('SELECT ? AS x', -0), -0);
  for (const value of [bytes, bytes.buffer, [0, 1, 255], new DataView(bytes.buffer)]) {
    assertDeepEquals(await one('SELECT ? AS x', value), [0, 1, 255]);
    assertEquals(await one('SELECT typeof(?) AS x', value), 'blob');
  }
  assertDeepEquals(await one('SELECT ? AS x', bytes.subarray(1)), [1, 255]);
  assertDeepEquals(await one('SELECT ? AS x', []), []);
  assertEquals(await one('SELECT ?2 || ?1 AS x', 'a', 'b'), 'ba');
  assertEquals(await one('SELECT 9007199254740993 AS x'), 9007199254740992);
  // Bound is what it was then.
  const statement = db.prepare('SELECT ? AS x').bind(bytes);
  bytes[0] = 9;
  assertDeepEquals(await statement.first('x'), [0, 1, 255]);
  assertEquals(statement.statement, 'SELECT ? AS x');
  assertDeepEquals(statement.params, [[0, 1, 255]]);
  statement.params.push(1);
  assertDeepEquals(db.prepare('x').params, []);
});

test('what bind refuses', async () => {
  const refused = [[undefined, 'undefined', 'undefined'], [1n, 'bigint', '1'], [{}, 'object', '[object Object]'],
                   [new Date(NaN), 'object', 'Invalid Date'], [[256], 'object', '256'], [['a'], 'object', 'a'],
                   [[-1], 'object', '-1']];
  for (const [value, type, text] of refused) {
    const message = `Type '${type}' not supported for value '${text}'`;
    const error = assertThrows(() => db.prepare('SELECT ?').bind(value));
    assertEquals(error.message, `D1_TYPE_ERROR: ${message}`);
    assertEquals(error.cause.message, message);
  }
  assertThrows(() => db.prepare('SELECT ?').bind(Symbol('s')), TypeError);
  assertThrows(() => db.prepare('SELECT ?').bind({ toString() { throw new RangeError('mine'); } }), RangeError);
});

test('errors of SQL', async () => {
  const wrong = {
    'SELEC 1': 'near "SELEC": syntax error at offset 0: SQLITE_ERROR',
    'SELECT * FROM nope': 'no such table: nope: SQLITE_ERROR',
    'SELECT ?': 'Wrong number of parameter bindings for SQL query.',
    '': 'No SQL statements detected.',
    ' -- nothing': 'No SQL statements detected.',
    "ATTACH 'x' AS y": 'not authorized: SQLITE_AUTH',
    'PRAGMA journal_mode = DELETE': 'not authorized: SQLITE_AUTH',
    'CREATE TABLE _cf_KV (x)': 'not authorized: SQLITE_AUTH',
    "SELECT load_extension('x')": 'not authorized to use function: load_extension at offset 7: SQLITE_ERROR',
    'INSERT INTO users (name) VALUES (NULL)':
      'NOT NULL constraint failed: users.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)',
    'SELECT zeroblob(2000001)': 'string or blob too big: SQLITE_TOOBIG',
    BEGIN: 'To execute a transaction, please use the D1 batch() API instead of the SQL BEGIN TRANSACTION or SAVEPOINT ' +
      'statements. It rolls back by itself when one of its statements fails.',
  };
  for (const [sql, message] of Object.entries(wrong)) {
    await rejects(db.prepare(sql).all(), `D1_ERROR: ${message}`);
    await rejects(db.batch([db.prepare(sql)]), `D1_ERROR: ${message}`);
  }
  for (const method of ['first', 'run', 'raw']) await rejects(db.prepare('x')[method](), 'D1_ERROR: near "x": syntax error at offset 0: SQLITE_ERROR');
  await rejects(db.dump(), 'D1_DUMP_ERROR: Status + 404', 'Status 404');
});

test('names of columns', async () => {
  assertDeepEquals(await db.prepare('SELECT 1, 2 AS "10", 3 AS "é", 4 AS ""').first(), { 1: 1, 10: 2, é: 3, '': 4 });
  const row = await db.prepare('SELECT 1 AS __proto__, 2 AS constructor').first();
  assertDeepEquals(Object.entries(row), [['__proto__', 1], ['constructor', 2]]);
  assertEquals(Object.getPrototypeOf(row), Object.prototype);
  assertEquals(await db.prepare('SELECT 1 AS a').first('a'), 1);
  await rejects(db.prepare('SELECT 1 AS a').first('toString'), 'D1_COLUMN_NOTFOUND: Column not found (toString)',
    'Column not found');
  const wide = await db.prepare(`SELECT ${Array.from({ length: 100 }, (_, i) => `${i} AS c${i}`)}`).first();
  assertEquals(Object.keys(wide).length, 100);
  assertEquals(wide.c99, 99);
});

test('rows of one shape with values of many', async () => {
  const rows = [[1, 'a', null], [1.5, null, 'b'], [null, 2, 1e300], ['x', 'y', 'z'], [2 ** 40, -1, 0]];
  await db.exec('CREATE TABLE many (a, b, c)');
  await db.batch(rows.map((row) => db.prepare('INSERT INTO many VALUES (?, ?, ?)').bind(...row)));
  const { results } = await db.prepare('SELECT * FROM many ORDER BY rowid').all();
  assertDeepEquals(results.map((row) => [row.a, row.b, row.c]), rows);
  results[0].d = 1;
  delete results[1].a;
  assertDeepEquals((await db.prepare('SELECT * FROM many ORDER BY rowid').all()).results[1], { a: 1.5, b: null, c: 'b' });
});

test('sessions', async () => {
  for (const constraint of [undefined, null, '', '  ', 'first-primary', 'first-unconstrained']) {
    assertEquals(db.withSession(constraint).getBookmark(), null);
  }
  const session = db.withSession('first-primary');
  assertDeepEquals(await session.prepare('SELECT 1 AS a').first(), { a: 1 });
  const seen = session.getBookmark();
  assert(/^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/.test(seen), seen);
  await session.batch([session.prepare("INSERT INTO users (name) VALUES ('session')")]);
  assert(session.getBookmark() > seen);
  const next = db.withSession(session.getBookmark());
  assertEquals(next.getBookmark(), session.getBookmark());
  await next.prepare('SELECT 1').run();
  assertEquals(next.getBookmark(), session.getBookmark());
  const far = db.withSession('ffffffff-0');
  await far.prepare('SELECT 1').run();
  assertEquals(far.getBookmark(), 'ffffffff-0');
  assertThrows(() => db.withSession(5), TypeError);
  assertEquals(session.exec, undefined);
});

test('promises settle in turn, and what was written is read', async () => {
  await db.exec('CREATE TABLE counter (n)');
  await db.prepare('INSERT INTO counter VALUES (0)').run();
  for (let i = 1; i <= 20; ++i) {
    await db.prepare('UPDATE counter SET n = n + 1').run();
    assertEquals(await one('SELECT n AS x FROM counter'), i);
  }
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => one('SELECT ? AS x', i)));
  assertDeepEquals(all, Array.from({ length: 50 }, (_, i) => i));
});

test('a hostile prototype changes nothing', async () => {
  const { get } = Object.getOwnPropertyDescriptor(Map.prototype, 'size');
  Object.defineProperty(Object.prototype, 'success', { set() { throw new Error('called'); }, configurable: true });
  Object.defineProperty(Array.prototype, '0', { set() { throw new Error('called'); }, configurable: true });
  try {
    const result = await db.prepare('SELECT 1 AS success').bind().all();
    assertEquals(result.success, true);
  } finally {
    delete Object.prototype.success;
    delete Array.prototype[0];
  }
  assert(get);
});

export default worker;
