// Notes in a database, and in a key-value namespace how often they were looked at.
//
//   curl localhost:8787/notes -d '{"text": "first"}'
//   curl localhost:8787/notes
import { readJson } from './body';

type Note = { id: number; text: string; created: string };

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const { pathname } = new URL(request.url);
    const [, collection, id] = pathname.split('/');
    if (collection !== 'notes') return Response.json({ error: 'not found; try /notes' }, { status: 404 });

    if (request.method === 'GET' && !id) {
      ctx.waitUntil(count(env, 'notes'));
      const { results } = await env.DB.prepare('SELECT * FROM notes ORDER BY id DESC LIMIT 50').all<Note>();
      return Response.json({ notes: results, views: Number((await env.COUNTERS.get('notes')) ?? 0) });
    }
    if (request.method === 'GET') {
      const note = await env.DB.prepare('SELECT * FROM notes WHERE id = ?').bind(id).first<Note>();
      return note ? Response.json(note) : Response.json({ error: 'no such note' }, { status: 404 });
    }
    if (request.method === 'POST' && !id) {
      const body = await readJson<{ text?: unknown }>(request);
      if (typeof body?.text !== 'string' || body.text === '') {
        return Response.json({ error: 'expected {"text": "…"}' }, { status: 400 });
      }
      const note = await env.DB.prepare('INSERT INTO notes (text) VALUES (?) RETURNING *').bind(body.text).first<Note>();
      return Response.json(note, { status: 201 });
    }
    if (request.method === 'DELETE' && id) {
      const { meta } = await env.DB.prepare('DELETE FROM notes WHERE id = ?').bind(id).run();
      return new Response(null, { status: meta.changes > 0 ? 204 : 404 });
    }
    return Response.json({ error: `cannot ${request.method} ${pathname}` }, { status: 405 });
  },
} satisfies ExportedHandler<Env>;

async function count(env: Env, name: string): Promise<void> {
  const before = Number((await env.COUNTERS.get(name)) ?? 0);
  await env.COUNTERS.put(name, String(before + 1));
}
