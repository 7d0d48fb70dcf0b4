//! Accounts that givers keep for their next gift: who may keep one, what it opens, and when it ends.

use std::sync::Arc;

use florin_crypto::Secret;
use florin_external_accounts::verified::retire_in;
use florin_ids::{GiftId, TenantId};
use florin_payments::Told;
use florin_savings::SavingsError;
use florin_savings::gift::{
    ForgetLinks, GiftFields, GiftState, GiftView, HeldSecret, KeptAccount, KeptKey, Source,
    kept_authorisation,
};
use florin_savings::transaction::TransactionKind;
use florin_storage::StorageError;
use florin_tenancy::Collections;
use florin_tenancy::day::{DayContext, DayStep as _};
use jiff::civil::{Date, date};

use crate::giving::{form, visitor};
use crate::linked_gifts::{Giver, handle, reasons};
use crate::partner::{Partner, on_both};

const PAGES: &str = "https://florin.example.com/gifts/";
/// By the directory of banks.
const CALLED: &str = "account ending in 7788 at JPMORGAN CHASE BANK, NA";
const GONE: &str =
    "The account that was kept on this device cannot be used any more. Please choose another way.";
const NOT_HERE: &str = "The account can only be kept in the browser in which it was confirmed.";

impl Giver<'_> {
    /// Gives $250 from an account that is linked in the tablet; the gift and its key.
    fn give_linked(&self, handle: &str) -> (GiftId, String) {
        let (id, key) = self.ask(handle);
        let account = self.banks.link(id, "Checking");
        assert_eq!(self.give(&key, account).expect("given").state, GiftState::Pending);
        (id, key)
    }

    fn keep(
        &self,
        partner: &Partner,
        key: &str,
        browser: &str,
        before: Option<HeldSecret>,
    ) -> Result<HeldSecret, SavingsError> {
        let kept = self.savings.keep_account(key, visitor(partner, browser), before);
        let (tenant, token): (TenantId, Secret) = self.run(kept)?;
        assert_eq!(tenant, partner.caller.tenant);
        Ok(HeldSecret::of(token.expose()))
    }

    fn kept(&self, partner: &Partner, token: HeldSecret) -> Option<KeptAccount> {
        self.run(self.savings.kept_account(partner.caller.tenant, token)).expect("looked")
    }

    /// Gives $123.45 with one form from what a token opens; the gift.
    fn give_kept(
        &self,
        handle: &str,
        id: GiftId,
        token: HeldSecret,
        gift: GiftId,
    ) -> Result<GiftView, SavingsError> {
        let key = KeptKey { token, gift };
        let source = Source::Kept(Some(key));
        let fields = GiftFields { source, amount: "123.45".into(), ..form() };
        let (handle, pages) = (handle.to_owned(), PAGES.to_owned());
        let asked = self.savings.ask_gift(handle, id, fields, pages, self.tablet());
        self.run(asked).map(|key| self.look(&key))
    }
}

/// A fund's handle, and an account that was linked for a gift to it and kept: the gift and the token.
fn kept<'a>(partner: &'a Partner) -> (Giver<'a>, String, GiftId, HeldSecret) {
    let giver = Giver::of(partner);
    let handle = handle(partner, partner.fund());
    let (gift, key) = giver.give_linked(&handle);
    let token = giver.keep(partner, &key, "tablet", None).expect("kept");
    (giver, handle, gift, token)
}

