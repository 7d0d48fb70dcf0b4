//! Accounts that givers keep for their next gift, so that a grandmother does not prove hers every birthday.
//!
//! Givers have no login, so what opens a kept account is what a browser holds: a token of 256 random bits in a cookie.
//! What keeps it from being anybody else's:
//!
//! - The database has the token's SHA-256 and nothing that the token could be made of; it is looked up among those of the
//!   fund's tenant only. One that is unknown, changed or another tenant's is as good as none.
//! - An account is kept only when its giver asks for it, after it was proven, and only by the browser that has proven it
//!   ([`Gift::keeper`]): the one in which the amounts of the deposits were told, or the one in which the form was filled in,
//!   the bank was linked and the gift was given. The gift's link alone, which the partner has too and a giver may pass on,
//!   keeps nothing.
//! - Each time it is kept there is a new token, so that nobody knows it who has planted a cookie before.
//! - It shows the giver's name, email address, bank and the last four digits of the account, and no more.
//! - Each gift from it is authorised anew, for its amount and for the account that was shown, and counts against the same
//!   limits as every other. Nothing but gifts is pulled from it, and nothing without a form that its browser sends.
//! - With each use and each look the external account is asked again: what was locked, archived or stopped by a return is
//!   not given from, whatever the browser holds.
//! - It ends when the giver forgets it, when another one takes its place, and a year after it was last used.

mod repo;

use florin_crypto::{KeyRing, Secret, hash_key};
use florin_external_accounts::{
    AccountId, AccountStatus, Customer, CustomerStatus, ExternalAccount, verified,
};
use florin_ids::{GiftId, TenantId};
use florin_storage::Tx;
use florin_tenancy::{Tenant, day};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use super::ask::{BANK, check_few_in};
use super::{Gift, GiftState, kept_authorisation};
use crate::{Savings, SavingsError};

/// So long after its last use an account is still told of as expired, and then forgotten.
const TOLD_DAYS: i32 = 30;
const GONE: &str =
    "The account that was kept on this device cannot be used any more. Please choose another way.";
const NOT_HERE: &str = "The account can only be kept in the browser in which it was confirmed.";

/// A secret that a browser holds, as it is known here: by its SHA-256. It has 256 random bits, so a slow hash would add
/// nothing. `Debug` prints nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeldSecret([u8; 32]);

impl HeldSecret {
    /// Of what a cookie says.
    pub fn of(text: &str) -> Self {
        Self(hash_key(text))
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(self) -> [u8; 32] {
        self.0
    }
}

impl std::fmt::Debug for HeldSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldSecret(..)")
    }
}

/// A giver's browser, and the time.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// The browser, by what it holds while it fills in forms.
    pub browser: HeldSecret,
    /// Now.
    pub now: Timestamp,
}

/// What a form says that is to be paid from a kept account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptKey {
    /// The token that the browser holds.
    pub token: HeldSecret,
    /// What the form names the account by: [`KeptAccount::gift`]. Another account that the browser keeps meanwhile was not
    /// shown with it and is not given from.
    pub gift: GiftId,
}

/// A kept account as it is stored.
#[derive(Debug, Clone)]
struct Kept {
    token: HeldSecret,
    gift: GiftId,
    account: AccountId,
    first_name: String,
    last_name: String,
    email: String,
    expires_on: Date,
}

/// An account that the giver has kept, as the browser that holds its token may see it.
#[derive(Debug, Clone)]
pub struct KeptAccount {
    /// The gift that has proven it; it names the account in a form.
    pub gift: GiftId,
    /// The external account.
    pub account: AccountId,
    /// The giver's first name.
    pub first_name: String,
    /// The giver's last name.
    pub last_name: String,
    /// The giver's email address.
    pub email: String,
    /// What people call it: `account ending in 6789 at Gringotts`.
    pub called: String,
    /// Why nothing can be given from it any more, as a sentence.
    pub obstacle: Option<&'static str>,
}

impl Savings {
    /// The account of a tenant that a token opens.
    ///
    /// # Errors
    /// The database's.
    pub async fn kept_account(
        &self,
        tenant: TenantId,
        token: HeldSecret,
    ) -> Result<Option<KeptAccount>, SavingsError> {
        let keys = self.keys_handle();
        self.db()
            .read(move |tx| {
                let Some(kept) = repo::get(tx, tenant, token)? else { return Ok(None) };
                let today = day::state_in(tx, tenant)?.business_date;
                let (account, obstacle) = look_in(tx, &keys, tenant, &kept, today)?;
                Ok(account.map(|account| KeptAccount {
                    called: called(&account),
                    gift: kept.gift,
                    account: kept.account,
                    first_name: kept.first_name,
                    last_name: kept.last_name,
                    email: kept.email,
                    obstacle,
                }))
            })
            .await
    }

    /// Keeps the account of the gift behind a key for a year; answers whose gift it is, and the token that the browser is
    /// to hold. What `before` opened is forgotten.
    ///
    /// # Errors
    /// As [`Savings::gift_behind`]; [`SavingsError::Impossible`] in another browser than the one that has proven the
    /// account, before the gift is given, and when nothing can be given from the account any more.
    pub async fn keep_account(
        &self,
        key: &str,
        visitor: Visitor,
        before: Option<HeldSecret>,
    ) -> Result<(TenantId, Secret), SavingsError> {
        let secret = Secret::generate("");
        let token = HeldSecret::of(secret.expose());
        let tenant = self
            .giving(key, visitor, move |giving, tx| {
                let (tenant, keys) = (giving.gift.0, giving.savings.keys());
                let (gift, moment) = giving.hold_in(tx)?;
                if let Some(before) = before {
                    forget_in(tx, tenant, before)?;
                }
                let kept = Kept::of(&gift, visitor.browser, token, moment.on)?;
                if look_in(tx, keys, tenant, &kept, moment.on)?.1.is_some() {
                    return Err(SavingsError::impossible(GONE));
                }
                repo::insert(tx, tenant, &kept)?;
                Ok(tenant)
            })
            .await?;
        Ok((tenant, secret))
    }

