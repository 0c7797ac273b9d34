'use strict';

// node:diagnostics_channel (https://nodejs.org/api/diagnostics_channel.html).

const { Map, ReflectApply, TypeError } = internal.primordials;

const channels = new Map();

class Channel {
  #subscribers = [];
  #stores = new Map();

  constructor(name) {
    this.name = name;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  subscribe(subscriber) {
    if (typeof subscriber !== 'function') throw new TypeError('The "subscription" argument must be of type function.');
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  unsubscribe(subscriber) {
    const before = this.#subscribers;
    this.#subscribers = before.filter((each) => each !== subscriber);
    return this.#subscribers.length < before.length;
  }

  bindStore(store, transform) {
    this.#stores.set(store, transform);
  }

  unbindStore(store) {
    return this.#stores.delete(store);
  }

  publish(message) {
    for (const each of this.#subscribers) {
      try {
        each(message, this.name);
      } catch (error) {
        native.reportException(error);
      }
    }
  }

  runStores(context, fn, receiver, ...args) {
    let run = () => {
      this.publish(context);
      return ReflectApply(fn, receiver, args);
    };
    for (const [store, transform] of this.#stores) {
      const inner = run;
      run = () => store.run(transform ? transform(context) : context, inner);
    }
    return run();
  }
}

function channel(name) {
  let found = channels.get(name);
  if (found === undefined) {
    found = new Channel(name);
    channels.set(name, found);
  }
  return found;
}

class TracingChannel {
  constructor(name) {
    for (const event of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
      this[event] = typeof name === 'string' ? channel(`tracing:${name}:${event}`) : name[event];
    }
  }

  get hasSubscribers() {
    return ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].some((event) => this[event].hasSubscribers);
  }

  subscribe(handlers) {
    for (const event of Object.keys(handlers)) this[event]?.subscribe(handlers[event]);
  }

  unsubscribe(handlers) {
    return Object.keys(handlers).every((event) => this[event]?.unsubscribe(handlers[event]));
  }

  traceSync(fn, context = {}, receiver, ...args) {
    return this.start.runStores(context, () => {
      try {
        context.result = ReflectApply(fn, receiver, args);
        return context.result;
      } catch (error) {
        context.error = error;
        this.error.publish(context);
        throw error;
      } finally {
        this.end.publish(context);
      }
    });
  }

  tracePromise(fn, context = {}, receiver, ...args) {
    const settle = (key) => (value) => {
      context[key] = value;
      if (key === 'error') this.error.publish(context);
      this.asyncStart.publish(context);
      this.asyncEnd.publish(context);
      if (key === 'error') throw value;
      return value;
    };
    return this.start.runStores(context, () => {
      try {
        return Promise.resolve(ReflectApply(fn, receiver, args)).then(settle('result'), settle('error'));
      } finally {
        this.end.publish(context);
      }
    });
  }

  traceCallback(fn, position = -1, context = {}, receiver, ...args) {
    const at = position < 0 ? args.length + position : position;
    const callback = args[at];
    args[at] = (error, ...results) => {
      if (error) {
        context.error = error;
        this.error.publish(context);
      } else {
        context.result = results[0];
      }
      this.asyncStart.publish(context);
      try {
        return callback?.(error, ...results);
      } finally {
        this.asyncEnd.publish(context);
      }
    };
    return this.traceSync(fn, context, receiver, ...args);
  }
}

const module = {
  channel, Channel, TracingChannel,
  hasSubscribers: (name) => channels.get(name)?.hasSubscribers ?? false,
  subscribe: (name, subscriber) => channel(name).subscribe(subscriber),
  unsubscribe: (name, subscriber) => channels.get(name)?.unsubscribe(subscriber) ?? false,
  tracingChannel: (name) => new TracingChannel(name),
};

return { __proto__: null, ...module, default: module };
