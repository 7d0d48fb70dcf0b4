//! Gifts: money that somebody else pays into a fund, from the public page.
//!
//! A giver fills in a form; the giver's bank account becomes an external account, to which two small deposits are sent.
//! The giver comes back by a signed link, tells the amounts, and so proves that the account is theirs; only then is the
//! gift's money pulled from it over the ACH rail. It is a transaction of the fund like those of contributions.

mod entity;
pub(crate) mod repo;

use florin_crypto::blind_index;
use florin_events::{NewEvent, append_in, kinds};
use florin_external_accounts::probe::{self, Probe};
use florin_external_accounts::trial::TRIAL_DEPOSITS;
use florin_external_accounts::verified::VerifiedAccount;
use florin_external_accounts::{AccountStatus, ExternalAccounts, ExternalAccountsError};
use florin_ids::{FundId, GiftId, TenantId};
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::{Caller, Tenant, day, get_tenant_in};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

pub use entity::{
    AMOUNT_MAX_MINOR, AMOUNT_MIN_MINOR, Gift, GiftFields, GiftState, MESSAGE_MAX_CHARS,
    authorisation,
};

use crate::contribution::Frequency;
use crate::fund::{self, FUND};
use crate::transaction::pay::{self, PayIn};
use crate::{Savings, SavingsError, link, page, payer};
use entity::Asked;

const GIFT: &str = "gift";
const LINK: &str = "savings.gift_url";
const ACCOUNT_CONTEXT: &str = "savings_gift.account";
/// What the bank's name is where the directory does not list it.
const BANK: &str = "Bank account";
/// So many gifts can be asked for on a business date, for a fund and from an account: each sends deposits to somebody.
const OF_FUND_DAILY_MAX: i64 = 100;
const OF_ACCOUNT_DAILY_MAX: i64 = 5;
/// At most this many gifts are answered at a time.
pub const GIFTS_LIMIT_MAX: u32 = 100;

/// A gift as the fund's page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownGift {
    /// Who gave.
    pub giver: String,
    /// What they say.
    pub message: Option<String>,
    /// When.
    pub on: Date,
}

/// A gift, and where it stands.
#[derive(Debug, Clone)]
pub struct GiftView {
    /// The gift.
    pub gift: Gift,
    /// Whose fund it is for.
    pub tenant: TenantId,
    /// The partner's name.
    pub partner: String,
    /// The fund's name and its handle.
    pub fund_name: String,
    /// Its part of its public address.
    pub handle: String,
    /// Where it stands.
    pub state: GiftState,
    /// Why it failed or was returned, in the bank's word (`R01`); empty otherwise.
    pub reason: String,
    /// The giver's bank, and the last digits of the account.
    pub bank: String,
    /// The last four digits of the account.
    pub account_ending: String,
    /// How often the amounts of the deposits were told wrongly.
    pub attempts: u32,
    /// The day on which both deposits are on the account, where it is known.
    pub expected_on: Option<Date>,
    /// The last business day on which their amounts can be told.
    pub last_day: Option<Date>,
}

impl Savings {
    /// The key of the link under which a giver comes back; good for at least 30 days.
    pub fn gift_key(&self, tenant: TenantId, gift: GiftId, now: Timestamp) -> String {
        link::issue(self.keys(), LINK, (tenant, gift.uuid()), now)
    }

