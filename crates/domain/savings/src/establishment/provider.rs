//! Who opens 529 accounts, behind a trait.

use florin_ids::FundId;
use jiff::civil::Date;

use crate::fund::{Person, RiskLevel};

/// A saver who asks for an account.
#[derive(Debug, Clone)]
pub struct Applicant {
    /// The fund that the account is for.
    pub fund: FundId,
    /// The saver.
    pub owner: Person,
}

/// A question that only the saver should be able to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names it within the applicant's questions.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// What can be answered, by number from 0.
    pub choices: Vec<String>,
}

/// A plan that opens accounts.
///
/// Everything here is answered at once from what is known; a provider that has to be asked over a network answers from
/// what a job has fetched before.
pub trait PlanProvider: Send + Sync {
    /// Its plan, an id of [`crate::plan::PlanList`].
    fn plan_id(&self) -> i64;

    /// The identity questions of an applicant, always the same ones in the same order.
    fn questions(&self, applicant: &Applicant) -> Vec<Question>;

    /// Whether a choice answers the question of this id.
    fn is_right(&self, applicant: &Applicant, question: &str, choice: u32) -> bool;

    /// The number of the account that is opened for a fund. `attempt` counts from 0 when numbers were taken.
    fn account_number(&self, fund: FundId, attempt: u32) -> String;

    /// The portfolio for a risk level and a beneficiary born on a day; `None` before birth.
    fn portfolio(&self, risk: RiskLevel, born_on: Option<Date>, today: Date) -> String;
}
