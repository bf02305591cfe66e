// Says what a list shows: as parameters of GET /tasks, and for a task at hand.

/**
 * Which tasks a list shows, in the words of GET /tasks.
 * @typedef {object} Filter
 * @property {string} [q]
 * @property {string[]} [status] by default open
 * @property {string[]} [priority]
 * @property {string[]} [tags] all of these
 * @property {string} [due_after] a day
 * @property {string} [due_before] a day, exclusive
 * @property {boolean} [overdue]
 * @property {boolean} [undated]
 * @property {boolean} [recurring]
 * @property {string} [list] the id of a list, or "none"
 * @property {string} [series_id]
 * @property {string} [saved] the id of a saved search, which has all the rest
 * @property {string} [sort] "due_at", "-created_at", …
 */

/** @typedef {import("./fold.js").Task} Task */

const PRIORITIES = ["low", "medium", "high"];

/** The parameters of GET /tasks. @param {Filter} filter @returns {URLSearchParams} */
export function parameters(filter) {
  const given = new URLSearchParams();
  if (filter.saved) return new URLSearchParams({ saved: filter.saved });
  const { undated, status = ["open"], ...others } = filter;
  given.set("status", status.join(","));
  if (undated) given.set("due", "none");
  for (const [name, value] of Object.entries(others)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text !== undefined && text !== "" && text !== null) given.set(name, String(text));
  }
  return given;
}

/**
 * Whether a task belongs to a list. Where `isDecidedByServer`, only the server can say.
 * @param {Filter} filter @param {Task} task @param {import("../words/dates.js").Clock} clock
 */
export function fits(filter, task, clock) {
  const { status = ["open"], priority = [], tags = [] } = filter;
  if (!status.includes(task.status)) return false;
  if (priority.length && !priority.includes(task.priority)) return false;
  if (!tags.every((tag) => task.tags.some((own) => spelled(own) === spelled(tag)))) return false;
  if (filter.recurring !== undefined && filter.recurring !== Boolean(task.series_id)) return false;
  if (filter.series_id && filter.series_id !== task.series_id) return false;
  if (filter.list && (filter.list === "none" ? task.list_id : task.list_id !== filter.list)) return false;
  const day = clock.dayOf(task);
  if (filter.undated && day) return false;
  if (filter.due_after && !(day && day >= filter.due_after)) return false;
  if (filter.due_before && !(day && day < filter.due_before)) return false;
  return filter.overdue === undefined || filter.overdue === clock.isOverdue(task);
}

/** Whether only the server knows which tasks a list has, and in which order. @param {Filter} filter */
export const isDecidedByServer = ({ q, saved }) => Boolean(q || saved);

/**
 * Compares two tasks as the server sorts them; null where only the server can.
 * @param {string | undefined} sort @returns {((one: Task, other: Task) => number) | null}
 */
export function order(sort = "-created_at") {
  const fields = sort.split(",").map((name) => ({ name: name.replace("-", ""), down: name.startsWith("-") }));
  if (fields.some(({ name }) => !(name in KEYS))) return null;
  return (one, other) => {
    for (const { name, down } of fields) {
      const [mine, theirs] = [KEYS[name](one), KEYS[name](other)];
      if (mine === theirs) continue;
      if (mine === null || theirs === null) return mine === null ? 1 : -1; // without a due date: last, in both directions
      return (mine < theirs ? -1 : 1) * (down ? -1 : 1);
    }
    return 0;
  };
}

/** @type {Record<string, (task: Task) => string | number | null>} */
const KEYS = {
  due_at: (task) => (task.due_at ? new Date(task.due_at).toISOString() : task.due_on ? `${task.due_on}T23:59:59.999Z` : null),
  priority: (task) => PRIORITIES.indexOf(task.priority),
  created_at: (task) => task.created_at,
  updated_at: (task) => task.updated_at,
};

/** A tag without case and accents: other spellings are the same tag. The server knows more of them. @param {string} tag */
const spelled = (tag) => tag.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
