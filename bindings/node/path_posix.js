'use strict';

const { posix } = native.builtinModule('node:path');

return { __proto__: null, ...posix, default: posix };
