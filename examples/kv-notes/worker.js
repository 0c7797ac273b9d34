// Notes in a KV namespace: a page of them each, kept until they are deleted or their time is over.

const json = (value, init) => Response.json(value, init);

async function list(env, url) {
  const page = await env.NOTES.list({
    prefix: url.searchParams.get('tag') ? `${url.searchParams.get('tag')}/` : undefined,
    limit: 20,
    cursor: url.searchParams.get('cursor'),
  });
  return json({
    // What a list shows of a note is in its metadata: no value has to be read for it.
    notes: page.keys.map(({ name, metadata, expiration }) => ({ name, ...metadata, expiration })),
    next: page.list_complete ? null : `/?cursor=${page.cursor}`,
  });
}

async function show(env, name) {
  const { value, metadata } = await env.NOTES.getWithMetadata(name, 'stream');
  if (value === null) return json({ error: `There is no note ${name}` }, { status: 404 });
  return new Response(value, { headers: { 'Content-Type': metadata?.type ?? 'text/plain;charset=UTF-8' } });
}

async function store(env, name, request, url) {
  const options = {
    metadata: { type: request.headers.get('Content-Type') ?? 'text/plain;charset=UTF-8', written: new Date().toISOString() },
  };
  if (url.searchParams.has('ttl')) options.expirationTtl = Number(url.searchParams.get('ttl'));
  // The body streams into the namespace: nothing of it passes through this code.
  await env.NOTES.put(name, request.body ?? '', options);
  return json({ stored: name }, { status: 201 });
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const name = decodeURIComponent(url.pathname.slice(1));
    try {
      if (name === '') return await list(env, url);
      if (request.method === 'PUT') return await store(env, name, request, url);
      if (request.method === 'DELETE') {
        await env.NOTES.delete(name);
        return new Response(null, { status: 204 });
      }
      return await show(env, name);
    } catch (error) {
      // What KV refuses says why: "KV PUT failed: 400 Invalid expiration_ttl of 5. …"
      return json({ error: error.message }, { status: 400 });
    }
  },
};
