"""The query builders that people use with D1, from npm and as they are: drizzle-orm and kysely; and Prisma's adapter, as its
client calls it."""

import json
import os
import unittest

from e2e import npm
from e2e.harness import Case, make_directory

PACKAGES = ["drizzle-orm@0.45", "kysely@0.28", "kysely-d1@0.4", "@prisma/adapter-d1@7"]

CONFIG = """
name = "site"
main = "src/index.ts"
[[d1_databases]]
binding = "DB"
database_name = "main"
"""

DRIZZLE = """
import { drizzle } from 'drizzle-orm/d1';
import { eq, gt, sql, relations } from 'drizzle-orm';
import { blob, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';

const users = sqliteTable('users', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  name: text('name').notNull().unique(),
  admin: integer('admin', { mode: 'boolean' }).default(false),
  born: integer('born', { mode: 'timestamp' }),
  score: real('score'),
  tags: text('tags', { mode: 'json' }).$type<string[]>(),
});
const posts = sqliteTable('posts', {
  id: integer('id').primaryKey(),
  author: integer('author').notNull().references(() => users.id),
  title: text('title').notNull(),
});
const usersRelations = relations(users, ({ many }) => ({ posts: many(posts) }));
const postsRelations = relations(posts, ({ one }) => ({ user: one(users, { fields: [posts.author], references: [users.id] }) }));

export async function run(binding: any) {
  const db = drizzle(binding, { schema: { users, posts, usersRelations, postsRelations } });
  await db.run(sql`CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, admin INTEGER,
    born INTEGER, score REAL, tags TEXT)`);
  await db.run(sql`CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES users, title TEXT NOT NULL)`);
  const inserted = await db.insert(users).values([
    { name: 'ada', admin: true, born: new Date(1000), score: 1.5, tags: ['a', 'b'] }, { name: 'bob' }]).returning();
  const batch = await db.batch([
    db.insert(posts).values({ author: 1, title: 'first' }),
    db.insert(posts).values({ author: 1, title: 'second' }),
    db.select().from(posts).where(gt(posts.id, 1)),
  ]);
  await db.update(users).set({ score: sql`coalesce(score, 0) + 1` }).where(eq(users.name, 'bob'));
  let failed = '';
  try {
    await db.insert(users).values({ name: 'ada' });
  } catch (error: any) {
    failed = String(error.cause?.message ?? error.message);
  }
  return {
    inserted,
    second: batch[2],
    all: await db.select({ name: users.name, score: users.score }).from(users).orderBy(users.id),
    joined: await db.select({ name: users.name, title: posts.title }).from(posts).innerJoin(users, eq(posts.author, users.id)),
    one: await db.query.users.findFirst({ with: { posts: true }, where: eq(users.name, 'ada') }),
    get: await db.select().from(users).where(eq(users.id, 99)).get() ?? null,
    values: await db.values(sql`SELECT 1, 2 AS a, 3 AS a`),
    count: await db.$count(users),
    failed,
  };
}
"""

KYSELY = """
import { Generated, Kysely, sql } from 'kysely';
import { D1Dialect } from 'kysely-d1';

interface Database { pets: { id: Generated<number>; name: string; owner: string | null } }

export async function run(binding: any) {
  const db = new Kysely<Database>({ dialect: new D1Dialect({ database: binding }) });
  await db.schema.createTable('pets').addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('name', 'text', (c) => c.notNull()).addColumn('owner', 'text').execute();
  const first = await db.insertInto('pets').values({ name: 'rex', owner: 'ada' }).executeTakeFirstOrThrow();
  await db.insertInto('pets').values([{ name: 'tom', owner: null }, { name: 'kit', owner: 'ada' }]).execute();
  const updated = await db.updateTable('pets').set({ owner: 'bob' }).where('owner', 'is', null).executeTakeFirst();
  return {
    id: Number(first.insertId),
    updated: Number(updated.numUpdatedRows),
    grouped: await db.selectFrom('pets').select(['owner', (eb) => eb.fn.countAll<number>().as('n')]).groupBy('owner')
      .orderBy('owner').execute(),
    raw: (await sql<{ x: number }>`SELECT ${7} AS x`.execute(db)).rows,
    tables: (await db.introspection.getTables()).map((table) => [table.name, table.columns.map((column) => column.name)]),
    deleted: Number((await db.deleteFrom('pets').executeTakeFirst()).numDeletedRows),
  };
}
"""

