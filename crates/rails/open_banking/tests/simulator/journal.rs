//! What a simulator remembers.

use florin_open_banking::wire::RequisitionStatus;

use super::support::{MONZO, bench_with};

#[tokio::test]
async fn a_restart_forgets_tokens_only() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Some(folder.path().join("journal"));
    let (linked, deleted) = {
        let bench = bench_with(journal.clone(), None).await;
        let deleted = bench.linked(MONZO, "single").await;
        bench.client.delete_requisition(deleted.id).await.unwrap();
        (bench.linked(MONZO, "demo").await, deleted)
    };
    // The lock is given back when the last connection has gone.
    tokio::task::yield_now().await;
    let path = folder.path().join("journal");
    let copy = folder.path().join("copy");
    std::fs::copy(&path, &copy).unwrap();
    let bench = bench_with(Some(copy), None).await;
    let held = bench.client.requisition(linked.id).await.unwrap();
    assert_eq!((held.status, &held.accounts), (RequisitionStatus::Linked, &linked.accounts));
    bench.client.account_balances(linked.accounts[0]).await.unwrap();
    bench.client.requisition(deleted.id).await.unwrap_err();
    bench.client_of("id", "other").check_credentials().await.unwrap_err();
}
