// A proxy: the response of an origin on loopback (nginx, a constant string) is handed on.
export default {
  async fetch() {
    return fetch('ORIGIN');
  },
};
