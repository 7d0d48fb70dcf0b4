//! Stories at random: whatever is asked of an organisation on whatever day, its things stay on their ways, its money adds
//! up, and its journal tells the same story again.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use serde_json::json;

use super::journal::{Command, Line};
use super::outcome::Odds;
use super::request::ApiRequest;
use super::state::State;
use crate::states::{mandate_after, mandate_next, payment_after, payment_next};
use crate::wire::*;

const KEY: &str = "0123456789abcdef";
const START: Date = date(2026, 3, 2);

#[derive(Debug, Clone)]
enum Step {
    Days(i64),
    Pay { mandate: usize, pence: i64 },
    CancelPayment(usize),
    RetryPayment(usize),
    CancelMandate(usize),
    ReinstateMandate(usize),
    Scenario(Scenario, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..9_i64).prop_map(Step::Days),
        5 => (0..4_usize, 1..9_999_i64).prop_map(|(mandate, pence)| Step::Pay { mandate, pence }),
        1 => (0..20_usize).prop_map(Step::CancelPayment),
        2 => (0..20_usize).prop_map(Step::RetryPayment),
        1 => (0..4_usize).prop_map(Step::CancelMandate),
        1 => (0..4_usize).prop_map(Step::ReinstateMandate),
        2 => (prop::sample::select(Scenario::ALL), 0..20_usize)
            .prop_map(|(scenario, thing)| Step::Scenario(scenario, thing)),
    ];
    prop::collection::vec(step, 1..60)
}

/// An organisation and everything it was told.
struct Story {
    state: State,
    lines: Vec<Line>,
    today: Date,
}

impl Story {
    fn begin() -> Self {
        let mut story = Self { state: State::default(), lines: Vec::new(), today: START };
        story.tell(Command::Clock { date: START });
        let odds =
            Odds { fail_per_mille: 200, late_failure_per_mille: 150, charge_back_per_mille: 150 };
        story.tell(Command::Outcomes(odds));
        for account in ["55779911", "99999901", "99999903", "99999906"] {
            story.mandate(account);
        }
        story
    }

    fn tell(&mut self, command: Command) {
        let line = Line { org: KEY.to_owned(), at: Timestamp::UNIX_EPOCH, command };
        self.lines.push(line.clone());
        // A request that is refused changes nothing, which is a part of the story.
        let _ = self.state.command(line);
    }

    fn post(&mut self, path: String, body: serde_json::Value) {
        let request = ApiRequest { method: "POST".to_owned(), path, query: None, key: None, body };
        self.tell(Command::Request(request));
    }

    fn mandate(&mut self, account: &str) {
        let wanted = json!({ "mandate_request": { "scheme": "bacs" } });
        self.post("/billing_requests".to_owned(), json!({ "billing_requests": wanted }));
        let id = self.last_request();
        let details = json!({
            "customer": { "given_name": "Ada", "family_name": "L", "email": "a@b.c" },
            "customer_billing_detail": {
                "address_line1": "1", "city": "London", "postal_code": "N1", "country_code": "GB",
            },
        });
        let bank = json!({
            "account_holder_name": "A", "branch_code": "200000", "account_number": account,
        });
        let act = |action: &str| format!("/billing_requests/{id}/actions/{action}");
        self.post(act("collect_customer_details"), json!({ "data": details }));
        self.post(act("collect_bank_account"), json!({ "data": bank }));
        self.post(act("confirm_payer_details"), json!({}));
        self.post(act("fulfil"), json!({}));
    }

    fn last_request(&self) -> String {
        self.state.organisations[KEY].billing_requests.rows().last().unwrap().id.clone()
    }

    fn mandate_id(&self, number: usize) -> String {
        self.state.organisations[KEY].mandates.rows()[number].mandate.id.clone()
    }

