'use strict';

const { strict } = native.builtinModule('node:assert');

return { __proto__: null, ...strict, default: strict };
