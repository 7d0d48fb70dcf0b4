//! The 529 plans of the United States: a data file, dated and with its sources, read once.

use std::sync::OnceLock;

const DATA: &str = include_str!("../../data/plans-2025-01-01.txt");

/// The plan in which the simulated provider opens accounts: my529 of Utah, as in the savings document.
pub const MY529: i64 = 60;

/// Who a plan is bought from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sold {
    /// From the plan itself.
    Direct,
    /// From a financial advisor.
    Advisor,
}

/// A 529 plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its number, in this API and nowhere else.
    pub id: i64,
    /// Its own name.
    pub name: &'static str,
    /// Its name with the state where that helps to tell plans apart.
    pub display_name: &'static str,
    /// Two letters: the state that sponsors it. Savers may live in any state.
    pub state: &'static str,
    /// Who it is bought from.
    pub sold: Sold,
    /// What the accounts of one beneficiary may hold together before contributions are refused, in cents.
    pub limit_minor: i64,
}

/// Every plan, in the order of the ids.
pub fn all() -> &'static [Plan] {
    static PLANS: OnceLock<Vec<Plan>> = OnceLock::new();
    PLANS.get_or_init(|| DATA.lines().filter_map(read).collect())
}

/// The plan of this id.
pub fn get(id: i64) -> Option<&'static Plan> {
    let plans = all();
    plans.binary_search_by_key(&id, |plan| plan.id).ok().map(|at| &plans[at])
}

/// A line of the data file; `None` for a comment, and for what is not of the file's shape (a test finds such lines).
fn read(line: &'static str) -> Option<Plan> {
    if line.starts_with('#') {
        return None;
    }
    let mut cells = line.split('|');
    let id = cells.next()?.parse().ok()?;
    let state = cells.next()?;
    let sold = match cells.next()? {
        "direct" => Sold::Direct,
        "advisor" => Sold::Advisor,
        _ => return None,
    };
    let dollars: i64 = cells.next()?.parse().ok()?;
    let plan = Plan {
        id,
        state,
        sold,
        limit_minor: dollars.checked_mul(100)?,
        name: cells.next()?,
        display_name: cells.next()?,
    };
    cells.next().is_none().then_some(plan)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::check::STATES;

    #[test]
    fn every_line_of_the_file_is_a_plan_or_a_comment() {
        let lines = DATA.lines().filter(|line| !line.starts_with('#'));
        for line in lines.clone() {
            assert!(read(line).is_some(), "{line}");
        }
        assert_eq!(lines.count(), all().len());
        assert!(DATA.contains("# As of 2025-01-01."), "the file's name and its date agree");
    }

    #[test]
    fn the_plans_are_sound() {
        assert!(all().windows(2).all(|pair| pair[0].id < pair[1].id), "sorted, each id once");
        let mut names = BTreeSet::new();
        for plan in all() {
            assert!(names.insert(plan.display_name), "{} twice", plan.display_name);
            assert!(STATES.contains(&plan.state), "{plan:?}");
            assert!((20_000_000..=70_000_000).contains(&plan.limit_minor), "{plan:?}");
            assert!(plan.display_name.starts_with(plan.name), "{plan:?}");
            for text in [plan.name, plan.display_name] {
                assert!(text == text.trim() && !text.is_empty(), "{plan:?}");
            }
        }
    }

    #[test]
    fn every_state_that_has_a_plan_is_there() {
        let states: BTreeSet<&str> = all().iter().map(|plan| plan.state).collect();
        // 49 states and the District of Columbia; Wyoming has none.
        assert_eq!(states.len(), 50);
        assert!(!states.contains("WY") && states.contains("DC"));
    }

    #[test]
    fn the_plans_of_the_document_are_as_it_shows_them() {
        let shown = |id| get(id).map(|plan| (plan.name, plan.display_name, plan.state));
        let scholarshare = (
            "ScholarShare College Savings Plan",
            "ScholarShare College Savings Plan - California",
            "CA",
        );
        assert_eq!(shown(1011), Some(scholarshare));
        assert_eq!(shown(60), Some(("my529", "my529 - Utah", "UT")));
        let blackrock = "BlackRock CollegeAdvantage Advisor 529 Savings Plan";
        assert_eq!(shown(3), Some((blackrock, blackrock, "OH")));
        assert_eq!(get(3).map(|plan| plan.sold), Some(Sold::Advisor));
        assert_eq!(shown(0), None);
    }
}