    fn payment_id(&self, number: usize) -> Option<String> {
        let rows = self.state.organisations[KEY].payments.rows();
        rows.get(number).map(|row| row.payment.id.clone())
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Days(days) => {
                self.today = self.today.saturating_add(days.days());
                self.tell(Command::Clock { date: self.today });
            }
            Step::Pay { mandate, pence } => {
                let new = NewPayment::pounds(*pence, &self.mandate_id(*mandate));
                self.post("/payments".to_owned(), json!({ "payments": new }));
            }
            Step::CancelPayment(number) => self.act_on_payment(*number, "cancel"),
            Step::RetryPayment(number) => self.act_on_payment(*number, "retry"),
            Step::CancelMandate(number) => {
                let path = format!("/mandates/{}/actions/cancel", self.mandate_id(*number));
                self.post(path, json!({}));
            }
            Step::ReinstateMandate(number) => {
                let path = format!("/mandates/{}/actions/reinstate", self.mandate_id(*number));
                self.post(path, json!({}));
            }
            Step::Scenario(scenario, number) => {
                let of_mandate = scenario.as_str().starts_with("mandate");
                let thing = if of_mandate {
                    Some(self.mandate_id(number % 4))
                } else {
                    self.payment_id(*number)
                };
                let Some(thing) = thing else { return };
                let path = format!("/scenario_simulators/{scenario}/actions/run");
                self.post(path, json!({ "data": { "links": { "resource": thing } } }));
            }
        }
    }

    fn act_on_payment(&mut self, number: usize, action: &str) {
        if let Some(id) = self.payment_id(number) {
            self.post(format!("/payments/{id}/actions/{action}"), json!({}));
        }
    }
}

/// Every thing's events lead along its table to where it stands.
fn check_ways(story: &Story) -> Result<(), TestCaseError> {
    let organisation = &story.state.organisations[KEY];
    let mut payments: BTreeMap<String, PaymentStatus> = BTreeMap::new();
    let mut mandates: BTreeMap<String, MandateStatus> = BTreeMap::new();
    for event in organisation.events.rows() {
        if let (Some(id), Some(next)) = (&event.links.payment, payment_after(&event.action)) {
            if let Some(from) = payments.insert(id.clone(), next) {
                prop_assert!(payment_next(from).contains(&next), "{} {} -> {}", id, from, next);
            }
        } else if let (ResourceType::Mandates, Some(id), Some(next)) =
            (event.resource_type, &event.links.mandate, mandate_after(&event.action))
            && let Some(from) = mandates.insert(id.clone(), next)
        {
            prop_assert!(mandate_next(from).contains(&next), "{} {} -> {}", id, from, next);
        }
    }
    for row in organisation.payments.rows() {
        prop_assert_eq!(payments.get(&row.payment.id), Some(&row.payment.status));
    }
    for row in organisation.mandates.rows() {
        prop_assert_eq!(mandates.get(&row.mandate.id), Some(&row.mandate.status));
    }
    Ok(())
}

/// What was paid out less what was taken back is what is paid out, and what is still owed.
fn check_money(story: &Story) -> Result<(), TestCaseError> {
    let organisation = &story.state.organisations[KEY];
    let mut arrived = 0;
    for row in organisation.payouts.rows() {
        prop_assert!(row.payout.amount >= 0);
        let pence = |item: &PayoutItem| -> i64 {
            item.amount.strip_suffix(".0").and_then(|text| text.parse().ok()).unwrap()
        };
        let sum: i64 = row.items.iter().map(pence).sum();
        prop_assert_eq!(sum, row.payout.amount);
        arrived += sum;
    }
    let kept: i64 = organisation
        .payments
        .rows()
        .iter()
        .filter(|row| row.payment.status == PaymentStatus::PaidOut)
        .map(|row| row.payment.amount)
        .sum();
    let owed: i64 = organisation.owed.iter().map(|(_, _, amount)| amount).sum();
    prop_assert_eq!(arrived, kept + owed);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn stories_hold_together(steps in steps()) {
        let mut story = Story::begin();
        for step in &steps {
            story.step(step);
        }
        story.step(&Step::Days(60));
        check_ways(&story)?;
        check_money(&story)?;
        let mut again = State::default();
        for line in &story.lines {
            let text = serde_json::to_string(line).unwrap();
            again.replay(serde_json::from_str(&text).unwrap());
        }
        let (one, two) = (&story.state.organisations[KEY], &again.organisations[KEY]);
        prop_assert_eq!(one.events.rows(), two.events.rows());
        prop_assert_eq!(one.summary(), two.summary());
    }
}
