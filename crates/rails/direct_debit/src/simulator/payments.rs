//! Payments: created, submitted, confirmed or failed, paid out, charged back.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, ToSpan};
use serde_json::json;

use super::answer::{Answer, Fault, Refusal};
use super::mandates::{ActionData, REPORTS};
use super::organisation::{Happening, Organisation, PaymentRow, Told, because};
use super::outcome::{Cause, Outcome, of_payment};
use super::request::{ApiRequest, Field, Params, Shape};
use crate::bacs::{self, MandateStage};
use crate::wire::*;

/// When the day's payout is made: after the banks' reports.
const PAYOUT: Time = Time::constant(7, 0, 0, 0);
/// Working days from the payout to the charge-back that [`Outcome::ChargedBack`] stands for.
const CHARGE_BACK_DAYS: i32 = 2;
/// Working days from the charge-back to the day on which the payer's bank gives it up.
const GIVEN_UP_DAYS: i32 = 2;
/// A failed payment can be tried again this often.
const RETRIES_MAX: u32 = 3;
const AMOUNT_MAX: i64 = 1_000_000_000;
const METADATA_MAX: usize = 3;
/// What a new payment is made of.
const NEW_PAYMENT: &[Field] = &[
    Field::required("amount", Shape::Number),
    Field::required("currency", Shape::Text),
    Field::required("links/mandate", Shape::Text),
    Field::optional("charge_date", Shape::Day),
    Field::optional("description", Shape::Text),
    Field::optional("reference", Shape::Text),
];

/// How a payment ends before money has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Cancelled,
    Failed,
}

impl Organisation {
    pub fn create_payment(&mut self, request: &ApiRequest) -> Result<Answer, Refusal> {
        self.check_key("payments", request.key.as_deref())?;
        let new: NewPayment = request.content_of("payments", NEW_PAYMENT)?;
        check_payment(&new)?;
        let mandate = new.links.mandate.clone();
        let row = match self.mandates.get(&mandate) {
            Ok(row) => row,
            Err(_) => return Err(Fault::new("payments", "links/mandate", "not found").into()),
        };
        let Some(stage) = MandateStage::of(row.mandate.status, row.submitted_on) else {
            let text = "Mandate is failed, cancelled or expired".to_owned();
            return Err(Refusal::State("mandate_is_inactive", text));
        };
        let creditor = row.mandate.links.creditor.clone();
        let charge = self.charge_day(stage, new.charge_date)?;
        let id = self.new_id("PM");
        let payment = Payment {
            id: id.clone(),
            created_at: self.stamp(),
            charge_date: Some(charge),
            amount: new.amount,
            amount_refunded: 0,
            currency: new.currency,
            description: new.description,
            reference: new.reference,
            scheme: Some("bacs".to_owned()),
            status: PaymentStatus::PendingSubmission,
            retry_if_possible: false,
            metadata: new.metadata,
            links: PaymentLinks { mandate, creditor, payout: None },
        };
        self.payments.insert(&id, PaymentRow { payment, attempt: 0, stage: 0 });
        self.keep_key("payments", request.key.as_deref(), &id);
        let details = because("api", "payment_created", "Payment created via the API.");
        self.tell_payment(&id, "created", details, |_| {});
        self.plan_charge(&id, charge);
        let shown = json!(self.payments.get(&id)?.payment);
        Ok(Answer::created("payments", shown))
    }

    /// The day of the charge: as early as possible, or the wanted one when that is not too early.
    fn charge_day(&self, stage: MandateStage, wanted: Option<Date>) -> Result<Date, Refusal> {
        let earliest = bacs::earliest_charge(self.now(), stage);
        let Some(wanted) = wanted else { return Ok(earliest) };
        let today = bacs::uk_time(self.now()).date();
        let text = if wanted < earliest {
            "must be on or after mandate's next_possible_charge_date"
        } else if wanted > today.saturating_add(1.years()) {
            "must be within one year"
        } else {
            return Ok(bacs::CALENDAR.on_or_after(wanted));
        };
        Err(Fault::new("payments", "charge_date", text).into())
    }

