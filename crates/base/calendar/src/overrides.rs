//! Corrections of a calendar by data: days proclaimed or moved after this program was built.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// Bank holidays to add to a calendar's rules and to take from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HolidayOverrides {
    /// Days that are bank holidays whatever the rules say.
    pub added: BTreeSet<Date>,
    /// Days that are not, whatever the rules say. A weekend stays a weekend.
    pub removed: BTreeSet<Date>,
}

/// What is wrong with the text of overrides.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// This line, counted from 1, is not `+YYYY-MM-DD` or `-YYYY-MM-DD`.
    #[error("line {0}: expected +YYYY-MM-DD to add a bank holiday or -YYYY-MM-DD to remove one")]
    Malformed(usize),
    /// This line adds a day that another removes, or the reverse.
    #[error("line {0}: the day is both added and removed")]
    Contradiction(usize),
}

impl HolidayOverrides {
    /// Reads one day a line, `+2035-06-04` or `-2035-05-28`; empty lines and what follows `#` are ignored.
    ///
    /// # Errors
    /// [`OverrideError`], naming the line.
    pub fn parse(text: &str) -> Result<Self, OverrideError> {
        let mut overrides = Self::default();
        for (index, line) in text.lines().enumerate() {
            let entry = line.split('#').next().unwrap_or_default().trim();
            if entry.is_empty() {
                continue;
            }
            let malformed = OverrideError::Malformed(index + 1);
            let (here, there, day) = match (entry.strip_prefix('+'), entry.strip_prefix('-')) {
                (Some(day), _) => (&mut overrides.added, &overrides.removed, day),
                (_, Some(day)) => (&mut overrides.removed, &overrides.added, day),
                _ => return Err(malformed),
            };
            let day: Date = day.trim().parse().map_err(|_| malformed)?;
            if there.contains(&day) {
                return Err(OverrideError::Contradiction(index + 1));
            }
            here.insert(day);
        }
        Ok(overrides)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn parse_table() {
        let read =
            HolidayOverrides::parse("# a coronation\n+2035-06-04  # Monday\n\n -2035-05-28\n")
                .unwrap();
        assert_eq!(read.added, BTreeSet::from([date(2035, 6, 4)]));
        assert_eq!(read.removed, BTreeSet::from([date(2035, 5, 28)]));
        assert_eq!(HolidayOverrides::parse(""), Ok(HolidayOverrides::default()));
        let faults = [
            ("2035-06-04", OverrideError::Malformed(1)),
            ("\n+2035-02-30", OverrideError::Malformed(2)),
            ("+2035-06-04\n-2035-06-04", OverrideError::Contradiction(2)),
        ];
        for (text, fault) in faults {
            assert_eq!(HolidayOverrides::parse(text), Err(fault), "{text}");
        }
    }
}