    /// Asks for a gift to the fund of a handle, and for the deposits that prove the giver's account; answers the key of
    /// the gift's link. The same `id` asks once. `pages` is what precedes the key in the link (`https://host/gifts/`).
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] as [`Savings::public_fund`]; [`SavingsError::Invalid`] with every fault;
    /// [`SavingsError::Impossible`] when the fund takes no gifts, or not this one.
    pub async fn ask_gift(
        &self,
        handle: String,
        id: GiftId,
        fields: GiftFields,
        pages: String,
        now: Timestamp,
    ) -> Result<String, SavingsError> {
        let savings = self.clone();
        let first = handle.clone();
        let written = self.db().write(move |tx| {
            let ask = Ask { savings: &savings, id, pages: &pages, now };
            ask.ask_in(tx, &first, fields.clone())
        });
        match written.await {
            // The same form was sent twice at the same time.
            Err(SavingsError::Storage(error)) if error.is_unique_violation() => {
                let (savings, handle) = (self.clone(), handle);
                self.db()
                    .read(move |tx| {
                        let (tenant, ..) = page::find_in(tx, &savings, &handle)?;
                        let found = repo::get(tx, tenant, id)?;
                        found.ok_or(SavingsError::NotFound(GIFT))?;
                        Ok(savings.gift_key(tenant, id, now))
                    })
                    .await
            }
            other => other,
        }
    }

    /// The gift behind a key.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] for a key that is none of ours, was changed or has expired.
    pub async fn gift_behind(&self, key: &str, now: Timestamp) -> Result<GiftView, SavingsError> {
        let (tenant, id) = self.gift_of_key(key, now)?;
        let savings = self.clone();
        self.db()
            .read(move |tx| {
                let gift = repo::get(tx, tenant, id)?.ok_or(SavingsError::NotFound(GIFT))?;
                view_in(tx, &savings, tenant, gift)
            })
            .await
    }

    /// The giver tells the amounts of the deposits, in dollars and either order. When they are right, the gift's money is
    /// pulled. What was told wrongly counts. An account that is known to be the giver's needs no amounts.
    ///
    /// # Errors
    /// As [`Savings::gift_behind`]; [`SavingsError::Invalid`] for what is no amount, which does not count;
    /// [`SavingsError::Impossible`] when the account cannot be used.
    pub async fn confirm_gift(
        &self,
        key: &str,
        amounts: (String, String),
        now: Timestamp,
    ) -> Result<GiftView, SavingsError> {
        let (tenant, id) = self.gift_of_key(key, now)?;
        let savings = self.clone();
        self.db().write(move |tx| confirm_in(tx, &savings, (tenant, id), &amounts, now)).await
    }

    /// A page of a fund's gifts, the newest first; `limit` is at most [`GIFTS_LIMIT_MAX`].
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund.
    pub async fn fund_gifts(
        &self,
        caller: &Caller,
        fund: FundId,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<GiftView>, SavingsError> {
        let (tenant, savings) = (caller.tenant, self.clone());
        let limit = limit.clamp(1, GIFTS_LIMIT_MAX);
        self.db()
            .read(move |tx| {
                let found = fund::repo::get(tx, savings.keys(), tenant, fund)?;
                found.ok_or(SavingsError::NotFound(FUND))?;
                let gifts = repo::of_fund(tx, tenant, fund, limit, i64::from(offset))?;
                gifts.into_iter().map(|gift| view_in(tx, &savings, tenant, gift)).collect()
            })
            .await
    }

    /// Takes a gift off its fund's page, or puts it back.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`].
    pub async fn hide_gift(
        &self,
        caller: &Caller,
        id: GiftId,
        is_hidden: bool,
    ) -> Result<GiftView, SavingsError> {
        let (tenant, savings) = (caller.tenant, self.clone());
        self.db()
            .write(move |tx| {
                let held = repo::get_for_update(tx, tenant, id)?;
                let mut gift = held.ok_or(SavingsError::NotFound(GIFT))?;
                gift.is_hidden = is_hidden;
                repo::update(tx, tenant, &gift)?;
                view_in(tx, &savings, tenant, gift)
            })
            .await
    }

    fn gift_of_key(&self, key: &str, now: Timestamp) -> Result<(TenantId, GiftId), SavingsError> {
        let (tenant, id) =
            link::read(self.keys(), LINK, key, now).ok_or(SavingsError::NotFound(GIFT))?;
        Ok((tenant, GiftId::from_uuid(id)))
    }

    fn accounts(&self) -> Result<&ExternalAccounts, SavingsError> {
        self.external_accounts()
            .ok_or_else(|| SavingsError::impossible("no gifts can be given here"))
    }
}

