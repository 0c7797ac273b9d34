// JavaScript alone: what the engine and its compilers make of it.
function sieve(limit) {
  const composite = new Uint8Array(limit + 1);
  let primes = 0;
  for (let n = 2; n <= limit; n++) {
    if (composite[n]) continue;
    primes++;
    for (let m = n * n; m <= limit; m += n) composite[m] = 1;
  }
  return primes;
}

function words(count) {
  const seen = new Map();
  for (let i = 0; i < count; i++) {
    const word = 'w' + ((i * 7919) % 101);
    seen.set(word, (seen.get(word) ?? 0) + 1);
  }
  return [...seen].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0][0];
}

export default {
  async fetch() {
    return new Response(`${sieve(10_000)} ${words(500)}`);
  },
};
