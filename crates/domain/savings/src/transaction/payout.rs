//! Paying money out of funds.

use florin_calendar::Calendar;
use florin_ids::{FundTransactionId, TenantId, UserId};
use florin_money::Money;
use florin_payments::{Direction, Moment, NewPayment, OwnerRef, Purpose};
use florin_storage::Tx;
use florin_tenancy::Collections;

use super::entity::{Transaction, TransactionKind, TransactionStatus};
use super::pay::{ANSWER_BUSINESS_DAYS, Way, own_way_in, way_in};
use super::{OWNER, repo};
use crate::contribution::Frequency;
use crate::fund::Fund;
use crate::{Savings, SavingsError, postings, user};

/// Money to be paid out of a fund.
pub(crate) struct PayOut<'a> {
    pub id: FundTransactionId,
    /// Out of which one.
    pub fund: &'a Fund,
    /// Names it among the payouts of the fund.
    pub source_key: String,
    /// In cents.
    pub amount_minor: i64,
    /// The external account that it is paid to; `None`: the partner's.
    pub account: Option<i64>,
    /// What people read.
    pub description: &'static str,
}

/// Pays money out of a fund: a pending transaction, and its payment over the rail that contributions come over, or to the
/// saver's own account.
///
/// # Errors
/// [`SavingsError::Impossible`] when there is no way for the money.
pub(crate) fn make_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    moment: Moment,
    collections: Collections,
    out: PayOut<'_>,
) -> Result<(), SavingsError> {
    let way = match out.account {
        Some(account) => {
            own_way_in(tx, savings.rails(), tenant, (account.to_string(), Direction::Pay))?
        }
        None => way_in(tx, savings.rails(), tenant, (collections, Direction::Pay))?,
    };
    let answers_on = match &way {
        Way::None(why) => {
            return Err(SavingsError::impossible(format!("the withdrawal cannot be paid: {why}")));
        }
        Way::BuiltIn => Some(Calendar::UsFed.add_business_days(moment.on, ANSWER_BUSINESS_DAYS)),
        Way::Rail(_) => None,
    };
    let mut made = Transaction {
        id: out.id,
        fund: out.fund.id,
        kind: TransactionKind::Withdrawal,
        source: out.fund.id.uuid(),
        source_key: out.source_key,
        frequency: Frequency::Onetime,
        amount_minor: out.amount_minor,
        description: out.description.to_owned(),
        occurred_on: moment.on,
        status: TransactionStatus::Pending,
        reason: String::new(),
        payment: None,
        answers_on,
        inserted_at: moment.at,
    };
    if let Way::Rail(instrument) = way {
        let owner = out.fund.user.map(UserId::uuid).into_iter().collect();
        let owner = user::repo::by_ids(tx, tenant, owner)?.pop();
        let payment = NewPayment {
            instrument,
            direction: Direction::Pay,
            purpose: Purpose::Withdrawal,
            amount: Money::from_minor(made.amount_minor, postings::CURRENCY),
            owner: OwnerRef { kind: OWNER.to_owned(), id: made.id.uuid() },
            wanted_on: moment.on,
            counterparty: owner.map(|user| user.full_name()).unwrap_or_default(),
            note: "529 withdrawal".to_owned(),
            same_day: false,
        };
        let rails = savings.rails();
        let asked = florin_payments::create_many_in(tx, rails, tenant, moment, vec![payment])?;
        made.payment = asked.first().map(|payment| payment.id);
    }
    repo::insert_many(tx, tenant, &[made])?;
    Ok(())
}
