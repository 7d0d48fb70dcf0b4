//! Plan files: the 529 plans as of a day, as an operator loads them. Pure.
//!
//! Lines that begin with `#` are comments; one of them says `# As of 2025-01-01.`, and one begins with `# Sources:` and
//! goes on until a comment without words. Every other line is a plan: `id|state|sold|limit|name|display name`.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Plan, PlanList, Sold};
use crate::check::{STATES, parse_date};
use crate::file_fault::{FAULTS_MAX, FileFault};

const FIELDS: [&str; 6] = ["id", "state", "sold", "limit", "name", "display name"];
const AS_OF: &str = "As of ";
const SOURCES: &str = "Sources:";
/// Codes of portfolios have room for this many digits of the plan's id.
const ID_MAX_DIGITS: usize = 9;
const NAME_MAX_CHARS: usize = 120;
const SOURCES_MAX_CHARS: usize = 2_000;
/// What a limit can be, in dollars: outside of it somebody has counted cents, or thousands.
const LIMIT_DOLLARS: std::ops::RangeInclusive<i64> = 10_000..=5_000_000;

/// Where each plan of a list stands in its file.
pub(super) type Lines = BTreeMap<i64, usize>;

/// Reads a plan file whose date lies no later than `today`.
///
/// # Errors
/// The first faults, in the order of the file.
pub fn parse(text: &str, today: Date) -> Result<PlanList, Vec<FileFault>> {
    parse_with_lines(text, today).map(|(list, _)| list)
}

pub(super) fn parse_with_lines(
    text: &str,
    today: Date,
) -> Result<(PlanList, Lines), Vec<FileFault>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reading = Reading { today, ..Reading::default() };
    for (line, text) in (1..).zip(text.lines()) {
        match text.strip_prefix('#') {
            Some(comment) => reading.comment(line, comment),
            None if text.trim().is_empty() => reading.is_in_sources = false,
            None => reading.plan(line, text),
        }
    }
    reading.finish()
}

/// Writes a list as a file that [`parse`] reads.
pub fn print(list: &PlanList) -> String {
    let mut file = format!("# As of {}.\n#\n# Sources: {}\n#\n", list.as_of, list.sources);
    file.push_str(
        "# id | state | sold (direct, advisor) | limit in dollars | name | display name\n",
    );
    for plan in &list.plans {
        let Plan { id, name, display_name, state, sold, limit_minor } = plan;
        let (sold, limit) = (sold.as_str(), limit_minor / 100);
        file.push_str(&format!("{id}|{state}|{sold}|{limit}|{name}|{display_name}\n"));
    }
    file
}

/// What was read of a file so far.
#[derive(Default)]
struct Reading {
    today: Date,
    as_of: Option<Date>,
    has_date: bool,
    sources: Vec<String>,
    is_in_sources: bool,
    plans: Vec<Plan>,
    lines: Lines,
    names: BTreeMap<String, usize>,
    faults: Vec<FileFault>,
}

impl Reading {
    fn fault(&mut self, line: usize, column: usize, what: impl Into<String>) {
        self.faults.push(FileFault { line, column, what: what.into() });
    }

    fn comment(&mut self, line: usize, comment: &str) {
        let words = comment.trim();
        let indent = comment.chars().take_while(|sign| sign.is_whitespace()).count();
        if let Some(date) = words.strip_prefix(AS_OF) {
            self.date(line, 2 + indent + AS_OF.len(), date);
        }
        match words.strip_prefix(SOURCES) {
            Some(first) => {
                self.is_in_sources = true;
                self.sources.push(first.trim().to_owned());
            }
            None if words.is_empty() => self.is_in_sources = false,
            None if self.is_in_sources => self.sources.push(words.to_owned()),
            None => {}
        }
    }

    /// The rest of the line may say more than the date, after a full stop.
    fn date(&mut self, line: usize, column: usize, text: &str) {
        let date = text.split_once('.').map_or(text, |(date, _)| date);
        if std::mem::replace(&mut self.has_date, true) {
            return self.fault(line, column, "as of: the file has a date already");
        }
        match parse_date(date) {
            None => self.fault(line, column, "as of: a date is expected (YYYY-MM-DD)"),
            Some(date) if date > self.today => {
                self.fault(line, column, "as of: the date has not come yet");
            }
            found => self.as_of = found,
        }
    }

