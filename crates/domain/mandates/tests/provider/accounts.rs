//! Tenants' accounts at the provider.

use florin_crypto::Secret;
use florin_ids::ProviderAccountId;
use florin_mandates::{
    AccountChange, Environment, Mandates, MandatesError, NewProviderAccount, Pages,
};
use florin_tenancy::Caller;
use jiff::civil::date;

use crate::support::{Desk, SOUND, details, on_both};

fn account(environment: Environment, base_url: Option<&str>) -> NewProviderAccount {
    NewProviderAccount {
        environment,
        base_url: base_url.map(str::to_owned),
        is_simulator: None,
        access_token: Secret::from_text("another-token"),
        webhook_secret: Secret::from_text("another-secret"),
        creditor: None,
        pages: Pages::Own,
    }
}

async fn faults(mandates: &Mandates, desk: &Desk, new: NewProviderAccount) -> Vec<&'static str> {
    match mandates.set_account(&desk.caller, new).await {
        Err(MandatesError::Invalid(faults)) => faults.iter().map(|fault| fault.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_in_use_at_a_time() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.new_mandate(SOUND).await;
        let url = desk.simulator.base_url.clone();
        let new = account(Environment::Custom, Some(&url));
        let second = desk.mandates.set_account(&desk.caller, new).await.unwrap();
        let listed = desk.mandates.list_accounts(&desk.caller).await.unwrap();
        let active: Vec<_> = listed.iter().map(|it| (it.id, it.is_active)).collect();
        assert_eq!(active, [(second.id, true), (desk.account, false)]);
        // The mandates of the first one are out of use with it, and everybody is told.
        assert!(desk.active_of(mandate.end_user).await.is_none());
        assert!(desk.mandate(mandate.id).await.is_disabled);
        let events = desk.events().await;
        let last = events.last().unwrap();
        assert_eq!(last.kind, "mandate_updated");
        assert_eq!(last.data["id"], mandate.id.to_string());
        assert_eq!(last.data["is_disabled"], true);
        let (caller, id) = (desk.caller.clone(), mandate.id);
        let enabled = desk
            .db
            .write(move |tx| florin_mandates::mandate::manage_state_in(tx, &caller, id, false));
        assert!(matches!(enabled.await, Err(MandatesError::Conflict(_))));

        desk.mandates.deactivate_account(&desk.caller, second.id).await.unwrap();
        let token = desk.mandates.submit_flow("flm_nothing", details(SOUND)).await;
        assert!(matches!(token, Err(MandatesError::NotFound(_))));
        let unknown = ProviderAccountId::new();
        let gone = desk.mandates.deactivate_account(&desk.caller, unknown).await;
        assert!(matches!(gone, Err(MandatesError::NotFound(_))));
        let changed = desk.mandates.change_account(&desk.caller, unknown, AccountChange::default());
        assert!(matches!(changed.await, Err(MandatesError::NotFound(_))));
    })
    .await;
}