    /// Plans the submission for a charge on that day.
    fn plan_charge(&mut self, id: &str, charge: Date) {
        let Ok(row) = self.payments.get_mut(id) else { return };
        row.stage += 1;
        let happening = Happening::SubmitPayment { id: id.to_owned(), stage: row.stage };
        self.plan(bacs::cut_off(bacs::last_creation_day(charge)), happening);
    }

    pub fn payment(&self, id: &str) -> Result<Answer, Refusal> {
        Ok(Answer::thing("payments", json!(self.payments.get(id)?.payment)))
    }

    pub fn list_payments(&self, params: &Params) -> Result<Answer, Refusal> {
        let created = params.times("payments", "created_at")?;
        let charged = params.dates("payments", "charge_date")?;
        let customer = |mandate: &str| {
            let row = self.mandates.get(mandate);
            row.map_or("", |row| row.mandate.links.customer.as_str())
        };
        let wanted = |row: &PaymentRow| {
            let payment = &row.payment;
            params.fits("mandate", &payment.links.mandate)
                && params.fits("creditor", &payment.links.creditor)
                && params.fits("status", payment.status.as_str())
                && params.fits("currency", &payment.currency)
                && params.fits("scheme", payment.scheme.as_deref().unwrap_or_default())
                && created.hold(&payment.created_at)
                && charged.hold(&payment.charge_date.unwrap_or(Date::MIN))
                && params.fits("customer", customer(&payment.links.mandate))
        };
        let show = |row: &PaymentRow| (row.payment.id.clone(), json!(row.payment));
        self.payments.page("payments", params, wanted, show)
    }

    pub fn update_payment(&mut self, id: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        #[derive(serde::Deserialize)]
        struct Change {
            metadata: Metadata,
        }
        let change: Change = request.content("payments")?;
        check_metadata("payments", &change.metadata)?;
        self.payments.get_mut(id)?.payment.metadata = change.metadata;
        self.payment(id)
    }

    pub fn cancel_payment(&mut self, id: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        let status = self.payments.get(id)?.payment.status;
        if status != PaymentStatus::PendingSubmission {
            let text = format!("Payment is {status} and cannot be cancelled");
            return Err(Refusal::State("cancellation_failed", text));
        }
        let metadata = request.data::<ActionData>()?.metadata;
        let details =
            because("api", "payment_cancelled", "The payment was cancelled at your request.");
        self.end_payment(id, End::Cancelled, details, metadata, None);
        self.payment(id)
    }

    pub fn retry_payment(&mut self, id: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        let row = self.payments.get(id)?;
        let refused = |text: String| Err(Refusal::State("retry_failed", text));
        if row.payment.status != PaymentStatus::Failed {
            return refused(format!("Payment is {} and cannot be retried", row.payment.status));
        }
        if row.attempt >= RETRIES_MAX {
            return refused("Payment has been retried too many times".to_owned());
        }
        let mandate = self.mandates.get(&row.payment.links.mandate)?;
        if mandate.mandate.status != MandateStatus::Active {
            return refused("Mandate is not active".to_owned());
        }
        let data: ActionData = request.data()?;
        let charge = self.charge_day(MandateStage::Active, data.charge_date)?;
        let row = self.payments.get_mut(id)?;
        row.attempt += 1;
        row.payment.status = PaymentStatus::PendingSubmission;
        row.payment.charge_date = Some(charge);
        row.payment.links.payout = None;
        let text = "A retry of the payment was requested.";
        let details = because("api", "payment_retried", text);
        self.tell_payment(id, "resubmission_requested", details, |told| {
            told.metadata = data.metadata
        });
        self.plan_charge(id, charge);
        self.payment(id)
    }

    // --- what happens by itself ----------------------------------------------------------------

    /// Whether what was planned for a payment still holds.
    fn stands(&self, id: &str, stage: u32, status: PaymentStatus) -> bool {
        let row = self.payments.get(id);
        row.is_ok_and(|row| row.stage == stage && row.payment.status == status)
    }

    /// 16:00: the day's payments go to the banks.
    pub fn submit_payment(&mut self, id: &str, stage: u32) {
        if !self.stands(id, stage, PaymentStatus::PendingSubmission) {
            return;
        }
        let Some(charge) = self.move_payment(id, PaymentStatus::Submitted) else { return };
        let text = "Payment submitted to the banks. As a result, it can no longer be cancelled.";
        let details = because("gocardless", "payment_submitted", text);
        self.tell_payment(id, "submitted", details, |_| {});
        let report = bacs::uk_instant(bacs::confirm_day(charge).to_datetime(REPORTS));
        self.plan(report, Happening::ReportPayment { id: id.to_owned(), stage });
    }