    fn plan(&mut self, line: usize, text: &str) {
        self.is_in_sources = false;
        let plan = match read(text) {
            Ok(plan) => plan,
            Err((column, what)) => return self.fault(line, column, what),
        };
        let first = *self.lines.entry(plan.id).or_insert(line);
        if first != line {
            let what = format!("id: {} is that of line {first} already", plan.id);
            self.fault(line, 1, what);
        }
        let first = *self.names.entry(plan.display_name.clone()).or_insert(line);
        if first != line {
            let column = text.chars().count() - plan.display_name.chars().count() + 1;
            self.fault(line, column, format!("display name: it is that of line {first} already"));
        }
        self.plans.push(plan);
    }

    fn finish(mut self) -> Result<(PlanList, Lines), Vec<FileFault>> {
        let sources = self.sources.join(" ").trim().to_owned();
        if !self.has_date {
            self.fault(1, 1, "as of: a line such as # As of 2025-01-01. is missing");
        }
        if sources.is_empty() {
            self.fault(1, 1, "sources: a line that begins with # Sources: is missing");
        } else if sources.chars().count() > SOURCES_MAX_CHARS {
            self.fault(1, 1, format!("sources: no more than {SOURCES_MAX_CHARS} characters"));
        }
        if self.plans.is_empty() && self.faults.is_empty() {
            self.fault(1, 1, "id: the file has no plans");
        }
        match self.as_of {
            Some(as_of) if self.faults.is_empty() => {
                self.plans.sort_by_key(|plan| plan.id);
                let list = PlanList { as_of, sources, loaded_at: None, plans: self.plans };
                Ok((list, self.lines))
            }
            _ => {
                self.faults.sort_by_key(|fault| (fault.line, fault.column));
                self.faults.truncate(FAULTS_MAX);
                Err(self.faults)
            }
        }
    }
}

/// A plan, or the column of the first fault and what it is.
fn read(line: &str) -> Result<Plan, (usize, String)> {
    let cells: Vec<&str> = line.split('|').collect();
    let [id, state, sold, limit, name, display_name] = cells.as_slice() else {
        let what = format!("{} fields are expected, here are {}", FIELDS.len(), cells.len());
        return Err((1, format!("{what}: {}", FIELDS.join("|"))));
    };
    // Fields are told apart by a bar, which takes a column of its own.
    let fault = |field: usize, what: &str| {
        let before: usize = cells[..field].iter().map(|cell| cell.chars().count() + 1).sum();
        (before + 1, format!("{}: {what}", FIELDS[field]))
    };
    let limit = number(limit).filter(|dollars| LIMIT_DOLLARS.contains(dollars)).ok_or_else(|| {
        let (least, most) = (LIMIT_DOLLARS.start(), LIMIT_DOLLARS.end());
        fault(3, &format!("whole dollars from {least} to {most} are expected"))
    });
    let state = match STATES.contains(state) {
        true => Ok((*state).to_owned()),
        false => Err(fault(1, "the two letters of a state are expected")),
    };
    let id = number(id).filter(|id| *id > 0);
    let words = "direct or advisor is expected";
    Ok(Plan {
        id: id.ok_or_else(|| fault(0, "a whole number of at most nine digits is expected"))?,
        state: state?,
        sold: Sold::parse(sold).ok_or_else(|| fault(2, words))?,
        limit_minor: limit? * 100,
        name: text(name).map_err(|what| fault(4, &what))?,
        display_name: text(display_name).map_err(|what| fault(5, &what))?,
    })
}