    /// Forgets the account of a tenant that a token opens, if it opens one.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_account(
        &self,
        tenant: TenantId,
        token: HeldSecret,
    ) -> Result<(), SavingsError> {
        self.db().write(move |tx| forget_in(tx, tenant, token)).await
    }
}

impl Kept {
    /// The account of a gift that was given, for the browser that has proven it.
    fn of(
        gift: &Gift,
        browser: HeldSecret,
        token: HeldSecret,
        today: Date,
    ) -> Result<Self, SavingsError> {
        let is_keeper = gift.keeper == Some(browser) && gift.transaction.is_some();
        let account = gift.account.filter(|_| is_keeper);
        Ok(Self {
            token,
            gift: gift.id,
            account: account.ok_or_else(|| SavingsError::impossible(NOT_HERE))?,
            first_name: gift.first_name.clone(),
            last_name: gift.last_name.clone(),
            email: gift.email.clone(),
            expires_on: a_year_after(today),
        })
    }
}

/// Whether the account of a gift that stands there can be kept, if by anybody.
pub(super) fn can_be_kept(state: GiftState, account: Option<&ExternalAccount>) -> bool {
    matches!(state, GiftState::Pending | GiftState::Settled)
        && account.is_some_and(|account| objection(account).is_none())
}

/// Makes the account that a form's token opens the gift's, and keeps it for another year; answers the fingerprint of its
/// numbers. Nothing is pulled yet.
pub(super) fn use_in(
    tx: &mut Tx,
    savings: &Savings,
    partner: &Tenant,
    gift: &mut Gift,
    key: Option<KeptKey>,
) -> Result<Vec<u8>, SavingsError> {
    let (tenant, today) = (partner.id, gift.asked_on);
    let gone = || SavingsError::impossible(GONE);
    let key = key.ok_or_else(gone)?;
    let held = repo::get_for_update(tx, tenant, key.token)?;
    let mut kept = held.filter(|kept| kept.gift == key.gift).ok_or_else(gone)?;
    let (account, obstacle) = look_in(tx, savings.keys(), tenant, &kept, today)?;
    let account = account.filter(|_| obstacle.is_none()).ok_or_else(gone)?;
    let (Some(routing), Some(number)) = (&account.routing_number, &account.account_number) else {
        return Err(gone());
    };
    let numbers = (routing.expose(), number.expose());
    let index = check_few_in(tx, savings, tenant, numbers, today)?;
    gift.account = Some(kept.account);
    gift.authorisation = kept_authorisation(&partner.name, &called(&account));
    kept.first_name.clone_from(&gift.first_name);
    kept.last_name.clone_from(&gift.last_name);
    kept.email.clone_from(&gift.email);
    kept.expires_on = a_year_after(today);
    repo::renew(tx, tenant, &kept)?;
    Ok(index)
}

/// Forgets what nobody has used for a year and a while.
pub(super) fn forget_expired_in(
    tx: &mut Tx,
    tenant: TenantId,
    today: Date,
) -> Result<(), SavingsError> {
    Ok(repo::delete_expired(tx, tenant, today.saturating_sub(TOLD_DAYS.days()))?)
}

fn forget_in(tx: &mut Tx, tenant: TenantId, token: HeldSecret) -> Result<(), SavingsError> {
    if let Some(kept) = repo::get_for_update(tx, tenant, token)? {
        repo::delete(tx, tenant, kept.account)?;
    }
    Ok(())
}

/// The external account as it stands, and why nothing can be given from it.
fn look_in(
    tx: &mut Tx,
    keys: &KeyRing,
    tenant: TenantId,
    kept: &Kept,
    today: Date,
) -> Result<(Option<ExternalAccount>, Option<&'static str>), SavingsError> {
    let Some(account) = verified::account_in(tx, keys, tenant, kept.account)? else {
        return Ok((None, None));
    };
    let holder = verified::holder_in(tx, keys, tenant, &account)?;
    let expired = (kept.expires_on < today).then_some("It was not used for a year.");
    let obstacle = expired.or_else(|| objection(&account)).or_else(|| objection_to(&holder));
    Ok((Some(account), obstacle))
}

/// Why nothing can be pulled from an account.
fn objection(account: &ExternalAccount) -> Option<&'static str> {
    match account.status {
        _ if account.debits_refused.is_some() => {
            Some("Its bank was told that a payment from it was not agreed to.")
        }
        AccountStatus::Archived => Some("It was taken out of use."),
        _ if account.is_usable() => None,
        _ => Some("It is locked, or its bank takes no payments from it."),
    }
}

/// Why its holder can pay nothing.
fn objection_to(holder: &Customer) -> Option<&'static str> {
    let may_act = holder.is_active
        && holder.status == CustomerStatus::Verified
        && holder.locked_at.is_none()
        && holder.deceased_on.is_none();
    (!may_act).then_some("It is locked.")
}

fn a_year_after(today: Date) -> Date {
    today.saturating_add(1.year())
}

fn called(account: &ExternalAccount) -> String {
    let number = account.account_number.as_ref().map(|it| it.masked()).unwrap_or_default();
    let ending = format!("account ending in {}", number.trim_start_matches('*'));
    if account.name == BANK { ending } else { format!("{ending} at {}", account.name) }
}
