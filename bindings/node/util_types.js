'use strict';

const { types } = native.builtinModule('node:util');

return { __proto__: null, ...types, default: types };
