use florin_connect::{Detail, JobType, TransactionQuery};
use florin_jobs::{Worker, WorkerOptions};

use super::support::on_both;

const MEMBERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_members_at_once() {
    on_both(async |desk| {
        let mut all = Vec::new();
        for at in 0..MEMBERS {
            let visitor = desk.visit(&format!("user {at}")).await;
            let bank = ["gringotts", "testbank", "aldermere", "bluestem"][at % 4];
            let member = desk.add(&visitor, bank, &format!("customer {at}")).await;
            desk.begin(&visitor, &member, JobType::Aggregation).await;
            all.push((visitor, member));
        }
        let options = WorkerOptions { concurrency: 32, ..WorkerOptions::default() };
        let handlers = desk.connect.job_handlers();
        let worker = Worker::start(desk.db.clone(), desk.clock.clone(), handlers, options);
        for (visitor, member) in &all {
            while desk.look(visitor, member).await.is_being_aggregated {
                tokio::task::yield_now().await;
            }
        }
        worker.shutdown().await;
        for (visitor, member) in &all {
            let seen = desk.look(visitor, member).await;
            assert_eq!((seen.status.as_str(), seen.error), ("CONNECTED", None));
            let accounts =
                desk.connect.user_accounts(&desk.caller, visitor.user, Detail::Full).await;
            let accounts = accounts.expect("accounts");
            assert_eq!(accounts.len(), 3);
            let query = TransactionQuery::default();
            let read = desk.connect.account_transactions(
                &desk.caller,
                visitor.user,
                accounts[0].id,
                query,
            );
            assert!(read.await.expect("transactions").count > 400);
        }
        let ready = desk.told().await.into_iter().filter(|(kind, _)| kind == "connect_data_ready");
        assert_eq!(ready.count(), MEMBERS);
    })
    .await;
}
