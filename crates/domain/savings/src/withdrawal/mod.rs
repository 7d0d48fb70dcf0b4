//! Withdrawals: money taken out of a fund for an expense.
//!
//! Units are sold at the price of the day on which it is asked for, and the money is paid over a rail; what becomes of that
//! is told by a transaction of the fund under the withdrawal's id. When the money does not arrive, the fund has it again and
//! buys units at the price of that day. Each amount is partly money paid in and partly gain, in the proportion of the whole
//! fund; the ledger keeps both apart.

mod entity;
pub mod limit;
mod repo;

use std::collections::{BTreeSet, HashMap};

use florin_events::{NewEvent, kinds};
use florin_ids::{EntryId, FundId, FundTransactionId, TenantId, WithdrawalId};
use florin_payments::Moment;
use florin_storage::Tx;
use florin_tenancy::{Caller, Collections, day};
use serde_json::json;
use uuid::Uuid;

use entity::Asked;
pub use entity::{Withdrawal, WithdrawalFields, WithdrawalStatus};
pub use limit::ExpenseType;

use crate::fund::{self, FUND, Fund, FundKind};
use crate::investment::TradeKind;
use crate::investment::trade::{self, Order};
use crate::transaction::payout::{self, PayOut};
use crate::transaction::{self, Effects, LIST_LIMIT_MAX, PaidOut, Transaction};
use crate::{Savings, SavingsError, investment, payer, postings};
use limit::Per;

impl Savings {
    /// Takes money out of a fund. The same `key` takes it out once.
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund; [`SavingsError::Invalid`] with every fault;
    /// [`SavingsError::Impossible`] for a fund that is not established, more than has settled, more than the tax law lets
    /// be taken out for the expense, an account that is not the saver's or not verified, money that could not be paid, or a
    /// key that named another withdrawal.
    pub async fn initiate_withdrawal(
        &self,
        caller: &Caller,
        fund: FundId,
        fields: WithdrawalFields,
        key: Option<String>,
    ) -> Result<Withdrawal, SavingsError> {
        let (savings, caller, id) = (self.clone(), caller.clone(), WithdrawalId::new());
        self.db()
            .write(move |tx| {
                let tenant = caller.tenant;
                let state = day::lock_shared_in(tx, tenant)?;
                let fund = fund::repo::get(tx, savings.keys(), tenant, fund)?;
                let fund = fund.ok_or(SavingsError::NotFound(FUND))?;
                let asked = entity::read(fields.clone()).map_err(SavingsError::Invalid)?;
                let moment = Moment { on: state.business_date, at: state.stamp(caller.now) };
                let request = Request { id, fund: &fund, asked, key: key.as_deref(), moment };
                initiate_in(tx, &savings, tenant, request, state.collections)
            })
            .await
    }

    /// A page of a fund's withdrawals, the newest first; `limit` is at most [`LIST_LIMIT_MAX`].
    ///
    /// # Errors
    /// [`SavingsError::NotFound`] without such a fund.
    pub async fn fund_withdrawals(
        &self,
        caller: &Caller,
        fund: FundId,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Withdrawal>, SavingsError> {
        let (tenant, limit) = (caller.tenant, limit.clamp(1, LIST_LIMIT_MAX));
        self.db()
            .read(move |tx| {
                investment::repo::portfolio_of(tx, tenant, fund)?
                    .ok_or(SavingsError::NotFound(FUND))?;
                Ok(repo::of_fund(tx, tenant, fund, limit, i64::from(offset))?)
            })
            .await
    }
}

/// A withdrawal that is asked for.
#[derive(Clone, Copy)]
struct Request<'a> {
    id: WithdrawalId,
    fund: &'a Fund,
    asked: Asked,
    key: Option<&'a str>,
    moment: Moment,
}

/// Whether a fund can pay for such an expense at all.
fn check_possible(fund: &Fund, expense: ExpenseType) -> Result<(), SavingsError> {
    if !fund.is_established() {
        return Err(SavingsError::impossible("the fund is not established"));
    }
    if fund.kind == FundKind::Prebirth && expense == ExpenseType::K12 {
        let why =
            format!("expense_type {expense} cannot be withdrawn for: the child is not born yet");
        return Err(SavingsError::impossible(why));
    }
    Ok(())
}

