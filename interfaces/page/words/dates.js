// Days and times: computed in the time zone of the account, written in the language of the page.

/** @typedef {import("../model/fold.js").Task} Task */

const DAY_MS = 86_400_000;

export class Clock {
  #day;
  #wall;

  /** @param {string} zone an IANA time zone @param {string} locale such as en-GB: how days and times are written */
  constructor(zone, locale) {
    this.zone = zone;
    this.#day = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
    this.#wall = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    /** @param {Intl.DateTimeFormatOptions} options */
    const format = (options) => new Intl.DateTimeFormat(locale, options);
    this.formats = {
      time: format({ timeZone: zone, hour: "2-digit", minute: "2-digit" }),
      weekday: format({ timeZone: "UTC", weekday: "long" }),
      near: format({ timeZone: "UTC", weekday: "short", day: "numeric", month: "short" }),
      far: format({ timeZone: "UTC", day: "numeric", month: "short", year: "numeric" }),
      long: format({ timeZone: "UTC", weekday: "long", day: "numeric", month: "long" }),
      moment: format({ timeZone: zone, dateStyle: "medium", timeStyle: "short" }),
    };
    const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
    /** @type {(days: number) => string} */
    this.inDays = (days) => capital(relative.format(days, "day"));
  }

  /** Today, as YYYY-MM-DD. */
  get today() {
    return this.dayAt(new Date());
  }

  /** @param {Date} moment */
  dayAt(moment) {
    return this.#day.format(moment);
  }

  /** The day on which a task is due, as YYYY-MM-DD. @param {Pick<Task, "due_at" | "due_on">} task @returns {string | null} */
  dayOf(task) {
    return task.due_on ?? (task.due_at ? this.dayAt(new Date(task.due_at)) : null);
  }

  /** @param {Task} task */
  isOverdue(task) {
    if (task.status !== "open") return false;
    return task.due_on ? task.due_on < this.today : Boolean(task.due_at && Date.parse(task.due_at) < Date.now());
  }

  /** @param {string} day @param {number} days */
  plus(day, days) {
    return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
  }

  /** The time of day of a moment, as HH:MM. @param {string} moment */
  timeOf(moment) {
    return this.#wall.format(new Date(moment)).slice(11, 16);
  }

  /** The moment at which clocks in the zone show a day and a time; UTC, ISO 8601. @param {string} day @param {string} time HH:MM */
  moment(day, time) {
    const wanted = Date.parse(`${day}T${time}:00Z`);
    let guess = wanted;
    for (let round = 0; round < 3; round += 1) {
      const shown = Date.parse(`${this.#wall.format(new Date(guess)).replace(" ", "T")}Z`);
      if (shown === wanted) break;
      guess += wanted - shown;
    }
    return new Date(guess).toISOString().replace(".000Z", "Z");
  }

  /** A day in words: "Tomorrow", "Friday", "Mon, 23 Nov". @param {string} day */
  day(day) {
    const away = Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${this.today}T00:00:00Z`)) / DAY_MS);
    const date = new Date(`${day}T00:00:00Z`);
    if (Math.abs(away) <= 1) return this.inDays(away);
    if (away > 1 && away < 7) return this.formats.weekday.format(date);
    return (Math.abs(away) < 180 ? this.formats.near : this.formats.far).format(date);
  }

  /** @param {string} day */
  longDay(day) {
    return this.formats.long.format(new Date(`${day}T00:00:00Z`));
  }

  /** When a task is due, in words. @param {Pick<Task, "due_at" | "due_on">} task @param {boolean} [timeAlone] @returns {string} */
  due(task, timeAlone = false) {
    const day = this.dayOf(task);
    if (!day) return "";
    const time = task.due_at ? this.formats.time.format(new Date(task.due_at)) : "";
    if (timeAlone) return time;
    return time ? `${this.day(day)}, ${time}` : this.day(day);
  }

  /** @param {string} moment */
  at(moment) {
    return this.formats.moment.format(new Date(moment));
  }
}

/** @param {string} text */
const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);