    /// The banks' reports: collected or not.
    pub fn report_payment(&mut self, id: &str, stage: u32) {
        if !self.stands(id, stage, PaymentStatus::Submitted) {
            return;
        }
        let Ok(row) = self.payments.get(id) else { return };
        let Ok(mandate) = self.mandates.get(&row.payment.links.mandate) else { return };
        let payer = self.payer(&mandate.mandate.links);
        let outcome = match mandate.mandate.status {
            MandateStatus::Failed => Outcome::Fails(Cause::InvalidBankDetails),
            _ => of_payment(&row.payment, row.attempt, payer, self.odds),
        };
        if let Outcome::Fails(cause) = outcome {
            self.fail_payment(id, cause);
            return;
        }
        let Some(charge) = self.confirm_payment(id) else { return };
        let payout_day = bacs::payout_day(charge);
        let payout = bacs::uk_instant(payout_day.to_datetime(PAYOUT));
        let id = id.to_owned();
        match outcome {
            Outcome::LateFailure => {
                let before = payout - SignedDuration::from_mins(30);
                self.plan(before, Happening::LateFailure { id, stage });
            }
            Outcome::ChargedBack | Outcome::ChargebackCancelled => {
                let day = bacs::CALENDAR.add_business_days(payout_day, CHARGE_BACK_DAYS);
                let at = bacs::uk_instant(day.to_datetime(REPORTS));
                self.plan(at, Happening::ChargeBack { id: id.clone(), stage });
                if outcome == Outcome::ChargebackCancelled {
                    let day = bacs::CALENDAR.add_business_days(day, GIVEN_UP_DAYS);
                    let at = bacs::uk_instant(day.to_datetime(REPORTS));
                    self.plan(at, Happening::CancelChargeback { id, stage });
                }
            }
            _ => {}
        }
    }

    /// It was not collected; the bank may end the mandate as well.
    pub fn fail_payment(&mut self, id: &str, cause: Cause) {
        self.end_payment(id, End::Failed, cause.details(), Metadata::new(), None);
        let Ok(row) = self.payments.get(id) else { return };
        let mandate = row.payment.links.mandate.clone();
        let lives =
            self.mandates.get(&mandate).is_ok_and(|row| row.mandate.status.takes_payments());
        if cause.ends_mandate() && lives {
            let mut details = cause.details();
            details.reason_code = details.reason_code.map(|code| code.replace("ARUDD", "ADDACS"));
            self.end_mandate(&mandate, MandateStatus::Cancelled, details, Metadata::new());
        }
    }

    /// It was collected; answers the day of the charge.
    pub fn confirm_payment(&mut self, id: &str) -> Option<Date> {
        let charge = self.move_payment(id, PaymentStatus::Confirmed)?;
        let text = "Enough time has passed since the payment was submitted for the banks to return an error, so this \
                    payment is now confirmed.";
        self.tell_payment(
            id,
            "confirmed",
            because("gocardless", "payment_confirmed", text),
            |_| {},
        );
        self.collected.insert(id.to_owned());
        self.plan_payout(bacs::uk_instant(bacs::payout_day(charge).to_datetime(PAYOUT)));
        Some(charge)
    }

    /// It has failed after all.
    pub fn late_failure(&mut self, id: &str, stage: u32) {
        if self.stands(id, stage, PaymentStatus::Confirmed)
            || self.stands(id, stage, PaymentStatus::PaidOut)
        {
            let details = Cause::ReferToPayer.details();
            self.give_back(id, PaymentStatus::Failed, PayoutItemKind::PaymentFailed, details);
        }
    }

    /// The payer had it back.
    pub fn charge_back(&mut self, id: &str, stage: u32) {
        if self.stands(id, stage, PaymentStatus::Confirmed)
            || self.stands(id, stage, PaymentStatus::PaidOut)
        {
            let details = Cause::AuthorisationDisputed.details();
            let kind = PayoutItemKind::PaymentChargedBack;
            self.give_back(id, PaymentStatus::ChargedBack, kind, details);
        }
    }

