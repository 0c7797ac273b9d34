const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function numberOf(params, name, fallback, max) {
  const value = Number(params.get(name) ?? fallback);
  return Number.isInteger(value) && value >= 0 ? Math.min(value, max) : fallback;
}

/** A body that counts from `from` to zero, waiting `ms` before each line. */
function countdown(from, ms) {
  const encoder = new TextEncoder();
  let n = from;
  return new ReadableStream({
    async pull(controller) {
      await sleep(ms);
      if (n > 0) {
        controller.enqueue(encoder.encode(`${n--}\n`));
      } else {
        controller.enqueue(encoder.encode('lift-off\n'));
        controller.close();
      }
    },
    cancel() {
      console.log(`the client left at ${n}`);
    },
  });
}

export default {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    const body = countdown(numberOf(searchParams, 'from', 10, 1000), numberOf(searchParams, 'ms', 500, 10_000));
    return new Response(body, {
      headers: { 'Content-Type': 'text/plain;charset=UTF-8', 'Cache-Control': 'no-store' },
    });
  },
};
