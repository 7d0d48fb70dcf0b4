//! Tenants and keys on both engines.

#![expect(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use florin_ids::{ApiKeyId, TenantId};
use florin_money::Currency;
use florin_storage::testing::{TestDb, databases};
use florin_tenancy::auth::{authenticate_in, credential_hash};
use florin_tenancy::{
    Authenticator, Collections, MIGRATIONS, NewKey, NewTenant, Surface, TenancyError, create_key,
    create_tenant, day, get_tenant, list_keys, list_tenants, revoke_key, set_clock_target_in,
    set_collections,
};
use jiff::Timestamp;
use jiff::civil::date;

fn now() -> Timestamp {
    "2026-11-21T18:00:00Z".parse().unwrap()
}

fn named(name: &str) -> NewTenant {
    NewTenant { name: name.to_owned(), ..NewTenant::default() }
}

fn each() -> Vec<TestDb> {
    databases(&[MIGRATIONS])
}

#[tokio::test]
async fn a_new_tenant_has_a_key_for_every_surface() {
    for test in each() {
        let (tenant, keys) = create_tenant(&test.db, named("Acme"), now()).await.unwrap();
        assert_eq!(tenant.currency, Currency::GBP);
        assert_eq!(get_tenant(&test.db, tenant.id).await.unwrap(), tenant);
        let authenticator = Authenticator::new(test.db.clone());
        for (surface, credential) in [
            (Surface::Lending, &keys.lending),
            (Surface::ExternalAccounts, &keys.external_accounts),
            (Surface::Savings, &keys.savings),
            (Surface::Connect, &keys.connect),
        ] {
            let presented = credential.presented();
            for asked in [None, Some(surface)] {
                let found = authenticator.authenticate(asked, &presented).await.unwrap();
                let key = found.expect("a good key");
                assert_eq!((key.tenant.id, key.surface), (tenant.id, surface), "{}", test.name);
                assert!(key.has_scope("anything"));
            }
            let other = Surface::ALL.into_iter().find(|other| *other != surface);
            let found = authenticator.authenticate(other, &presented).await.unwrap();
            assert!(found.is_none(), "{surface:?} opens {other:?}");
        }
        assert!(authenticator.authenticate(None, "flk_wrong").await.unwrap().is_none());
        assert!(authenticator.authenticate(None, "").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn keys_are_stored_hashed_and_recognisable() {
    for test in each() {
        let (tenant, keys) = create_tenant(&test.db, named("Acme"), now()).await.unwrap();
        let stored = list_keys(&test.db, tenant.id).await.unwrap();
        assert_eq!(stored.len(), 4);
        let presented = keys.lending.presented();
        let lending = stored.iter().find(|key| key.surface == Surface::Lending).unwrap();
        assert!(presented.starts_with(&lending.display_prefix));
        assert!(presented.ends_with(&lending.last_four));
        assert!(lending.display_prefix.len() + lending.last_four.len() < 16);
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing() {
    for test in each() {
        let (tenant, keys) = create_tenant(&test.db, named("Acme"), now()).await.unwrap();
        let new = NewKey::everything(Surface::Lending);
        let (key, credential) = create_key(&test.db, tenant.id, new, now()).await.unwrap();
        let authenticator = Authenticator::new(test.db.clone());
        let presented = credential.presented();
        assert!(authenticator.authenticate(None, &presented).await.unwrap().is_some());

        let (stranger, _) = create_tenant(&test.db, named("Stranger"), now()).await.unwrap();
        for (tenant, id) in [(stranger.id, key.id), (tenant.id, ApiKeyId::new())] {
            let refused = revoke_key(&test.db, tenant, id, now()).await;
            assert!(matches!(refused, Err(TenancyError::UnknownKey(_))), "{}", test.name);
        }
        revoke_key(&test.db, tenant.id, key.id, now()).await.unwrap();
        revoke_key(&test.db, tenant.id, key.id, now()).await.unwrap();

        // What the database says shows at once on a node that remembers nothing.
        let hash = credential_hash(&presented);
        let found: Option<_> = test
            .db
            .read(move |tx| authenticate_in(tx, &hash))
            .await
            .map_err(|e| e.to_string())
            .unwrap();
        assert!(found.is_none());
        authenticator.forget(tenant.id);
        assert!(authenticator.authenticate(None, &presented).await.unwrap().is_none());
        let first = keys.lending.presented();
        assert!(authenticator.authenticate(None, &first).await.unwrap().is_some());
        let revoked: Vec<bool> = list_keys(&test.db, tenant.id)
            .await
            .unwrap()
            .iter()
            .map(|key| key.revoked_at.is_some())
            .collect();
        assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1);
    }
}

#[tokio::test]
async fn scopes_and_networks_bind_a_key() {
    for test in each() {
        let (tenant, _) = create_tenant(&test.db, named("Acme"), now()).await.unwrap();
        let new = NewKey {
            surface: Surface::Lending,
            scopes: vec!["read".to_owned()],
            allowed_networks: vec!["192.0.2.0/24".to_owned(), "2001:db8::1".to_owned()],
        };
        let (_, credential) = create_key(&test.db, tenant.id, new.clone(), now()).await.unwrap();
        let authenticator = Authenticator::new(test.db.clone());
        let key = authenticator.authenticate(None, &credential.presented()).await.unwrap().unwrap();
        assert!(key.has_scope("read") && !key.has_scope("write"));
        assert!(key.allows_address("192.0.2.9".parse().unwrap()));
        assert!(key.allows_address("2001:db8::1".parse().unwrap()));
        assert!(!key.allows_address("198.51.100.1".parse().unwrap()));

        let bad = NewKey { allowed_networks: vec!["nowhere".to_owned()], ..new.clone() };
        let refused = create_key(&test.db, tenant.id, bad, now()).await;
        assert!(matches!(refused, Err(TenancyError::BadNetwork(_))));
        let bad = NewKey { scopes: vec!["two words".to_owned()], ..new.clone() };
        let refused = create_key(&test.db, tenant.id, bad, now()).await;
        assert!(matches!(refused, Err(TenancyError::BadScope(_))));
        let refused = create_key(&test.db, TenantId::new(), new, now()).await;
        assert!(matches!(refused, Err(TenancyError::UnknownTenant(_))));
    }
}

#[tokio::test]
async fn the_clock_opens_where_it_was_set_and_moves_forward() {
    for test in each() {
        let db = &test.db;
        let simulated = NewTenant { clock: Some(date(2020, 1, 31)), ..named("Past") };
        let (past, _) = create_tenant(db, simulated, now()).await.unwrap();
        let zone = Some("Pacific/Auckland".to_owned());
        let (kiwi, _) =
            create_tenant(db, NewTenant { time_zone: zone, ..named("Kiwi") }, now()).await.unwrap();
        assert_eq!(past.collections, Collections::Simulated);
        assert_eq!(kiwi.collections, Collections::Manual);

        let ids = (past.id, kiwi.id);
        let (past_day, kiwi_day) = db
            .read(move |tx| {
                Ok::<_, TenancyError>((day::state_in(tx, ids.0)?, day::state_in(tx, ids.1)?))
            })
            .await
            .unwrap();
        assert_eq!(past_day.business_date, date(2020, 1, 31));
        assert!(past_day.simulated);
        // It is tomorrow in New Zealand.
        assert_eq!(kiwi_day.business_date, date(2026, 11, 22));
        assert!(!kiwi_day.simulated);

        let send = |id, target| db.write(move |tx| set_clock_target_in(tx, id, target));
        send(past.id, date(2020, 3, 1)).await.unwrap();
        send(past.id, date(2020, 3, 1)).await.unwrap();
        let refused = send(past.id, date(2020, 2, 1)).await;
        assert!(matches!(refused, Err(TenancyError::ClockBackwards { .. })), "{}", test.name);
        let refused = send(kiwi.id, date(2026, 11, 21)).await;
        assert!(matches!(refused, Err(TenancyError::ClockBackwards { .. })));
        let refused = send(TenantId::new(), date(2030, 1, 1)).await;
        assert!(matches!(refused, Err(TenancyError::UnknownTenant(_))));
        // A real clock that is moved is a simulated one from then on.
        send(kiwi.id, date(2026, 11, 23)).await.unwrap();
        let kiwi = get_tenant(db, kiwi.id).await.unwrap();
        assert_eq!(kiwi.clock_target, Some(date(2026, 11, 23)));
        assert_eq!(kiwi.collections, Collections::Simulated);

        set_collections(db, past.id, Collections::Manual).await.unwrap();
        let all = list_tenants(db, None, 10).await.unwrap();
        assert_eq!(all.iter().map(|t| t.id).collect::<Vec<_>>(), vec![past.id, kiwi.id]);
        assert_eq!(all[0].collections, Collections::Manual);
        let rest = list_tenants(db, Some(past.id), 10).await.unwrap();
        assert_eq!(rest.len(), 1);
    }
}