#[test]
fn an_account_is_kept_by_the_browser_that_has_proven_it() {
    on_both(Collections::Simulated, |partner| {
        let giver = Giver::of(partner);
        let handle = handle(partner, partner.fund());
        let phone = visitor(partner, "phone");
        let (id, key) = giver.ask(&handle);
        let account = giver.banks.link(id, "Checking");
        assert_eq!(reasons(giver.keep(partner, &key, "tablet", None)), [NOT_HERE], "not given yet");
        let given = giver.give(&key, account).expect("given");
        assert!(given.can_be_kept_in(giver.tablet().browser));
        assert!(!given.can_be_kept_in(phone.browser), "the link alone keeps nothing");
        assert_eq!(reasons(giver.keep(partner, &key, "phone", None)), [NOT_HERE]);
        let token = giver.keep(partner, &key, "tablet", None).expect("kept");
        let found = giver.kept(partner, token).expect("it opens it");
        assert_eq!((&*found.called, found.obstacle), (CALLED, None));
        let who = (&*found.first_name, &*found.last_name, &*found.email);
        assert_eq!(who, ("Karin", "McFarlane", "karin@example.com"));
        assert_eq!(format!("{token:?}"), "HeldSecret(..)");
        // What two browsers have linked and given between them, neither may keep.
        let neither = |view: &GiftView, key: &str| {
            assert_eq!(view.state, GiftState::Pending);
            for browser in ["tablet", "phone"] {
                assert!(!view.can_be_kept_in(visitor(partner, browser).browser), "{browser}");
                assert_eq!(reasons(giver.keep(partner, key, browser, None)), [NOT_HERE]);
            }
        };
        let (id, key) = giver.ask(&handle);
        let back = format!("{PAGES}{key}");
        giver.run(giver.savings.link_gift(&key, back, phone)).expect("a page");
        let account = giver.banks.link(id, "Checking");
        neither(&giver.give(&key, account).expect("given"), &key);
        let (id, key) = giver.ask(&handle);
        let account = giver.banks.link(id, "Checking");
        let given = giver.run(giver.savings.give_linked(&key, account, phone)).expect("given");
        neither(&given, &key);
    });
}

#[test]
fn sixteen_clicks_give_once_from_a_kept_account() {
    on_both(Collections::Simulated, |partner| {
        let (giver, _, gift, token) = kept(partner);
        let fund = partner.fund_of("901939501", "Ann");
        let (handle, id) = (handle(partner, fund), GiftId::new());
        let keys = partner.runtime.block_on(async {
            let clicks: Vec<_> = (0..16)
                .map(|_| {
                    let (savings, tablet) = (giver.savings.clone(), giver.tablet());
                    let source = Source::Kept(Some(KeptKey { token, gift }));
                    let fields = GiftFields { source, amount: "123.45".into(), ..form() };
                    let (handle, pages) = (handle.clone(), PAGES.to_owned());
                    tokio::spawn(async move {
                        savings.ask_gift(handle, id, fields, pages, tablet).await
                    })
                })
                .collect();
            let mut keys = Vec::new();
            for click in clicks {
                keys.push(click.await.expect("no panic").expect("given"));
            }
            keys.dedup();
            keys
        });
        assert_eq!(keys.len(), 1);
        let view = giver.look(&keys[0]);
        assert_eq!((view.state, view.gift.amount_minor), (GiftState::Pending, 12_345));
        let agreed = kept_authorisation("Partner", CALLED);
        assert_eq!(view.gift.authorisation, agreed);
        assert!(!view.can_be_kept_in(giver.tablet().browser), "it is kept already");
        let made = partner.transactions(fund);
        assert_eq!((made.len(), made[0].kind), (1, TransactionKind::Gift));
        assert_eq!(partner.balances(fund), (0, 12_345));
        let reference = view.gift.account.expect("an account").to_string();
        assert_eq!(partner.payment(&made[0]).instrument.reference, reference);
        partner.tell(&made[0], Told::Confirmed, "", 1);
        assert_eq!(partner.balances(fund), (12_345, 12_345));
        assert_eq!(partner.events("GiftRequested").len(), 2);
        partner.prove();
    });
}

