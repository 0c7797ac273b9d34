const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function page(count, messages) {
  const items = messages.map(
    ({ author, text, written_at }) => `<li><b>${escape(author)}</b>, ${written_at}: ${escape(text)}</li>`);
  return `<!doctype html><title>Guestbook</title>
<h1>${count} messages</h1>
<form method="post"><input name="author" placeholder="Your name"> <input name="text" placeholder="A message"> <button>Write</button></form>
<ul>${items.join('\n')}</ul>
`;
}

async function read(db, author) {
  const where = author === null ? '' : 'WHERE author = ?';
  const bind = (statement) => author === null ? statement : statement.bind(author);
  const [count, newest] = await db.batch([
    bind(db.prepare(`SELECT count(*) AS n FROM messages ${where}`)),
    bind(db.prepare(`SELECT author, text, written_at FROM messages ${where} ORDER BY id DESC LIMIT 20`)),
  ]);
  return { count: count.results[0].n, messages: newest.results };
}

async function write(db, form) {
  try {
    await db.prepare('INSERT INTO messages (author, text) VALUES (?, ?)')
      .bind(String(form.get('author') ?? '').trim(), String(form.get('text') ?? '').trim()).run();
    return null;
  } catch (error) {
    // The table's own rules say what a message may be.
    if (error.message.includes('CHECK constraint failed')) return 'A name (up to 40 letters) and a message (up to 1000), please\n';
    throw error;
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (request.method === 'POST') {
      const problem = await write(env.DB, await request.formData());
      return problem ? new Response(problem, { status: 422 }) : Response.redirect(`${url.origin}/`, 303);
    }
    const { count, messages } = await read(env.DB, url.searchParams.get('author'));
    if (url.pathname === '/messages') return Response.json({ count, messages });
    return new Response(page(count, messages), { headers: { 'Content-Type': 'text/html;charset=UTF-8' } });
  },
};
