//! What rust-rrule makes of each case, read and answered as `opinion.mjs` does.

use rrule::RRuleSet;
use serde_json::{from_reader, json, Value};

fn stamp(wall: &str) -> String {
    wall.replace(['-', ':'], "")
}

/// It counts in UTC, so that what is meant is the wall time.
fn in_utc(rule: &str) -> String {
    match rule.split_once("UNTIL=") {
        Some((before, after)) if !after.ends_with('Z') => format!("{before}UNTIL={after}Z"),
        _ => rule.to_owned(),
    }
}

fn opinion(case: &Value) -> Option<Vec<String>> {
    let start = stamp(case["start"].as_str()?);
    let mut lines = format!("DTSTART:{start}Z\nRRULE:{}", in_utc(case["rule"].as_str()?));
    for wall in case["excluded"].as_array()? {
        lines += &format!("\nEXDATE:{}Z", stamp(wall.as_str()?));
    }
    let most = u16::try_from(case["most"].as_u64()?).ok()?;
    let set: RRuleSet = lines.parse().ok()?;
    let found = set.all(most).dates;
    Some(found.iter().map(|at| at.format("%Y-%m-%dT%H:%M:%S").to_string()).collect())
}

fn main() {
    let cases: Vec<Value> = from_reader(std::io::stdin()).expect("a list of cases");
    let answers: Vec<_> = cases.iter().map(opinion).collect();
    println!("{}", json!(answers));
}
