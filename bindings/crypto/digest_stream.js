'use strict';

// crypto.DigestStream, as Cloudflare Workers have it: a WritableStream that hashes what is written to it.

const { BigInt, defineInterface, uncurryThis } = internal.primordials;
const { requireConstructorArguments } = internal.webidl;
const { WritableStream, streams: { Deferred, markAsHandled } } = internal;

const Hasher = native.classes.DigestStream;
const update = uncurryThis(Hasher.prototype.update);
const finish = uncurryThis(Hasher.prototype.finish);

class DigestStream extends WritableStream {
  #digest;
  #count;

  constructor(algorithm) {
    requireConstructorArguments(arguments.length, 1, 'DigestStream');
    const hasher = new Hasher(algorithm);
    const digest = new Deferred();
    // Whoever writes sees the error already.
    markAsHandled(digest.promise);
    const count = { __proto__: null, bytes: 0 };
    // By the public constructor: whatever user code puts in its place gets nothing but these functions.
    super({
      __proto__: null,
      write(chunk) {
        try {
          count.bytes += update(hasher, chunk);
        } catch (error) {
          digest.reject(error);
          throw error;
        }
      },
      close() { digest.resolve(finish(hasher)); },
      abort(reason) { digest.reject(reason); },
    });
    this.#digest = digest.promise;
    this.#count = count;
  }

  get digest() { return this.#digest; }
  get bytesWritten() { return BigInt(this.#count.bytes); }
}
defineInterface(DigestStream);

internal.DigestStream = DigestStream;
