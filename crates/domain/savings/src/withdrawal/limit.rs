//! What may be taken out for an expense, as the tax law has it: a data file, dated and with its sources, read once. Pure.

use std::sync::OnceLock;

use florin_storage::words;

const DATA: &str = include_str!("../../data/withdrawal-limits-2025-07-04.txt");

words! {
    /// What money is taken out for.
    pub enum ExpenseType {
        /// A school up to grade 12: tuition and, since July 2025, more.
        K12 = "K-12",
        /// Tuition and fees of a college.
        College = "college",
        /// Fees, books and equipment of a registered apprenticeship.
        Apprenticeship = "apprenticeship",
        /// Principal or interest of a student loan.
        StudentLoan = "student_loan",
        /// Room and board of a student.
        RoomAndBoard = "room_and_board",
        /// Books, supplies and equipment.
        BooksAndSupplies = "books_and_supplies",
        /// Anything else: the gain in it is taxed.
        NonQualified = "non_qualified",
    }
}

impl ExpenseType {
    /// What people read.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::K12 => "Withdrawal for K-12 education",
            Self::College => "Withdrawal for college",
            Self::Apprenticeship => "Withdrawal for an apprenticeship",
            Self::StudentLoan => "Withdrawal for a student loan",
            Self::RoomAndBoard => "Withdrawal for room and board",
            Self::BooksAndSupplies => "Withdrawal for books and supplies",
            Self::NonQualified => "Withdrawal (non-qualified)",
        }
    }
}

/// What a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// The withdrawals of a tax year.
    Year,
    /// All withdrawals ever.
    Lifetime,
}

/// What may be taken out for an expense in a tax year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The expense.
    pub expense: ExpenseType,
    /// The first tax year in which it holds.
    pub from_year: i16,
    /// What counts together.
    pub per: Per,
    /// The most over all accounts of a beneficiary, in cents; `None` where there is no limit.
    pub limit_minor: Option<i64>,
}

/// Every rule, in the order of the file.
fn all() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| DATA.lines().filter_map(read).collect())
}

/// The rule of an expense in a tax year; `None` when the law does not know the expense yet.
pub fn rule(expense: ExpenseType, tax_year: i16) -> Option<Rule> {
    let of_expense = all().iter().filter(|it| it.expense == expense && it.from_year <= tax_year);
    of_expense.max_by_key(|it| it.from_year).copied()
}

/// A line of the data file; `None` for a comment, and for what is not of the file's shape (a test finds such lines).
fn read(line: &str) -> Option<Rule> {
    if line.starts_with('#') {
        return None;
    }
    let cells: Vec<&str> = line.split('|').collect();
    let [expense, from_year, per, limit] = cells.as_slice() else { return None };
    let per = match *per {
        "year" => Per::Year,
        "lifetime" => Per::Lifetime,
        _ => return None,
    };
    let limit_minor = match *limit {
        "-" => None,
        dollars => Some(dollars.parse::<i64>().ok()?.checked_mul(100)?),
    };
    let expense = ExpenseType::parse(expense)?;
    Some(Rule { expense, from_year: from_year.parse().ok()?, per, limit_minor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_a_rule_or_a_comment() {
        let lines = DATA.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), all().len());
        assert!(DATA.contains("# As of 2025-07-04."), "the file's name and its date agree");
        for expense in ExpenseType::ALL {
            assert!(rule(*expense, 2025).is_some(), "{expense}");
        }
    }

    #[test]
    fn limits_by_tax_year() {
        let check = |expense, year, expected: Option<(Per, Option<i64>)>| {
            let found = rule(expense, year).map(|rule| (rule.per, rule.limit_minor));
            assert_eq!(found, expected, "{expense} {year}");
        };
        check(ExpenseType::K12, 2017, None);
        check(ExpenseType::K12, 2018, Some((Per::Year, Some(1_000_000))));
        check(ExpenseType::K12, 2025, Some((Per::Year, Some(1_000_000))));
        check(ExpenseType::K12, 2026, Some((Per::Year, Some(2_000_000))));
        check(ExpenseType::K12, 2040, Some((Per::Year, Some(2_000_000))));
        check(ExpenseType::StudentLoan, 2018, None);
        check(ExpenseType::StudentLoan, 2026, Some((Per::Lifetime, Some(1_000_000))));
        check(ExpenseType::Apprenticeship, 2019, Some((Per::Year, None)));
        check(ExpenseType::NonQualified, 2000, Some((Per::Year, None)));
    }
}
