'use strict';

// To whom an object belongs that only the code of one invocation may use. Its owner is the number of that invocation;
// what was made in global scope has 0 and may be used by all.

internal.currentOwner = () => native.currentInvocation();

// Throws the error that Workers users know. `type` is what the object is, as the message says it.
internal.requireOwner = (owner, type) => {
  if (owner !== 0 && owner !== native.currentInvocation()) native.requireOwner(owner, type);
};
