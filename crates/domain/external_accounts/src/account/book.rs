//! External accounts as the ACH rail sees them: bank details, corrections, returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use florin_ach::{AccountType, Category, Change, Correction, ReturnCode, RoutingNumber};
use florin_ach_origination::{Accounts, BankDetails, Cause, Usable, Use};
use florin_crypto::{KeyRing, Secret};
use florin_ids::TenantId;
use florin_payments::Moment;
use florin_storage::Tx;

use super::entity::{AccountKind, AccountStatus, ExternalAccount};
use super::repo;
use crate::bank::BankDigits;
use crate::customer;
use crate::words::AccountId;
use crate::{ExternalAccountsError, routing, tell, trial};

/// The external accounts for the ACH rail. An account's reference is its number.
#[derive(Debug, Clone)]
pub struct AccountBook {
    keys: Arc<KeyRing>,
}

impl AccountBook {
    /// A book that opens account numbers with these keys.
    pub fn new(keys: Arc<KeyRing>) -> Self {
        Self { keys }
    }

    fn details_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        references: &[String],
        usage: Use,
    ) -> Result<BTreeMap<String, Usable>, ExternalAccountsError> {
        let numbers = references.iter().filter_map(|it| it.parse::<i64>().ok()).collect();
        let accounts = repo::get_many(tx, &self.keys, tenant, numbers)?;
        let mut details = BTreeMap::new();
        for account in accounts {
            let usable = match objection(&account, usage) {
                Some(reason) => Err(reason),
                None => self.bank_details_in(tx, tenant, &account)?,
            };
            details.insert(account.id.to_string(), usable);
        }
        Ok(details)
    }

    fn bank_details_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        account: &ExternalAccount,
    ) -> Result<Usable, ExternalAccountsError> {
        let (Some(number), Some(digits)) = (&account.routing_number, &account.account_number)
        else {
            return Ok(Err(format!("External account {} has no account number.", account.id)));
        };
        let routing = match number.expose() {
            routing::SANDBOX_ROUTING => Ok(routing::sandbox_routing()),
            digits => RoutingNumber::parse(digits),
        };
        let Ok(routing) = routing else {
            let text = format!("The routing number of external account {} is wrong.", account.id);
            return Ok(Err(text));
        };
        let mut name = account.holder();
        if name.is_empty() {
            let owner = customer::find_in(tx, &self.keys, tenant, account.customer.number())?;
            name = owner.full_name();
        }
        Ok(Ok(BankDetails {
            routing,
            account: Secret::from_text(digits.expose()),
            kind: account_type(account.kind),
            name,
            is_company: false,
        }))
    }

    fn corrected_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        reference: &str,
        change: &Change,
    ) -> Result<(), ExternalAccountsError> {
        let Some(mut account) = self.held_in(tx, tenant, reference)? else { return Ok(()) };
        let before = account.clone();
        account.noc_code = Some(change.code.to_string());
        account.last_modified_at = moment.at;
        if let Ok(correction) = change.code.parse_corrected(change.corrected.as_str()) {
            correct(&mut account, &correction);
            self.name_bank_in(tx, &before, &mut account)?;
        }
        repo::update(tx, &self.keys, tenant, &account)?;
        tell::correction_in(tx, tenant, moment.at, &before, &account)
    }

    /// A new routing number may be another bank's.
    fn name_bank_in(
        &self,
        tx: &mut Tx,
        before: &ExternalAccount,
        account: &mut ExternalAccount,
    ) -> Result<(), ExternalAccountsError> {
        let Some(routing) = &account.routing_number else { return Ok(()) };
        if before.routing_number.as_ref() == Some(routing) {
            return Ok(());
        }
        if let Some(bank) = routing::bank_of_in(tx, routing.expose())? {
            if account.nick_name == account.name {
                account.nick_name.clone_from(&bank);
            }
            account.name = bank;
        }
        Ok(())
    }

    fn returned_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        reference: &str,
        code: ReturnCode,
    ) -> Result<(), ExternalAccountsError> {
        let category = code.category();
        if !matches!(category, Category::StopAccount | Category::Unauthorised) {
            return Ok(());
        }
        let Some(mut account) = self.held_in(tx, tenant, reference)? else { return Ok(()) };
        let before = account.clone();
        if category == Category::StopAccount {
            account.stop(code, moment.at);
        } else {
            account.refuse_debits(&format!("{code} {}", code.title()), moment.at);
        }
        if account == before {
            return Ok(());
        }
        repo::update(tx, &self.keys, tenant, &account)?;
        if category == Category::StopAccount {
            trial::repo::close(tx, tenant, vec![account.id.number()])?;
        }
        tell::account_in(tx, tenant, moment.at, &account)
    }

    fn held_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        reference: &str,
    ) -> Result<Option<ExternalAccount>, ExternalAccountsError> {
        let Ok(number) = reference.parse::<i64>() else { return Ok(None) };
        Ok(repo::get_for_update(tx, &self.keys, tenant, AccountId::from_number(number))?)
    }
}

