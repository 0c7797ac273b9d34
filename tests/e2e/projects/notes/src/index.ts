// Notes of people who are logged in: sessions in KV, notes in D1.
import { Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

type Bindings = { DB: any; SESSIONS: any; PAGE_SIZE: number };

const app = new Hono<{ Bindings: Bindings; Variables: { user: string } }>();

app.post('/login', async (c) => {
  const { user } = await c.req.json<{ user: string }>();
  const id = crypto.randomUUID();
  await c.env.SESSIONS.put(`session:${id}`, user, { expirationTtl: 3600, metadata: { since: 'login' } });
  setCookie(c, 'session', id, { httpOnly: true });
  return c.json({ user });
});

app.use('/notes/*', async (c, next) => {
  const id = getCookie(c, 'session');
  const user = id && (await c.env.SESSIONS.get(`session:${id}`));
  if (!user) return c.json({ error: 'not logged in' }, 401);
  c.set('user', user);
  await next();
});

app.get('/notes', async (c) => {
  const after = Number(c.req.query('after') ?? 0);
  const { results } = await c.env.DB.prepare('SELECT id, text, pinned FROM notes WHERE owner = ? AND id > ? ORDER BY id LIMIT ?')
    .bind(c.get('user'), after, c.env.PAGE_SIZE).all();
  return c.json(results);
});

app.post('/notes', async (c) => {
  const { text } = await c.req.json<{ text: string }>();
  try {
    const note = await c.env.DB.prepare('INSERT INTO notes (owner, text) VALUES (?, ?) RETURNING id, text')
      .bind(c.get('user'), text).first();
    return c.json(note, 201);
  } catch (error) {
    return c.json({ error: (error as Error).message }, 400);
  }
});

app.post('/notes/:id/pin', async (c) => {
  const [, only] = await c.env.DB.batch([
    c.env.DB.prepare('UPDATE notes SET pinned = 0 WHERE owner = ?').bind(c.get('user')),
    c.env.DB.prepare('UPDATE notes SET pinned = 1 WHERE owner = ? AND id = ?').bind(c.get('user'), c.req.param('id')),
  ]);
  return c.json({ changed: only.meta.changes });
});

export default app;
