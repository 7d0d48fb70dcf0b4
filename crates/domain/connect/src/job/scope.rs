//! What a job may read, by what its session is for. Pure.

use florin_money::Currency;

use super::entity::JobType;
use crate::account::{Account, AccountType, Numbers, Owner};
use crate::aggregator::{AccountData, Data, Outcome};
use crate::{ConnectError, Product};

impl JobType {
    /// What a job of this type reads in a session for these products.
    ///
    /// # Errors
    /// [`ConnectError::Conflict`] for a job that the session is not for, or that no bank has anything for.
    pub(super) fn reads(self, products: &[Product]) -> Result<Vec<Product>, ConnectError> {
        let one = |product| match products.contains(&product) {
            true => Ok(vec![product]),
            false => {
                Err(ConnectError::conflict(format!("The session is not for {}.", words(product))))
            }
        };
        match self {
            // What is refreshed in the background, whatever the session was for.
            Self::Aggregation | Self::History => Ok(vec![Product::Transactions]),
            Self::Balance => Ok(vec![]),
            Self::Verification => one(Product::AccountVerification),
            Self::Identification => one(Product::IdentityVerification),
            Self::Statement | Self::Tax => one(Product::Statements),
            Self::Combination if products.iter().any(|it| *it != Product::Transactions) => {
                Ok(products.to_vec())
            }
            Self::Combination => {
                Err(ConnectError::conflict("The session is for transactions only."))
            }
            Self::MicroDeposit => {
                Err(ConnectError::conflict("Small deposits are looked for by their microdeposit."))
            }
            Self::Order | Self::Reward | Self::CreditReport => {
                Err(ConnectError::conflict("No bank tells of this."))
            }
        }
    }
}

const fn words(product: Product) -> &'static str {
    match product {
        Product::AccountVerification => "the verification of accounts",
        Product::IdentityVerification => "the identification of owners",
        Product::Transactions => "transactions",
        Product::Statements => "statements",
    }
}

/// Whether an account is one for payments of a tenant of this currency: at a bank of the United States, over whose network
/// we move money for everybody, or in the tenant's own money, of which it has the numbers for a network of its own.
pub(crate) fn can_be_used(
    kind: AccountType,
    numbers: &Numbers,
    of: Currency,
    by: Currency,
) -> bool {
    let has_route = numbers.routing.as_ref().is_some_and(|it| it.len() == 9);
    let is_american = of == Currency::USD && has_route;
    kind.is_for_payments() && (is_american || (of == by && by != Currency::USD))
}

/// Whether one of a member's accounts has been proven and can be used.
pub(super) fn is_any_proven(accounts: &[Account]) -> bool {
    accounts.iter().any(|it| it.is_verified && !it.is_closed)
}

/// The outcome without what the job is not for, whatever the aggregator has told: nobody has asked for it.
pub(super) fn only(outcome: Outcome, products: &[Product], currency: Currency) -> Outcome {
    let Outcome::Read { data, more } = outcome else { return outcome };
    let accounts = data.accounts.into_iter().map(|it| only_of(it, products, currency)).collect();
    Outcome::Read { data: Data { accounts, ..data }, more }
}

fn only_of(mut account: AccountData, products: &[Product], currency: Currency) -> AccountData {
    let has = |product| products.contains(&product);
    if !has(Product::Transactions) {
        account.transactions.clear();
    }
    if !has(Product::Statements) {
        account.statements.clear();
    }
    if !has(Product::IdentityVerification) {
        // An account for payments needs its holder's name, and nothing else of them.
        let owners = account.owners.take().filter(|_| has(Product::AccountVerification));
        let name = |it: Owner| Owner { name: it.name, ..Owner::default() };
        account.owners = owners.map(|all| all.into_iter().map(name).collect());
    }
    account.is_verified &= has(Product::AccountVerification)
        && account.numbers.as_ref().is_some_and(|numbers| {
            can_be_used(account.account_type, numbers, account.currency, currency)
        });
    account
}

#[cfg(test)]
mod tests {
    use super::*;

    use Product::{AccountVerification, IdentityVerification, Statements, Transactions};

    #[test]
    fn a_job_is_part_of_what_the_session_is_for() {
        let check = |job: JobType, products: &[Product], expected: Option<&[Product]>| {
            let found = job.reads(products).ok();
            assert_eq!(found.as_deref(), expected, "{job} {products:?}");
        };
        let plain = &[Transactions][..];
        check(JobType::Aggregation, plain, Some(plain));
        check(JobType::History, &[AccountVerification], Some(plain));
        check(JobType::Balance, plain, Some(&[]));
        check(JobType::Verification, plain, None);
        check(JobType::Verification, &[AccountVerification], Some(&[AccountVerification]));
        check(JobType::Identification, &[AccountVerification], None);
        check(JobType::Identification, &[IdentityVerification], Some(&[IdentityVerification]));
        check(JobType::Statement, plain, None);
        check(JobType::Tax, &[Statements], Some(&[Statements]));
        check(JobType::Combination, plain, None);
        check(JobType::Combination, &[Transactions, Statements], Some(&[Transactions, Statements]));
        for job in [JobType::Order, JobType::Reward, JobType::MicroDeposit, JobType::CreditReport] {
            check(job, Product::ALL, None);
        }
    }

    fn told() -> AccountData {
        let owner = Owner {
            name: "Ada Lovelace".to_owned(),
            city: Some("Denver".to_owned()),
            ..Owner::default()
        };
        AccountData {
            external_id: "1".to_owned(),
            name: "Everyday".to_owned(),
            account_type: AccountType::Checking,
            currency: Currency::USD,
            numbers: Some(Numbers { routing: Some("123456789".to_owned()), ..Numbers::default() }),
            balance_minor: 1,
            available_minor: None,
            credit_limit_minor: None,
            owners: Some(vec![owner]),
            is_verified: true,
            transactions: vec![],
            statements: vec![],
        }
    }

    #[test]
    fn nothing_is_kept_that_nobody_asked_for() {
        let kept = only_of(told(), &[Transactions], Currency::USD);
        assert_eq!((kept.owners, kept.is_verified), (None, false));
        let kept = only_of(told(), &[AccountVerification], Currency::USD);
        let name = Owner { name: "Ada Lovelace".to_owned(), ..Owner::default() };
        assert_eq!((kept.owners, kept.is_verified), (Some(vec![name]), true));
        let kept = only_of(told(), &[IdentityVerification], Currency::USD);
        assert_eq!((kept.owners, kept.is_verified), (told().owners, false));
    }

    #[test]
    fn accounts_that_money_can_be_moved_over() {
        let check = |change: &dyn Fn(&mut AccountData), by: Currency, expected: bool| {
            let mut account = told();
            change(&mut account);
            let kept = only_of(account, &[AccountVerification], by);
            assert_eq!(kept.is_verified, expected, "{kept:?}");
        };
        check(&|_| {}, Currency::USD, true);
        check(&|_| {}, Currency::GBP, true);
        check(&|it| it.currency = Currency::EUR, Currency::GBP, false);
        check(&|it| it.currency = Currency::GBP, Currency::USD, false);
        check(&|it| it.account_type = AccountType::CreditCard, Currency::USD, false);
        check(&|it| it.numbers = None, Currency::USD, false);
        let sort_code = |it: &mut AccountData| {
            it.numbers = Some(Numbers { routing: Some("971234".to_owned()), ..Numbers::default() });
        };
        check(&sort_code, Currency::USD, false);
        let british = |it: &mut AccountData| {
            sort_code(it);
            it.currency = Currency::GBP;
        };
        check(&british, Currency::GBP, true);
    }
}
