//! Asking for a gift, and for the proof of the giver's account by its numbers.

use florin_crypto::blind_index;
use florin_events::{NewEvent, append_in, kinds};
use florin_external_accounts::probe;
use florin_external_accounts::trial::TRIAL_DEPOSITS;
use florin_external_accounts::verified::VerifiedAccount;
use florin_external_accounts::{AccountId, ExternalAccountsError};
use florin_ids::{GiftId, TenantId};
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::{Caller, Tenant, day, get_tenant_in};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::entity::{self, Asked, GiftFields, Named, Numbers};
use super::kept::{self, Visitor};
use super::{Gift, authorisation, give, link_authorisation, repo};
use crate::fund::{self, Fund};
use crate::{Savings, SavingsError, page, payer};

const ACCOUNT_CONTEXT: &str = "savings_gift.account";
/// What the bank's name is where the directory does not list it.
pub(super) const BANK: &str = "Bank account";
/// So many gifts can be asked for on a business date, for a fund and from an account: each sends deposits to somebody, or
/// is pulled at once.
const OF_FUND_DAILY_MAX: i64 = 100;
const OF_ACCOUNT_DAILY_MAX: i64 = 5;
const MANY: &str = "There were many gifts today. Please come back tomorrow.";

/// A form that was sent.
pub(super) struct Ask<'a> {
    pub savings: &'a Savings,
    pub id: GiftId,
    pub pages: &'a str,
    pub visitor: Visitor,
}

impl Ask<'_> {
    /// Asks for a gift to the fund of a handle; answers the key of its link.
    pub(super) fn ask_in(
        &self,
        tx: &mut Tx,
        handle: &str,
        fields: GiftFields,
    ) -> Result<String, SavingsError> {
        let savings = self.savings;
        let (tenant, fund, _) = page::find_in(tx, savings, handle)?;
        let key = savings.gift_key(tenant, self.id, self.visitor.now);
        let state = day::lock_shared_in(tx, tenant)?;
        if repo::get(tx, tenant, self.id)?.is_some() {
            return Ok(key);
        }
        let asked = entity::read(fields).map_err(SavingsError::Invalid)?;
        if !savings.takes_gifts() || !fund.is_established() {
            return Err(SavingsError::impossible("The fund takes no gifts yet."));
        }
        if asked.source == Named::Link && savings.giver_banks().is_none() {
            return Err(SavingsError::impossible("Banks cannot be linked here."));
        }
        let partner = get_tenant_in(tx, tenant)?;
        let moment = Moment { on: state.business_date, at: state.stamp(self.visitor.now) };
        let view = fund::view_in(tx, tenant, fund)?;
        if view.pending_minor.saturating_add(asked.amount_minor) > view.fund.limit_minor {
            let why = "The account would hold more than its plan allows. Please give less.";
            return Err(SavingsError::impossible(why));
        }
        if repo::count_asked(tx, tenant, view.fund.id, moment.on)? >= OF_FUND_DAILY_MAX {
            return Err(SavingsError::impossible(MANY));
        }
        // What is kept was proven when it was kept: this form gives it.
        let is_given = matches!(asked.source, Named::Kept(_));
        let mut gift = self.insert_in(tx, &partner, &view.fund, asked, moment)?;
        let url = format!("{}{key}", self.pages);
        append_in(tx, tenant, &[requested(&gift, &view.fund.name, &url, moment)])?;
        if is_given {
            give::pull_in(tx, savings, tenant, &mut gift, moment)?;
        }
        Ok(key)
    }

    fn insert_in(
        &self,
        tx: &mut Tx,
        partner: &Tenant,
        fund: &Fund,
        asked: Asked,
        moment: Moment,
    ) -> Result<Gift, SavingsError> {
        let mut gift = Gift {
            id: self.id,
            fund: fund.id,
            first_name: asked.first_name,
            last_name: asked.last_name,
            email: asked.email,
            message: asked.message,
            amount_minor: asked.amount_minor,
            is_shown: asked.is_shown,
            is_hidden: false,
            account: None,
            authorisation: link_authorisation(&partner.name),
            asked_on: moment.on,
            transaction: None,
            keeper: None,
            inserted_at: moment.at,
        };
        let (savings, Visitor { browser, now }) = (self.savings, self.visitor);
        let index = match &asked.source {
            Named::Numbers(numbers) => {
                Some(prove_in(tx, savings, partner, &mut gift, (numbers, moment.on), now)?)
            }
            Named::Link => {
                gift.keeper = Some(browser);
                None
            }
            Named::Kept(key) => Some(kept::use_in(tx, savings, partner, &mut gift, *key)?),
        };
        repo::insert(tx, partner.id, &gift, index)?;
        Ok(gift)
    }
}

