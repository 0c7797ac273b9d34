// 64 chunks of 1 KiB and 4 of 64 KiB: bytes to text, through a transform of the worker's own, back to bytes, and out.
const small = new Uint8Array(1024).fill(0x61);
const large = new Uint8Array(65536).fill(0x62);

export default {
  fetch() {
    let n = 0;
    const source = new ReadableStream({
      pull(controller) {
        if (n === 68) {
          controller.close();
          return;
        }
        controller.enqueue(n % 17 === 16 ? large : small);
        n++;
      },
    });
    const own = new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk);
      },
    });
    return new Response(source.pipeThrough(new TextDecoderStream()).pipeThrough(own).pipeThrough(new TextEncoderStream()));
  },
};
