//! The provider's client for an account, and its things as ours.

use std::sync::OnceLock;

use florin_direct_debit::wire::{
    BankAccountDetails, BillingDetail, CustomerDetails, NewCustomer, PrefilledCustomer,
};
use florin_direct_debit::{ApiError, Client, LIVE_URL, SANDBOX_URL, wire};
use florin_ids::{EndUserId, MandateId, ProviderAccountId};
use florin_money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::in_full;
use crate::flow::{PayerDetails, Prefilled};
use crate::provider_account::repo::Sealed;
use crate::provider_account::{Environment, ProviderAccount};
use crate::{Mandate, MandateStatus, Mandates, MandatesError};

/// A mandate at the provider with the account that it is over.
#[derive(Debug, Clone)]
pub(crate) struct RemoteMandate {
    mandate: wire::Mandate,
    account: wire::CustomerBankAccount,
}

/// The pool of connections of all clients.
pub(crate) type Pool = OnceLock<reqwest::Client>;

impl Mandates {
    /// The client for an account.
    pub(crate) fn client_of(&self, sealed: &Sealed) -> Result<Client, MandatesError> {
        let base_url = self.base_url_of(&sealed.account)?;
        let token = sealed.open(&self.keys)?.access_token;
        let options = self.client_options.clone();
        let options = if sealed.account.is_simulator { options.for_simulator() } else { options };
        Ok(Client::with_http(self.pool()?, base_url, token, options)?)
    }

    fn base_url_of<'a>(&'a self, account: &'a ProviderAccount) -> Result<&'a str, MandatesError> {
        Ok(match account.environment {
            Environment::Live => LIVE_URL,
            Environment::Sandbox => SANDBOX_URL,
            Environment::Custom => &account.base_url,
            Environment::Simulated => {
                self.simulator.as_deref().ok_or(MandatesError::NoSimulator)?
            }
        })
    }

    fn pool(&self) -> Result<reqwest::Client, ApiError> {
        if let Some(pool) = self.pool.get() {
            return Ok(pool.clone());
        }
        let made = florin_direct_debit::http_client(self.client_options.timeout)?;
        Ok(self.pool.get_or_init(|| made).clone())
    }
}

/// Sets the clock of our simulator to a tenant's date. It only moves forward: one that is ahead, because another tenant
/// shares the organisation, stays there.
///
/// # Errors
/// [`ApiError`] when the simulator does not answer.
pub(crate) async fn set_simulator_clock(client: &Client, date: Date) -> Result<(), ApiError> {
    match client.simulator_set_date(date).await {
        Err(error) if !error.retry_can_help() => {
            tracing::debug!(error = in_full(&error), %date, "the simulator's clock was not set");
            Ok(())
        }
        done => done,
    }
}

/// Reads a mandate and its account.
pub(crate) async fn mandate(client: &Client, reference: &str) -> Result<RemoteMandate, ApiError> {
    let mandate = client.get_mandate(reference).await?;
    let account = client.get_customer_bank_account(&mandate.links.customer_bank_account).await?;
    Ok(RemoteMandate { mandate, account })
}

impl Mandate {
    /// Our mandate for one at the provider.
    pub(crate) fn of_remote(
        (account, end_user): (ProviderAccountId, EndUserId),
        remote: &RemoteMandate,
        at: Timestamp,
    ) -> Self {
        let there = &remote.mandate;
        // A word of tomorrow is news that an event will tell in words of today.
        let status = MandateStatus::parse(there.status.as_str());
        let currency = Currency::from_code(&remote.account.currency).unwrap_or(Currency::GBP);
        Self {
            id: MandateId::new(),
            account,
            end_user,
            reference: there.id.clone(),
            customer: there.links.customer.clone(),
            status: status.unwrap_or(MandateStatus::PendingSubmission),
            is_disabled: false,
            scheme: there.scheme.clone(),
            currency,
            bank_name: remote.account.bank_name.clone().unwrap_or_default(),
            account_ending: remote.account.account_number_ending.clone(),
            statement_reference: there.reference.clone().unwrap_or_default(),
            replaced_by: None,
            told_at: there.created_at,
            status_changed_at: at,
            created_at: at,
        }
    }
}

/// What is not empty.
fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// An end user's details as the provider takes them.
pub(crate) fn details(given: &PayerDetails) -> (CustomerDetails, BankAccountDetails) {
    let customer = CustomerDetails {
        customer: NewCustomer {
            given_name: some(&given.given_name),
            family_name: some(&given.family_name),
            company_name: some(&given.company_name),
            email: some(&given.email),
            ..NewCustomer::default()
        },
        customer_billing_detail: BillingDetail {
            address_line1: some(&given.address_line1),
            address_line2: some(&given.address_line2),
            city: some(&given.city),
            postal_code: some(&given.postal_code),
            country_code: some("GB"),
            ..BillingDetail::default()
        },
    };
    let account =
        BankAccountDetails::uk(&given.account_holder_name, &given.sort_code, &given.account_number);
    (customer, account)
}

/// What the provider's page is filled in with.
pub(crate) fn prefilled(given: &Prefilled) -> PrefilledCustomer {
    PrefilledCustomer {
        given_name: some(&given.given_name),
        family_name: some(&given.family_name),
        email: some(&given.email),
        address_line1: some(&given.address_line1),
        address_line2: some(&given.address_line2),
        city: some(&given.city),
        postal_code: some(&given.postal_code),
        country_code: some("GB"),
    }
}
