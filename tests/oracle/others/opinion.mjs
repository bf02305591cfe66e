// What a library of JavaScript makes of each case: `node opinion.mjs LIBRARY < cases.json`.
//
// A case is {rule, start, excluded, most}, all in wall time: 2027-03-13T02:30:00. The answer is a list
// for each case: of its first wall times, or null where the library fails.

import { readFileSync } from 'node:fs'
import ICAL from 'ical.js'
import rrule from 'rrule'
import { RRuleTemporal } from 'rrule-temporal'

const LAST_YEAR = 2140
const stamp = (wall) => wall.replaceAll(/[-:]/g, '')
// These count in UTC, so that what is meant is the wall time.
const inUtc = (rule) => rule.replace(/UNTIL=(\d{8}T\d{6})(?!Z)/, 'UNTIL=$1Z')

const LIBRARIES = {
  'rrule.js': ({ rule, start, excluded, most }) => {
    const lines = [`DTSTART:${stamp(start)}Z`, `RRULE:${inUtc(rule)}`]
    lines.push(...excluded.map((wall) => `EXDATE:${stamp(wall)}Z`))
    const set = rrule.rrulestr(lines.join('\n'), { forceset: true })
    return set.all((date, index) => index < most && date.getUTCFullYear() < LAST_YEAR)
      .slice(0, most).map((date) => date.toISOString().slice(0, 19))
  },
  'ical.js': ({ rule, start, excluded, most }) => {
    const found = []
    const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateTimeString(start))
    for (let next = iterator.next(); next && found.length < most; next = iterator.next()) {
      if (next.year >= LAST_YEAR) break
      const wall = next.toString().slice(0, 19)
      if (!excluded.includes(wall)) found.push(wall)
    }
    return found
  },
  'rrule-temporal': ({ rule, start, excluded, most }) => {
    const rruleString = `DTSTART:${stamp(start)}Z\nRRULE:${inUtc(rule)}`
    const more = most + excluded.length
    return new RRuleTemporal({ rruleString })
      .all((when, index) => index < more && when.year < LAST_YEAR)
      .map((when) => when.toPlainDateTime().toString().padEnd(19, ':00').slice(0, 19))
      .filter((wall) => !excluded.includes(wall)).slice(0, most)
  },
}

const opinion = LIBRARIES[process.argv[2]]
const answers = JSON.parse(readFileSync(0, 'utf8')).map((one) => {
  try {
    return opinion(one)
  } catch {
    return null
  }
})
console.log(JSON.stringify(answers))
