//! Portfolios: what a plan invests money in. Pure.

use std::fmt;

/// The longest code of a portfolio, in characters.
pub const MAX_CODE_CHARS: usize = 120;
/// The portfolio of an account whose own is not known: one that grows more cautious by itself.
const UNKNOWN: &str = "Age-Based";

/// A portfolio of a plan, by a code that stands in price files: the plan's id and the portfolio's label, such as
/// `60:Target Enrollment 2038/2039`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Portfolio(String);

impl Portfolio {
    /// The portfolio of a plan with this label; for an account without one, the plan's `Age-Based`.
    pub fn of(plan_id: i64, label: Option<&str>) -> Self {
        Self(format!("{plan_id}:{}", label.unwrap_or(UNKNOWN)))
    }

    /// Reads a code; `None` for what is none.
    pub fn parse(code: &str) -> Option<Self> {
        let (plan, label) = code.split_once(':')?;
        let is_plan = plan.len() <= 9 && plan.bytes().all(|byte| byte.is_ascii_digit());
        let is_label = !label.is_empty()
            && label.trim() == label
            && label.chars().count() <= MAX_CODE_CHARS
            && !label.chars().any(char::is_control);
        let is_code = is_plan && !plan.is_empty() && !plan.starts_with('0') && is_label;
        is_code.then(|| Self(code.to_owned()))
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        self.0.split_once(':').map_or(&self.0, |(_, label)| label)
    }
}

impl fmt::Display for Portfolio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_the_plan_and_the_label() {
        let portfolio = Portfolio::of(60, Some("Target Enrollment 2038/2039"));
        assert_eq!(portfolio.code(), "60:Target Enrollment 2038/2039");
        assert_eq!(portfolio.label(), "Target Enrollment 2038/2039");
        assert_eq!(Portfolio::parse(portfolio.code()), Some(portfolio));
        assert_eq!(Portfolio::of(3, None).code(), "3:Age-Based");
        for bad in ["", "60", "60:", ":x", "060:x", "a:x", "60: x", "60:x\n", "1234567890:x"] {
            assert_eq!(Portfolio::parse(bad), None, "{bad:?}");
        }
    }
}
