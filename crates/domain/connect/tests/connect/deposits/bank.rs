//! A bank whose accounts are known to the cent.

use std::sync::Arc;

use florin_connect::aggregator::{
    AccountData, Aggregator, Aggregators, Ask, Authorization, Authorize, BoxFuture, Data, Grant,
    Outcome, Refusal, Returned, TransactionData,
};
use florin_connect::{AccountType, Category, Numbers, Owner};
use florin_money::Currency;
use jiff::civil::{Date, date};

/// Stands in the place of the simulated aggregator.
pub struct TestBank;

/// The number of Ada's checking account there.
pub const NUMBER: &str = "555000111";

impl TestBank {
    pub fn alone() -> Aggregators {
        Aggregators::new(vec![Arc::new(Self)])
    }
}

fn movement(on: Date, amount_minor: i64, description: &str) -> TransactionData {
    TransactionData {
        external_id: format!("{on} {description}"),
        posted_on: on,
        amount_minor,
        balance_after_minor: None,
        description: description.to_owned(),
        merchant: None,
        category: Category::Other,
        is_pending: false,
    }
}

/// From April to today, the first of December 2026: a salary of 2,500.50 on the 25th, a rent of 950 on the first, 100
/// saved on the 26th, which arrive on the 27th.
fn movements(is_savings: bool) -> Vec<TransactionData> {
    let mut all = Vec::new();
    for month in 4..=11_i8 {
        let on = |day| date(2026, month, day);
        if is_savings {
            all.push(movement(on(27), 10_000, "FROM CHECKING"));
        } else {
            all.push(movement(on(1), -95_000, &format!("RENT {month}/26")));
            all.push(movement(on(25), 250_050, "ACME PAYROLL"));
            all.push(movement(on(26), -10_000, "TO SAVINGS"));
        }
    }
    if !is_savings {
        all.push(movement(date(2026, 12, 1), -95_000, "RENT 12/26"));
        let pending = movement(date(2026, 12, 2), 999_999, "PENDING");
        all.push(TransactionData { is_pending: true, ..pending });
    }
    all
}

fn account(ask: &Ask<'_>, is_savings: bool) -> AccountData {
    let owner = Owner { name: "Ada King Lovelace".to_owned(), ..Owner::default() };
    let number = if is_savings { "555000222" } else { NUMBER };
    AccountData {
        external_id: number.to_owned(),
        name: if is_savings { "Rainy days" } else { "Everyday" }.to_owned(),
        account_type: if is_savings { AccountType::Savings } else { AccountType::Checking },
        currency: Currency::USD,
        numbers: ask.is_for_verification.then(|| Numbers {
            account: Some(number.to_owned()),
            routing: ask.institution.routing_numbers.first().cloned(),
            iban: None,
        }),
        balance_minor: if is_savings { 50_000 } else { 300_000 },
        available_minor: None,
        credit_limit_minor: None,
        owners: ask.is_for_verification.then(|| vec![owner]),
        is_verified: ask.is_for_verification && !is_savings,
        transactions: movements(is_savings),
        statements: Vec::new(),
    }
}

impl Aggregator for TestBank {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn run<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Outcome> {
        let accounts = vec![account(&ask, false), account(&ask, true)];
        let data = Data { accounts, is_complete: true };
        Box::pin(std::future::ready(Outcome::Read { data, more: None }))
    }

    fn authorize<'a>(
        &'a self,
        _ask: Authorize<'a>,
    ) -> BoxFuture<'a, Result<Authorization, Refusal>> {
        Box::pin(std::future::ready(Err(Refusal::Unavailable)))
    }

    fn returned<'a>(&'a self, _answer: Returned<'a>) -> BoxFuture<'a, Grant> {
        let refused = florin_connect::OauthErrorReason::Provider;
        Box::pin(std::future::ready(Grant::Refused(refused)))
    }
}
