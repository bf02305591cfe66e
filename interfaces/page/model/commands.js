// The commands that a person can give for tasks, as the overlay shows them and the API takes them.

/**
 * @typedef {import("./fold.js").Task} Task
 * @typedef {import("./overlay.js").Command} Command
 * @typedef {Omit<Command, "key" | "tab"> & {key?: undefined}} Wish
 */

/** @param {Task} task @param {string} method @param {string} end @param {string} done @param {Partial<Task>} shown @param {any} [body] @returns {Wish} */
const of = (task, method, end, done, shown, body) => ({
  subject: task.id, method, path: `/tasks/${task.id}${end}`, body, shown, done, title: task.title,
});

/** @param {Task} task */
export const complete = (task) => of(task, "POST", "/complete", "completed", { status: "completed", completed_at: now() });

/** @param {Task} task */
export const reopen = (task) => of(task, "POST", "/reopen", "reopened", { status: "open", completed_at: null });

/** @param {Task} task */
export const remove = (task) => of(task, "DELETE", "", "deleted", { status: "deleted", deleted_at: now() });

/** @param {Task} task */
export const restore = (task) => of(task, "POST", "/restore", "restored", {
  status: task.completed_at ? "completed" : task.skipped_at ? "skipped" : "open", deleted_at: null,
});

/** @param {Task} task */
export const skip = (task) => of(task, "POST", "/skip", "skipped", { status: "skipped", skipped_at: now() });

/** @param {Task} task */
export const unskip = (task) => of(task, "POST", "/unskip", "unskipped", { status: "open", skipped_at: null });

/**
 * Change fields. With a version, nothing that others changed since is overwritten: the API answers 412.
 * @param {Task} task @param {any} fields as the body of PATCH /tasks/{id} @param {{version?: number, scope?: string, done?: string}} [how] @returns {Wish}
 */
export const change = (task, fields, { version, scope, done = "changed" } = {}) => ({
  ...of(task, "PATCH", scope && scope !== "this" ? `?scope=${scope}` : "", done, laid(fields), fields),
  ...(version === undefined ? {} : { version }),
});

/** Add a tag; those that others add meanwhile stay. @param {Task} task @param {string} tag */
export const tag = (task, tag) => of(task, "POST", "/tags", "changed", { tags: [...task.tags, tag] }, { tags: [tag] });

/** @param {Task} task @param {string} tag */
export const untag = (task, tag) => of(task, "DELETE", `/tags/${encodeURIComponent(tag)}`, "changed", { tags: task.tags.filter((other) => other !== tag) });

/** Move the due date to a day, or to nothing. A task with a time of day keeps it. @param {Task} task @param {{due_on: string} | {due_at: string} | {due_on: null}} due */
export const reschedule = (task, due) => change(task, due, { done: "rescheduled" });

/**
 * A task from one line of text. `draft` is how the API read the line, if it has.
 * @param {string} text @param {any} draft @param {string} keep spans that stay title @param {string | null} day when it is due without a date in the line @returns {Wish}
 */
export function quick(text, draft, keep, day) {
  const read = draft ?? { title: text, tags: [], due_at: null, due_on: null, priority: null };
  return {
    subject: "", creates: true, method: "POST", path: "/tasks/quick", done: "created", title: read.title,
    body: { text, due_on: day, ...(keep ? { keep } : {}) },
    shown: blank({
      title: read.title, tags: read.tags, due_at: read.due_at, due_on: read.due_at ? null : read.due_on ?? day, priority: read.priority ?? "medium",
      series_id: read.recurrence ? "…" : null, estimate: read.estimate ?? null, list_id: read.list_id ?? null,
    }),
  };
}

/** @param {Partial<Task> & {reminders?: {before: string}[]}} fields as the body of POST /tasks @returns {Wish} */
export const create = (fields) => ({
  subject: "", creates: true, method: "POST", path: "/tasks", done: "created", title: fields.title ?? "",
  body: fields, shown: blank({ ...fields, ...{ reminders: undefined } }),
});

/**
 * The same change of several tasks: one request, and one change to undo.
 * @param {Task[]} tasks @param {any} change as in POST /tasks/bulk @param {(task: Task) => Partial<Task>} shown @returns {Wish}
 */
export const bulk = (tasks, change, shown) => ({
  subject: "", method: "POST", path: "/tasks/bulk", done: "changed", title: tasks[0].title, shown: {},
  body: { ids: tasks.map(({ id }) => id), change }, each: Object.fromEntries(tasks.map((task) => [task.id, shown(task)])),
});

/**
 * What undoes a command; null: nothing does, or nothing before its answer has come.
 * @param {Command} command @param {any} before the task before it; of several, each by its id
 * @param {string} [change] the id of the change that the API recorded, where it says one
 * @returns {Wish | null}
 */
export function undoing(command, before, change) {
  const task = /** @type {Task} */ ({ ...before, id: command.subject, title: command.title });
  if (command.each) return change ? { subject: "", method: "POST", path: `/changes/${change}/undo`, body: undefined, shown: {}, each: before, done: "undone", title: command.title } : null;
  if (!change) return inverse(command, task, before); // its answer has not come yet
  const shown = before ? { ...before } : { status: /** @type {const} */ ("deleted") };
  return { subject: command.subject, method: "POST", path: `/changes/${change}/undo`, body: undefined, shown, done: "undone", title: command.title };
}

/** One command that puts back what another did, as far as there is one. @param {Command} command @param {Task} task @param {Task | undefined} before @returns {Wish | null} */
function inverse(command, task, before) {
  switch (command.done) {
    case "completed": return reopen(task);
    case "reopened": return complete(task);
    case "deleted": return restore(task);
    case "restored": case "created": return remove(task);
    case "skipped": return unskip(task);
    case "unskipped": return skip(task);
    case "rescheduled": return before ? reschedule(before, due(before)) : null;
    case "changed": return before && command.body ? change(before, Object.fromEntries(Object.keys(command.body).map((name) => [name, /** @type {any} */ (before)[name]]))) : null;
    default: return null;
  }
}

/** @param {Task} task @returns {{due_on: string} | {due_at: string} | {due_on: null}} */
const due = (task) => (task.due_at ? { due_at: task.due_at } : { due_on: /** @type {any} */ (task.due_on) });

/** @param {any} fields */
const laid = (fields) => ({
  ...fields,
  ...("due_at" in fields && fields.due_at ? { due_on: null } : {}),
  ...("due_on" in fields ? { due_at: null } : {}),
});

/** @param {Partial<Task>} fields @returns {Task} */
const blank = (fields) => ({
  id: "", owner: "", description: "", title: "", status: "open", priority: "medium", tags: [], due_at: null, due_on: null,
  estimate: null, created_at: now(), updated_at: now(), completed_at: null, deleted_at: null, skipped_at: null,
  series_id: null, occurrence: null, version: 0, ...fields,
});

const now = () => new Date().toISOString();
