'use strict';

// DOMException (WebIDL §2.8.1): an Error whose `name` comes from a fixed table and whose legacy
// `code` follows from it.

const {
  defineInterface, Error, ErrorCaptureStackTrace, ObjectDefineProperty, ObjectPrototypeHasOwnProperty,
  ObjectSetPrototypeOf,
} = internal.primordials;
const { isObject, toDOMString } = internal.webidl;

const constants = {
  __proto__: null,
  INDEX_SIZE_ERR: 1,
  DOMSTRING_SIZE_ERR: 2,
  HIERARCHY_REQUEST_ERR: 3,
  WRONG_DOCUMENT_ERR: 4,
  INVALID_CHARACTER_ERR: 5,
  NO_DATA_ALLOWED_ERR: 6,
  NO_MODIFICATION_ALLOWED_ERR: 7,
  NOT_FOUND_ERR: 8,
  NOT_SUPPORTED_ERR: 9,
  INUSE_ATTRIBUTE_ERR: 10,
  INVALID_STATE_ERR: 11,
  SYNTAX_ERR: 12,
  INVALID_MODIFICATION_ERR: 13,
  NAMESPACE_ERR: 14,
  INVALID_ACCESS_ERR: 15,
  VALIDATION_ERR: 16,
  TYPE_MISMATCH_ERR: 17,
  SECURITY_ERR: 18,
  NETWORK_ERR: 19,
  ABORT_ERR: 20,
  URL_MISMATCH_ERR: 21,
  QUOTA_EXCEEDED_ERR: 22,
  TIMEOUT_ERR: 23,
  INVALID_NODE_TYPE_ERR: 24,
  DATA_CLONE_ERR: 25,
};

const codes = {
  __proto__: null,
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

let isDOMException;

class DOMException {
  #message;
  #name;

  // `options` is a name, or a { name, cause } dictionary as workerd and Node.js take it.
  constructor(message = '', options = 'Error') {
    this.#message = toDOMString(message);
    let cause;
    let hasCause = false;
    if (isObject(options)) {
      hasCause = 'cause' in options;
      if (hasCause) ({ cause } = options);
      const { name } = options;
      this.#name = name === undefined ? 'Error' : toDOMString(name);
    } else {
      this.#name = toDOMString(options);
    }
    // The header of the stack is made from `name` and `message`, so this comes after them.
    ErrorCaptureStackTrace(this, DOMException);
    if (hasCause) {
      ObjectDefineProperty(this, 'cause', {
        __proto__: null, value: cause, writable: true, configurable: true,
      });
    }
  }

  get name() {
    return this.#name;
  }

  get message() {
    return this.#message;
  }

  get code() {
    return codes[this.#name] ?? 0;
  }

  static {
    isDOMException = (value) => isObject(value) && #message in value;
  }
}

defineInterface(DOMException, { __proto__: null, constants });
ObjectSetPrototypeOf(DOMException.prototype, Error.prototype);

internal.DOMException = DOMException;
internal.isDOMException = isDOMException;
// The names with a legacy code, for structured serialisation and for C++ that maps names.
internal.domExceptionNames = codes;
internal.domExceptionCode = (name) => (ObjectPrototypeHasOwnProperty(codes, name) ? codes[name] : 0);
