//! Tells the provider of payments: the request outside of any transaction, what came of it in one of its own.
//!
//! Before the request the row says `sending`, so that whoever takes the payment back knows that the provider may have
//! heard of it. The idempotency key is that of the attempt: however often a request is repeated, there is one payment.

use florin_direct_debit::{ApiError, Client, wire};
use florin_ids::{PaymentId, TenantId};
use florin_payments::{Moment, Payment, PaymentState, Told, Update, get_in, moment_in, tell_in};
use florin_storage::Tx;
use florin_tenancy::day;
use jiff::Timestamp;
use jiff::civil::Date;

use super::entity::{Sending, SendingState};
use super::{repo, timing};
use crate::intake::PAYMENT_KEY;
use crate::mandate::{self, Mandate};
use crate::provider_account;
use crate::{Collector, MandatesError};

/// Rows that are looked at together.
const PAGE: u32 = 200;
/// What the provider's dashboard shows at most.
const DESCRIPTION_CHARS_MAX: usize = 100;

/// What came of telling the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The provider knows of it.
    Done,
    /// There was nothing to tell any more.
    Nothing,
    /// The provider refused, or it could not be asked any more; the payment has failed for this reason.
    Refused(String),
}

/// What the provider is asked with.
struct Work {
    sending: Sending,
    payment: Payment,
    mandate: Mandate,
    client: Client,
    /// The first day on which it can be charged when it is asked for now, from the wanted one on.
    charge_on: Date,
    /// Whether that is as early as it can be at all.
    is_earliest: bool,
}

/// What there is to do for a row.
enum Task {
    Nothing,
    Refuse(Sending, String),
    Ask(Box<Work>),
}

impl Collector {
    /// Tells the provider of one attempt of a payment. It may be called any number of times, also side by side.
    ///
    /// # Errors
    /// [`MandatesError::Provider`] when the provider did not answer, or our access is in disorder: call it again.
    pub async fn send(
        &self,
        tenant: TenantId,
        payment: PaymentId,
        attempt: u32,
    ) -> Result<Sent, MandatesError> {
        match self.task_of(tenant, payment, attempt).await? {
            Task::Nothing => Ok(Sent::Nothing),
            Task::Refuse(sending, reason) => self.refused(tenant, sending, reason).await,
            Task::Ask(work) => match ask(&work).await {
                Ok(made) => self.made(tenant, work.sending, made).await,
                Err(error) => match refusal(&error) {
                    Some(reason) => self.refused(tenant, work.sending, reason).await,
                    None => Err(error.into()),
                },
            },
        }
    }

    /// Takes back at the provider what was taken back here after the provider may have heard of it.
    ///
    /// # Errors
    /// [`MandatesError::Provider`] when the provider did not answer: call it again.
    pub async fn recall(
        &self,
        tenant: TenantId,
        payment: PaymentId,
        attempt: u32,
    ) -> Result<Sent, MandatesError> {
        let Some(work) = self.recalled(tenant, payment, attempt).await? else {
            return Ok(Sent::Nothing);
        };
        let (state, error) = match take_back(&work).await {
            Ok(()) => (SendingState::Cancelled, String::new()),
            Err(error) => match refusal(&error) {
                Some(reason) => (SendingState::TooLate, reason),
                None => return Err(error.into()),
            },
        };
        if state == SendingState::TooLate {
            tracing::error!(%payment, error, "a payment was taken back here but not at the provider");
        }
        let (sending, now, kept) = (work.sending, self.mandates.clock.now(), error.clone());
        self.mandates
            .db
            .write(move |tx| {
                let at = day::state_in(tx, tenant)?.stamp(now);
                Ok::<_, MandatesError>(repo::set_state(tx, tenant, &sending, state, &kept, at)?)
            })
            .await?;
        Ok(if error.is_empty() { Sent::Done } else { Sent::Refused(error) })
    }

    /// Tells the provider once of everything of the tenant that it has still to be told of and that nobody has touched
    /// since a time (in the tenant's). Stops at the first silence; another failure is of one payment alone and does not
    /// hold up the others.
    ///
    /// # Errors
    /// As [`Collector::send`].
    pub async fn send_all(
        &self,
        tenant: TenantId,
        untouched_since: Timestamp,
    ) -> Result<(), MandatesError> {
        let mut after = None;
        let mut fault = Ok(());
        loop {
            let rows = self.mandates.db.read(move |tx| {
                Ok::<_, MandatesError>(repo::to_do(tx, tenant, untouched_since, after, PAGE)?)
            });
            let rows = rows.await?;
            let Some(last) = rows.last().map(|row| row.payment) else { return fault };
            for row in rows {
                let told = match row.state {
                    SendingState::Recalled => self.recall(tenant, row.payment, row.attempt).await,
                    _ => self.send(tenant, row.payment, row.attempt).await,
                };
                match told {
                    Err(MandatesError::Provider(error)) if !error.retry_can_help() => {
                        fault = Err(error.into());
                    }
                    told => _ = told?,
                }
            }
            after = Some(last);
        }
    }

