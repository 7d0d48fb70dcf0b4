//! Linked accounts as inputs of decisions.

use florin_decisioning::expression::{Inputs, Value};
use florin_decisioning::input_source::built_in;
use florin_decisioning::{BookError, LinkedAccounts};
use florin_ids::{ConnectUserId, EndUserId, TenantId};
use florin_money::{Currency, Money};
use florin_storage::Tx;
use florin_tenancy::{Caller, day};
use jiff::ToSpan;
use jiff::civil::Date;

use super::figures::{Figures, figures};
use super::repo;
use crate::consent::{self, Purpose};
use crate::{Connect, ConnectError};

/// So many months of movements are looked at: the six that income is the mean of, with room to see that they are whole.
const MONTHS: i64 = 8;

/// Linked accounts as decisions ask for them: those of the end user whose id with the partner is the borrower's id, once
/// they agree to [`Purpose::CreditDecision`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ConnectInputs;

impl Connect {
    /// What a decision would be told of a user's linked accounts today, by the names of input sources; nothing without
    /// their consent.
    ///
    /// # Errors
    /// [`ConnectError::NotFound`] for an unknown user.
    pub async fn decision_inputs_of(
        &self,
        caller: &Caller,
        user: ConnectUserId,
        currency: Currency,
    ) -> Result<Inputs, ConnectError> {
        self.user(caller, user).await?;
        let tenant = caller.tenant;
        self.db()
            .read(move |tx| {
                let today = day::state_in(tx, tenant)?.business_date;
                inputs_of_in(tx, tenant, user, currency, today)
            })
            .await
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
        match repo::user_of_partner(tx, tenant, &end_user.to_string())? {
            Some(user) => Ok(inputs_of_in(tx, tenant, user, currency, today)?),
            None => Ok(Inputs::default()),
        }
    }
}

fn inputs_of_in(
    tx: &mut Tx,
    tenant: TenantId,
    user: ConnectUserId,
    currency: Currency,
    today: Date,
) -> Result<Inputs, ConnectError> {
    if !consent::is_allowed_in(tx, tenant, user, Purpose::CreditDecision)? {
        return Ok(Inputs::default());
    }
    let accounts = repo::deposit_accounts(tx, tenant, user, currency)?;
    let ids = accounts.iter().map(|account| account.id).collect();
    let from = today.first_of_month().saturating_sub(MONTHS.months());
    let movements = repo::movements(tx, tenant, ids, from)?;
    Ok(inputs(&figures(&accounts, &movements, today), currency))
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
        assert_eq!(found.len(), 3, "{found:?}");
        let number = |text: &str| Some(Value::Number(text.parse().unwrap()));
        assert_eq!(found.get("linked_monthly_income").cloned(), number("2450.5"));
        assert_eq!(found.get("linked_overdraft_days_90").cloned(), number("3"));
        assert_eq!(found.get("linked_balance").cloned(), number("-0.01"));
    }
}
