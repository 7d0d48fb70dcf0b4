//! Withdrawals as facts. Pure.

use florin_ids::{FundId, WithdrawalId};
use florin_money::{MoneyError, round_half_up};
use florin_storage::words;
use jiff::civil::Date;

use super::limit::{ExpenseType, Per, Rule};
use crate::check::{Check, Given};
use crate::postings::TakenOut;
use crate::transaction::TransactionStatus;

words! {
    /// Where a withdrawal stands.
    pub enum WithdrawalStatus {
        /// Its units are sold and its money is on the way.
        Requested = "requested",
        /// Its money has arrived.
        Paid = "paid",
        /// Its money did not arrive, or came back: the fund has it again.
        Failed = "failed",
    }
}

impl From<TransactionStatus> for WithdrawalStatus {
    fn from(status: TransactionStatus) -> Self {
        match status {
            TransactionStatus::Pending => Self::Requested,
            TransactionStatus::Settled => Self::Paid,
            TransactionStatus::Failed | TransactionStatus::Returned => Self::Failed,
        }
    }
}

/// Money taken out of a fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// UUID v7; the fund's transaction has the same one.
    pub id: WithdrawalId,
    /// The fund.
    pub fund: FundId,
    /// What for.
    pub expense: ExpenseType,
    /// In cents; more than 0.
    pub amount_minor: i64,
    /// The part of it that is gain rather than money paid in, in cents: what is taxed when the expense is not qualified.
    /// Less than 0 after a loss.
    pub earnings_minor: i64,
    /// The external account that it is paid to, by its number; `None`: the partner's.
    pub account: Option<i64>,
    /// The business date on which it was asked for, and the units were sold.
    pub requested_on: Date,
    /// The year in whose limits it counts.
    pub tax_year: i16,
    /// Where it stands.
    pub status: WithdrawalStatus,
    /// Why it failed, in the bank's word (`R02`); empty otherwise.
    pub reason: String,
}

impl Withdrawal {
    /// For the ledger.
    pub(crate) fn taken_out(&self) -> TakenOut {
        TakenOut { fund: self.fund, amount: self.amount_minor, earnings: self.earnings_minor }
    }
}

/// What a request for a withdrawal says.
#[derive(Debug, Clone, Default)]
pub struct WithdrawalFields {
    /// See [`Withdrawal::amount_minor`].
    pub amount: Given<i64>,
    /// See [`Withdrawal::expense`].
    pub expense_type: Given<String>,
    /// See [`Withdrawal::account`].
    pub account: Given<i64>,
    /// Faults that reading the request found; they are answered together with the others.
    pub unreadable: Vec<String>,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// In cents; more than 0.
    pub amount: i64,
    pub expense: ExpenseType,
    /// The external account that it is to be paid to; `None`: the partner's.
    pub account: Option<i64>,
}

/// Reads what is asked for.
pub(super) fn read(fields: WithdrawalFields) -> Result<Asked, Vec<String>> {
    let mut check = Check::new(fields.unreadable);
    let amount = check.required("amount", fields.amount);
    if amount.is_some_and(|amount| amount <= 0) {
        check.fault("amount", "must be greater than 0");
    }
    let words: Vec<&str> = ExpenseType::ALL.iter().map(|it| it.as_str()).collect();
    let expense = check.word("expense_type", fields.expense_type, ExpenseType::parse, &words);
    let account = fields.account.value();
    check.finish(amount.zip(expense).map(|(amount, expense)| Asked { amount, expense, account }))
}

/// What stands against a withdrawal: what the fund has settled and what of that is being taken back, the rule of the expense
/// in the tax year, and what was taken out under it before, in cents.
pub(super) fn reasons_against(
    &Asked { amount, expense, .. }: &Asked,
    (settled_minor, reversing_minor): (i64, i64),
    tax_year: i16,
    rule: Option<Rule>,
    used_minor: i64,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if amount > settled_minor {
        reasons.push(format!("amount is more than the settled balance of {settled_minor}"));
    } else if amount > settled_minor.saturating_sub(reversing_minor) {
        reasons.push(format!(
            "amount is more than can be withdrawn while payments of {reversing_minor} of the settled balance of {settled_minor} are being reversed"
        ));
    }
    match rule {
        None => {
            reasons.push(format!("expense_type {expense} cannot be withdrawn for in {tax_year}"))
        }
        Some(Rule { limit_minor: Some(limit), per, .. }) => {
            let left = limit.saturating_sub(used_minor).max(0);
            if amount > left {
                let span = match per {
                    Per::Year => format!("in {tax_year}"),
                    Per::Lifetime => "in a lifetime".to_owned(),
                };
                reasons.push(format!(
                    "amount is more than may be withdrawn for {expense} {span}: {left} of {limit} are left"
                ));
            }
        }
        Some(_) => {}
    }
    reasons
}

