//! The list that is part of the program: a data file, dated and with its sources, read once.

use std::sync::OnceLock;

use jiff::civil::Date;

use super::{PlanList, file};

const DATA: &str = include_str!("../../data/plans-2025-01-01.txt");

/// The built-in list.
pub fn list() -> &'static PlanList {
    static LIST: OnceLock<PlanList> = OnceLock::new();
    LIST.get_or_init(|| file::parse(DATA, Date::MAX).expect("a test reads the built-in file"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;

    use super::*;
    use crate::plan::Sold;

    #[test]
    fn the_file_is_a_plan_file_of_its_date() {
        assert_eq!(file::parse(DATA, Date::MAX).as_ref(), Ok(list()));
        let lines = DATA.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), list().plans.len());
        assert_eq!(list().as_of, date(2025, 1, 1), "the file's name and its date agree");
        assert!(list().sources.contains("collegesavings.org"), "{}", list().sources);
    }

    #[test]
    fn the_plans_are_sound() {
        for plan in &list().plans {
            assert!((20_000_000..=70_000_000).contains(&plan.limit_minor), "{plan:?}");
            assert!(plan.display_name.starts_with(&plan.name), "{plan:?}");
        }
    }

    #[test]
    fn every_state_that_has_a_plan_is_there() {
        let states: BTreeSet<&str> = list().plans.iter().map(|plan| &*plan.state).collect();
        // 49 states and the District of Columbia; Wyoming has none.
        assert_eq!(states.len(), 50);
        assert!(!states.contains("WY") && states.contains("DC"));
    }

    #[test]
    fn the_plans_of_the_document_are_as_it_shows_them() {
        let check = |id: i64, expected: (&str, &str, &str)| {
            let plan = list().get(id).expect("a plan");
            assert_eq!((&*plan.name, &*plan.display_name, &*plan.state), expected);
        };
        let scholarshare = "ScholarShare College Savings Plan";
        check(1011, (scholarshare, "ScholarShare College Savings Plan - California", "CA"));
        check(60, ("my529", "my529 - Utah", "UT"));
        let blackrock = "BlackRock CollegeAdvantage Advisor 529 Savings Plan";
        check(3, (blackrock, blackrock, "OH"));
        assert_eq!(list().get(3).map(|plan| plan.sold), Some(Sold::Advisor));
        assert_eq!(list().get(0), None);
    }
}