/// An organisation at a simulator is one tenant's: it has one clock, and whoever shares it sees the other's payments.
#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_organisation_belongs_to_one_tenant() {
    on_both(date(2026, 12, 1), async |desk| {
        let stranger = desk.stranger().await;
        let with_token = |token: &str| NewProviderAccount {
            access_token: Secret::from_text(token),
            ..account(Environment::Simulated, None)
        };
        let set = async |caller: &Caller, token: &str| {
            let set = desk.mandates.set_account(caller, with_token(token)).await;
            set.map(|account| account.id).map_err(|error| match error {
                MandatesError::Invalid(faults) => faults[0].field,
                other => panic!("{other}"),
            })
        };
        set(&desk.caller, "any").await.unwrap();
        assert_eq!(set(&stranger, "any").await, Err("access_token"));
        assert_eq!(desk.mandates.list_accounts(&stranger).await.unwrap(), []);
        // One's own may be set up again.
        set(&desk.caller, "any").await.unwrap();
        let other = set(&stranger, "another").await.unwrap();
        let change = AccountChange {
            access_token: Some(Secret::from_text("any")),
            ..AccountChange::default()
        };
        let changed = desk.mandates.change_account(&stranger, other, change).await;
        assert!(matches!(changed, Err(MandatesError::Invalid(_))), "{changed:?}");
        // A real provider's token is not ours to judge.
        let real = NewProviderAccount { environment: Environment::Sandbox, ..with_token("any") };
        desk.mandates.set_account(&stranger, real).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_change_and_mandates_stay() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.new_mandate(SOUND).await;
        let change = AccountChange {
            webhook_secret: Some(Secret::from_text("newer")),
            pages: Some(Pages::Provider),
            ..AccountChange::default()
        };
        let changed =
            desk.mandates.change_account(&desk.caller, desk.account, change).await.unwrap();
        assert_eq!((changed.id, changed.pages), (desk.account, Pages::Provider));
        assert!(desk.active_of(mandate.end_user).await.is_some());
        desk.pass(date(2026, 12, 9)).await;
        assert_eq!(desk.mandate(mandate.id).await.status.as_str(), "active");
        let blank =
            AccountChange { access_token: Some(Secret::from_text("")), ..AccountChange::default() };
        let refused = desk.mandates.change_account(&desk.caller, desk.account, blank).await;
        assert!(matches!(refused, Err(MandatesError::Invalid(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_accounts_are_refused() {
    on_both(date(2026, 12, 1), async |desk| {
        let production = desk.mandates.clone().without_custom_hosts();
        let custom = account(Environment::Custom, Some("https://gocardless.example"));
        assert_eq!(faults(&production, &desk, custom).await, ["environment"]);
        let nowhere = account(Environment::Custom, None);
        assert_eq!(faults(&desk.mandates, &desk, nowhere).await, ["base_url"]);
        let mut blank = account(Environment::Live, None);
        blank.access_token = Secret::from_text("");
        assert_eq!(faults(&desk.mandates, &desk, blank).await, ["access_token"]);
        assert_eq!(desk.mandates.list_accounts(&desk.caller).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulator_beside_the_server_moves_with_the_server() {
    on_both(date(2026, 12, 1), async |desk| {
        let new = account(Environment::Simulated, None);
        desk.mandates.set_account(&desk.caller, new).await.unwrap();
        // No simulator runs beside this one: nothing fails, and nothing is done.
        let token = desk.link(florin_ids::EndUserId::new()).await;
        let flow = desk.mandates.submit_flow(token.expose(), details(SOUND)).await.unwrap();
        assert_eq!(flow.state.as_str(), "submitted");
        desk.settle().await;
        // Another start of the server has one, at whatever address.
        let mandates = desk.mandates.clone().with_simulator(&desk.simulator.base_url);
        let collector =
            florin_mandates::Collector::new(mandates, florin_payments::Owners::default());
        collector.settle(desk.tenant(), desk.today().await).await.unwrap();
        let flow = desk.mandates.open_flow(token.expose()).await.unwrap();
        assert_eq!(flow.state.as_str(), "completed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_on_an_account_is_followed_after_it_is_replaced() {
    on_both(date(2026, 12, 1), async |desk| {
        let mandate = desk.active_mandate(SOUND).await;
        let payment = desk.collect(mandate.id, date(2026, 12, 21)).await;
        desk.settle().await;
        let url = desk.simulator.base_url.clone();
        let mut new = account(Environment::Custom, Some(&url));
        new.is_simulator = Some(true);
        desk.mandates.set_account(&desk.caller, new).await.unwrap();
        desk.pass(date(2027, 1, 4)).await;
        assert_eq!(desk.told(payment.id), ["submitted", "confirmed", "paid_out"]);
        // The new account has nothing; the old one is compared all the same.
        let (from, to) = (date(2026, 12, 1), date(2027, 1, 4));
        let reports = desk.collector.reconcile(desk.tenant(), from, to).await.unwrap();
        let sides: Vec<_> = reports.iter().map(|it| (it.ours, it.theirs)).collect();
        assert_eq!(sides, [(0, 0), (1, 1)]);
        assert!(reports.iter().all(|it| it.differences.is_empty()), "{reports:?}");
        assert_eq!(reports[1].account, desk.account);
    })
    .await;
}