#[test]
fn what_opens_nothing_gives_nothing() {
    on_both(Collections::Simulated, |partner| {
        let (giver, handle, gift, token) = kept(partner);
        let other = HeldSecret::of("another");
        assert!(giver.kept(partner, other).is_none());
        let elsewhere = giver.savings.kept_account(TenantId::new(), token);
        assert!(giver.run(elsewhere).expect("looked").is_none(), "another tenant's");
        let give = |token, gift| giver.give_kept(&handle, GiftId::new(), token, gift);
        assert_eq!(reasons(give(other, gift)), [GONE]);
        assert_eq!(reasons(give(token, GiftId::new())), [GONE], "not the account that was shown");
        let without = GiftFields { source: Source::Kept(None), ..form() };
        let asked = giver.savings.ask_gift(
            handle.clone(),
            GiftId::new(),
            without,
            PAGES.to_owned(),
            giver.tablet(),
        );
        assert_eq!(reasons(giver.run(asked)), [GONE]);
        // One account is not given from without end.
        for _ in 0..5 {
            assert_eq!(give(token, gift).expect("given").state, GiftState::Pending);
        }
        let many = "There were many gifts today. Please come back tomorrow.";
        assert_eq!(reasons(give(token, gift)), [many]);
        // What its holder no longer agrees to is put away.
        let account = giver.kept(partner, token).expect("kept").account;
        let (accounts, caller) =
            (giver.savings.external_accounts().expect("accounts").clone(), partner.caller.clone());
        let retired =
            giver.savings.db().write_blocking(move |tx| retire_in(tx, &accounts, &caller, account));
        assert!(retired.expect("put away"));
        let found = giver.kept(partner, token).expect("kept");
        assert_eq!(found.obstacle, Some("It was taken out of use."));
        assert_eq!(reasons(give(token, gift)), [GONE]);
        partner.prove();
    });
}

#[test]
fn what_is_forgotten_opens_nothing() {
    on_both(Collections::Simulated, |partner| {
        let (giver, handle, gift, token) = kept(partner);
        let tenant = partner.caller.tenant;
        let forget = |token| giver.run(giver.savings.forget_account(tenant, token));
        // Two clicks keep it twice, and it is forgotten once.
        let (second, key) = giver.give_linked(&handle);
        let one = giver.keep(partner, &key, "tablet", None).expect("kept");
        let two = giver.keep(partner, &key, "tablet", None).expect("kept");
        assert!(giver.kept(partner, one).is_some() && giver.kept(partner, two).is_some());
        forget(one).expect("forgotten");
        assert!(giver.kept(partner, one).is_none() && giver.kept(partner, two).is_none());
        assert_eq!(reasons(giver.give_kept(&handle, GiftId::new(), two, second)), [GONE]);
        forget(one).expect("forgotten already");
        // The next one takes the place of the one before.
        assert!(giver.kept(partner, token).is_some());
        let next = giver.keep(partner, &key, "tablet", Some(token)).expect("kept");
        assert!(giver.kept(partner, token).is_none() && giver.kept(partner, next).is_some());
        assert_eq!(reasons(giver.give_kept(&handle, GiftId::new(), token, gift)), [GONE]);
        giver.give_kept(&handle, GiftId::new(), next, second).expect("given");
    });
}

#[test]
fn a_year_without_a_gift_forgets_it() {
    on_both(Collections::Simulated, |partner| {
        let (giver, handle, gift, token) = kept(partner);
        let obstacle = || giver.kept(partner, token).map(|it| it.obstacle);
        let step = Arc::new(ForgetLinks::new(Arc::clone(&giver.banks) as _));
        let run = |on: Date| {
            let (tenant, stamp) = (partner.caller.tenant, partner.caller.now);
            let collections = Collections::Simulated;
            let day = DayContext { tenant, date: on, stamp, collections };
            let step = Arc::clone(&step);
            let ran = giver.savings.db().write_blocking(move |tx| {
                step.run_chunk(tx, &day, None).expect("the step runs");
                Ok::<_, StorageError>(())
            });
            ran.expect("written");
        };
        // Kept on the first of October 2022, used on the last day.
        partner.advance(date(2023, 10, 1));
        assert_eq!(obstacle(), Some(None));
        giver.give_kept(&handle, GiftId::new(), token, gift).expect("given");
        partner.advance(date(2024, 10, 1));
        run(date(2024, 10, 1));
        assert_eq!(obstacle(), Some(None));
        partner.advance(date(2024, 10, 2));
        assert_eq!(obstacle(), Some(Some("It was not used for a year.")));
        assert_eq!(reasons(giver.give_kept(&handle, GiftId::new(), token, gift)), [GONE]);
        run(date(2024, 10, 31));
        assert_eq!(obstacle(), Some(Some("It was not used for a year.")), "it can still be told");
        run(date(2024, 11, 1));
        assert_eq!(obstacle(), None);
    });
}