fn initiate_in(
    tx: &mut Tx,
    savings: &Savings,
    tenant: TenantId,
    request: Request<'_>,
    collections: Collections,
) -> Result<Withdrawal, SavingsError> {
    let Request { id, fund, asked, key, moment } = request;
    let Asked { amount, expense, account } = asked;
    let accounts = accounts_in(tx, tenant, fund.id)?;
    // Held together, so that two withdrawals at the same time cannot both use what is left of a limit.
    investment::repo::lock_funds(tx, tenant, accounts.clone())?;
    let source_key = match key {
        Some(key) => format!("key:{key}"),
        None => format!("id:{id}"),
    };
    if let Some(made) = transaction::of_source_in(tx, tenant, fund.id.uuid(), &source_key)? {
        let made = repo::by_ids(tx, tenant, vec![made.id.uuid()])?.pop();
        return made
            .filter(|made| {
                (made.amount_minor, made.expense, made.account) == (amount, expense, account)
            })
            .ok_or_else(|| {
                SavingsError::impossible("Idempotency-Key was used for another withdrawal")
            });
    }
    check_possible(fund, expense)?;
    if let Some(account) = account {
        payer::check_in(tx, savings, tenant, fund, account)?;
    }
    let earnings_minor = earnings_in(tx, tenant, &request, accounts)?;
    let withdrawal = Withdrawal {
        id,
        fund: fund.id,
        expense,
        amount_minor: amount,
        earnings_minor,
        account,
        requested_on: moment.on,
        tax_year: moment.on.year(),
        status: WithdrawalStatus::Requested,
        reason: String::new(),
    };
    let payout = PayOut {
        id: FundTransactionId::from_uuid(id.uuid()),
        fund,
        source_key,
        amount_minor: amount,
        account,
        description: expense.description(),
    };
    payout::make_in(tx, savings, tenant, moment, collections, payout)?;
    repo::insert(tx, tenant, &withdrawal)?;
    let entry = EntryId::from_uuid(id.uuid());
    let entry = postings::withdrawal(entry, withdrawal.taken_out(), moment);
    florin_ledger::post_many_in(tx, tenant, &[entry])?;
    trade::trade_many_in(
        tx,
        tenant,
        moment,
        &[order(&withdrawal, TradeKind::Withdrawal, -amount)],
    )?;
    Ok(withdrawal)
}

/// The part of a withdrawal that is gain, when nothing stands against it. `accounts` are those whose withdrawals count
/// together.
fn earnings_in(
    tx: &mut Tx,
    tenant: TenantId,
    request: &Request<'_>,
    accounts: Vec<Uuid>,
) -> Result<i64, SavingsError> {
    let Request { fund, asked, moment, .. } = request;
    let (expense, moment) = (asked.expense, *moment);
    let tax_year = moment.on.year();
    let rule = limit::rule(expense, tax_year);
    let years = match rule.map(|rule| rule.per) {
        Some(Per::Lifetime) => (0, i16::MAX),
        _ => (tax_year, tax_year),
    };
    let used = repo::used_minor(tx, tenant, accounts, expense, years)?;
    trade::value_many_in(tx, tenant, moment, BTreeSet::from([fund.id]))?;
    let balances = florin_ledger::balances_in(tx, tenant, vec![fund.id.uuid()])?;
    let settled = fund::settled_minor(&balances, fund.id);
    let reversing = reversing_in(tx, tenant, fund.id)?;
    let reasons = entity::reasons_against(asked, (settled, reversing), tax_year, rule, used);
    if !reasons.is_empty() {
        return Err(SavingsError::Impossible(reasons));
    }
    let gains = fund::gains_minor(&balances, fund.id);
    Ok(entity::earnings_minor(asked.amount, settled, gains)?)
}

/// What of a fund's settled payments is being taken back because it was pulled by mistake, in cents: it is still on the
/// fund, and not to be paid out.
fn reversing_in(tx: &mut Tx, tenant: TenantId, fund: FundId) -> Result<i64, SavingsError> {
    let settled = transaction::settled_in(tx, tenant, fund)?;
    Ok(florin_payments::going_back_in(tx, tenant, settled)?)
}

