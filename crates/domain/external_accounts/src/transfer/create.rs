//! Making a transfer.

use florin_ids::EntryId;
use florin_ledger::post_many_in;
use florin_money::Money;
use florin_payments::{
    Direction, Instrument, NewPayment, OwnerRef, Payment, Purpose, RailKind, create_many_in,
};
use florin_storage::Tx;

use super::entity::{Booked, NewTransfer, Transfer, TransferKind, TransferStatus};
use super::owner::OWNER;
use super::{limits, repo};
use crate::account::{self, AccountStatus, ExternalAccount};
use crate::customer::{self, Customer};
use crate::fields::{Fields, text};
use crate::number::{self, Series};
use crate::postings::{self, Stage};
use crate::program::CURRENCY;
use crate::rejection::{self, Rejection};
use crate::words::{AccountId, TransferId};
use crate::{ExternalAccounts, ExternalAccountsError, Scene, ledger_book, tell, trial};

/// The transfer of a request, made now or, when its tag is known with the same request, before.
pub(super) fn create_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    new: &NewTransfer,
) -> Result<Transfer, ExternalAccountsError> {
    let owner = customer::acting_in(tx, &service.keys, scene, new.customer)?;
    // Whoever else makes one waits here: tags are given once, and limits and balances are not outrun.
    number::hold_in(tx, scene.tenant, Series::Transaction)?;
    let amount = Money::from_decimal(new.amount, CURRENCY)
        .map_err(|_| rejection::not_a_decimal("amount"))?;
    if let Some(tag) = text(&new.tag)
        && let Some(known) = repo::by_tag(tx, scene.tenant, scene.program.id, &tag)?
    {
        return if known.is_of(new, amount) {
            Ok(known)
        } else {
            Err(rejection::transfer_tag_taken(&tag).into())
        };
    }
    let id = TransferId::from_number(number::next_in(tx, scene.tenant, Series::Transaction)?);
    let (kind, external) = sides_in(tx, service, scene, &owner, new)?;
    let faults = faults_in(tx, scene, &owner, new, (kind, amount), &external)?;
    if !faults.is_empty() {
        return Err(faults.into());
    }
    let payment = pay_in(tx, service, scene, id, (kind, amount), &external, &owner, new)?;
    let transfer = transfer(id, kind, amount, new, &external, &owner, &payment, scene);
    repo::insert(tx, scene.tenant, scene.program.id, &transfer)?;
    let entry =
        postings::transfer(transfer.entry, owner.id, kind, amount, Stage::UnderWay, scene.moment);
    post_many_in(tx, scene.tenant, &[entry])?;
    tell::transfers_in(tx, scene.tenant, scene.moment.at, &[&transfer])?;
    Ok(transfer)
}

/// Which of `fromId` and `toId` is what.
fn sides_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    owner: &Customer,
    new: &NewTransfer,
) -> Result<(TransferKind, ExternalAccount), ExternalAccountsError> {
    let inside = owner.account.number();
    let program = scene.program.id;
    match (new.from == inside, new.to == inside) {
        (true, true) => Err(rejection::internal_transfer_disabled(program).into()),
        (true, false) => {
            let found = external_in(tx, service, scene, owner, new.to)?;
            let account = found.ok_or_else(|| rejection::transfer_to_unknown(new.to))?;
            Ok((TransferKind::Withdraw, account))
        }
        (false, true) => {
            let found = external_in(tx, service, scene, owner, new.from)?;
            let account = found.ok_or_else(|| rejection::transfer_from_unknown(new.from))?;
            Ok((TransferKind::Deposit, account))
        }
        (false, false) => {
            let from = external_in(tx, service, scene, owner, new.from)?.is_some();
            let to = external_in(tx, service, scene, owner, new.to)?.is_some();
            if from && to {
                return Err(rejection::transfer_both_external().into());
            }
            let mut faults = Fields::default();
            faults.fault_if(!from, || rejection::transfer_from_unknown(new.from));
            faults.fault_if(!to, || rejection::transfer_to_unknown(new.to));
            Err(faults.faults().into())
        }
    }
}