/// A form that was sent.
struct Ask<'a> {
    savings: &'a Savings,
    id: GiftId,
    pages: &'a str,
    now: Timestamp,
}

impl Ask<'_> {
    fn ask_in(
        &self,
        tx: &mut Tx,
        handle: &str,
        fields: GiftFields,
    ) -> Result<String, SavingsError> {
        let savings = self.savings;
        let (tenant, fund, _) = page::find_in(tx, savings, handle)?;
        let key = savings.gift_key(tenant, self.id, self.now);
        let state = day::lock_shared_in(tx, tenant)?;
        if repo::get(tx, tenant, self.id)?.is_some() {
            return Ok(key);
        }
        let asked = entity::read(fields).map_err(SavingsError::Invalid)?;
        if !savings.takes_gifts() || !fund.is_established() {
            return Err(SavingsError::impossible("The fund takes no gifts yet."));
        }
        let partner = get_tenant_in(tx, tenant)?;
        let moment = Moment { on: state.business_date, at: state.stamp(self.now) };
        let view = fund::view_in(tx, tenant, fund)?;
        if view.pending_minor.saturating_add(asked.amount_minor) > view.fund.limit_minor {
            let why = "The account would hold more than its plan allows. Please give less.";
            return Err(SavingsError::impossible(why));
        }
        let numbers = format!("{} {}", asked.routing_number, asked.account_number);
        let index = blind_index(savings.keys(), ACCOUNT_CONTEXT, &numbers);
        let counts = repo::count_asked(tx, tenant, view.fund.id, &index, moment.on)?;
        if counts.0 >= OF_FUND_DAILY_MAX || counts.1 >= OF_ACCOUNT_DAILY_MAX {
            let why = "There were many gifts today. Please come back tomorrow.";
            return Err(SavingsError::impossible(why));
        }
        let gift = self.insert_in(tx, &partner, view.fund.id, asked, &index, moment)?;
        let url = format!("{}{key}", self.pages);
        append_in(tx, tenant, &[requested(&gift, &view.fund.name, &url, moment)])?;
        Ok(key)
    }

    fn insert_in(
        &self,
        tx: &mut Tx,
        partner: &Tenant,
        fund: FundId,
        asked: Asked,
        index: &[u8],
        moment: Moment,
    ) -> Result<Gift, SavingsError> {
        let (accounts, tenant) = (self.savings.accounts()?, partner.id);
        let caller = Caller { tenant, currency: partner.currency, now: self.now };
        let new = VerifiedAccount {
            end_user: None,
            customer: None,
            first_name: asked.first_name.clone(),
            last_name: asked.last_name.clone(),
            routing_number: asked.routing_number,
            account_number: asked.account_number,
            kind: asked.kind,
            bank_name: Some(BANK.to_owned()),
        };
        let account = probe::begin_of_in(tx, accounts, &caller, &new, TRIAL_DEPOSITS);
        let account = account.map_err(refused)?;
        payer::keep_for_gift_in(tx, tenant, account.customer, self.id)?;
        let gift = Gift {
            id: self.id,
            fund,
            first_name: asked.first_name,
            last_name: asked.last_name,
            email: asked.email,
            message: asked.message,
            amount_minor: asked.amount_minor,
            is_shown: asked.is_shown,
            is_hidden: false,
            account: account.id,
            authorisation: authorisation(&partner.name),
            asked_on: moment.on,
            transaction: None,
            inserted_at: moment.at,
        };
        repo::insert(tx, tenant, &gift, index)?;
        Ok(gift)
    }
}

