'use strict';

// Queuing strategies (Streams §7).

const { defineInterface, NumberIsNaN, RangeError, TypeError, isolate } = internal.primordials;
const {
  constructContext, requireConstructorArguments, toCallbackMember, toDictionary,
  toUnrestrictedDouble,
} = internal.webidl;

function toQueuingStrategyInit(init, iface) {
  const context = constructContext(iface);
  const highWaterMark = toDictionary(init, context)?.highWaterMark;
  if (highWaterMark === undefined) {
    throw new TypeError(`${context}: required member 'highWaterMark' is undefined.`);
  }
  return toUnrestrictedDouble(highWaterMark);
}

// The size functions are the same objects for all strategies of the realm.
const { byteLengthSize, countSize } = {
  byteLengthSize: { size: (chunk) => chunk.byteLength }.size,
  countSize: { size: () => 1 }.size,
};

class ByteLengthQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    requireConstructorArguments(arguments.length, 1, 'ByteLengthQueuingStrategy');
    this.#highWaterMark = toQueuingStrategyInit(init, 'ByteLengthQueuingStrategy');
  }

  get highWaterMark() { return this.#highWaterMark; }
  get size() {
    this.#highWaterMark;  // checks the receiver
    return byteLengthSize;
  }
}
defineInterface(ByteLengthQueuingStrategy);

class CountQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    requireConstructorArguments(arguments.length, 1, 'CountQueuingStrategy');
    this.#highWaterMark = toQueuingStrategyInit(init, 'CountQueuingStrategy');
  }

  get highWaterMark() { return this.#highWaterMark; }
  get size() {
    this.#highWaterMark;  // checks the receiver
    return countSize;
  }
}
defineInterface(CountQueuingStrategy);

class QueuingStrategy {
  constructor(highWaterMark, size) {
    this.highWaterMark = highWaterMark;
    this.size = size;
  }
}
isolate(QueuingStrategy);

// Converts a QueuingStrategy dictionary.
function toQueuingStrategy(value, context) {
  const dictionary = toDictionary(value, context);
  if (dictionary === undefined) return new QueuingStrategy(undefined, undefined);
  let { highWaterMark } = dictionary;
  if (highWaterMark !== undefined) highWaterMark = toUnrestrictedDouble(highWaterMark);
  return new QueuingStrategy(highWaterMark, toCallbackMember(dictionary.size, 'size', context));
}

function ExtractHighWaterMark(strategy, defaultHighWaterMark) {
  const { highWaterMark } = strategy;
  if (highWaterMark === undefined) return defaultHighWaterMark;
  if (NumberIsNaN(highWaterMark) || highWaterMark < 0) {
    throw new RangeError('The highWaterMark must be a non-negative number.');
  }
  return highWaterMark;
}

// undefined stands for the algorithm that returns 1. A function that is known to be pure, and is by
// far the most used one, need not be called for each chunk either.
function ExtractSizeAlgorithm(strategy) {
  const { size } = strategy;
  if (size === undefined || size === countSize) return undefined;
  return (chunk) => toUnrestrictedDouble(size(chunk));
}

internal.ByteLengthQueuingStrategy = ByteLengthQueuingStrategy;
internal.CountQueuingStrategy = CountQueuingStrategy;
internal.streams.ExtractHighWaterMark = ExtractHighWaterMark;
internal.streams.ExtractSizeAlgorithm = ExtractSizeAlgorithm;
internal.streams.toQueuingStrategy = toQueuingStrategy;
