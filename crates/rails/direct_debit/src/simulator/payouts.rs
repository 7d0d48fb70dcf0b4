//! Payouts: what was collected goes to the creditor, less what came back.

use serde_json::json;

use super::answer::{Answer, Fault, Refusal};
use super::organisation::{Organisation, PayoutRow, Told, because};
use super::request::Params;
use super::table::Table;
use crate::bacs;
use crate::wire::*;

impl Organisation {
    /// Pays out every confirmed payment whose day has come, and what was won back; takes off what came back of earlier payouts as far as the
    /// sum goes.
    pub fn pay_out(&mut self) {
        let today = bacs::uk_time(self.now()).date();
        let collected = std::mem::take(&mut self.collected);
        let won = std::mem::take(&mut self.won);
        let stands = |id: String| {
            let payment = &self.payments.get(&id).ok()?.payment;
            (payment.status == PaymentStatus::PaidOut).then_some((id, payment.amount))
        };
        let mut due: Vec<(String, i64)> = won.into_iter().filter_map(stands).collect();
        for id in collected {
            let Ok(row) = self.payments.get(&id) else { continue };
            let charge = row.payment.charge_date.unwrap_or(today);
            match row.payment.status {
                PaymentStatus::Confirmed if bacs::payout_day(charge) <= today => {
                    due.push((id, row.payment.amount));
                }
                PaymentStatus::Confirmed => {
                    self.collected.insert(id);
                }
                _ => {}
            }
        }
        self.pay_out_these(due);
    }

    /// One payout of these payments (id and pence).
    pub fn pay_out_these(&mut self, due: Vec<(String, i64)>) {
        if due.is_empty() {
            return;
        }
        let mut sum: i64 = due.iter().map(|(_, amount)| amount).sum();
        let mut items: Vec<PayoutItem> = due
            .iter()
            .map(|(id, amount)| item(PayoutItemKind::PaymentPaidOut, *amount, id))
            .collect();
        let mut settled = Vec::new();
        self.owed.retain(|(id, kind, amount)| {
            let fits = *amount <= sum;
            if fits {
                sum -= amount;
                items.push(item(*kind, -amount, id));
                settled.push((id.clone(), *kind));
            }
            !fits
        });
        let id = self.new_id("PO");
        let payout = Payout {
            id: id.clone(),
            created_at: self.stamp(),
            amount: sum,
            deducted_fees: 0,
            currency: "GBP".to_owned(),
            arrival_date: Some(bacs::uk_time(self.now()).date()),
            reference: Some(format!("FLORIN-{}", &id[id.len() - 6..])),
            status: PayoutStatus::Paid,
        };
        self.payouts.insert(&id, PayoutRow { payout, items });
        let text = "GoCardless has transferred the payout to the creditor's bank account.";
        let details = because("gocardless", "payout_paid", text);
        let mut told = Told::new(ResourceType::Payouts, "paid", details);
        told.links.payout = Some(id.clone());
        told.links.creditor = Some(self.creditor.id.clone());
        let parent = self.tell(told);
        for (payment, _) in due {
            if let Ok(row) = self.payments.get_mut(&payment) {
                row.payment.status = PaymentStatus::PaidOut;
                row.payment.links.payout = Some(id.clone());
            }
            let text = "The payment has been paid out by GoCardless.";
            self.tell_of_payout(&payment, "paid_out", "payment_paid_out", text, &id, &parent);
        }
        for (payment, kind) in settled {
            let (action, cause) = match kind {
                PayoutItemKind::PaymentFailed => ("late_failure_settled", "late_failure_settled"),
                _ => ("chargeback_settled", "chargeback_settled"),
            };
            let text = "The amount has been deducted from a payout.";
            self.tell_of_payout(&payment, action, cause, text, &id, &parent);
        }
    }

    fn tell_of_payout(
        &mut self,
        payment: &str,
        action: &'static str,
        cause: &str,
        text: &str,
        payout: &str,
        parent: &str,
    ) {
        self.tell_payment(payment, action, because("gocardless", cause, text), |told| {
            told.links.payout = Some(payout.to_owned());
            told.links.parent_event = Some(parent.to_owned());
        });
    }

    pub fn payout(&self, id: &str) -> Result<Answer, Refusal> {
        Ok(Answer::thing("payouts", json!(self.payouts.get(id)?.payout)))
    }

    pub fn list_payouts(&self, params: &Params) -> Result<Answer, Refusal> {
        let created = params.times("payouts", "created_at")?;
        let wanted = |row: &PayoutRow| {
            created.hold(&row.payout.created_at)
                && params.fits("status", row.payout.status.as_str())
                && params.fits("currency", &row.payout.currency)
        };
        let show = |row: &PayoutRow| (row.payout.id.clone(), json!(row.payout));
        self.payouts.page("payouts", params, wanted, show)
    }

    pub fn list_payout_items(&self, params: &Params) -> Result<Answer, Refusal> {
        let Some(payout) = params.get("payout") else {
            return Err(Fault::new("payout_items", "payout", "can't be blank").into());
        };
        // The provider's items have no ids; their cursors are texts of its own.
        let mut items = Table::default();
        for (number, item) in self.payouts.get(payout)?.items.iter().rev().enumerate() {
            let cursor = format!("{payout}-{number}");
            items.insert(&cursor, (cursor.clone(), item));
        }
        let show = |(cursor, item): &(String, &PayoutItem)| (cursor.clone(), json!(item));
        items.page("payout_items", params, |_| true, show)
    }
}

fn item(kind: PayoutItemKind, amount: i64, payment: &str) -> PayoutItem {
    PayoutItem {
        kind,
        amount: format!("{amount}.0"),
        links: PayoutItemLinks { payment: Some(payment.to_owned()) },
    }
}
