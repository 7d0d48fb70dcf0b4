//! Making payments into funds, many at a time.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use florin_calendar::Calendar;
use florin_events::kinds;
use florin_ids::{EntryId, FundTransactionId, TenantId, UserId};
use florin_money::Money;
use florin_payments::{
    Direction, Instrument, Moment, NewPayment, OwnerRef, PaymentsError, Purpose, RailKind, Rails,
};
use florin_storage::Tx;
use florin_tenancy::Collections;
use uuid::Uuid;

use super::entity::{Transaction, TransactionKind, TransactionStatus};
use super::limit::Held;
use super::{OWNER, repo};
use crate::contribution::Frequency;
use crate::fund::Fund;
use crate::{SavingsError, postings, settings, user};

/// How many business days the built-in bank takes to answer.
pub(super) const ANSWER_BUSINESS_DAYS: i32 = 2;
pub(super) const NO_ACCOUNT: &str = "no_funding_account";
/// The accounts of the beneficiary would hold more than the plan lets them.
pub(super) const OVER_LIMIT: &str = "aggregate_limit";

/// A payment to be made into a fund.
pub(crate) struct PayIn<'a> {
    /// Into which one.
    pub fund: &'a Fund,
    /// What it is a payment of, and its name among the payments of that.
    pub source: Uuid,
    pub source_key: String,
    pub frequency: Frequency,
    /// In cents.
    pub amount_minor: i64,
    /// The external account that it is pulled from; `None`: the partner's.
    pub account: Option<i64>,
    /// Who gives it, when it is a gift.
    pub giver: Option<&'a str>,
}

/// How the money of a batch moves.
pub(super) enum Way {
    /// Over a rail, from this account.
    Rail(Instrument),
    /// The built-in bank answers.
    BuiltIn,
    /// Not at all; why.
    None(String),
}

/// Makes payments into funds: each is a pending transaction; one that could not come, or that the plan would refuse, is
/// a failed one. Answers them in their order.
pub(crate) fn make_many_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    moment: Moment,
    collections: Collections,
    new: Vec<PayIn<'_>>,
) -> Result<Vec<Transaction>, SavingsError> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let mut held = Held::load_in(tx, tenant, &new)?;
    let names = names_in(tx, tenant, &new)?;
    let ways = ways_in(tx, rails, tenant, collections, &new)?;
    let over = Way::None(OVER_LIMIT.to_owned());
    let mut made: Vec<Transaction> = Vec::with_capacity(new.len());
    for new in &new {
        let way = ways.get(&new.account).unwrap_or(&over);
        let way = if matches!(way, Way::None(_)) || held.take(new) { way } else { &over };
        made.push(transaction(new, name(new, &names), way, moment));
    }
    let asked = new.iter().zip(&made).filter(|(_, made)| is_pending(made));
    let payments = asked.filter_map(|(new, made)| match ways.get(&new.account)? {
        Way::Rail(instrument) => Some(payment(instrument, name(new, &names), made)),
        Way::BuiltIn | Way::None(_) => None,
    });
    let payments: Vec<NewPayment> = payments.collect();
    if !payments.is_empty() {
        let asked = florin_payments::create_many_in(tx, rails, tenant, moment, payments)?;
        let of: HashMap<Uuid, _> = asked.iter().map(|it| (it.owner.id, it.id)).collect();
        for made in &mut made {
            made.payment = of.get(&made.id.uuid()).copied();
        }
    }
    let pending = made.iter().filter(|made| is_pending(made));
    let entries: Vec<_> = pending
        .map(|it| postings::pay_in(EntryId::from(it.id), it.fund, it.amount_minor, moment))
        .collect();
    repo::insert_many(tx, tenant, &made)?;
    florin_ledger::post_many_in(tx, tenant, &entries)?;
    let failed = made.iter().filter(|made| made.status == TransactionStatus::Failed);
    let events: Vec<_> = failed.map(|made| made.event(kinds::PAYMENT_FAILED, moment)).collect();
    florin_events::append_in(tx, tenant, &events)?;
    Ok(made)
}

fn is_pending(made: &Transaction) -> bool {
    made.status == TransactionStatus::Pending
}

