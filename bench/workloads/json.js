// A small API answer.
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    return Response.json({ path: pathname, items: [{ id: 1, name: 'one' }, { id: 2, name: 'two' }], ok: true });
  },
};
