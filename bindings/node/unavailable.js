'use strict';

// What a module of Node.js that workers have no use for consists of: its functions and classes say so when they are used.
// Packages that only mention them load. `specifier` and `names` stand in front of this text (bindings/modules.list); a name
// with "{}" behind it is an object without properties.

const { Error } = internal.primordials;

function fail(name) {
  const error = new Error(`${specifier}: ${name} is not available in workers`);
  error.code = 'ERR_METHOD_NOT_IMPLEMENTED';
  throw error;
}

const members = {};
for (const name of names) {
  if (name.endsWith('{}')) {
    members[name.slice(0, -2)] = {};
  } else if (/^[A-Z]/.test(name)) {
    members[name] = { [name]: class { constructor() { fail(name); } } }[name];
  } else {
    members[name] = { [name]() { fail(`${name}()`); } }[name];
  }
}

return { __proto__: null, ...members, default: members };
