// The words of the page in the language of the person. Each language has a file with the same names.

/** @typedef {Record<string, string | ((...values: any[]) => string)>} Words */

/** Each language is a file; a person needs one of them. @type {Record<string, () => Promise<{default: Words}>>} */
const FILES = { en: () => import("./en.js"), de: () => import("./de.js") };
export const LANGUAGES = Object.keys(FILES);
const KEPT = "annals-language";

/** The language of the page: the one that was chosen here, or the first of the browser that there is. */
export const language = choose();
/** How days and numbers are written: as where the person is, if the browser says so. */
export const locale = navigator.languages.find((each) => each.startsWith(language)) ?? language;
const { default: known } = await FILES[language]();

/** The words of a name, with values where it has places for them. @param {string} name @param {...any} values @returns {string} */
export function t(name, ...values) {
  const words = known[name] ?? name;
  return typeof words === "function" ? words(...values) : words;
}

/** Whether there are words of this name. @param {string} name */
export const has = (name) => name in known;

/** Choose another language; the page loads again. @param {string} chosen */
export function changeLanguage(chosen) {
  localStorage.setItem(KEPT, chosen);
  location.reload();
}

/** A refusal of the API in words. @param {import("../model/api.js").Problem | Error} error */
export function problemWords(error) {
  const kind = "kind" in error ? `problem-${error.kind}` : error instanceof DOMException ? `problem-${error.name}` : "problem-unreachable";
  if (has(kind)) return t(kind);
  return "kind" in error ? error.message : t("problem-unreachable");
}

function choose() {
  const wished = [localStorage.getItem(KEPT), ...navigator.languages].map((each) => each?.slice(0, 2) ?? "");
  return wished.find((each) => LANGUAGES.includes(each)) ?? "en";
}
