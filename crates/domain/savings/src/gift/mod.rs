//! Gifts: money that somebody else pays into a fund, from the public page.
//!
//! A giver fills in a form, and has a signed link from then on. The giver's bank account becomes an external account once
//! it is known to be theirs: because they have linked it at their bank ([`GiverBanks`]), or have told the amounts of two
//! small deposits to the numbers that they typed in. Only then is the gift's money pulled from it over the ACH rail. It is
//! a transaction of the fund like those of contributions. A giver who wants to can keep the account for the next gift
//! ([`KeptAccount`]).

mod ask;
mod bank;
mod entity;
mod forget;
mod give;
mod kept;
pub(crate) mod repo;

use florin_external_accounts::{ExternalAccounts, probe, verified};
use florin_ids::{FundId, GiftId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Caller, get_tenant_in};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

pub use bank::{GiverBanks, GiverBanksError, LinkedBank};
pub use entity::{
    AMOUNT_MAX_MINOR, AMOUNT_MIN_MINOR, Gift, GiftFields, GiftState, MESSAGE_MAX_CHARS,
    NumberFields, Source, authorisation, kept_authorisation, link_authorisation,
};
pub use forget::ForgetLinks;
pub use kept::{HeldSecret, KeptAccount, KeptKey, Visitor};

use crate::fund::{self, FUND};
use crate::{Savings, SavingsError, link, page};
use ask::Ask;
use give::Giving;

const GIFT: &str = "gift";
const LINK: &str = "savings.gift_url";
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
    /// The accounts that the giver has linked for it, while it is given from none yet; the last one first.
    pub linked: Vec<LinkedBank>,
    /// How often the amounts of the deposits were told wrongly.
    pub attempts: u32,
    /// How often they can still be told.
    pub attempts_left: u32,
    /// The day on which both deposits are on the account, where it is known.
    pub expected_on: Option<Date>,
    /// The last business day on which their amounts can be told.
    pub last_day: Option<Date>,
    /// Whether its account can be kept for the next gift.
    can_be_kept: bool,
}

impl GiftView {
    /// Whether its account can be kept for the next gift in this browser.
    pub fn can_be_kept_in(&self, browser: HeldSecret) -> bool {
        self.can_be_kept && self.gift.keeper == Some(browser)
    }
}

impl Savings {
    /// The key of the link under which a giver comes back; good for at least 30 days.
    pub fn gift_key(&self, tenant: TenantId, gift: GiftId, now: Timestamp) -> String {
        link::issue(self.keys(), LINK, (tenant, gift.uuid()), now)
    }

    /// Asks for a gift to the fund of a handle, and for the deposits that prove the giver's account; answers the key of
    /// the gift's link. A gift from a kept account is given at once. The same `id` asks once. `pages` is what precedes the key
    /// in the link (`https://host/gifts/`).
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
        visitor: Visitor,
    ) -> Result<String, SavingsError> {
        let (savings, now) = (self.clone(), visitor.now);
        let first = handle.clone();
        let written = self.db().write(move |tx| {
            let ask = Ask { savings: &savings, id, pages: &pages, visitor };
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
        visitor: Visitor,
    ) -> Result<GiftView, SavingsError> {
        self.giving(key, visitor, move |giving, tx| giving.confirm_in(tx, &amounts)).await
    }

    /// Opens a visit in which the giver links an account for this gift, and comes back to `return_url`; answers the path
    /// of its page.
    ///
    /// # Errors
    /// As [`Savings::gift_behind`]; [`SavingsError::Impossible`] when none can be linked here, or none any more.
    pub async fn link_gift(
        &self,
        key: &str,
        return_url: String,
        visitor: Visitor,
    ) -> Result<String, SavingsError> {
        self.giving(key, visitor, move |giving, tx| giving.link_in(tx, &return_url)).await
    }

    /// The giver gives from an account that was linked for this gift: its money is pulled.
    ///
    /// # Errors
    /// As [`Savings::gift_behind`]; [`SavingsError::Impossible`] when it is not linked for this gift, or cannot be used.
    pub async fn give_linked(
        &self,
        key: &str,
        account: Uuid,
        visitor: Visitor,
    ) -> Result<GiftView, SavingsError> {
        self.giving(key, visitor, move |giving, tx| giving.give_linked_in(tx, account)).await
    }

    /// The giver of a gift that was to be given from a linked account types in numbers instead, which deposits prove.
    ///
    /// # Errors
    /// As [`Savings::gift_behind`]; [`SavingsError::Invalid`] with every fault; [`SavingsError::Impossible`] when the
    /// account cannot be used.
    pub async fn prove_gift(
        &self,
        key: &str,
        fields: NumberFields,
        is_authorised: bool,
        visitor: Visitor,
    ) -> Result<GiftView, SavingsError> {
        self.giving(key, visitor, move |giving, tx| {
            giving.prove_in(tx, fields.clone(), is_authorised)
        })
        .await
    }

    async fn giving<T: Send + 'static>(
        &self,
        key: &str,
        visitor: Visitor,
        mut act: impl FnMut(&Giving<'_>, &mut Tx) -> Result<T, SavingsError> + Send + 'static,
    ) -> Result<T, SavingsError> {
        let (gift, savings) = (self.gift_of_key(key, visitor.now)?, self.clone());
        self.db().write(move |tx| act(&Giving { savings: &savings, gift, visitor }, tx)).await
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

fn view_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    gift: Gift,
) -> Result<GiftView, SavingsError> {
    let (account, probe) = match gift.account {
        Some(id) => (
            verified::account_in(tx, savings.keys(), tenant, id)?,
            probe::look_in(tx, savings.keys(), tenant, id)?,
        ),
        None => (None, None),
    };
    let linked = match (&account, savings.giver_banks()) {
        (None, Some(banks)) => banks.linked_in(tx, tenant, gift.id)?,
        _ => Vec::new(),
    };
    let paid = repo::paid(tx, tenant, &gift)?;
    let fund = fund::repo::get(tx, savings.keys(), tenant, gift.fund)?;
    let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
    let number = account.as_ref().and_then(|it| it.account_number.as_ref());
    let number = number.map(|it| it.masked()).unwrap_or_default();
    let (status, reason) = paid.unzip();
    let returned = probe.as_ref().and_then(|it| it.returned.clone());
    let state = GiftState::of(account.as_ref(), status);
    Ok(GiftView {
        can_be_kept: kept::can_be_kept(state, account.as_ref()),
        state,
        tenant,
        partner: get_tenant_in(tx, tenant)?.name,
        fund_name: fund.name,
        handle: fund.handle,
        reason: reason.or(returned).unwrap_or_default(),
        bank: account.map(|it| it.name).unwrap_or_default(),
        account_ending: number.trim_start_matches('*').to_owned(),
        linked,
        attempts: probe.as_ref().map_or(0, |it| it.attempts),
        attempts_left: probe.as_ref().map_or(0, |it| it.attempts_left),
        expected_on: probe.as_ref().and_then(|it| it.expected_on),
        last_day: probe.map(|it| it.last_day),
        gift,
    })
}
