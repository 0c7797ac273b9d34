'use strict';

// FileReader (File API §6) and the ProgressEvent that it fires (XHR §5). A Blob is in memory: a reader only puts what it
// has read into the shape, and the events into the order, that code made for browsers expects.

const {
  PromisePrototypeThen, PromiseResolve, TypeError, defineInterface, isolate, uncurryThis,
} = internal.primordials;
const {
  illegalInvocation, isObject, requireArguments, requireConstructorArguments, toDOMString,
} = internal.webidl;
const { DOMException, Event, EventTarget, defineEventHandler, dispatchTrusted } = internal;
const { Blob, TextDecoder } = native.classes;
const readBuffer = uncurryThis(Blob.prototype.arrayBuffer);
const decode = uncurryThis(TextDecoder.prototype.decode);

const EMPTY = 0;
const LOADING = 1;
const DONE = 2;

class ProgressEvent extends Event {
  #lengthComputable = false;
  #loaded = 0;
  #total = 0;

  constructor(type, init = undefined) {
    requireConstructorArguments(arguments.length, 1, 'ProgressEvent');
    super(type, init);
    if (isObject(init)) {
      const { lengthComputable, loaded, total } = init;
      if (lengthComputable !== undefined) this.#lengthComputable = !!lengthComputable;
      if (loaded !== undefined) this.#loaded = +loaded;
      if (total !== undefined) this.#total = +total;
    }
  }

  get lengthComputable() { return this.#lengthComputable; }
  get loaded() { return this.#loaded; }
  get total() { return this.#total; }
}
defineInterface(ProgressEvent);

class ReaderState {
  constructor() {
    this.readyState = EMPTY;
    this.result = null;
    this.error = null;
    this.operation = undefined;  // of the read under way; another object for each
  }
}
isolate(ReaderState);

function newDecoder(label) {
  try {
    return new TextDecoder(label);
  } catch {
    return undefined;
  }
}

class FileReader extends EventTarget {
  #state = new ReaderState();

  get readyState() { return this.#state.readyState; }
  get result() { return this.#state.result; }
  get error() { return this.#state.error; }

  readAsArrayBuffer(blob) {
    this.#read(arguments.length, 'readAsArrayBuffer', blob, (buffer) => buffer);
  }

  readAsBinaryString(blob) {
    this.#read(arguments.length, 'readAsBinaryString', blob, () => native.blobToBinaryString(blob));
  }

  readAsText(blob, encoding = undefined) {
    if (!(#state in this)) throw illegalInvocation();
    const label = encoding === undefined ? undefined : toDOMString(encoding);
    this.#read(arguments.length, 'readAsText', blob, (buffer) => {
      let decoder = label === undefined ? undefined : newDecoder(label);
      const charset = decoder === undefined ? native.blobCharset(blob) : null;
      if (charset !== null) decoder = newDecoder(charset);
      return decode(decoder ?? new TextDecoder(), buffer);
    });
  }

  readAsDataURL(blob) {
    this.#read(arguments.length, 'readAsDataURL', blob, () => native.blobToDataUrl(blob));
  }

  abort() {
    const state = this.#state;
    if (state.readyState !== LOADING) {
      state.result = null;
      return;
    }
    state.readyState = DONE;
    state.result = null;
    state.error = new DOMException('The read was aborted.', 'AbortError');
    state.operation = undefined;
    this.#fire('abort', 0, 0);
    if (state.readyState !== LOADING) this.#fire('loadend', 0, 0);
  }

  #fire(type, loaded, total) {
    dispatchTrusted(this, new ProgressEvent(type, { __proto__: null, lengthComputable: true, loaded, total }));
  }

  // "Read operation"
  #read(argumentCount, method, blob, convert) {
    const state = this.#state;
    requireArguments(argumentCount, 1, method, 'FileReader');
    if (!native.isBlob(blob)) {
      throw new TypeError(`Failed to execute '${method}' on 'FileReader': parameter 1 is not of type 'Blob'.`);
    }
    if (state.readyState === LOADING) {
      throw new DOMException('The reader is busy reading a Blob.', 'InvalidStateError');
    }
    state.readyState = LOADING;
    state.result = null;
    state.error = null;
    const operation = { __proto__: null };
    state.operation = operation;
    const current = () => state.operation === operation;
    const size = native.blobSize(blob);
    const finish = (type) => {
      this.#fire(type, type === 'load' ? size : 0, size);
      // A listener may have begun another read.
      if (state.readyState !== LOADING) this.#fire('loadend', type === 'load' ? size : 0, size);
    };
    const fail = (error) => {
      if (!current()) return;
      state.readyState = DONE;
      state.operation = undefined;
      state.error = new DOMException(`The Blob could not be read: ${error?.message}`, 'NotReadableError');
      finish('error');
    };
    PromisePrototypeThen(PromiseResolve(), () => {
      if (!current()) return;
      this.#fire('loadstart', 0, size);
      if (!current()) return;
      PromisePrototypeThen(readBuffer(blob), (buffer) => {
        if (!current()) return;
        this.#fire('progress', size, size);
        if (!current()) return;
        let result;
        try {
          result = convert(buffer);
        } catch (error) {
          fail(error);
          return;
        }
        state.readyState = DONE;
        state.operation = undefined;
        state.result = result;
        finish('load');
      }, fail);
    });
  }
}
defineInterface(FileReader, { __proto__: null, constants: { __proto__: null, EMPTY, LOADING, DONE } });
const handlers = ['loadstart', 'progress', 'load', 'abort', 'error', 'loadend'];
for (let i = 0; i < handlers.length; i++) defineEventHandler(FileReader.prototype, handlers[i]);

internal.FileReader = FileReader;
internal.ProgressEvent = ProgressEvent;
