//! A worker that is killed somewhere and another that repeats the step; answers of aggregators that never come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use florin_calendar::Clock;
use florin_connect::aggregator::{
    Ask, Authorization, Authorize, BoxFuture, Grant, Outcome, Refusal, Returned,
    SimulatedAggregator,
};
use florin_connect::{Aggregator, Detail, JobType, TransactionQuery};
use florin_jobs::Outcome as Went;

use super::support::{on_both, on_both_with};

#[tokio::test]
async fn every_step_twice() {
    on_both(async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "testbank", "mfa_text").await;
        desk.begin(&visitor, &member, JobType::Aggregation).await;
        let (mut done, mut answered) = (Vec::new(), false);
        loop {
            let jobs = desk.claim().await;
            if jobs.is_empty() && answered {
                break;
            }
            for job in &jobs {
                // Killed before it could say how it went, by whoever claimed it first.
                assert_eq!(desk.carry_out(job).await, Went::Done);
                assert_eq!(desk.carry_out(job).await, Went::Done);
                // And one that was thought dead comes back after everything.
                for old in &done {
                    assert_eq!(desk.carry_out(old).await, Went::Done);
                }
                let now = desk.clock.now();
                florin_jobs::finish(&desk.db, job.lease(), now).await.expect("an end");
            }
            done.extend(jobs);
            if desk.look(&visitor, &member).await.status.as_str() == "CHALLENGED" {
                desk.answer(&visitor, &member, "Rex").await.expect("an answer");
                answered = true;
            }
        }
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "CONNECTED");
        let told = desk.told().await;
        let count = |kind: &str| told.iter().filter(|(it, _)| it == kind).count();
        assert_eq!((count("connect_data_ready"), count("connect_member_status_changed")), (1, 3));
        let accounts = desk.connect.user_accounts(&desk.caller, visitor.user, Detail::Masked).await;
        assert_eq!(accounts.expect("accounts").len(), 3);
    })
    .await;
}

#[tokio::test]
async fn reading_again_adds_nothing() {
    on_both(async |desk| {
        let visitor = desk.visit_for_all("ada", florin_connect::Mode::Aggregation).await;
        let member = desk.linked(&visitor, "gringotts", "demo").await;
        let read = async || {
            let accounts =
                desk.connect.user_accounts(&desk.caller, visitor.user, Detail::Full).await;
            let accounts = accounts.expect("accounts");
            let query = TransactionQuery { per_page: Some(1000), ..TransactionQuery::default() };
            let mut all = Vec::new();
            for account in &accounts {
                let page = desk.connect.account_transactions(
                    &desk.caller,
                    visitor.user,
                    account.id,
                    query,
                );
                all.push(page.await.expect("a page").items);
            }
            all
        };
        let before = read().await;
        for job in [JobType::Aggregation, JobType::History, JobType::Balance, JobType::Combination]
        {
            desk.aggregate(&visitor, &member, job).await;
        }
        assert_eq!(read().await, before);
    })
    .await;
}

/// Panics, or does not answer, as often as it is told; then it is the simulated one.
struct Broken {
    left: AtomicU32,
    /// How many consent pages can be had.
    pages: AtomicU32,
}

impl Aggregator for Broken {
    fn name(&self) -> &'static str {
        "simulated"
    }

    fn run<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Outcome> {
        let is_broken =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1));
        assert!(is_broken.is_err(), "broken");
        SimulatedAggregator.run(ask)
    }

    fn authorize<'a>(
        &'a self,
        ask: Authorize<'a>,
    ) -> BoxFuture<'a, Result<Authorization, Refusal>> {
        let pages =
            self.pages.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1));
        match pages {
            Ok(_) => SimulatedAggregator.authorize(ask),
            Err(_) => Box::pin(async { Err(Refusal::Maintenance) }),
        }
    }

    fn returned<'a>(&'a self, answer: Returned<'a>) -> BoxFuture<'a, Grant> {
        SimulatedAggregator.returned(answer)
    }
}

#[tokio::test]
async fn an_aggregator_that_panics_does_not_leave_the_end_user_waiting() {
    let run = async |left: u32, expected: &str| {
        let all = move || -> Vec<Arc<dyn Aggregator>> {
            vec![Arc::new(Broken { left: AtomicU32::new(left), pages: AtomicU32::new(0) })]
        };
        on_both_with(&all, async |desk| {
            let visitor = desk.visit("ada").await;
            let member = desk.add(&visitor, "gringotts", "demo").await;
            desk.begin(&visitor, &member, JobType::Aggregation).await;
            for _ in 0..12 {
                for job in desk.claim().await {
                    let (desk, at) = (desk.clone(), job);
                    // The worker runs a handler in a task of its own, too; its lease runs out.
                    let _ = tokio::spawn(async move { desk.carry_out(&at).await }).await;
                }
                desk.pass(jiff::SignedDuration::from_secs(130));
            }
            let seen = desk.look(&visitor, &member).await;
            assert_eq!((seen.status.as_str(), seen.is_being_aggregated), (expected, false));
        })
        .await;
    };
    run(2, "CONNECTED").await;
    run(1000, "FAILED").await;
}

#[tokio::test]
async fn a_consent_page_that_cannot_be_had() {
    let all = || -> Vec<Arc<dyn Aggregator>> {
        vec![Arc::new(Broken { left: AtomicU32::new(0), pages: AtomicU32::new(1) })]
    };
    on_both_with(&all, async |desk| {
        let visitor = desk.visit("ada").await;
        let member = desk.add(&visitor, "gringotts_oauth", "demo").await;
        let other = desk.visit("bob").await;
        let is_refused = async |visitor: &florin_connect::Visitor| {
            let refused = desk.try_add(visitor, "gringotts_oauth", "demo").await;
            matches!(refused, Err(florin_connect::ConnectError::Unavailable(_)))
        };
        assert!(is_refused(&other).await);
        assert!(desk.connect.members(&other).await.expect("members").is_empty(), "never there");
        desk.pass(jiff::SignedDuration::from_mins(31));
        let visitor = desk.visit("ada").await;
        assert!(is_refused(&visitor).await);
        assert_eq!(desk.look(&visitor, &member).await.status.as_str(), "PENDING", "it was there");
    })
    .await;
}
