//! Scenario simulators: what the provider's sandbox makes happen at once, whatever the day.

use serde_json::json;

use super::answer::{Answer, Fault, Refusal};
use super::organisation::{Organisation, because};
use super::outcome::Cause;
use super::request::ApiRequest;
use crate::bacs;
use crate::wire::*;

#[derive(serde::Deserialize, Default)]
struct Run {
    #[serde(default)]
    links: RunLinks,
}

#[derive(serde::Deserialize, Default)]
struct RunLinks {
    #[serde(default)]
    resource: String,
}

impl Organisation {
    pub fn run_scenario(&mut self, name: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        let id = request.data::<Run>()?.links.resource;
        if id.is_empty() {
            return Err(Fault::new("data", "links/resource", "can't be blank").into());
        }
        match Scenario::parse(name) {
            Scenario::MandateActivated => self.push_mandate(&id, MandateStatus::Active)?,
            Scenario::MandateFailed => self.refuse_mandate(&id)?,
            Scenario::MandateExpired => {
                self.push_mandate(&id, MandateStatus::Active)?;
                let text = "The mandate has expired because nothing was collected for 13 months.";
                let details = because("gocardless", "mandate_expired", text);
                self.end_mandate(&id, MandateStatus::Expired, details, Metadata::new());
            }
            Scenario::MandateTransferred => {
                self.push_mandate(&id, MandateStatus::Active)?;
                self.transfer_mandate(&id)?;
            }
            Scenario::PaymentSubmitted => self.push_payment(&id, PaymentStatus::Submitted)?,
            Scenario::PaymentConfirmed => self.push_payment(&id, PaymentStatus::Confirmed)?,
            Scenario::PaymentPaidOut => self.push_payment(&id, PaymentStatus::PaidOut)?,
            Scenario::PaymentFailed => {
                self.push_payment(&id, PaymentStatus::Submitted)?;
                self.fail_payment(&id, Cause::InsufficientFunds);
            }
            Scenario::PaymentChargedBack => {
                self.push_payment(&id, PaymentStatus::PaidOut)?;
                let stage = self.payments.get(&id)?.stage;
                self.charge_back(&id, stage);
            }
            Scenario::PaymentChargebackCancelled => {
                let row = self.payments.get(&id)?;
                let (status, stage) = (row.payment.status, row.stage);
                if status != PaymentStatus::ChargedBack {
                    return Err(cannot("payment", status.as_str()));
                }
                self.cancel_chargeback(&id, stage);
            }
            Scenario::PaymentLateFailure => {
                self.push_payment(&id, PaymentStatus::PaidOut)?;
                let stage = self.payments.get(&id)?.stage;
                self.late_failure(&id, stage);
            }
            Scenario::Unknown => return Err(Refusal::NotFound),
        }
        Ok(Answer::thing("scenario_simulators", json!({ "id": name })))
    }

    /// Brings a mandate to a state that lies before it, or is its own.
    fn push_mandate(&mut self, id: &str, to: MandateStatus) -> Result<(), Refusal> {
        let status = self.mandates.get(id)?.mandate.status;
        if !status.takes_payments() {
            return Err(cannot("mandate", status.as_str()));
        }
        if status == MandateStatus::PendingSubmission {
            self.submit_mandate_now(id)?;
        }
        if to == MandateStatus::Active && status != MandateStatus::Active {
            self.mandates.get_mut(id)?.stage += 1;
            self.activate_mandate(id);
        }
        Ok(())
    }

    fn submit_mandate_now(&mut self, id: &str) -> Result<(), Refusal> {
        let stage = self.mandates.get(id)?.stage;
        self.submit_mandate(id, stage);
        Ok(())
    }

    fn refuse_mandate(&mut self, id: &str) -> Result<(), Refusal> {
        let status = self.mandates.get(id)?.mandate.status;
        match status {
            MandateStatus::PendingSubmission => self.submit_mandate_now(id)?,
            MandateStatus::Submitted => {}
            _ => return Err(cannot("mandate", status.as_str())),
        }
        let details = Cause::InvalidBankDetails.details();
        self.end_mandate(id, MandateStatus::Failed, details, Metadata::new());
        Ok(())
    }

    /// Brings a payment to a state that lies before it, or is its own. Its mandate has to be active, unless it is only
    /// submitted.
    fn push_payment(&mut self, id: &str, to: PaymentStatus) -> Result<(), Refusal> {
        use PaymentStatus as S;
        let rank = |status: S| {
            [S::PendingSubmission, S::Submitted, S::Confirmed, S::PaidOut]
                .iter()
                .position(|step| *step == status)
        };
        let row = self.payments.get(id)?;
        let from = row.payment.status;
        let (Some(start), Some(end)) = (rank(from), rank(to)) else {
            return Err(cannot("payment", from.as_str()));
        };
        let mandate = self.mandates.get(&row.payment.links.mandate)?.mandate.status;
        if start > end {
            return Err(cannot("payment", from.as_str()));
        }
        if to != S::Submitted && mandate != MandateStatus::Active {
            return Err(cannot("mandate", mandate.as_str()));
        }
        let amount = row.payment.amount;
        // What was planned for it is void; what happens now is charged today.
        let today = bacs::uk_time(self.now()).date();
        let row = self.payments.get_mut(id)?;
        row.stage += 1;
        row.payment.charge_date = row.payment.charge_date.map(|charge| charge.min(today));
        let stage = row.stage;
        if start < 1 && end >= 1 {
            self.submit_payment(id, stage);
        }
        if start < 2 && end >= 2 {
            self.confirm_payment(id);
        }
        if start < 3 && end >= 3 {
            self.collected.remove(id);
            self.pay_out_these(vec![(id.to_owned(), amount)]);
        }
        Ok(())
    }
}

fn cannot(kind: &str, status: &str) -> Refusal {
    Refusal::State(
        "scenario_not_possible",
        format!("The {kind} is {status}: the scenario cannot start from there"),
    )
}
