// Folds published events over a task: the same rules as the view task_list on the server.

/**
 * A task as the API answers it and as the fold leaves it.
 * @typedef {object} Task
 * @property {string} id
 * @property {string} owner
 * @property {string} title
 * @property {string} description
 * @property {"open" | "completed" | "deleted" | "skipped"} status
 * @property {"low" | "medium" | "high"} priority
 * @property {string[]} tags
 * @property {string | null} due_at
 * @property {string | null} due_on
 * @property {string | null} estimate
 * @property {string} created_at
 * @property {string} updated_at
 * @property {string | null} completed_at
 * @property {string | null} deleted_at
 * @property {string | null} skipped_at
 * @property {string | null} series_id
 * @property {string | null} occurrence
 * @property {string | null} [list_id]
 * @property {number} version
 * @property {boolean} [waiting] a change of it is not answered yet
 * @property {string} [seen] it is as it was at this moment; the network was away since
 */

/**
 * An event of the live stream.
 * @typedef {object} Heard
 * @property {string} type
 * @property {string} subject the id of the stream: of the task, for its events
 * @property {string} time
 * @property {number} position
 * @property {any} data
 */

const CREATIONS = new Set(["task.created", "task.occurrence.generated"]);

/** @type {Record<string, (task: Task, data: any, time: string) => Partial<Task>>} */
const CHANGES = {
  "task.updated": (_, data) => only(data, ["title", "description", "priority", "estimate"]),
  "task.tagged": (task, data) => ({ tags: [...task.tags, ...data.tags] }),
  "task.untagged": (task, data) => ({ tags: task.tags.filter((tag) => !data.tags.includes(tag)) }),
  "task.rescheduled": (_, data) => ({ due_at: data.due_at ?? null, due_on: data.due_on ?? null }),
  "task.completed": (_, data, time) => ({ status: "completed", completed_at: data.completed_at ?? time }),
  "task.reopened": () => ({ status: "open", completed_at: null }),
  "task.deleted": (_, data, time) => ({ status: "deleted", deleted_at: data.deleted_at ?? time }),
  "task.restored": (task) => ({ status: before(task), deleted_at: null }),
  "task.made_recurring": (_, data) => ({ series_id: data.series_id, occurrence: data.occurrence }),
  "task.made_single": () => ({ series_id: null, occurrence: null }),
  "task.skipped": (_, data, time) => ({ status: "skipped", skipped_at: data.skipped_at ?? time }),
  "task.moved": (_, data) => ({ list_id: data.list_id }),
  "task.unskipped": () => ({ status: "open", skipped_at: null }),
};
const CREATED = ["title", "description", "priority", "estimate", "tags", "due_at", "due_on", "list_id"];

/** Whether the fold knows what an event does to a task. @param {string} type */
export const knows = (type) => CREATIONS.has(type) || type in CHANGES || type.startsWith("reminder.");

/** Whether an event may change which tasks a list shows, or their order. @param {string} type */
export const movesTasks = (type) => type.startsWith("task.");

/**
 * The task after an event; undefined if it is not known what it was before.
 * @param {Task | undefined} task
 * @param {Heard} event
 * @returns {Task | undefined}
 */
export function fold(task, { type, subject, data, time }) {
  if (CREATIONS.has(type))
    return {
      due_at: null, due_on: null, estimate: null,
      ...only(data, CREATED),
      id: subject, owner: data.owner, status: "open", created_at: time, updated_at: time,
      completed_at: null, deleted_at: null, skipped_at: null,
      series_id: data.series_id ?? null, occurrence: data.occurrence ?? null, version: data.version,
    };
  if (!task) return undefined;
  if (type.startsWith("reminder.")) return { ...task, version: data.version }; // a reminder does not change the task
  const change = CHANGES[type];
  return change ? { ...task, updated_at: time, version: data.version, ...change(task, data, time) } : task;
}

/** The status that a deleted task had. @param {Task} task */
const before = (task) => (task.completed_at ? "completed" : task.skipped_at ? "skipped" : "open");

/** @param {any} data @param {string[]} names @returns {any} */
const only = (data, names) => Object.fromEntries(names.filter((name) => name in data).map((name) => [name, data[name]]));