/// The whole names of the users whose funds are paid into.
fn names_in(
    tx: &mut Tx,
    tenant: TenantId,
    new: &[PayIn<'_>],
) -> Result<HashMap<UserId, String>, SavingsError> {
    let ids = new.iter().filter_map(|it| it.fund.user).map(UserId::uuid).collect();
    let users = user::repo::by_ids(tx, tenant, ids)?;
    Ok(users.into_iter().map(|user| (user.id, user.full_name())).collect())
}

/// Who pays: the giver of a gift, else the user.
fn name<'a>(new: &PayIn<'a>, names: &'a HashMap<UserId, String>) -> Option<&'a str> {
    new.giver.or_else(|| names.get(&new.fund.user?).map(String::as_str))
}

/// How the money of each account moves.
fn ways_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    collections: Collections,
    new: &[PayIn<'_>],
) -> Result<BTreeMap<Option<i64>, Way>, SavingsError> {
    let mut ways = BTreeMap::new();
    for account in new.iter().map(|it| it.account) {
        if let Entry::Vacant(place) = ways.entry(account) {
            place.insert(match account {
                Some(account) => {
                    own_way_in(tx, rails, tenant, (account.to_string(), Direction::Collect))?
                }
                None => way_in(tx, rails, tenant, (collections, Direction::Collect))?,
            });
        }
    }
    Ok(ways)
}

/// An external account over the ACH rail.
pub(super) fn own_way_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    (reference, direction): (String, Direction),
) -> Result<Way, SavingsError> {
    let instrument = Instrument { rail: RailKind::Ach, reference };
    let usable = rails
        .get(RailKind::Ach)
        .and_then(|rail| rail.check_usable_in(tx, tenant, &instrument, direction));
    match usable {
        Ok(()) => Ok(Way::Rail(instrument)),
        Err(PaymentsError::Unusable(why)) => Ok(Way::None(why)),
        Err(error @ PaymentsError::NoRail(_)) => Ok(Way::None(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// The partner's account over the ACH rail when both are there; else the built-in bank, where the tenant has it.
pub(super) fn way_in(
    tx: &mut Tx,
    rails: &Rails,
    tenant: TenantId,
    (collections, direction): (Collections, Direction),
) -> Result<Way, SavingsError> {
    let account = settings::repo::funding_account(tx, tenant)?;
    if let (Some(reference), Ok(_)) = (account, rails.get(RailKind::Ach)) {
        return own_way_in(tx, rails, tenant, (reference, direction));
    }
    Ok(match collections {
        Collections::Simulated => Way::BuiltIn,
        Collections::Manual => Way::None(NO_ACCOUNT.to_owned()),
    })
}

fn transaction(new: &PayIn<'_>, name: Option<&str>, way: &Way, moment: Moment) -> Transaction {
    let (kind, what) = match new.giver {
        Some(_) => (TransactionKind::Gift, "Gift"),
        None => (TransactionKind::Contribution, "Contribution"),
    };
    let (status, reason) = match way {
        Way::Rail(_) | Way::BuiltIn => (TransactionStatus::Pending, String::new()),
        Way::None(why) => (TransactionStatus::Failed, why.clone()),
    };
    let answers_on = matches!(way, Way::BuiltIn)
        .then(|| Calendar::UsFed.add_business_days(moment.on, ANSWER_BUSINESS_DAYS));
    Transaction {
        id: FundTransactionId::new(),
        fund: new.fund.id,
        kind,
        source: new.source,
        source_key: new.source_key.clone(),
        frequency: new.frequency,
        amount_minor: new.amount_minor,
        description: match name {
            Some(name) => format!("{what} from {name}"),
            None => what.to_owned(),
        },
        occurred_on: moment.on,
        status,
        reason,
        payment: None,
        answers_on,
        inserted_at: moment.at,
    }
}

fn payment(instrument: &Instrument, name: Option<&str>, made: &Transaction) -> NewPayment {
    let (purpose, note) = match made.kind {
        TransactionKind::Gift => (Purpose::Gift, "529 gift"),
        TransactionKind::Contribution | TransactionKind::Withdrawal => {
            (Purpose::Contribution, "529 contribution")
        }
    };
    NewPayment {
        instrument: instrument.clone(),
        direction: Direction::Collect,
        purpose,
        amount: Money::from_minor(made.amount_minor, postings::CURRENCY),
        owner: OwnerRef { kind: OWNER.to_owned(), id: made.id.uuid() },
        wanted_on: made.occurred_on,
        counterparty: name.unwrap_or_default().to_owned(),
        note: note.to_owned(),
        same_day: false,
    }
}
