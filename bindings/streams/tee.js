'use strict';

// ReadableStreamTee (Streams §4.9.1), for default and for byte streams.

const { PromisePrototypeThen, isolate } = internal.primordials;
const { streams } = internal;
const {
  AcquireReadableStreamBYOBReader, AcquireReadableStreamDefaultReader, CloneAsUint8Array,
  CreateReadableByteStream, CreateReadableStream, Deferred, ReadableByteStreamControllerClose,
  ReadableByteStreamControllerEnqueue, ReadableByteStreamControllerError,
  ReadableByteStreamControllerGetBYOBRequest, ReadableByteStreamControllerRespond,
  ReadableByteStreamControllerRespondWithNewView, ReadableStreamBYOBReaderRead,
  ReadableStreamCancel, ReadableStreamDefaultControllerClose,
  ReadableStreamDefaultControllerEnqueue, ReadableStreamDefaultControllerError,
  ReadableStreamDefaultReaderRead, enqueueMicrotask, isByteController, releaseReader, viewGeometry,
} = streams;

// What both kinds of tee have in common: two branches, and a source that is cancelled when both are.
class Tee {
  constructor(stream) {
    this.stream = stream;
    this.reader = AcquireReadableStreamDefaultReader(stream);
    this.reading = false;
    this.canceled1 = false;
    this.canceled2 = false;
    this.reason1 = undefined;
    this.reason2 = undefined;
    this.branch1 = undefined;
    this.branch2 = undefined;
    this.cancelation = new Deferred();
  }

  cancel1(reason) {
    this.canceled1 = true;
    this.reason1 = reason;
    if (this.canceled2) this.cancelSource([this.reason1, this.reason2]);
    return this.cancelation.promise;
  }

  cancel2(reason) {
    this.canceled2 = true;
    this.reason2 = reason;
    if (this.canceled1) this.cancelSource([this.reason1, this.reason2]);
    return this.cancelation.promise;
  }

  // Reacts instead of resolving with the promise, which would look up its `then`.
  cancelSource(reason) {
    PromisePrototypeThen(ReadableStreamCancel(this.stream, reason),
                         this.cancelation.resolve, this.cancelation.reject);
  }

  // The source has ended or failed: no cancelation will ever reach it.
  settleCancelation() {
    if (!this.canceled1 || !this.canceled2) this.cancelation.resolve(undefined);
  }
}
isolate(Tee);

class DefaultTee extends Tee {
  constructor(stream, cloneForBranch2) {
    super(stream);
    this.readAgain = false;
    this.cloneForBranch2 = cloneForBranch2;
    this.chunk = undefined;
    this.onChunk = () => this.deliver();
    const pull = () => this.pull();
    this.branch1 = CreateReadableStream(undefined, pull, (reason) => this.cancel1(reason));
    this.branch2 = CreateReadableStream(undefined, pull, (reason) => this.cancel2(reason));
    PromisePrototypeThen(this.reader.closed.promise, undefined, (error) => {
      this.errorBranches(error);
      this.settleCancelation();
    });
  }

  errorBranches(error) {
    ReadableStreamDefaultControllerError(this.branch1.controller, error);
    ReadableStreamDefaultControllerError(this.branch2.controller, error);
  }

  pull() {
    if (this.reading) {
      this.readAgain = true;
      return undefined;
    }
    this.reading = true;
    ReadableStreamDefaultReaderRead(this.reader, this);
    return undefined;
  }

  // A tee is its own read request. Chunks are delivered in a microtask, so that errors of the source
  // are seen as soon as the chunks read before.
  chunkSteps(chunk) {
    this.chunk = chunk;
    enqueueMicrotask(this.onChunk);
  }

  deliver() {
    const { chunk } = this;
    this.chunk = undefined;
    this.readAgain = false;
    let chunk2 = chunk;
    if (!this.canceled2 && this.cloneForBranch2) {
      try {
        chunk2 = cloneChunk(chunk);
      } catch (error) {
        this.errorBranches(error);
        this.cancelSource(error);
        return;
      }
    }
    if (!this.canceled1) ReadableStreamDefaultControllerEnqueue(this.branch1.controller, chunk);
    if (!this.canceled2) ReadableStreamDefaultControllerEnqueue(this.branch2.controller, chunk2);
    this.reading = false;
    if (this.readAgain) this.pull();
  }

  closeSteps() {
    this.reading = false;
    if (!this.canceled1) ReadableStreamDefaultControllerClose(this.branch1.controller);
    if (!this.canceled2) ReadableStreamDefaultControllerClose(this.branch2.controller);
    this.settleCancelation();
  }

  errorSteps() {
    this.reading = false;
  }
}

// StructuredClone of a chunk. The chunks of bodies are Uint8Arrays; others are left to C++.
function cloneChunk(chunk) {
  if (streams.isUint8Array(chunk)) return CloneAsUint8Array(chunk);
  return native.structuredClone(chunk);
}

class ByteTee extends Tee {
  constructor(stream) {
    super(stream);
    this.readAgainForBranch1 = false;
    this.readAgainForBranch2 = false;
    this.branch1 = CreateReadableByteStream(undefined, () => this.pull(false),
                                            (reason) => this.cancel1(reason));
    this.branch2 = CreateReadableByteStream(undefined, () => this.pull(true),
                                            (reason) => this.cancel2(reason));
    this.forwardReaderError(this.reader);
  }

  errorBranches(error) {
    ReadableByteStreamControllerError(this.branch1.controller, error);
    ReadableByteStreamControllerError(this.branch2.controller, error);
  }

  forwardReaderError(reader) {
    PromisePrototypeThen(reader.closed.promise, undefined, (error) => {
      if (reader !== this.reader) return;
      this.errorBranches(error);
      this.settleCancelation();
    });
  }

