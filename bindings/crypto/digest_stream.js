'use strict';

// crypto.DigestStream, as Cloudflare Workers have it: a WritableStream that hashes what is written to it.

const { defineInterface, getter, uncurryThis } = internal.primordials;
const { requireConstructorArguments } = internal.webidl;
const { WritableStream, streams: { Deferred, markAsHandled } } = internal;

const Hasher = native.classes.DigestStream;
const update = uncurryThis(Hasher.prototype.update);
const finish = uncurryThis(Hasher.prototype.finish);
const size = getter(Hasher.prototype, 'size');

class DigestStream extends WritableStream {
  #digest;
  #hasher;

  constructor(algorithm) {
    requireConstructorArguments(arguments.length, 1, 'DigestStream');
    const hasher = new Hasher(algorithm);
    const digest = new Deferred();
    // Whoever writes sees the error already.
    markAsHandled(digest.promise);
    // By the public constructor: whatever user code puts in its place gets nothing but these functions.
    super({
      __proto__: null,
      write(chunk) {
        try {
          return update(hasher, chunk);
        } catch (error) {
          digest.reject(error);
          throw error;
        }
      },
      close() { digest.resolve(finish(hasher)); },
      abort(reason) { digest.reject(reason); },
    });
    this.#digest = digest.promise;
    this.#hasher = hasher;
  }

  get digest() { return this.#digest; }
  get bytesWritten() { return size(this.#hasher); }
}
defineInterface(DigestStream);

internal.DigestStream = DigestStream;