    /// Claims a row that is to be sent.
    async fn task_of(
        &self,
        tenant: TenantId,
        payment: PaymentId,
        attempt: u32,
    ) -> Result<Task, MandatesError> {
        let (mandates, now) = (self.mandates.clone(), self.mandates.clock.now());
        self.mandates
            .db
            .write(move |tx| {
                let Some(sending) = repo::lock(tx, tenant, payment, attempt)? else {
                    return Ok(Task::Nothing);
                };
                if !matches!(sending.state, SendingState::ToSend | SendingState::Sending) {
                    return Ok(Task::Nothing);
                }
                let state = day::state_in(tx, tenant)?;
                let moment = Moment { on: state.business_date, at: state.stamp(now) };
                let payment = get_in(tx, tenant, payment)?;
                let payment = payment.filter(|it| {
                    it.state == PaymentState::Pending && it.attempt == sending.attempt
                });
                let Some(payment) = payment else {
                    let superseded = SendingState::GaveUp;
                    repo::set_state(tx, tenant, &sending, superseded, "superseded", moment.at)?;
                    return Ok(Task::Nothing);
                };
                let mandate = mandate::get_in(tx, tenant, sending.mandate)?;
                if let Some(reason) = reason_against(&mandate) {
                    return Ok(Task::Refuse(sending, reason));
                }
                let wanted = payment.charge_on.unwrap_or(payment.wanted_on);
                let day_of = |wanted| timing::charge_day(moment, state.simulated, &mandate, wanted);
                let charge_on = day_of(wanted);
                let is_earliest = charge_on == day_of(moment.on);
                repo::set_state(tx, tenant, &sending, SendingState::Sending, "", moment.at)?;
                let account = provider_account::repo::get(tx, tenant, mandate.account)?;
                let client = mandates.client_of(&account.ok_or(MandatesError::NoAccount)?)?;
                let work = Work { sending, payment, mandate, client, charge_on, is_earliest };
                Ok(Task::Ask(Box::new(work)))
            })
            .await
    }

    /// What there is to take back for a row.
    async fn recalled(
        &self,
        tenant: TenantId,
        payment: PaymentId,
        attempt: u32,
    ) -> Result<Option<Work>, MandatesError> {
        let mandates = self.mandates.clone();
        self.mandates
            .db
            .read(move |tx| {
                let row = repo::get(tx, tenant, payment, attempt)?;
                let row = row.filter(|row| row.state == SendingState::Recalled);
                let (Some(sending), Some(payment)) = (row, get_in(tx, tenant, payment)?) else {
                    return Ok(None);
                };
                let mandate = mandate::get_in(tx, tenant, sending.mandate)?;
                let account = provider_account::repo::get(tx, tenant, mandate.account)?;
                let client = mandates.client_of(&account.ok_or(MandatesError::NoAccount)?)?;
                let charge_on = payment.charge_on.unwrap_or(payment.wanted_on);
                let is_earliest = false;
                Ok(Some(Work { sending, payment, mandate, client, charge_on, is_earliest }))
            })
            .await
    }

    /// Writes down that the provider knows of a payment.
    async fn made(
        &self,
        tenant: TenantId,
        sending: Sending,
        made: wire::Payment,
    ) -> Result<Sent, MandatesError> {
        let update = Update {
            payment: sending.payment,
            told: Told::Noted,
            told_at: made.created_at,
            reason: String::new(),
            charge_on: made.charge_date,
            reference: Some(made.id),
        };
        self.wrote(tenant, sending, update, SendingState::Sent).await?;
        Ok(Sent::Done)
    }

    /// Writes down that nothing comes of a payment.
    async fn refused(
        &self,
        tenant: TenantId,
        sending: Sending,
        reason: String,
    ) -> Result<Sent, MandatesError> {
        let update = Update {
            payment: sending.payment,
            told: Told::Failed,
            told_at: Timestamp::UNIX_EPOCH,
            reason: reason.clone(),
            charge_on: None,
            reference: None,
        };
        self.wrote(tenant, sending, update, SendingState::GaveUp).await?;
        Ok(Sent::Refused(reason))
    }

