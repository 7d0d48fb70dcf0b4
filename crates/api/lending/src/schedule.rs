//! How a repayment schedule looks on the wire: the same for a quote and for a loan.

use florin_http::MoneyText;
use florin_lending::schedule::{Instalment, Totals};
use florin_money::{Currency, Money};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// One instalment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Instalment)]
pub(crate) struct InstalmentBody {
    /// Counted from 1.
    #[schema(example = 1)]
    number: u32,
    /// When it falls due.
    #[schema(value_type = String, format = "date", example = "2023-02-01")]
    due_date: Date,
    /// The part that repays the loan.
    #[schema(inline)]
    principal: MoneyText,
    /// The part that pays for it.
    #[schema(inline)]
    interest: MoneyText,
    /// Fees due with it.
    #[schema(inline)]
    fee: MoneyText,
    /// The sum of the three.
    #[schema(inline)]
    total: MoneyText,
    /// What is still owed of the principal afterwards.
    #[schema(inline)]
    principal_after: MoneyText,
}

/// The sums over all instalments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduleTotals)]
pub(crate) struct TotalsBody {
    /// Of the principal parts.
    #[schema(inline)]
    principal: MoneyText,
    /// Of the interest.
    #[schema(inline)]
    interest: MoneyText,
    /// Of the fees.
    #[schema(inline)]
    fee: MoneyText,
    /// Of everything.
    #[schema(inline)]
    total: MoneyText,
}

/// The schedule of a loan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(crate) struct ScheduleBody {
    /// In the order of their due dates.
    installments: Vec<InstalmentBody>,
    /// Their sums.
    totals: TotalsBody,
}

impl InstalmentBody {
    /// An instalment in its currency.
    pub(crate) fn of(instalment: &Instalment, currency: Currency) -> Self {
        let money = |minor| MoneyText(Money::from_minor(minor, currency));
        Self {
            number: instalment.number,
            due_date: instalment.due_on,
            principal: money(instalment.principal_minor),
            interest: money(instalment.interest_minor),
            fee: money(instalment.fee_minor),
            total: money(instalment.total_minor),
            principal_after: money(instalment.principal_after_minor),
        }
    }
}

impl TotalsBody {
    /// Sums in their currency.
    pub(crate) fn of(totals: &Totals, currency: Currency) -> Self {
        let money = |minor| MoneyText(Money::from_minor(minor, currency));
        Self {
            principal: money(totals.principal_minor),
            interest: money(totals.interest_minor),
            fee: money(totals.fee_minor),
            total: money(totals.total_minor),
        }
    }
}

impl ScheduleBody {
    /// The instalments of a loan and their sums.
    pub(crate) fn of(instalments: &[Instalment], currency: Currency) -> Self {
        let mut totals = Totals::default();
        for instalment in instalments {
            // The parts of one loan add up far below the range of an amount.
            totals.principal_minor =
                totals.principal_minor.saturating_add(instalment.principal_minor);
            totals.interest_minor = totals.interest_minor.saturating_add(instalment.interest_minor);
            totals.fee_minor = totals.fee_minor.saturating_add(instalment.fee_minor);
            totals.total_minor = totals.total_minor.saturating_add(instalment.total_minor);
        }
        Self {
            installments: instalments.iter().map(|i| InstalmentBody::of(i, currency)).collect(),
            totals: TotalsBody::of(&totals, currency),
        }
    }
}
