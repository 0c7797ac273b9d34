// What a cache in front of the worker keeps: 10 KiB.
export default {
  fetch() {
    return new Response('0123456789abcdef'.repeat(640), {
      headers: { 'Cache-Control': 'max-age=86400', 'Content-Type': 'text/plain' },
    });
  },
};