/// The rules of external accounts refuse the giver's: in words for the giver.
fn refused(error: ExternalAccountsError) -> SavingsError {
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

fn confirm_in(
    tx: &mut Tx,
    savings: &Savings,
    (tenant, id): (TenantId, GiftId),
    amounts: &(String, String),
    now: Timestamp,
) -> Result<GiftView, SavingsError> {
    let state = day::lock_shared_in(tx, tenant)?;
    let held = repo::get_for_update(tx, tenant, id)?;
    let mut gift = held.ok_or(SavingsError::NotFound(GIFT))?;
    if gift.transaction.is_some() {
        return view_in(tx, savings, tenant, gift);
    }
    let mut probe = probe_in(tx, savings, tenant, &gift)?;
    if probe.account.status == AccountStatus::Unverified {
        let told = told(amounts).map_err(SavingsError::Invalid)?;
        let currency = get_tenant_in(tx, tenant)?.currency;
        let caller = Caller { tenant, currency, now };
        let accounts = savings.accounts()?;
        probe::tell_amounts_in(tx, accounts, &caller, &probe.account, told).map_err(refused)?;
        probe = probe_in(tx, savings, tenant, &gift)?;
    }
    if probe.account.is_usable() {
        let moment = Moment { on: state.business_date, at: state.stamp(now) };
        let found = fund::repo::get(tx, savings.keys(), tenant, gift.fund)?;
        let fund = found.ok_or(SavingsError::NotFound(FUND))?;
        let giver = gift.giver();
        let new = vec![PayIn {
            fund: &fund,
            source: id.uuid(),
            source_key: GIFT.to_owned(),
            frequency: Frequency::Onetime,
            amount_minor: gift.amount_minor,
            account: Some(gift.account.number()),
            giver: Some(&giver),
        }];
        let made = pay::make_many_in(tx, savings.rails(), tenant, moment, state.collections, new)?;
        gift.transaction = made.first().map(|it| it.id);
        repo::update(tx, tenant, &gift)?;
    }
    view_in(tx, savings, tenant, gift)
}

/// The amounts of the deposits in cents.
fn told(amounts: &(String, String)) -> Result<(i64, i64), Vec<String>> {
    let read = |field: &str, text: &str| {
        // People write 18 for 0.18 as well: no deposit is a dollar or more.
        let cents = entity::cents(text)
            .map(|cents| if cents >= 100 && cents % 100 == 0 { cents / 100 } else { cents });
        cents
            .filter(|cents| (1..100).contains(cents))
            .ok_or_else(|| format!("{field} must be the amount of a deposit, such as 0.12"))
    };
    match (read("amount_1", &amounts.0), read("amount_2", &amounts.1)) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => Err(one.err().into_iter().chain(other.err()).collect()),
    }
}

fn probe_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    gift: &Gift,
) -> Result<Probe, SavingsError> {
    let found = probe::look_in(tx, savings.keys(), tenant, gift.account)?;
    found.ok_or(SavingsError::NotFound(GIFT))
}

fn view_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    gift: Gift,
) -> Result<GiftView, SavingsError> {
    let probe = probe_in(tx, savings, tenant, &gift)?;
    let paid = repo::paid(tx, tenant, &gift)?;
    let fund = fund::repo::get(tx, savings.keys(), tenant, gift.fund)?;
    let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
    let number = probe.account.account_number.as_ref().map(|it| it.masked()).unwrap_or_default();
    let (status, reason) = paid.unzip();
    Ok(GiftView {
        state: GiftState::of(&probe.account, status),
        tenant,
        partner: get_tenant_in(tx, tenant)?.name,
        fund_name: fund.name,
        handle: fund.handle,
        reason: reason.or(probe.returned).unwrap_or_default(),
        bank: probe.account.name,
        account_ending: number.trim_start_matches('*').to_owned(),
        attempts: probe.attempts,
        expected_on: probe.expected_on,
        last_day: Some(probe.last_day),
        gift,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_deposits_as_people_tell_them() {
        let check = |one: &str, other: &str, expected: Option<(i64, i64)>| {
            let found = told(&(one.to_owned(), other.to_owned())).ok();
            assert_eq!(found, expected, "{one} {other}");
        };
        check("0.18", "0.28", Some((18, 28)));
        check("$0.18", " 28 ", Some((18, 28)));
        check(".18", "0.28", None);
        check("0.18", "", None);
        check("0", "0.28", None);
        check("1.18", "0.28", None);
        check("100", "0.28", None);
        check("-0.18", "0.28", None);
    }
}
