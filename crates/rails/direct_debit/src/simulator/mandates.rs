//! Mandates: their way to the bank and back.

use jiff::civil::Time;
use serde_json::{Value as Json, json};

use super::answer::{Answer, Refusal};
use super::organisation::{Happening, MandateRow, Organisation, Told, because};
use super::outcome::{Cause, refusal_of_mandate};
use super::payments::End;
use super::request::{ApiRequest, Params};
use crate::bacs::{self, MandateStage};
use crate::wire::*;

/// When the banks' reports of a day are in.
pub(super) const REPORTS: Time = Time::constant(6, 0, 0, 0);
/// Mandates can be reinstated this often.
const STAGES_MAX: u32 = 20;

/// What an action on something takes.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct ActionData {
    pub metadata: Metadata,
    pub charge_date: Option<jiff::civil::Date>,
}

impl Organisation {
    /// Makes the mandate of a billing request.
    pub fn create_mandate(&mut self, links: MandateLinks, metadata: Metadata) -> String {
        let id = self.new_id("MD");
        let mandate = Mandate {
            id: id.clone(),
            created_at: self.stamp(),
            reference: Some(format!("FLORIN-{}", &id[id.len() - 6..])),
            status: MandateStatus::PendingSubmission,
            scheme: "bacs".to_owned(),
            next_possible_charge_date: None,
            payments_require_approval: false,
            metadata,
            links,
        };
        let row = MandateRow { mandate, submitted_on: None, stage: 0, is_reinstated: false };
        self.mandates.insert(&id, row);
        let text = "Mandate created via the API.";
        self.tell_mandate(&id, "created", because("api", "mandate_created", text), Metadata::new());
        self.plan_submission(&id);
        id
    }

    fn plan_submission(&mut self, id: &str) {
        let day = bacs::submission_day(self.now());
        let Ok(row) = self.mandates.get_mut(id) else { return };
        row.stage += 1;
        let happening = Happening::SubmitMandate { id: id.to_owned(), stage: row.stage };
        self.plan(bacs::cut_off(day), happening);
    }

    /// A mandate as it is shown.
    pub fn show_mandate(&self, row: &MandateRow) -> Json {
        let mut mandate = row.mandate.clone();
        let stage = MandateStage::of(mandate.status, row.submitted_on);
        mandate.next_possible_charge_date =
            stage.map(|stage| bacs::earliest_charge(self.now(), stage));
        json!(mandate)
    }

    pub fn mandate(&self, id: &str) -> Result<Answer, Refusal> {
        Ok(Answer::thing("mandates", self.show_mandate(self.mandates.get(id)?)))
    }

    pub fn list_mandates(&self, params: &Params) -> Result<Answer, Refusal> {
        let created = params.times("mandates", "created_at")?;
        let wanted = |row: &MandateRow| {
            let mandate = &row.mandate;
            params.fits("customer", &mandate.links.customer)
                && params.fits("customer_bank_account", &mandate.links.customer_bank_account)
                && params.fits("creditor", &mandate.links.creditor)
                && params.fits("status", mandate.status.as_str())
                && params.fits("scheme", &mandate.scheme)
                && created.hold(&mandate.created_at)
        };
        let show = |row: &MandateRow| (row.mandate.id.clone(), self.show_mandate(row));
        self.mandates.page("mandates", params, wanted, show)
    }

    pub fn cancel_mandate(&mut self, id: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        let status = self.mandates.get(id)?.mandate.status;
        if !status.takes_payments() {
            let text = format!("This mandate is {status} and cannot be cancelled");
            return Err(Refusal::State("cancellation_failed", text));
        }
        let metadata = request.data::<ActionData>()?.metadata;
        let details =
            because("api", "mandate_cancelled", "The mandate was cancelled at your request.");
        self.end_mandate(id, MandateStatus::Cancelled, details, metadata);
        self.mandate(id)
    }

    pub fn reinstate_mandate(&mut self, id: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        let row = self.mandates.get_mut(id)?;
        let can = matches!(
            row.mandate.status,
            MandateStatus::Cancelled | MandateStatus::Failed | MandateStatus::Expired
        );
        if !can || row.stage > STAGES_MAX {
            let text = format!("This mandate is {} and cannot be reinstated", row.mandate.status);
            return Err(Refusal::State("mandate_not_inactive", text));
        }
        let metadata = request.data::<ActionData>()?.metadata;
        row.mandate.status = MandateStatus::PendingSubmission;
        row.submitted_on = None;
        row.is_reinstated = true;
        let details = because(
            "api",
            "resubmission_requested",
            "An attempt to reinstate this mandate was requested.",
        );
        self.tell_mandate(id, "resubmission_requested", details, metadata);
        self.plan_submission(id);
        self.mandate(id)
    }

    // --- what happens by itself ----------------------------------------------------------------