  pull(forBranch2) {
    if (this.reading) {
      if (forBranch2) this.readAgainForBranch2 = true;
      else this.readAgainForBranch1 = true;
      return undefined;
    }
    this.reading = true;
    const { controller } = forBranch2 ? this.branch2 : this.branch1;
    const byobRequest = ReadableByteStreamControllerGetBYOBRequest(controller);
    if (byobRequest === null) this.pullWithDefaultReader();
    else this.pullWithBYOBReader(byobRequest.view, forBranch2);
    return undefined;
  }

  // After a chunk was delivered.
  pullAgain() {
    this.reading = false;
    if (this.readAgainForBranch1) this.pull(false);
    else if (this.readAgainForBranch2) this.pull(true);
  }

  pullWithDefaultReader() {
    if (this.reader.isBYOB) {
      releaseReader(this.reader);
      this.reader = AcquireReadableStreamDefaultReader(this.stream);
      this.forwardReaderError(this.reader);
    }
    ReadableStreamDefaultReaderRead(this.reader, new ByteTeeReadRequest(this));
  }

  pullWithBYOBReader(view, forBranch2) {
    if (!this.reader.isBYOB) {
      releaseReader(this.reader);
      this.reader = AcquireReadableStreamBYOBReader(this.stream);
      this.forwardReaderError(this.reader);
    }
    ReadableStreamBYOBReaderRead(this.reader, view, 1, new ByteTeeReadIntoRequest(this, forBranch2));
  }

  // A copy for the second receiver of a chunk; undefined when that failed, and all is errored then.
  clone(chunk) {
    try {
      return CloneAsUint8Array(chunk);
    } catch (error) {
      this.errorBranches(error);
      this.cancelSource(error);
      return undefined;
    }
  }
}

class ByteTeeReadRequest {
  constructor(tee) {
    this.tee = tee;
  }

  chunkSteps(chunk) {
    enqueueMicrotask(() => {
      const { tee } = this;
      tee.readAgainForBranch1 = false;
      tee.readAgainForBranch2 = false;
      let chunk2 = chunk;
      if (!tee.canceled1 && !tee.canceled2) {
        chunk2 = tee.clone(chunk);
        if (chunk2 === undefined) return;
      }
      if (!tee.canceled1) {
        ReadableByteStreamControllerEnqueue(tee.branch1.controller, viewGeometry(chunk));
      }
      if (!tee.canceled2) {
        ReadableByteStreamControllerEnqueue(tee.branch2.controller, viewGeometry(chunk2));
      }
      tee.pullAgain();
    });
  }

  closeSteps() {
    const { tee } = this;
    tee.reading = false;
    const { branch1: { controller: controller1 }, branch2: { controller: controller2 } } = tee;
    if (!tee.canceled1) ReadableByteStreamControllerClose(controller1);
    if (!tee.canceled2) ReadableByteStreamControllerClose(controller2);
    if (controller1.pendingPullIntos.length > 0) ReadableByteStreamControllerRespond(controller1, 0);
    if (controller2.pendingPullIntos.length > 0) ReadableByteStreamControllerRespond(controller2, 0);
    tee.settleCancelation();
  }

  errorSteps() {
    this.tee.reading = false;
  }
}
isolate(ByteTeeReadRequest);

class ByteTeeReadIntoRequest {
  constructor(tee, forBranch2) {
    this.tee = tee;
    this.forBranch2 = forBranch2;
  }

  get byobController() {
    return (this.forBranch2 ? this.tee.branch2 : this.tee.branch1).controller;
  }

  get otherController() {
    return (this.forBranch2 ? this.tee.branch1 : this.tee.branch2).controller;
  }

  get byobCanceled() {
    return this.forBranch2 ? this.tee.canceled2 : this.tee.canceled1;
  }

  get otherCanceled() {
    return this.forBranch2 ? this.tee.canceled1 : this.tee.canceled2;
  }

  chunkSteps(chunk) {
    enqueueMicrotask(() => {
      const { tee, byobCanceled, otherCanceled } = this;
      tee.readAgainForBranch1 = false;
      tee.readAgainForBranch2 = false;
      let copy;
      if (!otherCanceled) {
        copy = tee.clone(chunk);
        if (copy === undefined) return;
      }
      if (!byobCanceled) {
        ReadableByteStreamControllerRespondWithNewView(this.byobController, viewGeometry(chunk));
      }
      if (!otherCanceled) {
        ReadableByteStreamControllerEnqueue(this.otherController, viewGeometry(copy));
      }
      tee.pullAgain();
    });
  }

  closeSteps(view) {
    const { tee, byobCanceled, otherCanceled, byobController, otherController } = this;
    tee.reading = false;
    if (!byobCanceled) ReadableByteStreamControllerClose(byobController);
    if (!otherCanceled) ReadableByteStreamControllerClose(otherController);
    if (view !== undefined) {
      if (!byobCanceled) {
        ReadableByteStreamControllerRespondWithNewView(byobController, viewGeometry(view));
      }
      if (!otherCanceled && otherController.pendingPullIntos.length > 0) {
        ReadableByteStreamControllerRespond(otherController, 0);
      }
    }
    tee.settleCancelation();
  }

  errorSteps() {
    this.tee.reading = false;
  }
}
isolate(ByteTeeReadIntoRequest);

// Returns an object with branch1 and branch2, which are stream states.
function ReadableStreamTee(stream, cloneForBranch2) {
  if (isByteController(stream.controller)) return new ByteTee(stream);
  return new DefaultTee(stream, cloneForBranch2);
}

streams.ReadableStreamTee = ReadableStreamTee;
