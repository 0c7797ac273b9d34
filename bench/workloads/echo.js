// 64 KiB in, the same out: the body is handed on without a look at it.
export default {
  async fetch(request) {
    return new Response(request.body);
  },
};