/// Digits without a leading zero.
fn number(text: &str) -> Option<i64> {
    let is_plain = (1..=ID_MAX_DIGITS).contains(&text.len())
        && !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

fn text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("it is missing".to_owned());
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err("no spaces around it and no control characters".to_owned());
    }
    if text.chars().count() > NAME_MAX_CHARS {
        return Err(format!("no more than {NAME_MAX_CHARS} characters"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "# As of 2026-01-01.\n# Sources: plan descriptions,\n#   read by hand.\n#\n";
    const UTAH: &str = "60|UT|direct|560000|my529|my529 - Utah";

    fn parsed(text: &str) -> Result<PlanList, Vec<String>> {
        let told = |faults: Vec<FileFault>| faults.iter().map(ToString::to_string).collect();
        parse(text, date(2026, 11, 21)).map_err(told)
    }

    #[test]
    fn a_file_is_read_and_written() {
        let list = parsed(&format!("\u{FEFF}{HEAD}{UTAH}\r\n\n3|OH|advisor|541000|A|A\n"));
        let list = list.expect("no faults");
        assert_eq!(list.as_of, date(2026, 1, 1));
        assert_eq!(list.sources, "plan descriptions, read by hand.");
        let shown: Vec<_> = list.plans.iter().map(|it| (it.id, it.limit_minor)).collect();
        assert_eq!(shown, [(3, 54_100_000), (60, 56_000_000)]);
        assert_eq!(parsed(&print(&list)), Ok(list));
    }

    #[test]
    fn every_fault_has_its_place_and_its_field() {
        let check = |line: &str, expected: &str| {
            assert_eq!(parsed(&format!("{HEAD}{line}")), Err(vec![expected.to_owned()]), "{line}");
        };
        let fields = "id|state|sold|limit|name|display name";
        check(
            "60|UT|direct|560000|my529",
            &format!("line 5, column 1: 6 fields are expected, here are 5: {fields}"),
        );
        let digits = "line 5, column 1: id: a whole number of at most nine digits is expected";
        for id in ["", "0", "060", "-1", "1234567890", "x", "1 "] {
            check(&format!("{id}|UT|direct|560000|a|b"), digits);
        }
        let state = "line 5, column 4: state: the two letters of a state are expected";
        check("60|Utah|direct|560000|a|b", state);
        check("60|UT|broker|560000|a|b", "line 5, column 7: sold: direct or advisor is expected");
        let limit = "line 5, column 14: limit: whole dollars from 10000 to 5000000 are expected";
        for dollars in ["", "560,000", "$560000", "560000.00", "9999", "56000000"] {
            check(&format!("60|UT|direct|{dollars}|a|b"), limit);
        }
        check("60|UT|direct|560000||b", "line 5, column 21: name: it is missing");
        let spaces = "no spaces around it and no control characters";
        check("60|UT|direct|560000|é| b", &format!("line 5, column 23: display name: {spaces}"));
        let twice = format!("{UTAH}\n60|UT|direct|560000|my529|other");
        check(&twice, "line 6, column 1: id: 60 is that of line 5 already");
        let twice = format!("{UTAH}\n61|UT|direct|560000|my529|my529 - Utah");
        check(&twice, "line 6, column 27: display name: it is that of line 5 already");
        check("", "line 1, column 1: id: the file has no plans");
    }

    #[test]
    fn a_file_has_a_date_and_names_its_sources() {
        let check = |text: &str, expected: &[&str]| {
            let expected = expected.iter().map(ToString::to_string).collect();
            assert_eq!(parsed(&format!("{text}{UTAH}")), Err(expected), "{text}");
        };
        let date = "line 1, column 1: as of: a line such as # As of 2025-01-01. is missing";
        let sources = "line 1, column 1: sources: a line that begins with # Sources: is missing";
        check("", &[date, sources]);
        check("# As of 2026-01-01.\n# Sources:\n#\n# Others: x\n", &[sources]);
        let head = "# Sources: x\n# As of";
        check(
            &format!("{head} 2026-02-30.\n"),
            &["line 2, column 9: as of: a date is expected (YYYY-MM-DD)"],
        );
        check(
            &format!("{head} 2026-11-22.\n"),
            &["line 2, column 9: as of: the date has not come yet"],
        );
        check(
            &format!("{head} 2026-01-01.\n#  As of 2026-01-01.\n"),
            &["line 3, column 10: as of: the file has a date already"],
        );
        let many = parsed(&format!("{HEAD}{}", "x\n".repeat(100))).expect_err("faults");
        assert_eq!(many.len(), FAULTS_MAX);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "(# As of [0-9.-]{0,12}\n|#\\PC{0,9}\n|[0-9|a-z]{0,20}\n|\\PC{0,40}\n){0,9}") {
            if let Ok(list) = parse(&text, date(2026, 11, 21)) {
                prop_assert_eq!(parse(&print(&list), date(2026, 11, 21)), Ok(list));
            }
        }
    }
}