fn external_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    owner: &Customer,
    number: i64,
) -> Result<Option<ExternalAccount>, ExternalAccountsError> {
    let id = AccountId::from_number(number);
    let found = account::repo::get_for_update(tx, &service.keys, scene.tenant, id)?;
    Ok(found.filter(|it| it.customer == owner.id && it.is_active()))
}

fn faults_in(
    tx: &mut Tx,
    scene: &Scene,
    owner: &Customer,
    new: &NewTransfer,
    (kind, amount): (TransferKind, Money),
    external: &ExternalAccount,
) -> Result<Vec<Rejection>, ExternalAccountsError> {
    let mut faults = Fields::default();
    for fault in scene.program.faults_for_transfers() {
        faults.fault(fault);
    }
    faults.at_most_50("tag", &new.tag);
    faults.at_most_50("description", &new.description);
    if external.status != AccountStatus::Verified {
        faults.fault(rejection::transfer_not_verified(external.id));
    }
    faults.fault_if(external.is_locked(), || rejection::transfer_account_locked(external.id));
    if !external.has_numbers() {
        let reason = "It has no routing number and account number.";
        faults.fault(rejection::transfer_unusable(external.id, reason));
    }
    if kind == TransferKind::Deposit
        && let Some(reason) = external.objection_to_debits()
    {
        faults.fault(rejection::transfer_unusable(external.id, &reason));
    }
    if amount.minor() <= 0 {
        faults.fault(rejection::transfer_amount_not_positive());
        return Ok(faults.faults());
    }
    if kind == TransferKind::Withdraw {
        let available = ledger_book::settlement_in(tx, scene.tenant, owner)?.available;
        let is_short = amount.minor() > available.minor();
        faults.fault_if(is_short, || rejection::transfer_insufficient(available));
    }
    let program = scene.program.id;
    let used = repo::used(tx, scene.tenant, (program, owner.id), kind, scene.moment.on)?;
    for fault in limits::broken(&scene.program.settings.limits, kind, amount, used) {
        faults.fault(fault);
    }
    Ok(faults.faults())
}

#[allow(clippy::too_many_arguments, reason = "the facts of one payment, used once")]
fn pay_in(
    tx: &mut Tx,
    service: &ExternalAccounts,
    scene: &Scene,
    id: TransferId,
    (kind, amount): (TransferKind, Money),
    external: &ExternalAccount,
    owner: &Customer,
    new: &NewTransfer,
) -> Result<Payment, ExternalAccountsError> {
    let holder = external.holder();
    let payment = NewPayment {
        instrument: Instrument { rail: RailKind::Ach, reference: external.id.to_string() },
        direction: match kind {
            TransferKind::Deposit => Direction::Collect,
            TransferKind::Withdraw => Direction::Pay,
        },
        purpose: Purpose::Transfer,
        amount,
        owner: OwnerRef { kind: OWNER.to_owned(), id: id.uuid() },
        wanted_on: scene.moment.on,
        counterparty: if holder.is_empty() { owner.full_name() } else { holder },
        note: text(&new.description).unwrap_or_default(),
        same_day: new.is_same_day_settle,
    };
    let made = create_many_in(tx, &service.rails, scene.tenant, scene.moment, vec![payment])
        .map_err(|error| trial::refused(error, external, scene))?;
    made.into_iter().next().ok_or(florin_payments::PaymentsError::Unknown.into())
}

#[allow(clippy::too_many_arguments, reason = "the facts of one transfer, used once")]
fn transfer(
    id: TransferId,
    kind: TransferKind,
    amount: Money,
    new: &NewTransfer,
    external: &ExternalAccount,
    owner: &Customer,
    payment: &Payment,
    scene: &Scene,
) -> Transfer {
    Transfer {
        id,
        customer: owner.id,
        kind,
        external_account: external.id,
        settlement_account: owner.account,
        amount,
        tag: text(&new.tag),
        description: text(&new.description),
        institution_name: external.name.clone(),
        is_same_day_settle: payment.same_day,
        asked_same_day: new.is_same_day_settle,
        status: TransferStatus::Initiated,
        return_code: None,
        payment: payment.id,
        entry: EntryId::new(),
        booked: Booked::Pending,
        held: None,
        charge_on: payment.charge_on,
        created_on: scene.moment.on,
        created_at: scene.moment.at,
        settled_on: None,
        settled_at: None,
        voided_at: None,
        returned_at: None,
    }
}
