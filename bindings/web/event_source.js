'use strict';

// EventSource (HTML §9.2), on fetch(), and EventSource.from(stream) as Workers have it.
//
// A connection, the timer of its reconnection and the tasks of its events belong to the invocation that made the
// EventSource, and end with it. Each event is a task of its own; the next chunk is asked for after the last event of
// the one before, so that a worker that is slow slows its source down.

const {
  MathMin, Number, PromisePrototypeThen, PromiseResolve, ReflectApply, RegExpPrototypeExec, StringFromCharCode,
  StringPrototypeCharCodeAt, StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeSlice, TypeError,
  defineInterface, isolate,
} = internal.primordials;
const {
  constructContext, executeContext, isObject, kInternal, requireArguments, requireConstructorArguments, toDictionary,
  toUSVString,
} = internal.webidl;
const {
  DOMException, ErrorEvent, Event, EventTarget, createAbortSignal, createBodyPump, createMessageEvent,
  defineEventHandler, dispatchTrusted, isReadableStream, isStreamDisturbed, isStreamLocked, queueTask, signalAbort,
} = internal;
const {
  HeadersPrototypeGet, ResponsePrototypeGetBody, ResponsePrototypeGetHeaders, ResponsePrototypeGetStatus,
  ResponsePrototypeGetUrl, TextDecoder, TextDecoderPrototypeDecode, TextEncoder, TextEncoderPrototypeEncode, URL,
  URLPrototypeGetHref, URLPrototypeGetOrigin, fetch,
} = internal.captured;

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

const DEFAULT_RETRY_MS = 3000;
const MAX_RETRY_MS = 2 ** 31 - 1;
// When the server cannot be reached, the time between attempts doubles up to this.
const MAX_BACKOFF_MS = 60_000;

const LF = 10;

// A ByteString of its UTF-8 bytes.
function toUtf8Bytes(text) {
  const bytes = TextEncoderPrototypeEncode(new TextEncoder(), text);
  let result = '';
  for (let i = 0; i < bytes.length; i++) result += StringFromCharCode(bytes[i]);
  return result;
}

