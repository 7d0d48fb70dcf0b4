//! What borrowers' linked bank accounts say of them decides on applications, as long as they agree.

use std::sync::{Arc, Mutex};

use crate::support::*;
use florin_calendar::FixedClock;
use florin_decisioning::decision::Decision;
use florin_decisioning::expression::{Inputs, Kind, Value};
use florin_decisioning::input_source::InputSourceFields;
use florin_decisioning::risk_engine::RiskEngineFields;
use florin_decisioning::scorecard::{RuleFields, ScorecardFields};
use florin_decisioning::selector::{EngineFields, SelectorFields};
use florin_decisioning::{BookError, LINKED_INPUTS, LinkedAccounts, Providers};
use florin_ids::{ApplicationId, EndUserId, TenantId};
use florin_jobs::{Job, JobHandler, JobState, Outcome};
use florin_lending::application::{Application, ApplicationFields, ApplicationStatus};
use florin_lending::{DecisionHandler, Given, Lending};
use florin_money::Currency;
use florin_storage::{ListQuery, Tx};
use jiff::civil::{Date, date};

const START: Date = date(2026, 12, 1);

/// What is known of one borrower.
#[derive(Clone)]
struct Known {
    of: EndUserId,
    inputs: Arc<Mutex<Inputs>>,
}

impl LinkedAccounts for Known {
    fn inputs_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        end_user: EndUserId,
        currency: Currency,
        today: Date,
    ) -> Result<Inputs, BookError> {
        assert_eq!((currency, today), (Currency::GBP, START));
        let known = self.inputs.lock().expect("inputs").clone();
        Ok(if end_user == self.of { known } else { Inputs::default() })
    }
}

fn four() -> Inputs {
    let all = [
        ("linked_monthly_income", "2500.5"),
        ("linked_overdraft_days_90", "3"),
        ("linked_largest_regular_outgoing", "950"),
        ("linked_balance", "-12.34"),
    ];
    let inputs: Inputs =
        all.map(|(name, text)| (name, Value::Number(decimal(text)))).into_iter().collect();
    assert!(LINKED_INPUTS.iter().all(|name| inputs.get(name).is_some()));
    inputs
}

/// 2500.50 - 950 - 100 x 3 - 12.34 = 1238.16.
const STATEMENT: &str = "{{linked_monthly_income}} - {{linked_largest_regular_outgoing}} \
                         - 100 * {{linked_overdraft_days_90}} + {{linked_balance}}";

/// A lender whose applications one rule over `statement` decides.
struct Setting<'a> {
    lender: &'a Lender,
    lending: Lending,
    application: ApplicationId,
    known: Known,
}

impl<'a> Setting<'a> {
    fn new(lender: &'a Lender, statement: &str) -> Self {
        let (lending, caller, runtime) = (&lender.lending, &lender.caller, &lender.runtime);
        let first = lender.application(EQUAL_PRINCIPAL, "Ada");
        let first = runtime.block_on(lending.get_application(caller, first)).expect("one");
        let known = Known { of: first.end_user, inputs: Arc::new(Mutex::new(four())) };
        let lending = lending
            .clone()
            .with_linked_accounts(Arc::new(known.clone()))
            .with_providers(Providers::sandbox());
        let decisioning = lending.decisioning();
        let application = runtime.block_on(async {
            let asked = InputSourceFields {
                name: Some("score".to_owned()),
                kind: Some(Kind::Number),
                provider: Some(Some("simulated".to_owned())),
                ..InputSourceFields::default()
            };
            decisioning.create_input_source(caller, asked).await.expect("a source");
            let rule = RuleFields {
                name: Some("Affordable".to_owned()),
                statement: statement.to_owned(),
                weight: decimal("1"),
                threshold: decimal("1238.16"),
                reason: None,
            };
            let card = ScorecardFields {
                name: Some("Card".to_owned()),
                threshold: Some(decimal("1238.16")),
                stop_on_first_fail: Some(false),
                rules: Some(vec![rule]),
                unreadable: Vec::new(),
            };
            let card = decisioning.create_scorecard(caller, card).await.expect("a card");
            let engine = RiskEngineFields {
                version: Some("1".to_owned()),
                is_active: Some(true),
                scorecards: Some(vec![card.id]),
                unreadable: Vec::new(),
            };
            decisioning.create_risk_engine(caller, engine).await.expect("an engine");
            let selector = SelectorFields {
                product: Some(first.product),
                engines: Some(vec![EngineFields {
                    risk_engine: "1".to_owned(),
                    weight: decimal("1"),
                }]),
                unreadable: Vec::new(),
            };
            decisioning.create_selector(caller, selector).await.expect("a selector");
            let fields = ApplicationFields {
                product: Given::Value(first.product),
                end_user: Given::Value(first.end_user),
                ..ApplicationFields::default()
            };
            lending.create_application(caller, fields).await.expect("an application").id
        });
        Self { lender, lending, application, known }
    }