PRISMA = """
import { PrismaD1 } from '@prisma/adapter-d1';

export async function run(binding: any) {
  const adapter: any = await new PrismaD1(binding).connect();
  await adapter.executeScript('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE, born DATETIME, data BLOB);');
  const scalar = (scalarType: string) => ({ scalarType, arity: 'scalar' });
  const inserted = await adapter.executeRaw({
    sql: 'INSERT INTO users (name, born, data) VALUES (?, ?, ?)',
    args: ['ada', '1815-12-10T00:00:00.000Z', new Uint8Array([1, 2])],
    argTypes: [scalar('string'), scalar('datetime'), scalar('bytes')],
  });
  const transaction = await adapter.startTransaction();
  await transaction.executeRaw({ sql: 'INSERT INTO users (name) VALUES (?)', args: ['bob'], argTypes: [scalar('string')] });
  await transaction.commit();
  const found = await adapter.queryRaw({ sql: 'SELECT id, name, born FROM users ORDER BY id', args: [], argTypes: [] });
  let cause = null;
  try {
    await adapter.executeRaw({ sql: 'INSERT INTO users (name) VALUES (?)', args: ['ada'], argTypes: [scalar('string')] });
  } catch (error: any) {
    cause = error.cause;
  }
  return { inserted, names: found.columnNames, rows: found.rows.map((row: any) => row.slice(0, 2)), kind: cause?.kind };
}
"""

INDEX = """
import * as drizzle from './drizzle';
import * as kysely from './kysely';
import * as prisma from './prisma';

export default {
  async fetch(request: Request, env: any): Promise<Response> {
    const driver = ({ '/drizzle': drizzle, '/kysely': kysely, '/prisma': prisma } as any)[new URL(request.url).pathname];
    try {
      return Response.json(await driver.run(env.DB));
    } catch (error: any) {
      return new Response(`${error.stack} ${error.cause}`, { status: 500 });
    }
  },
};
"""


@npm.required
class Drivers(Case):
    @classmethod
    def setUpClass(cls):
        cls.site, remove = make_directory({"wrangler.toml": CONFIG, "src/index.ts": INDEX, "src/drizzle.ts": DRIZZLE,
                                           "src/kysely.ts": KYSELY, "src/prisma.ts": PRISMA})
        cls.addClassCleanup(remove)
        npm.install(cls.site, *PACKAGES)

    def run_driver(self, name):
        verge = self.start(None, "--cpu-ms", "10000", "--data", os.path.join(self.directory({}), "state"), path=self.site)
        response = verge.get(f"/{name}")
        self.assertEqual(response.status, 200, response)
        return json.loads(response.text)

    def test_drizzle(self):
        result = self.run_driver("drizzle")
        ada = {"id": 1, "name": "ada", "admin": True, "born": "1970-01-01T00:00:01.000Z", "score": 1.5, "tags": ["a", "b"]}
        self.assertEqual(result["inserted"][0], ada)
        self.assertEqual(result["inserted"][1]["id"], 2)
        self.assertEqual(result["second"], [{"id": 2, "author": 1, "title": "second"}])
        self.assertEqual(result["all"], [{"name": "ada", "score": 1.5}, {"name": "bob", "score": 1}])
        self.assertEqual(result["joined"], [{"name": "ada", "title": "first"}, {"name": "ada", "title": "second"}])
        self.assertEqual(result["one"], {**ada, "posts": [{"id": 1, "author": 1, "title": "first"},
                                                          {"id": 2, "author": 1, "title": "second"}]})
        self.assertIsNone(result["get"])
        self.assertEqual(result["values"], [[1, 2, 3]])
        self.assertEqual(result["count"], 2)
        self.assertIn("UNIQUE constraint failed: users.name: SQLITE_CONSTRAINT", result["failed"])

    def test_kysely(self):
        self.assertEqual(self.run_driver("kysely"), {
            "id": 1, "updated": 1, "grouped": [{"owner": "ada", "n": 2}, {"owner": "bob", "n": 1}], "raw": [{"x": 7}],
            "tables": [["pets", ["id", "name", "owner"]]], "deleted": 3})

    def test_prisma(self):
        self.assertEqual(self.run_driver("prisma"), {
            "inserted": 1, "names": ["id", "name", "born"], "rows": [[1, "ada"], [2, "bob"]],
            "kind": "UniqueConstraintViolation"})


if __name__ == "__main__":
    unittest.main()
