//! Giving: the account is the giver's, and the gift's money is pulled from it.

use florin_external_accounts::AccountStatus;
use florin_external_accounts::probe;
use florin_ids::{GiftId, TenantId};
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::{Caller, day, get_tenant_in};
use uuid::Uuid;

use super::ask::{prove_in, refused};
use super::bank::GiverBanks;
use super::entity::{self, NumberFields};
use super::kept::Visitor;
use super::{GIFT, Gift, GiftView, repo, view_in};
use crate::contribution::Frequency;
use crate::fund::{self, FUND};
use crate::transaction::pay::{self, PayIn};
use crate::{Savings, SavingsError, payer};

const NOT_LINKED: &str = "The account is not linked any more. Please link it again.";
const SETTLED_OTHERWISE: &str = "This gift is given from another account already.";

/// What a giver does with a gift.
pub(super) struct Giving<'a> {
    pub savings: &'a Savings,
    pub gift: (TenantId, GiftId),
    pub visitor: Visitor,
}

impl Giving<'_> {
    /// The giver tells the amounts of the deposits.
    pub(super) fn confirm_in(
        &self,
        tx: &mut Tx,
        amounts: &(String, String),
    ) -> Result<GiftView, SavingsError> {
        let (mut gift, moment) = self.hold_in(tx)?;
        if gift.transaction.is_some() {
            return self.view_in(tx, gift);
        }
        let account = gift.account.ok_or_else(|| SavingsError::impossible(NOT_LINKED))?;
        let (tenant, keys) = (self.gift.0, self.savings.keys());
        let not_found = || SavingsError::NotFound(GIFT);
        let mut probe = probe::look_in(tx, keys, tenant, account)?.ok_or_else(not_found)?;
        if probe.account.status == AccountStatus::Unverified {
            let told = told(amounts).map_err(SavingsError::Invalid)?;
            let (accounts, caller) = (self.savings.accounts()?, self.caller_in(tx)?);
            probe::tell_amounts_in(tx, accounts, &caller, &probe.account, told).map_err(refused)?;
            probe = probe::look_in(tx, keys, tenant, account)?.ok_or_else(not_found)?;
            gift.keeper = probe.account.is_usable().then_some(self.visitor.browser);
        }
        if probe.account.is_usable() {
            pull_in(tx, self.savings, tenant, &mut gift, moment)?;
        }
        self.view_in(tx, gift)
    }

    /// Opens a visit in which the giver links an account; answers the path of its page.
    pub(super) fn link_in(&self, tx: &mut Tx, return_url: &str) -> Result<String, SavingsError> {
        let (mut gift, _) = self.hold_in(tx)?;
        self.check_open(&gift)?;
        self.note_browser(&mut gift);
        repo::update(tx, self.gift.0, &gift)?;
        let caller = self.caller_in(tx)?;
        Ok(self.banks()?.open_in(tx, &caller, &gift, return_url)?)
    }

    /// The giver gives from an account that was linked for this gift.
    pub(super) fn give_linked_in(
        &self,
        tx: &mut Tx,
        account: Uuid,
    ) -> Result<GiftView, SavingsError> {
        let (mut gift, moment) = self.hold_in(tx)?;
        if gift.transaction.is_some() {
            return self.view_in(tx, gift);
        }
        self.check_open(&gift)?;
        let (banks, caller) = (self.banks()?, self.caller_in(tx)?);
        let linked = banks.linked_in(tx, self.gift.0, gift.id)?;
        if !linked.iter().any(|it| it.id == account) {
            return Err(SavingsError::impossible(NOT_LINKED));
        }
        let taken = banks.take_in(tx, &caller, &gift, account)?;
        payer::keep_for_gift_in(tx, self.gift.0, taken.customer, gift.id)?;
        gift.account = Some(taken.id);
        self.note_browser(&mut gift);
        pull_in(tx, self.savings, self.gift.0, &mut gift, moment)?;
        self.view_in(tx, gift)
    }

    /// The giver types in numbers after all, which deposits are to prove.
    pub(super) fn prove_in(
        &self,
        tx: &mut Tx,
        fields: NumberFields,
        is_authorised: bool,
    ) -> Result<GiftView, SavingsError> {
        let (mut gift, moment) = self.hold_in(tx)?;
        if gift.account.is_some() {
            return self.view_in(tx, gift);
        }
        let numbers = entity::read_numbers(fields, is_authorised).map_err(SavingsError::Invalid)?;
        let tenant = self.gift.0;
        let partner = get_tenant_in(tx, tenant)?;
        let typed = (&numbers, moment.on);
        let index = prove_in(tx, self.savings, &partner, &mut gift, typed, self.visitor.now)?;
        repo::update(tx, tenant, &gift)?;
        repo::set_index(tx, tenant, gift.id, &index)?;
        self.view_in(tx, gift)
    }

    /// The gift, which nobody else can change until the transaction ends.
    pub(super) fn hold_in(&self, tx: &mut Tx) -> Result<(Gift, Moment), SavingsError> {
        let (tenant, id) = self.gift;
        let state = day::lock_shared_in(tx, tenant)?;
        let gift = repo::get_for_update(tx, tenant, id)?.ok_or(SavingsError::NotFound(GIFT))?;
        Ok((gift, Moment { on: state.business_date, at: state.stamp(self.visitor.now) }))
    }

    /// What two browsers have linked and given between them, neither of them may keep.
    fn note_browser(&self, gift: &mut Gift) {
        gift.keeper = gift.keeper.filter(|keeper| *keeper == self.visitor.browser);
    }

    fn check_open(&self, gift: &Gift) -> Result<(), SavingsError> {
        match gift.account {
            None => Ok(()),
            Some(_) => Err(SavingsError::impossible(SETTLED_OTHERWISE)),
        }
    }

    fn banks(&self) -> Result<&dyn GiverBanks, SavingsError> {
        let banks = self.savings.giver_banks();
        banks.ok_or_else(|| SavingsError::impossible("Banks cannot be linked here."))
    }

    fn caller_in(&self, tx: &mut Tx) -> Result<Caller, SavingsError> {
        let tenant = self.gift.0;
        Ok(Caller { tenant, currency: get_tenant_in(tx, tenant)?.currency, now: self.visitor.now })
    }

    fn view_in(&self, tx: &mut Tx, gift: Gift) -> Result<GiftView, SavingsError> {
        view_in(tx, self.savings, self.gift.0, gift)
    }
}

/// Pulls a gift's money from its account, which is known to be its giver's.
pub(super) fn pull_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    gift: &mut Gift,
    moment: Moment,
) -> Result<(), SavingsError> {
    let found = fund::repo::get(tx, savings.keys(), tenant, gift.fund)?;
    let fund = found.ok_or(SavingsError::NotFound(FUND))?;
    let giver = gift.giver();
    let new = vec![PayIn {
        fund: &fund,
        source: gift.id.uuid(),
        source_key: GIFT.to_owned(),
        frequency: Frequency::Onetime,
        amount_minor: gift.amount_minor,
        account: gift.account.map(|account| account.number()),
        giver: Some(&giver),
    }];
    let collections = day::state_in(tx, tenant)?.collections;
    let made = pay::make_many_in(tx, savings.rails(), tenant, moment, collections, new)?;
    gift.transaction = made.first().map(|it| it.id);
    Ok(repo::update(tx, tenant, gift)?)
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
