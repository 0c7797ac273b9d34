export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === '/') return new Response(`${env.GREETING} from NAME!\n`);
    return Response.json({ error: 'not found', path: pathname }, { status: 404 });
  },
};
