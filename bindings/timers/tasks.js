'use strict';

// Tasks of JavaScript internals (https://html.spec.whatwg.org/#queue-a-task): they run from the loop, in the order in
// which they were queued, each with the microtasks that it leads to.

const { isolate } = internal.primordials;

class Task {
  constructor(steps, argument) {
    this.steps = steps;
    this.argument = argument;
    this.next = undefined;
  }
}
isolate(Task);

class TaskQueue {
  constructor(task) {
    this.first = task;
    this.last = task;
  }
}
isolate(TaskQueue);

function runTask(queue) {
  const task = queue.first;
  if (task === undefined) return;
  queue.first = task.next;
  if (task.next === undefined) queue.last = undefined;
  const { steps } = task;
  steps(task.argument);
}

// Calls `steps(argument)` in a task of its own that belongs to an invocation: by default the current one, and an error
// in global scope. Nothing happens when the invocation has ended, now or before it is the task's turn.
internal.queueTask = (steps, argument = undefined, invocation = 0) => {
  const task = new Task(steps, argument);
  const queue = native.getTasks(invocation);
  if (queue === null) return;
  if (queue === undefined) {
    native.startTasks(invocation, new TaskQueue(task), runTask);
  } else if (queue.last === undefined) {
    queue.first = task;
    queue.last = task;
  } else {
    queue.last.next = task;
    queue.last = task;
  }
};