    /// The payer's bank has given a charge-back up: the payment stands, and is paid out again.
    pub fn cancel_chargeback(&mut self, id: &str, stage: u32) {
        if !self.stands(id, stage, PaymentStatus::ChargedBack) {
            return;
        }
        self.move_payment(id, PaymentStatus::PaidOut);
        let text = "The customer's bank has cancelled the chargeback.";
        let details = because("bank", "chargeback_cancelled", text);
        self.tell_payment(id, "chargeback_cancelled", details, |_| {});
        self.won.insert(id.to_owned());
        let today = bacs::uk_time(self.now()).date();
        let next = bacs::CALENDAR.add_business_days(today, 1);
        self.plan_payout(bacs::uk_instant(next.to_datetime(PAYOUT)));
    }

    /// A collected payment is given back: what was paid out is taken from the next payout.
    fn give_back(
        &mut self,
        id: &str,
        status: PaymentStatus,
        kind: PayoutItemKind,
        details: EventDetails,
    ) {
        let Ok(row) = self.payments.get(id) else { return };
        let amount = row.payment.amount;
        if row.payment.status == PaymentStatus::PaidOut {
            self.owed.push((id.to_owned(), kind, amount));
        }
        self.move_payment(id, status);
        let action = if status == PaymentStatus::Failed { "failed" } else { "charged_back" };
        self.tell_payment(id, action, details, |told| {
            told.details.will_attempt_retry = (action == "failed").then_some(false);
        });
    }

    /// A payment ends before money has moved.
    pub fn end_payment(
        &mut self,
        id: &str,
        end: End,
        details: EventDetails,
        metadata: Metadata,
        parent: Option<String>,
    ) {
        let (status, action) = match end {
            End::Cancelled => (PaymentStatus::Cancelled, "cancelled"),
            End::Failed => (PaymentStatus::Failed, "failed"),
        };
        self.move_payment(id, status);
        self.tell_payment(id, action, details, |told| {
            told.metadata = metadata;
            told.links.parent_event = parent;
            told.details.will_attempt_retry = (end == End::Failed).then_some(false);
        });
    }

    /// Sets the state; answers the day of the charge.
    pub fn move_payment(&mut self, id: &str, status: PaymentStatus) -> Option<Date> {
        let row = self.payments.get_mut(id).ok()?;
        row.payment.status = status;
        row.payment.charge_date
    }

    pub fn tell_payment(
        &mut self,
        id: &str,
        action: &'static str,
        details: EventDetails,
        add: impl FnOnce(&mut Told),
    ) -> String {
        let mut told = Told::new(ResourceType::Payments, action, details);
        if let Ok(row) = self.payments.get(id) {
            told.resource_metadata.clone_from(&row.payment.metadata);
        }
        told.links.payment = Some(id.to_owned());
        add(&mut told);
        self.tell(told)
    }
}

fn check_payment(new: &NewPayment) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    let mut fault = |field: &str, text: &str| faults.push(Fault::new("payments", field, text));
    if new.amount < 1 {
        fault("amount", "must be greater than 0");
    } else if new.amount > AMOUNT_MAX {
        fault("amount", "is too large");
    }
    if new.currency != "GBP" {
        fault("currency", "must match the mandate's scheme");
    }
    if new.description.as_ref().is_some_and(|text| text.chars().count() > 100) {
        fault("description", "is too long (maximum is 100 characters)");
    }
    if new.reference.as_ref().is_some_and(|text| text.chars().count() > 10) {
        fault("reference", "is too long (maximum is 10 characters)");
    }
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults));
    }
    check_metadata("payments", &new.metadata)
}

/// At most three texts of ours, keys of 50 and values of 500 characters.
pub(super) fn check_metadata(envelope: &str, metadata: &Metadata) -> Result<(), Refusal> {
    let is_long =
        |(key, value): (&String, &String)| key.chars().count() > 50 || value.chars().count() > 500;
    let text = if metadata.len() > METADATA_MAX {
        "must have at most 3 keys"
    } else if metadata.iter().any(is_long) {
        "keys can have at most 50 characters, values 500"
    } else {
        return Ok(());
    };
    Err(Fault::new(envelope, "metadata", text).into())
}
