// A database: /select looks a row up by its key, /rows reads 100 rows, /insert writes one, /batch twenty.
let next = 0;

async function prepare(db) {
  await db.exec('CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, name TEXT, price REAL, note TEXT)');
  await db.exec('CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, at INTEGER, text TEXT)');
  await db.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) INSERT OR IGNORE INTO items " +
    "SELECT i, 'item ' || i, i * 1.25, 'a note of some length' FROM n");
}

export default {
  async fetch(request, env) {
    const db = env.DB;
    switch (new URL(request.url).pathname) {
      case '/select': {
        next = next % 1000 + 1;
        return Response.json(await db.prepare('SELECT * FROM items WHERE id = ?').bind(next).first());
      }
      case '/rows': {
        next = (next + 100) % 900;
        const { results } = await db.prepare('SELECT * FROM items WHERE id > ? LIMIT 100').bind(next).all();
        return new Response(String(results.length + results[99].price));
      }
      case '/insert': {
        const { meta } = await db.prepare('INSERT INTO log (at, text) VALUES (?, ?)').bind(Date.now(), 'a line of the log').run();
        return new Response(String(meta.last_row_id));
      }
      case '/batch': {
        const insert = db.prepare('INSERT INTO log (at, text) VALUES (?, ?)');
        const results = await db.batch(Array.from({ length: 20 }, (_, i) => insert.bind(i, 'a line of the log')));
        return new Response(String(results.length));
      }
      default:
        await prepare(db);
        return new Response('ready');
    }
  },
};
