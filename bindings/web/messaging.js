'use strict';

// MessageChannel, MessagePort and BroadcastChannel (HTML §9.4, §9.5), within one isolate.
//
// A message is cloned when it is posted, and waits, in a list of its port or as a task, until it is delivered. The task
// belongs to the invocation that posted the message (or that started the port): that is who pays for it, and when that
// invocation ends first, nothing is delivered. A port is an object like any other and outlives the invocation that made
// it, so a channel that was made once, in global scope or by the first request, serves all requests. A BroadcastChannel
// belongs to the invocation that made it; what it receives are tasks of that one.

const {
  defineInterface, isolate, Map, MapPrototypeDelete, MapPrototypeForEach, MapPrototypeGet, MapPrototypeSet,
  Set, SetPrototypeAdd, SetPrototypeDelete, SetPrototypeForEach,
  SetPrototypeGetSize, SymbolIterator, TypeError,
} = internal.primordials;
const {
  defineElement, executeContext, forEachOfSequence, illegalConstructor, isObject, kInternal, requireArguments,
  requireConstructorArguments, toDOMString,
} = internal.webidl;
const {
  DOMException, Event, EventTarget, createMessageEvent, defineEventHandler, dispatchTrusted, eventTargetState,
  queueTask,
} = internal;

// The second argument of postMessage: a sequence of objects, or a dictionary with one. Gives an array.
function toTransferList(options, context) {
  const list = [];
  if (options === undefined || options === null) return list;
  if (!isObject(options)) throw new TypeError(`${context}: The provided value is not of type 'object'.`);
  let sequence = options;
  if (options[SymbolIterator] === undefined || options[SymbolIterator] === null) {
    sequence = options.transfer;
    if (sequence === undefined) return list;
  }
  forEachOfSequence(sequence, context, (item, index) => {
    if (!isObject(item)) throw new TypeError(`${context}: A member of the transfer list is not an object.`);
    defineElement(list, index, item);
  });
  return list;
}

class Message {
  constructor(data, ports) {
    this.data = data;
    this.ports = ports;
    this.next = undefined;
  }
}
isolate(Message);

// What a transfer moves from one MessagePort object to another.
class PortState {
  constructor() {
    this.peer = undefined;   // the other end's PortState, until either is closed
    this.port = undefined;   // the MessagePort
    this.enabled = false;
    this.closed = false;
    this.first = undefined;  // messages that wait for the port to be enabled or for their task
    this.last = undefined;
  }
}
isolate(PortState);

function enqueue(state, message) {
  if (state.enabled) queueTask(deliver, state);
  if (state.last === undefined) state.first = message;
  else state.last.next = message;
  state.last = message;
}

// The task of one message: whichever is first in the list then.
function deliver(state) {
  const message = state.first;
  // Transferred or closed meanwhile.
  if (!state.enabled || message === undefined) return;
  state.first = message.next;
  if (message.next === undefined) state.last = undefined;
  dispatchTrusted(state.port, createMessageEvent('message', message.data, '', '', message.ports));
}

function startPort(state) {
  if (state.enabled || state.closed) return;
  for (let message = state.first; message !== undefined; message = message.next) queueTask(deliver, state);
  state.enabled = true;
}

function fireClose(state) {
  if (state.port !== undefined) dispatchTrusted(state.port, new Event('close'));
}

function closePort(state) {
  const { peer } = state;
  state.closed = true;
  state.first = undefined;
  state.last = undefined;
  state.peer = undefined;
  if (peer === undefined) return;
  peer.peer = undefined;
  // Only somebody who listens can tell, and only in an invocation can there be a task.
  if (peer.port !== undefined && eventTargetState(peer.port).first !== undefined && native.currentInvocation() !== 0) {
    queueTask(fireClose, peer);
  }
}

let portState;
let isMessagePort;
let transferPort;

class MessagePort extends EventTarget {
  #state;

  constructor(token = undefined, state = undefined) {
    if (token !== kInternal) throw illegalConstructor();
    super();
    this.#state = state;
    state.port = this;
  }

  postMessage(message, options = undefined) {
    const state = this.#state;
    requireArguments(arguments.length, 1, 'postMessage', 'MessagePort');
    const context = executeContext('postMessage', 'MessagePort');
    const transfer = toTransferList(options, context);
    const { peer } = state;
    let doomed = false;
    for (let i = 0; i < transfer.length; i++) {
      if (transfer[i] === this) {
        throw new DOMException(`${context}: Port at index ${i} contains the source port.`, 'DataCloneError');
      }
      if (peer !== undefined && transfer[i] === peer.port) doomed = true;
    }
    const pair = native.postMessage(message, transfer);
    if (peer === undefined || peer.closed || doomed) return;
    const transferred = pair[1];
    const ports = [];
    for (let i = 0; i < transferred.length; i++) {
      if (isMessagePort(transferred[i])) defineElement(ports, ports.length, transferred[i]);
    }
    enqueue(peer, new Message(pair[0], ports));
  }

