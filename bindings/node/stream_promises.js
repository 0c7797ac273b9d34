'use strict';

// node:stream/promises (https://nodejs.org/api/stream.html#streams-promises-api).

const { promises } = native.builtinModule('node:stream');

return { __proto__: null, ...promises, default: promises };
