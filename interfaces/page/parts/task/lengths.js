// Lengths of time, from ISO 8601 to words.

import { t } from "../../words/words.js";

/** How many minutes a length such as P1DT2H or PT90M has; NaN if it is none. @param {string} length */
export function minutesOf(length) {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+S)?)?$/.exec(length);
  if (!found) return NaN;
  const [weeks, days, hours, minutes] = found.slice(1).map((each) => Number(each ?? 0));
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes;
}

/** A length in words: "1 hour 30 minutes". @param {string} length @returns {string} */
export function lengthWords(length) {
  const total = minutesOf(length);
  if (Number.isNaN(total)) return length;
  const [days, hours, minutes] = [Math.floor(total / 1440), Math.floor((total % 1440) / 60), total % 60];
  const words = [days && t("days", days), hours && t("hours", hours), (minutes || !total) && t("minutes", minutes)];
  return words.filter(Boolean).join(" ");
}