/// The funds whose withdrawals count together: those of the beneficiary, or this one when the beneficiary's number is not
/// known.
fn accounts_in(tx: &mut Tx, tenant: TenantId, fund: FundId) -> Result<Vec<Uuid>, SavingsError> {
    let accounts = fund::repo::accounts_of_beneficiaries(tx, tenant, vec![fund.uuid()])?;
    let accounts: BTreeSet<Uuid> = accounts.iter().map(|account| account.fund.uuid()).collect();
    Ok(accounts.into_iter().chain([fund.uuid()]).collect::<BTreeSet<_>>().into_iter().collect())
}

fn order(withdrawal: &Withdrawal, kind: TradeKind, minor: i64) -> Order {
    let transaction = Some(FundTransactionId::from_uuid(withdrawal.id.uuid()));
    Order { fund: withdrawal.fund, kind, transaction, minor }
}

/// Adds to the effects what has become of the payments of withdrawals: entries, orders and events.
pub(crate) fn follow_in(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    transactions: &[Transaction],
    effects: &mut Effects,
) -> Result<(), SavingsError> {
    let outcomes = std::mem::take(&mut effects.payouts);
    if outcomes.is_empty() {
        return Ok(());
    }
    let ids = outcomes.iter().map(|(id, _)| id.uuid()).collect();
    let known: HashMap<Uuid, Withdrawal> =
        repo::by_ids(tx, tenant, ids)?.into_iter().map(|it| (it.id.uuid(), it)).collect();
    let transactions: HashMap<FundTransactionId, &Transaction> =
        transactions.iter().map(|it| (it.id, it)).collect();
    for (id, outcome) in outcomes {
        let (Some(withdrawal), Some(transaction)) = (known.get(&id.uuid()), transactions.get(&id))
        else {
            continue;
        };
        let (entry, out, amount) =
            (EntryId::new(), withdrawal.taken_out(), withdrawal.amount_minor);
        let redeposit = order(withdrawal, TradeKind::Redeposit, amount);
        let (entry, ordered) = match outcome {
            PaidOut::Paid => (postings::withdrawal_paid(entry, out, moment), None),
            PaidOut::Failed => (postings::withdrawal_failed(entry, out, moment), Some(redeposit)),
            PaidOut::Returned => {
                (postings::withdrawal_returned(entry, out, moment), Some(redeposit))
            }
            PaidOut::PaidAfterAll => {
                let again = order(withdrawal, TradeKind::Withdrawal, -amount);
                (postings::withdrawal_paid_after_all(entry, out, moment), Some(again))
            }
        };
        effects.entries.push(entry);
        effects.orders.extend(ordered);
        effects.events.push(event(withdrawal, transaction, outcome, moment));
    }
    Ok(())
}

/// What a listener is told, in the manner of the savings document.
fn event(
    withdrawal: &Withdrawal,
    transaction: &Transaction,
    outcome: PaidOut,
    moment: Moment,
) -> NewEvent {
    let (kind, status) = match outcome {
        PaidOut::Paid | PaidOut::PaidAfterAll => (kinds::WITHDRAWAL_PAID, WithdrawalStatus::Paid),
        PaidOut::Failed | PaidOut::Returned => (kinds::WITHDRAWAL_FAILED, WithdrawalStatus::Failed),
    };
    let reason = match status {
        WithdrawalStatus::Failed => Some(transaction.reason.as_str()),
        WithdrawalStatus::Requested | WithdrawalStatus::Paid => None,
    };
    NewEvent {
        kind,
        resource: format!("fund:{}", withdrawal.fund),
        occurred_at: moment.at,
        data: json!({
            "uuid": withdrawal.id,
            "fund_uuid": withdrawal.fund,
            "amount": withdrawal.amount_minor,
            "expense_type": withdrawal.expense.as_str(),
            "requested_on": withdrawal.requested_on,
            "status": status.as_str(),
            "reason": reason,
        }),
    }
}