impl ExternalAccount {
    /// The bank says that there is no such account any more, or never was.
    pub(crate) fn stop(&mut self, code: ReturnCode, at: jiff::Timestamp) {
        let reason = format!("{code} {}", code.title());
        self.deny(&reason, at);
        self.lock(&reason, at);
    }
}

/// Why no entry can be made for the account.
fn objection(account: &ExternalAccount, usage: Use) -> Option<String> {
    let id = account.id;
    if usage == Use::Collect
        && let Some(objection) = account.objection_to_debits()
    {
        return Some(format!("External account {id}: {objection}"));
    }
    if account.is_locked() {
        let reason = account.locked_reason.as_deref().unwrap_or("locked");
        return Some(format!("External account {id} is locked ({reason})."));
    }
    let is_right = match account.status {
        AccountStatus::Verified => true,
        // What was on its way when the customer gave up still goes out.
        AccountStatus::Unverified | AccountStatus::VerifyLocked | AccountStatus::Expired => {
            usage == Use::Trial
        }
        AccountStatus::Denied | AccountStatus::Archived => false,
    };
    (!is_right).then(|| format!("External account {id} is {}.", account.status))
}

/// A prepaid card is debited and credited like a checking account.
fn account_type(kind: AccountKind) -> AccountType {
    match kind {
        AccountKind::Savings => AccountType::Savings,
        AccountKind::Checking | AccountKind::Prepaid => AccountType::Checking,
    }
}

/// Takes over what the receiving bank says is right. Names stay: they are the customer's.
fn correct(account: &mut ExternalAccount, correction: &Correction) {
    if let Some(routing) = correction.routing {
        account.routing_number = Some(BankDigits::new(routing.to_string()));
    }
    if let Some(number) = &correction.account {
        account.account_number = Some(BankDigits::new(number.as_str()));
    }
    if let Some(code) = correction.transaction_code {
        account.kind = match code.account() {
            AccountType::Savings => AccountKind::Savings,
            AccountType::Checking => AccountKind::Checking,
            AccountType::GeneralLedger | AccountType::Loan => account.kind,
        };
    }
}

impl Accounts for AccountBook {
    fn details_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        references: &[String],
        usage: Use,
    ) -> Result<BTreeMap<String, Usable>, Cause> {
        Ok(self.details_in(tx, tenant, references, usage)?)
    }

    fn corrected_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        reference: &str,
        change: &Change,
    ) -> Result<(), Cause> {
        Ok(self.corrected_in(tx, tenant, moment, reference, change)?)
    }

    fn returned_in(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        moment: Moment,
        reference: &str,
        code: ReturnCode,
    ) -> Result<(), Cause> {
        Ok(self.returned_in(tx, tenant, moment, reference, code)?)
    }
}