    async fn wrote(
        &self,
        tenant: TenantId,
        sending: Sending,
        update: Update,
        state: SendingState,
    ) -> Result<(), MandatesError> {
        let (owners, now) = (self.owners.clone(), self.mandates.clock.now());
        self.mandates
            .db
            .write(move |tx| {
                let moment = moment_in(tx, tenant, now)?;
                let update = timely(tx, tenant, moment, update.clone())?;
                tell_in(tx, &owners, tenant, moment, update)?;
                // Whoever took it back meanwhile has the last word.
                let held = repo::lock(tx, tenant, sending.payment, sending.attempt)?;
                let is_ours = |row: &Sending| {
                    matches!(row.state, SendingState::ToSend | SendingState::Sending)
                };
                if let Some(row) = held.filter(is_ours) {
                    repo::set_state(tx, tenant, &row, state, "", moment.at)?;
                }
                Ok::<_, MandatesError>(())
            })
            .await
    }
}

/// What we say of an attempt is news, whatever the provider's clock said last.
fn timely(
    tx: &mut Tx,
    tenant: TenantId,
    moment: Moment,
    update: Update,
) -> Result<Update, MandatesError> {
    let told_at = get_in(tx, tenant, update.payment)?.and_then(|payment| payment.told_at);
    Ok(Update { told_at: told_at.unwrap_or(moment.at).max(moment.at), ..update })
}

/// Why a mandate can't be collected over any more, in one word.
fn reason_against(mandate: &Mandate) -> Option<String> {
    if mandate.is_disabled {
        return Some("mandate_disabled".to_owned());
    }
    (!mandate.status.is_usable()).then(|| format!("mandate_{}", mandate.status))
}

/// The reason of a refusal that stands; `None` for what time, or the operator, can mend.
fn refusal(error: &ApiError) -> Option<String> {
    match error {
        ApiError::Validation { .. } | ApiError::NotFound { .. } => Some(error.reason().to_owned()),
        ApiError::State { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}

/// Asks for a payment, or for another attempt at one that the provider knows.
async fn ask(work: &Work) -> Result<wire::Payment, ApiError> {
    if let Some(reference) = work.payment.reference.as_deref().filter(|_| work.sending.attempt > 1)
    {
        let known = work.client.get_payment(reference).await?;
        match known.status {
            // A retry is charged as early as can be; for a later day it has to be a new payment.
            wire::PaymentStatus::Failed if !work.is_earliest => {}
            wire::PaymentStatus::Failed => match work.client.retry_payment(reference).await {
                // The provider retries a few times only.
                Err(ApiError::State { .. }) => {}
                answer => return answer,
            },
            wire::PaymentStatus::PendingCustomerApproval
            | wire::PaymentStatus::PendingSubmission
            | wire::PaymentStatus::Submitted => return Ok(known),
            _ => {}
        }
    }
    let mut new = new_payment(work, work.charge_on);
    let key = work.payment.idempotency_key();
    match work.client.create_payment(&new, &key).await {
        // Our idea of the first possible day is not the provider's.
        Err(ApiError::Validation { message, fields })
            if fields.iter().any(|fault| fault.field.contains("charge_date")) =>
        {
            let mandate = work.client.get_mandate(&work.mandate.reference).await?;
            match mandate.next_possible_charge_date.filter(|next| *next > work.charge_on) {
                Some(next) => {
                    new = new_payment(work, next);
                    work.client.create_payment(&new, &key).await
                }
                None => Err(ApiError::Validation { message, fields }),
            }
        }
        answer => answer,
    }
}

/// Takes a payment back. An attempt whose reference we may never have learnt is asked for again: that answers it.
async fn take_back(work: &Work) -> Result<(), ApiError> {
    let known = work.payment.reference.clone().filter(|_| work.sending.attempt == 1);
    let reference = match known {
        Some(reference) => reference,
        None => ask(work).await?.id,
    };
    work.client.cancel_payment(&reference).await.map(|_| ())
}

fn new_payment(work: &Work, charge_on: Date) -> wire::NewPayment {
    let payment = &work.payment;
    let note = payment.note.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>();
    wire::NewPayment {
        currency: payment.amount.currency().code().to_owned(),
        charge_date: Some(charge_on),
        description: Some(note).filter(|note| !note.is_empty()),
        metadata: wire::Metadata::from([(PAYMENT_KEY.to_owned(), payment.id.to_string())]),
        ..wire::NewPayment::pounds(payment.amount.minor(), &work.mandate.reference)
    }
}
