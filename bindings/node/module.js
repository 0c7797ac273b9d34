'use strict';

// node:module (https://nodejs.org/api/module.html): require() of what comes with the runtime.

const { Error, TypeError } = internal.primordials;

function createRequire(from) {
  if (typeof from !== 'string' && !(from instanceof URL)) throw new TypeError('The argument "filename" must be a file URL object, file URL string, or absolute path string.');
  function require(specifier) {
    const found = native.builtinModule(`${specifier}`);
    if (found !== undefined) return 'default' in found ? found.default : found;
    const error = new Error(`Cannot find module '${specifier}'. Workers can require() modules that come with the runtime; others are bundled.`);
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  }
  require.resolve = (specifier) => specifier;
  require.cache = {};
  return require;
}

const isBuiltin = (specifier) => native.builtinModule(`${specifier}`) !== undefined;
const module = { createRequire, isBuiltin, builtinModules: native.builtinModuleNames(), Module: undefined };
delete module.Module;

return { __proto__: null, ...module, default: module };
