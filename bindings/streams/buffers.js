'use strict';

// What byte streams do with ArrayBuffers and their views (Streams §8.3), by intrinsics only.

const {
  ArrayBuffer, ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeTransferToFixedLength,
  DataView, DataViewPrototypeGetBuffer, DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset, TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet, TypeError, Uint8Array, getter, globalThis, isolate,
} = internal.primordials;
const { streams } = internal;

const ArrayBufferPrototypeGetResizable = getter(ArrayBuffer.prototype, 'resizable');

// The typed array classes by name: a view is answered with one of its own kind.
const typedArrays = { __proto__: null };
const typedArrayNames = [
  'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array',
  'Uint32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
];
for (let i = 0; i < typedArrayNames.length; i++) {
  const Class = globalThis[typedArrayNames[i]];
  if (Class !== undefined) {
    typedArrays[typedArrayNames[i]] = {
      __proto__: null, Class, elementSize: Class.BYTES_PER_ELEMENT,
    };
  }
}

class ViewGeometry {
  constructor(buffer, byteOffset, byteLength, elementSize, viewConstructor) {
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.elementSize = elementSize;
    this.viewConstructor = viewConstructor;
  }
}
isolate(ViewGeometry);

// Precondition: ArrayBuffer.isView(view).
function viewGeometry(view) {
  const tag = TypedArrayPrototypeGetSymbolToStringTag(view);
  if (tag === undefined) {
    const buffer = DataViewPrototypeGetBuffer(view);
    let byteLength = 0;
    let byteOffset = 0;
    try {
      byteLength = DataViewPrototypeGetByteLength(view);
      byteOffset = DataViewPrototypeGetByteOffset(view);
    } catch {
      // The buffer is detached: a typed array would say 0 for both.
    }
    return new ViewGeometry(buffer, byteOffset, byteLength, 1, DataView);
  }
  const { Class, elementSize } = typedArrays[tag];
  return new ViewGeometry(
    TypedArrayPrototypeGetBuffer(view), TypedArrayPrototypeGetByteOffset(view),
    TypedArrayPrototypeGetByteLength(view), elementSize, Class);
}

function isSharedArrayBuffer(buffer) {
  try {
    ArrayBufferPrototypeGetByteLength(buffer);
    return false;
  } catch {
    return true;
  }
}

// WebIDL's ArrayBufferView without [AllowShared] and [AllowResizable].
function requirePlainBuffer(buffer, context) {
  if (isSharedArrayBuffer(buffer)) throw new TypeError(`${context}: The view is shared.`);
  if (ArrayBufferPrototypeGetResizable(buffer)) {
    throw new TypeError(`${context}: The view's buffer is resizable.`);
  }
}

function TransferArrayBuffer(buffer) {
  return ArrayBufferPrototypeTransferToFixedLength(buffer);
}

// A copy of some bytes, as a Uint8Array that has its buffer for itself.
function copyBytes(buffer, byteOffset, byteLength) {
  const copy = new Uint8Array(byteLength);
  TypedArrayPrototypeSet(copy, new Uint8Array(buffer, byteOffset, byteLength));
  return copy;
}

function copyDataBlockBytes(to, toOffset, from, fromOffset, byteLength) {
  TypedArrayPrototypeSet(new Uint8Array(to, toOffset, byteLength),
                         new Uint8Array(from, fromOffset, byteLength));
}

// CloneAsUint8Array. Precondition: `view` is a view on a buffer that is not detached.
function CloneAsUint8Array(view) {
  const { buffer, byteOffset, byteLength } = viewGeometry(view);
  return copyBytes(buffer, byteOffset, byteLength);
}

// The getter answers undefined for everything that is not a typed array.
function isUint8Array(value) {
  return TypedArrayPrototypeGetSymbolToStringTag(value) === 'Uint8Array';
}

streams.CloneAsUint8Array = CloneAsUint8Array;
streams.TransferArrayBuffer = TransferArrayBuffer;
streams.copyBytes = copyBytes;
streams.copyDataBlockBytes = copyDataBlockBytes;
streams.isSharedArrayBuffer = isSharedArrayBuffer;
streams.isUint8Array = isUint8Array;
streams.requirePlainBuffer = requirePlainBuffer;
streams.viewGeometry = viewGeometry;