function messageOf(error) {
  try {
    const { message } = error;
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

// "interpreting an event stream" (HTML §9.2.6), from decoded text that comes in pieces of any size.
class EventStreamParser {
  // `onEvent(type, data, lastEventId)`, `onRetry(milliseconds)`.
  constructor(lastEventId, onEvent, onRetry) {
    this.onEvent = onEvent;
    this.onRetry = onRetry;
    this.pending = '';  // the beginning of a line that has not ended
    this.afterCr = false;
    this.data = '';
    this.type = '';
    this.lastEventId = lastEventId;
  }

  push(text) {
    let start = 0;
    if (this.afterCr && text.length > 0) {
      this.afterCr = false;
      if (StringPrototypeCharCodeAt(text, 0) === LF) start = 1;
    }
    let lf = StringPrototypeIndexOf(text, '\n', start);
    let cr = StringPrototypeIndexOf(text, '\r', start);
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      const line = this.pending + StringPrototypeSlice(text, start, end);
      this.pending = '';
      start = end + 1;
      if (end === cr) {
        if (lf === start) start++;
        else if (start === text.length) this.afterCr = true;
        cr = StringPrototypeIndexOf(text, '\r', start);
      }
      if (lf !== -1 && lf < start) lf = StringPrototypeIndexOf(text, '\n', start);
      this.processLine(line);
    }
    if (start < text.length) this.pending += StringPrototypeSlice(text, start);
  }

  processLine(line) {
    if (line === '') {
      this.dispatch();
      return;
    }
    const colon = StringPrototypeIndexOf(line, ':');
    if (colon === -1) {
      this.processField(line, '');
    } else if (colon > 0) {
      const begin = line[colon + 1] === ' ' ? colon + 2 : colon + 1;
      this.processField(StringPrototypeSlice(line, 0, colon), StringPrototypeSlice(line, begin));
    }
  }

  processField(name, value) {
    if (name === 'data') {
      this.data += `${value}\n`;
    } else if (name === 'event') {
      this.type = value;
    } else if (name === 'id') {
      if (!StringPrototypeIncludes(value, '\0')) this.lastEventId = value;
    } else if (name === 'retry') {
      if (RegExpPrototypeExec(/^[0-9]+$/, value) !== null) this.onRetry(MathMin(Number(value), MAX_RETRY_MS));
    }
  }

  dispatch() {
    const { data, type } = this;
    this.data = '';
    this.type = '';
    // The id counts also without data.
    if (data === '') this.onEvent('', '', this.lastEventId);
    else this.onEvent(type === '' ? 'message' : type, StringPrototypeSlice(data, 0, data.length - 1), this.lastEventId);
  }
}
isolate(EventStreamParser);

class SourceState {
  constructor(target, url, withCredentials, fetcher) {
    this.target = target;
    this.url = url;  // null: made from a stream
    this.withCredentials = withCredentials;
    this.fetcher = fetcher;
    this.readyState = CONNECTING;
    this.retryMs = DEFAULT_RETRY_MS;
    this.failures = 0;  // in a row
    this.lastEventId = '';
    this.origin = '';
    this.signal = undefined;  // of the request
    this.pump = undefined;    // of the response's body
    this.timer = undefined;
    this.invocation = native.currentInvocation();
  }

  connect() {
    if (this.readyState === CLOSED) return;
    this.timer = undefined;
    this.signal = createAbortSignal();
    const headers = { __proto__: null, 'accept': 'text/event-stream', 'cache-control': 'no-store' };
    if (this.lastEventId !== '') headers['last-event-id'] = toUtf8Bytes(this.lastEventId);
    const init = { __proto__: null, headers, signal: this.signal, redirect: 'follow' };
    let promise;
    try {
      promise = this.fetcher === undefined ? fetch(this.url, init)
        : PromiseResolve(ReflectApply(this.fetcher.fetch, this.fetcher, [this.url, init]));
    } catch (error) {
      this.fail(error);
      return;
    }
    PromisePrototypeThen(promise, (response) => this.onResponse(response), (error) => this.reconnect(error));
  }

  onResponse(response) {
    if (this.readyState === CLOSED) return;
    let problem;
    let body;
    try {
      const status = ResponsePrototypeGetStatus(response);
      const type = HeadersPrototypeGet(ResponsePrototypeGetHeaders(response), 'content-type') ?? '';
      if (status !== 200) problem = `the server answered with status ${status}`;
      else if (RegExpPrototypeExec(/^[\t\n\r ]*text\/event-stream[\t\n\r ]*(?:;|$)/i, type) === null) {
        problem = `the server answered with the type "${type}" instead of text/event-stream`;
      }
      body = ResponsePrototypeGetBody(response);
      const url = ResponsePrototypeGetUrl(response);
      this.origin = URLPrototypeGetOrigin(new URL(url === '' ? this.url : url));
    } catch (error) {
      this.fail(error);
      return;
    }
    if (problem !== undefined) {
      signalAbort(this.signal);
      this.fail(new TypeError(`EventSource: ${problem}.`));
      return;
    }
    this.failures = 0;
    this.read(body);
  }

  // Announces the connection and reads its events. `stream` is a ReadableStream, or null for an empty one.
  read(stream) {
    try {
      this.readyState = OPEN;
      dispatchTrusted(this.target, new Event('open'));
      if (this.readyState === CLOSED) return;
      if (stream === null) this.reconnect(undefined);
      else this.startReading(stream);
    } catch (error) {
      // The stream was locked meanwhile.
      this.fail(error);
    }
  }

  startReading(stream) {
    const decoder = new TextDecoder();
    const parser = new EventStreamParser(
      this.lastEventId,
      (type, data, lastEventId) => {
        queueTask(dispatchMessage, { __proto__: null, source: this, type, data, lastEventId }, this.invocation);
      },
      (milliseconds) => { this.retryMs = milliseconds; });
    this.pump = createBodyPump(
      stream,
      (chunk) => {
        try {
          parser.push(TextDecoderPrototypeDecode(decoder, chunk, { __proto__: null, stream: true }));
        } catch (error) {
          // An event that is longer than a string can be.
          this.pump.cancel(error);
          this.fail(error);
          return;
        }
        queueTask(readOn, this, this.invocation);
      },
      () => this.reconnect(undefined),
      (error) => this.reconnect(error));
    this.pump.pull();
  }

  // The connection is lost, or could not be made.
  reconnect(error) {
    if (this.readyState === CLOSED) return;
    if (this.url === null) {
      this.fail(error ?? new TypeError('EventSource: the stream has ended.'));
      return;
    }
    const wasOpen = this.readyState === OPEN;
    this.pump = undefined;
    this.readyState = CONNECTING;
    this.fireError(error ?? new TypeError('EventSource: the server has closed the connection.'));
    if (this.readyState === CLOSED) return;
    let delay = this.retryMs;
    if (!wasOpen) {
      const backoff = 2 ** MathMin(this.failures++, 10) * delay;
      if (backoff > delay) delay = delay < MAX_BACKOFF_MS ? MathMin(backoff, MAX_BACKOFF_MS) : delay;
    }
    this.timer = native.setTimeout(() => this.connect(), delay);
  }

  // "fail the connection": for good.
  fail(error) {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.fireError(error);
  }

  fireError(error) {
    dispatchTrusted(this.target, new ErrorEvent('error', { __proto__: null, error, message: messageOf(error) }));
  }

  close() {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    if (this.timer !== undefined) native.clearTimeout(this.timer);
    if (this.pump !== undefined) this.pump.cancel(undefined);
    if (this.signal !== undefined) signalAbort(this.signal);
  }
}
isolate(SourceState);

// Tasks.

function openStream({ source, stream }) {
  if (source.readyState !== CLOSED) source.read(stream);
}

function dispatchMessage({ source, type, data, lastEventId }) {
  if (source.readyState === CLOSED) return;
  source.lastEventId = lastEventId;
  if (type !== '') {
    dispatchTrusted(source.target, createMessageEvent(type, data, source.origin, lastEventId, undefined));
  }
}

function readOn(source) {
  if (source.readyState !== CLOSED) source.pump?.pull();
}

class EventSource extends EventTarget {
  #state;

  constructor(url, eventSourceInitDict = undefined) {
    if (url === kInternal) {
      super();
      this.#state = new SourceState(this, null, false, undefined);
      return;
    }
    requireConstructorArguments(arguments.length, 1, 'EventSource');
    const context = constructContext('EventSource');
    url = toUSVString(url);
    const dictionary = toDictionary(eventSourceInitDict, context);
    let fetcher;
    let withCredentials = false;
    if (dictionary !== undefined) {
      ({ fetcher } = dictionary);
      withCredentials = !!dictionary.withCredentials;
    }
    if (fetcher !== undefined && !isObject(fetcher)) {
      throw new TypeError(`${context}: The 'fetcher' member is not an object.`);
    }
    let href;
    try {
      href = URLPrototypeGetHref(new URL(url));
    } catch {
      throw new DOMException(`${context}: Cannot open an EventSource to '${url}'. The URL is invalid.`, 'SyntaxError');
    }
    super();
    this.#state = new SourceState(this, href, withCredentials, fetcher);
    // In a task of its own, which is an error in global scope.
    queueTask((state) => state.connect(), this.#state);
  }

  // The events of a stream of bytes, without a connection and so without another one after it.
  static from(stream) {
    requireArguments(arguments.length, 1, 'from', 'EventSource');
    const context = executeContext('from', 'EventSource');
    if (!isReadableStream(stream)) throw new TypeError(`${context}: parameter 1 is not of type 'ReadableStream'.`);
    if (isStreamLocked(stream)) throw new TypeError(`${context}: This ReadableStream is locked.`);
    if (isStreamDisturbed(stream)) {
      throw new TypeError(`${context}: This ReadableStream has already been read from.`);
    }
    const source = new EventSource(kInternal);
    queueTask(openStream, { __proto__: null, source: source.#state, stream });
    return source;
  }

  get url() { return this.#state.url; }
  get withCredentials() { return this.#state.withCredentials; }
  get readyState() { return this.#state.readyState; }

  close() {
    this.#state.close();
  }
}
defineInterface(EventSource, { __proto__: null, constants: { __proto__: null, CONNECTING, OPEN, CLOSED } });
defineEventHandler(EventSource.prototype, 'open');
defineEventHandler(EventSource.prototype, 'message');
defineEventHandler(EventSource.prototype, 'error');

internal.EventSource = EventSource;