/// Makes the numbers the gift's account and asks for the deposits that prove it; answers their fingerprint.
pub(super) fn prove_in(
    tx: &mut Tx,
    savings: &Savings,
    partner: &Tenant,
    gift: &mut Gift,
    (numbers, today): (&Numbers, Date),
    now: Timestamp,
) -> Result<Vec<u8>, SavingsError> {
    let typed = (&*numbers.routing, &*numbers.account);
    let index = check_few_in(tx, savings, partner.id, typed, today)?;
    gift.account = Some(begin_in(tx, savings, partner, gift, numbers, now)?);
    gift.authorisation = authorisation(&partner.name);
    // Whoever tells the amounts of the deposits has the account.
    gift.keeper = None;
    Ok(index)
}

/// Refuses one gift too many of a day from the account of these numbers; answers their fingerprint.
pub(super) fn check_few_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    (routing, account): (&str, &str),
    today: Date,
) -> Result<Vec<u8>, SavingsError> {
    let text = format!("{routing} {account}");
    let index = blind_index(savings.keys(), ACCOUNT_CONTEXT, &text).to_vec();
    if repo::count_from(tx, tenant, &index, today)? >= OF_ACCOUNT_DAILY_MAX {
        return Err(SavingsError::impossible(MANY));
    }
    Ok(index)
}

fn begin_in(
    tx: &mut Tx,
    savings: &Savings,
    partner: &Tenant,
    gift: &Gift,
    numbers: &Numbers,
    now: Timestamp,
) -> Result<AccountId, SavingsError> {
    let (accounts, tenant) = (savings.accounts()?, partner.id);
    let caller = Caller { tenant, currency: partner.currency, now };
    let new = VerifiedAccount {
        end_user: None,
        customer: None,
        first_name: gift.first_name.clone(),
        last_name: gift.last_name.clone(),
        routing_number: numbers.routing.clone(),
        account_number: numbers.account.clone(),
        kind: numbers.kind,
        bank_name: Some(BANK.to_owned()),
    };
    let account = probe::begin_of_in(tx, accounts, &caller, &new, TRIAL_DEPOSITS);
    let account = account.map_err(refused)?;
    payer::keep_for_gift_in(tx, tenant, account.customer, gift.id)?;
    Ok(account.id)
}

/// The rules of external accounts refuse the giver's: in words for the giver.
pub(super) fn refused(error: ExternalAccountsError) -> SavingsError {
    match error {
        ExternalAccountsError::Rejected(reasons) => {
            let reasons = reasons.into_iter().map(|it| it.message);
            SavingsError::Impossible(reasons.collect())
        }
        error => error.into(),
    }
}

/// What a listener is told, so that it can send the giver the link.
fn requested(gift: &Gift, fund_name: &str, url: &str, moment: Moment) -> NewEvent {
    NewEvent {
        kind: kinds::GIFT_REQUESTED,
        resource: format!("fund:{}", gift.fund),
        occurred_at: moment.at,
        data: json!({
            "uuid": gift.id,
            "fund_uuid": gift.fund,
            "fund_name": fund_name,
            "giver": gift.giver(),
            "email": gift.email,
            "amount": gift.amount_minor,
            "gift_url": url,
        }),
    }
}