  start() {
    startPort(this.#state);
  }

  close() {
    closePort(this.#state);
  }

  static {
    portState = (port) => port.#state;
    isMessagePort = (value) => isObject(value) && #state in value;
    transferPort = (port) => {
      const state = port.#state;
      if (state.closed) throw new DOMException('A MessagePort is closed or was transferred already.', 'DataCloneError');
      port.#state = new PortState();
      port.#state.closed = true;
      state.enabled = false;
      return new MessagePort(kInternal, state);
    };
  }
}
defineInterface(MessagePort);
defineEventHandler(MessagePort.prototype, 'message', (port) => startPort(portState(port)));
defineEventHandler(MessagePort.prototype, 'messageerror');
defineEventHandler(MessagePort.prototype, 'close');
internal.setTransferable(isMessagePort, transferPort);

class MessageChannel {
  #port1;
  #port2;

  constructor() {
    const one = new PortState();
    const two = new PortState();
    one.peer = two;
    two.peer = one;
    this.#port1 = new MessagePort(kInternal, one);
    this.#port2 = new MessagePort(kInternal, two);
  }

  get port1() { return this.#port1; }
  get port2() { return this.#port2; }
}
defineInterface(MessageChannel);

// Open channels: invocation → name → Set of channels, in the order in which they were made. 0 is global scope.
const groups = new Map();

function joinGroup(invocation, name, channel) {
  let names = MapPrototypeGet(groups, invocation);
  if (names === undefined) {
    // Channels of invocations that are over stay open until somebody looks.
    MapPrototypeForEach(groups, (_, id) => {
      if (id !== 0 && !native.isInvocationOpen(id)) MapPrototypeDelete(groups, id);
    });
    names = new Map();
    MapPrototypeSet(groups, invocation, names);
  }
  let channels = MapPrototypeGet(names, name);
  if (channels === undefined) {
    channels = new Set();
    MapPrototypeSet(names, name, channels);
  }
  SetPrototypeAdd(channels, channel);
}

function leaveGroup(invocation, name, channel) {
  const names = MapPrototypeGet(groups, invocation);
  const channels = names && MapPrototypeGet(names, name);
  if (channels === undefined) return;
  SetPrototypeDelete(channels, channel);
  if (SetPrototypeGetSize(channels) === 0) MapPrototypeDelete(names, name);
}

class Broadcast {
  constructor(channel, data) {
    this.channel = channel;
    this.data = data;
  }
}
isolate(Broadcast);

let deliverBroadcast;

class BroadcastChannel extends EventTarget {
  #name;
  #invocation = native.currentInvocation();
  #closed = false;

  constructor(name) {
    requireConstructorArguments(arguments.length, 1, 'BroadcastChannel');
    name = toDOMString(name);
    super();
    this.#name = name;
    joinGroup(this.#invocation, name, this);
  }

  get name() { return this.#name; }

  postMessage(message) {
    const closed = this.#closed;
    requireArguments(arguments.length, 1, 'postMessage', 'BroadcastChannel');
    if (closed) {
      throw new DOMException(`${executeContext('postMessage', 'BroadcastChannel')}: The channel is closed.`,
                             'InvalidStateError');
    }
    const copy = native.postMessage(message, [])[0];
    const name = this.#name;
    MapPrototypeForEach(groups, (names, invocation) => {
      const channels = MapPrototypeGet(names, name);
      if (channels === undefined) return;
      SetPrototypeForEach(channels, (channel) => {
        // Nobody can tell that a copy was not made for a channel without listeners.
        if (channel === this || eventTargetState(channel).first === undefined) return;
        queueTask(deliverBroadcast, new Broadcast(channel, native.postMessage(copy, [])[0]), invocation);
      });
    });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    leaveGroup(this.#invocation, this.#name, this);
  }

  static {
    deliverBroadcast = ({ channel, data }) => {
      if (!channel.#closed) dispatchTrusted(channel, createMessageEvent('message', data, '', '', undefined));
    };
  }
}
defineInterface(BroadcastChannel);
defineEventHandler(BroadcastChannel.prototype, 'message');
defineEventHandler(BroadcastChannel.prototype, 'messageerror');

internal.isMessagePort = isMessagePort;
internal.MessagePort = MessagePort;
internal.MessageChannel = MessageChannel;
internal.BroadcastChannel = BroadcastChannel;