    /// 16:00: the day's mandates go to the banks.
    pub fn submit_mandate(&mut self, id: &str, stage: u32) {
        let day = bacs::uk_time(self.now()).date();
        let Ok(row) = self.mandates.get_mut(id) else { return };
        if row.stage != stage || row.mandate.status != MandateStatus::PendingSubmission {
            return;
        }
        row.mandate.status = MandateStatus::Submitted;
        row.submitted_on = Some(day);
        let text = "The mandate has been submitted to the banks.";
        let details = because("gocardless", "mandate_submitted", text);
        self.tell_mandate(id, "submitted", details, Metadata::new());
        let answer = bacs::uk_instant(bacs::mandate_day(day).to_datetime(REPORTS));
        self.plan(answer, Happening::AnswerMandate { id: id.to_owned(), stage });
    }

    /// The banks' reports: the mandate is accepted or refused.
    pub fn answer_mandate(&mut self, id: &str, stage: u32) {
        let Ok(row) = self.mandates.get(id) else { return };
        if row.stage != stage || row.mandate.status != MandateStatus::Submitted {
            return;
        }
        match refusal_of_mandate(self.payer(&row.mandate.links)) {
            None => self.activate_mandate(id),
            Some(cause) => {
                self.end_mandate(id, MandateStatus::Failed, of_mandate(cause), Metadata::new());
            }
        }
    }

    /// The bank has accepted it.
    pub fn activate_mandate(&mut self, id: &str) {
        let Ok(row) = self.mandates.get_mut(id) else { return };
        row.mandate.status = MandateStatus::Active;
        let (action, cause) = if std::mem::take(&mut row.is_reinstated) {
            ("reinstated", "mandate_reinstated")
        } else {
            ("active", "mandate_activated")
        };
        let text = "The time window after submission for the banks to refuse a mandate has ended.";
        self.tell_mandate(id, action, because("gocardless", cause, text), Metadata::new());
    }

    /// The mandate has ended: payments that are not yet with the bank are cancelled, those that are there fail when it
    /// was refused.
    pub fn end_mandate(
        &mut self,
        id: &str,
        status: MandateStatus,
        details: EventDetails,
        metadata: Metadata,
    ) {
        let Ok(row) = self.mandates.get_mut(id) else { return };
        row.mandate.status = status;
        row.stage += 1;
        let action = match status {
            MandateStatus::Failed => "failed",
            MandateStatus::Expired => "expired",
            _ => "cancelled",
        };
        let cause = details.cause.clone();
        let parent = self.tell_mandate(id, action, details, metadata);
        let of_mandate = |row: &&super::organisation::PaymentRow| row.payment.links.mandate == id;
        let payments: Vec<(String, PaymentStatus)> = self
            .payments
            .rows()
            .iter()
            .filter(of_mandate)
            .map(|row| (row.payment.id.clone(), row.payment.status))
            .collect();
        for (payment, stands) in payments {
            let end = match stands {
                PaymentStatus::PendingSubmission => End::Cancelled,
                PaymentStatus::Submitted if status == MandateStatus::Failed => End::Failed,
                _ => continue,
            };
            let text = "The mandate for this payment has ended.";
            let details = because("gocardless", &cause, text);
            self.end_payment(&payment, end, details, Metadata::new(), Some(parent.clone()));
        }
    }

    /// The payer has moved to another bank, and the mandate with them.
    pub fn transfer_mandate(&mut self, id: &str) -> Result<(), Refusal> {
        let links = self.mandates.get(id)?.mandate.links.clone();
        let old = self.accounts.get(&links.customer_bank_account)?;
        let mut account = old.account.clone();
        let number = old.number.clone();
        account.id = self.new_id("BA");
        account.created_at = self.stamp();
        account.bank_name = Some("SIMULATED BANK PLC".to_owned());
        let new = account.id.clone();
        self.accounts.insert(&new, super::organisation::AccountRow { account, number });
        let row = self.mandates.get_mut(id)?;
        row.mandate.links.customer_bank_account.clone_from(&new);
        let details = EventDetails {
            reason_code: Some("ADDACS-3".to_owned()),
            scheme: Some("bacs".to_owned()),
            ..because(
                "bank",
                "bank_account_transferred",
                "The customer's bank account was transferred.",
            )
        };
        let mut told = Told::new(ResourceType::Mandates, "transferred", details);
        told.resource_metadata.clone_from(&row.mandate.metadata);
        told.links.mandate = Some(id.to_owned());
        told.links.previous_customer_bank_account = Some(links.customer_bank_account);
        told.links.new_customer_bank_account = Some(new);
        self.tell(told);
        Ok(())
    }

    pub fn tell_mandate(
        &mut self,
        id: &str,
        action: &'static str,
        details: EventDetails,
        metadata: Metadata,
    ) -> String {
        let mut told = Told::new(ResourceType::Mandates, action, details);
        if let Ok(row) = self.mandates.get(id) {
            told.resource_metadata.clone_from(&row.mandate.metadata);
        }
        told.metadata = metadata;
        told.links.mandate = Some(id.to_owned());
        self.tell(told)
    }
}

/// A bank's refusal of a mandate is reported by another service than that of a payment.
fn of_mandate(cause: Cause) -> EventDetails {
    let mut details = cause.details();
    if let Some(code) = &mut details.reason_code {
        *code = code.replace("ARUDD-", "AUDDIS-");
    }
    details
}