    fn complete(&self) -> Application {
        let done = self.lending.complete_application(&self.lender.caller, self.application);
        self.lender.runtime.block_on(done).expect("completed")
    }

    fn reopen(&self) {
        let done = self.lending.reopen_application(&self.lender.caller, self.application);
        self.lender.runtime.block_on(done).expect("reopened");
    }

    fn read(&self) -> Application {
        let found = self.lending.get_application(&self.lender.caller, self.application);
        self.lender.runtime.block_on(found).expect("an application")
    }

    /// The borrower takes their consent back.
    fn revoke(&self) {
        *self.known.inputs.lock().expect("inputs") = Inputs::default();
    }

    fn last_decision(&self) -> Decision {
        let query = ListQuery { order: vec![("id", true)], limit: 1, ..ListQuery::default() };
        let list = self.lending.decisioning().list_decisions(&self.lender.caller, query);
        let mut list = self.lender.runtime.block_on(list).expect("decisions");
        list.items.pop().expect("a decision")
    }

    /// Runs the job that asks providers and decides.
    fn decide(&self) {
        let clock = Arc::new(FixedClock::new(self.lender.caller.now));
        let handler = DecisionHandler::new(self.lending.clone(), clock);
        let (kind, at) = (handler.kind(), self.lender.caller.now);
        let jobs = self.lender.db().write_blocking(move |tx| {
            florin_jobs::claim_in(tx, &[(kind, jiff::SignedDuration::from_mins(1))], 1, at)
        });
        let job: Job = jobs.expect("jobs").pop().expect("a job");
        assert_eq!(job.state, JobState::Running);
        // Providers are given some time to answer.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let outcome = runtime.expect("a runtime").block_on(handler.run(&job));
        assert!(matches!(outcome, Outcome::Done), "{outcome:?}");
    }
}

#[test]
fn linked_accounts_decide_until_consent_is_taken_back() {
    on_both(START, |lender| {
        let setting = Setting::new(lender, STATEMENT);
        assert_eq!(setting.complete().status, ApplicationStatus::Approved);
        let decision = setting.last_decision();
        for (name, value) in four().iter() {
            assert_eq!(decision.inputs.get(name), Some(value), "{name}");
        }
        setting.reopen();
        setting.revoke();
        let declined = setting.complete();
        assert_eq!(declined.status, ApplicationStatus::Declined);
        assert!(declined.reason.contains("linked_monthly_income"), "{}", declined.reason);
        let after = setting.last_decision();
        assert!(LINKED_INPUTS.iter().all(|name| after.inputs.get(name).is_none()));
        // What was decided before can still be made again as it was.
        let replay =
            setting.lending.decisioning().replay_decision(&lender.caller, decision.id, None);
        assert!(lender.runtime.block_on(replay).expect("a replay").differences.is_empty());
    });
}

#[test]
fn consent_taken_back_while_a_provider_is_asked_counts() {
    on_both(START, |lender| {
        let statement = format!("{STATEMENT} + 0 * {{{{score}}}}");
        let setting = Setting::new(lender, &statement);
        assert_eq!(setting.complete().status, ApplicationStatus::Processing);
        setting.revoke();
        setting.decide();
        let declined = setting.read();
        assert_eq!(declined.status, ApplicationStatus::Declined);
        assert!(declined.reason.contains("linked_monthly_income"), "{}", declined.reason);
        let inputs = setting.last_decision().inputs;
        assert!(inputs.get("score").is_some() && inputs.get("linked_balance").is_none());
        // The other way round: what is known by then counts.
        *setting.known.inputs.lock().expect("inputs") = four();
        setting.reopen();
        assert_eq!(setting.complete().status, ApplicationStatus::Approved, "the score is kept");
    });
}
