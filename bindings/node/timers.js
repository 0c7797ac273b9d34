'use strict';

// node:timers (https://nodejs.org/api/timers.html).

const timers = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate };
timers.promises = native.builtinModule('node:timers/promises').default;

return { __proto__: null, ...timers, default: timers };
