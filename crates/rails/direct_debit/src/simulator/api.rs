//! The provider's API: which request is meant, and the lists that are nobody else's.

use serde_json::json;

use super::answer::{Answer, Refusal};
use super::billing::look_up;
use super::organisation::Organisation;
use super::request::{ApiRequest, Params};
use super::table::Table;
use crate::wire::{Creditor, Event};

impl Organisation {
    /// Carries out a request.
    pub fn request(&mut self, request: &ApiRequest) -> Result<Answer, Refusal> {
        let path: Vec<&str> = request.path.split('/').filter(|part| !part.is_empty()).collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", _) => self.read(&path, &Params::parse(request.query.as_deref())),
            ("POST", [kind]) => self.create(kind, request),
            ("POST", [kind, id, "actions", action]) => self.act(kind, id, action, request),
            ("PUT", ["payments", id]) => self.update_payment(id, request),
            _ => Err(Refusal::NotFound),
        }
    }

    /// A request that changes nothing.
    pub fn read(&self, path: &[&str], params: &Params) -> Result<Answer, Refusal> {
        match *path {
            ["billing_requests"] => self.list_billing_requests(params),
            ["billing_requests", id] => self.billing_request(id),
            ["creditors"] => self.list_creditors(params),
            ["creditors", id] if id == self.creditor.id => {
                Ok(Answer::thing("creditors", json!(self.creditor)))
            }
            ["customers", id] => self.customer(id),
            ["customer_bank_accounts", id] => self.bank_account(id),
            ["events"] => self.list_events(params),
            ["events", id] => Ok(Answer::thing("events", json!(self.events.get(id)?))),
            ["mandates"] => self.list_mandates(params),
            ["mandates", id] => self.mandate(id),
            ["payments"] => self.list_payments(params),
            ["payments", id] => self.payment(id),
            ["payouts"] => self.list_payouts(params),
            ["payouts", id] => self.payout(id),
            ["payout_items"] => self.list_payout_items(params),
            _ => Err(Refusal::NotFound),
        }
    }

    fn create(&mut self, kind: &str, request: &ApiRequest) -> Result<Answer, Refusal> {
        match kind {
            "billing_requests" => self.create_billing_request(request),
            "billing_request_flows" => self.create_flow(request),
            "payments" => self.create_payment(request),
            "bank_details_lookups" => look_up(request),
            _ => Err(Refusal::NotFound),
        }
    }

    fn act(
        &mut self,
        kind: &str,
        id: &str,
        action: &str,
        request: &ApiRequest,
    ) -> Result<Answer, Refusal> {
        match (kind, action) {
            ("billing_requests", "collect_customer_details") => {
                self.collect_customer_details(id, request)
            }
            ("billing_requests", "collect_bank_account") => self.collect_bank_account(id, request),
            ("billing_requests", "confirm_payer_details") => self.confirm_payer_details(id),
            ("billing_requests", "fulfil") => self.fulfil(id),
            ("billing_requests", "cancel") => self.cancel_billing_request(id, request),
            ("mandates", "cancel") => self.cancel_mandate(id, request),
            ("mandates", "reinstate") => self.reinstate_mandate(id, request),
            ("payments", "cancel") => self.cancel_payment(id, request),
            ("payments", "retry") => self.retry_payment(id, request),
            ("scenario_simulators", "run") => self.run_scenario(id, request),
            _ => Err(Refusal::NotFound),
        }
    }

    fn list_events(&self, params: &Params) -> Result<Answer, Refusal> {
        let created = params.times("events", "created_at")?;
        let fits =
            |name: &str, id: &Option<String>| params.fits(name, id.as_deref().unwrap_or_default());
        let wanted = |event: &Event| {
            params.fits("resource_type", event.resource_type.as_str())
                && params.fits("action", &event.action)
                && fits("payment", &event.links.payment)
                && fits("mandate", &event.links.mandate)
                && fits("billing_request", &event.links.billing_request)
                && fits("payout", &event.links.payout)
                && fits("parent_event", &event.links.parent_event)
                && created.hold(&event.created_at)
        };
        self.events.page("events", params, wanted, |event| (event.id.clone(), json!(event)))
    }

    fn list_creditors(&self, params: &Params) -> Result<Answer, Refusal> {
        let mut creditors: Table<&Creditor> = Table::default();
        creditors.insert(&self.creditor.id, &self.creditor);
        let show = |creditor: &&Creditor| (creditor.id.clone(), json!(creditor));
        creditors.page("creditors", params, |_| true, show)
    }
}