/// The part of an amount that is gain: as much of it as of all that the fund has settled. The last cent takes out the last
/// of both.
pub(super) fn earnings_minor(
    amount: i64,
    settled_minor: i64,
    gains_minor: i64,
) -> Result<i64, MoneyError> {
    if amount == settled_minor {
        return Ok(gains_minor);
    }
    round_half_up(i128::from(amount) * i128::from(gains_minor), i128::from(settled_minor))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::limit::rule;
    use super::*;

    #[test]
    fn all_faults_of_a_request_come_together() {
        let check = |amount: Given<i64>, expense: Given<String>, expected: &[&str]| {
            let fields =
                WithdrawalFields { amount, expense_type: expense, ..WithdrawalFields::default() };
            assert_eq!(read(fields).expect_err("faults"), expected);
        };
        let words = "expense_type must be one of K-12, college, apprenticeship, student_loan, room_and_board, \
                     books_and_supplies, non_qualified";
        check(Given::Absent, Given::Null, &["amount is required", "expense_type is required"]);
        check(Given::Value(0), "k-12".into(), &["amount must be greater than 0", words]);
        check(
            Given::Value(i64::MIN),
            " ".into(),
            &["amount must be greater than 0", "expense_type is required"],
        );
        let fields = WithdrawalFields {
            amount: Given::Value(14_595),
            expense_type: "K-12".into(),
            ..WithdrawalFields::default()
        };
        assert_eq!(
            read(fields),
            Ok(Asked { amount: 14_595, expense: ExpenseType::K12, account: None })
        );
    }

    #[test]
    fn limits_and_balances_stand_against_it() {
        let check = |amount, expense, year, used, expected: &[&str]| {
            let asked = Asked { amount, expense, account: None };
            let found = reasons_against(&asked, (5_000_000, 0), year, rule(expense, year), used);
            assert_eq!(found, expected, "{amount} {expense} {year} {used}");
        };
        check(1_000_000, ExpenseType::K12, 2025, 0, &[]);
        check(
            1,
            ExpenseType::K12,
            2025,
            1_000_000,
            &["amount is more than may be withdrawn for K-12 in 2025: 0 of 1000000 are left"],
        );
        check(
            1_000_001,
            ExpenseType::K12,
            2026,
            1_000_000,
            &["amount is more than may be withdrawn for K-12 in 2026: 1000000 of 2000000 are left"],
        );
        check(
            5_000_001,
            ExpenseType::StudentLoan,
            2026,
            999_999,
            &[
                "amount is more than the settled balance of 5000000",
                "amount is more than may be withdrawn for student_loan in a lifetime: 1 of 1000000 are left",
            ],
        );
        check(5_000_000, ExpenseType::College, 2026, 0, &[]);
        check(1, ExpenseType::K12, 2017, 0, &["expense_type K-12 cannot be withdrawn for in 2017"]);
    }

    proptest! {
        /// However a fund is emptied, gains and money paid in are both gone at the end.
        #[test]
        fn the_last_cent_takes_out_the_last_of_both(
            paid_in in 1_000_i64..100_000_000,
            gains in -900_i64..50_000_000,
            parts in prop::collection::vec(1_i64..10_000_000, 0..20),
        ) {
            let (mut left, mut gains_left) = (paid_in + gains, gains);
            for part in parts.into_iter().chain([i64::MAX]) {
                let amount = part.min(left);
                if amount == 0 {
                    break;
                }
                let earnings = earnings_minor(amount, left, gains_left).expect("in range");
                prop_assert!(earnings.abs() <= gains_left.abs());
                left -= amount;
                gains_left -= earnings;
            }
            prop_assert_eq!((left, gains_left), (0, 0));
        }
    }
}
