//! Gifts from accounts that their givers link: what is linked for one is seen and used for no other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use florin_external_accounts::verified::{VerifiedAccount, create_verified_in};
use florin_external_accounts::{AccountKind, ExternalAccount, ExternalAccounts};
use florin_ids::{GiftId, TenantId};
use florin_payments::Told;
use florin_savings::gift::{
    Gift, GiftFields, GiftState, GiftView, GiverBanks, GiverBanksError, LinkedBank, NumberFields,
    Source, Visitor, link_authorisation,
};
use florin_savings::transaction::{TransactionKind, TransactionStatus};
use florin_savings::{Given, Savings, SavingsError};
use florin_storage::Tx;
use florin_tenancy::{Caller, Collections};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::giving::{form, numbers, visitor};
use crate::partner::{Partner, on_both};

const BACK: &str = "https://florin.example.com/gifts/";

/// A bank at which the test links accounts.
pub struct TestBanks {
    accounts: ExternalAccounts,
    linked: Mutex<BTreeMap<GiftId, Vec<LinkedBank>>>,
}

impl TestBanks {
    pub fn link(&self, gift: GiftId, name: &str) -> Uuid {
        let id = GiftId::new().uuid();
        let (bank, name) = ("Gringotts".to_owned(), name.to_owned());
        let it = LinkedBank { id, bank, name, ending: "7788".to_owned() };
        self.linked.lock().expect("no panic").entry(gift).or_default().insert(0, it);
        id
    }
}

impl GiverBanks for TestBanks {
    fn open_in(
        &self,
        _tx: &mut Tx,
        _caller: &Caller,
        gift: &Gift,
        return_url: &str,
    ) -> Result<String, GiverBanksError> {
        Ok(format!("/bank?gift={}&back={return_url}", gift.id))
    }

    fn linked_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        gift: GiftId,
    ) -> Result<Vec<LinkedBank>, GiverBanksError> {
        Ok(self.linked.lock().expect("no panic").get(&gift).cloned().unwrap_or_default())
    }

    fn take_in(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        gift: &Gift,
        account: Uuid,
    ) -> Result<ExternalAccount, GiverBanksError> {
        let linked = self.linked_in(tx, caller.tenant, gift.id)?;
        let taken = linked.iter().find(|it| it.id == account).expect("one of the gift's");
        if taken.name == "Frozen" {
            return Err(GiverBanksError::Refused("The bank no longer has the account.".to_owned()));
        }
        let new = VerifiedAccount {
            end_user: None,
            customer: None,
            first_name: gift.first_name.clone(),
            last_name: gift.last_name.clone(),
            routing_number: "021000021".to_owned(),
            account_number: "55667788".to_owned(),
            kind: AccountKind::Checking,
            bank_name: Some(taken.bank.clone()),
        };
        let made = create_verified_in(tx, &self.accounts, caller, &new);
        made.map_err(|error| GiverBanksError::Failed(Box::new(error)))
    }

    fn forget_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        gift: GiftId,
        _at: Timestamp,
    ) -> Result<(), GiverBanksError> {
        self.linked.lock().expect("no panic").remove(&gift);
        Ok(())
    }
}

/// A giver on a partner's pages.
pub struct Giver<'a> {
    partner: &'a Partner,
    pub savings: Savings,
    pub banks: Arc<TestBanks>,
}

impl<'a> Giver<'a> {
    pub fn of(partner: &'a Partner) -> Self {
        let accounts = partner.savings.external_accounts().expect("accounts").clone();
        let banks = Arc::new(TestBanks { accounts, linked: Mutex::default() });
        let savings = partner.savings.clone().with_giver_banks(Arc::clone(&banks) as _);
        Self { partner, savings, banks }
    }

    pub fn run<T>(
        &self,
        it: impl Future<Output = Result<T, SavingsError>>,
    ) -> Result<T, SavingsError> {
        self.partner.runtime.block_on(it)
    }

    /// Asks for a gift that is to be given from a linked account; its id and its key.
    pub fn ask(&self, handle: &str) -> (GiftId, String) {
        let id = GiftId::new();
        let fields = GiftFields { source: Source::Link, ..form() };
        let (handle, back) = (handle.to_owned(), BACK.to_owned());
        let asked = self.savings.ask_gift(handle, id, fields, back, self.tablet());
        (id, self.run(asked).expect("asked for"))
    }

    pub fn look(&self, key: &str) -> GiftView {
        self.run(self.savings.gift_behind(key, self.partner.caller.now)).expect("a gift")
    }

    pub fn tablet(&self) -> Visitor {
        visitor(self.partner, "tablet")
    }

    pub fn give(&self, key: &str, account: Uuid) -> Result<GiftView, SavingsError> {
        self.run(self.savings.give_linked(key, account, self.tablet()))
    }

    fn link(&self, key: &str) -> Result<String, SavingsError> {
        let back = format!("{BACK}{key}");
        self.run(self.savings.link_gift(key, back, self.tablet()))
    }
}

pub fn reasons<T: std::fmt::Debug>(result: Result<T, SavingsError>) -> Vec<String> {
    match result {
        Err(SavingsError::Invalid(reasons) | SavingsError::Impossible(reasons)) => reasons,
        other => panic!("{other:?}"),
    }
}

pub fn handle(partner: &Partner, fund: florin_ids::FundId) -> String {
    let found = partner.savings.get_fund(&partner.caller, fund);
    partner.runtime.block_on(found).expect("a fund").fund.handle
}

#[test]
fn a_gift_is_given_from_a_linked_account_without_deposits() {
    on_both(Collections::Simulated, |partner| {
        let (fund, giver) = (partner.fund(), Giver::of(partner));
        let handle = handle(partner, fund);
        let (id, key) = giver.ask(&handle);
        let view = giver.look(&key);
        assert_eq!(
            (view.state, view.gift.account, view.linked.len()),
            (GiftState::Linking, None, 0)
        );
        assert_eq!(view.gift.authorisation, link_authorisation("Partner"));
        assert_eq!(partner.events("GiftRequested").len(), 1);
        // It can be left and come back to: each visit is for this gift, and leads back to it.
        for _ in 0..2 {
            let page = giver.link(&key).expect("a page");
            assert_eq!(page, format!("/bank?gift={id}&back={BACK}{key}"));
        }
        let account = giver.banks.link(id, "Checking");
        assert_eq!(giver.look(&key).linked[0].id, account);
        assert!(partner.transactions(fund).is_empty(), "nothing is taken before it is confirmed");
        let given = giver.give(&key, account).expect("given");
        assert_eq!((given.state, &*given.account_ending), (GiftState::Pending, "7788"));
        // Twice is once.
        giver.give(&key, account).expect("given already");
        let made = partner.transactions(fund);
        let found: Vec<_> = made.iter().map(|it| (it.kind, it.amount_minor, it.status)).collect();
        assert_eq!(found, [(TransactionKind::Gift, 25_000, TransactionStatus::Pending)]);
        let reference = given.gift.account.expect("an account").to_string();
        assert_eq!(partner.payment(&made[0]).instrument.reference, reference);
        partner.tell(&made[0], Told::Confirmed, "", 1);
        assert_eq!(partner.balances(fund), (25_000, 25_000));
        assert_eq!(partner.events("PaymentSettled")[0].data["type"], json!("gift"));
        assert_eq!(giver.look(&key).state, GiftState::Settled);
        partner.tell(&made[0], Told::Failed, "R02", 2);
        let told = partner.events("PaymentReturned");
        let found = (&told[0].data["type"], &told[0].data["reason"], &told[0].data["reason_text"]);
        assert_eq!(found, (&json!("gift"), &json!("R02"), &json!("The account is closed.")));
        assert_eq!(partner.balances(fund), (0, 0));
        assert_eq!(reasons(giver.link(&key)), ["This gift is given from another account already."]);
        partner.prove();
    });
}

#[test]
fn what_is_linked_for_one_gift_is_used_for_no_other() {
    on_both(Collections::Simulated, |partner| {
        let (fund, giver) = (partner.fund(), Giver::of(partner));
        let handle = handle(partner, fund);
        let ((first, first_key), (second, second_key)) = (giver.ask(&handle), giver.ask(&handle));
        let account = giver.banks.link(first, "Checking");
        assert!(giver.look(&second_key).linked.is_empty());
        let gone = "The account is not linked any more. Please link it again.";
        assert_eq!(reasons(giver.give(&second_key, account)), [gone]);
        assert_eq!(reasons(giver.give(&second_key, Uuid::nil())), [gone]);
        // What the bank refuses takes nothing, and another account can be linked.
        let frozen = giver.banks.link(second, "Frozen");
        assert_eq!(
            reasons(giver.give(&second_key, frozen)),
            ["The bank no longer has the account."]
        );
        assert_eq!(giver.look(&second_key).state, GiftState::Linking);
        let other = giver.banks.link(second, "Savings");
        assert_eq!(giver.look(&second_key).linked[0].id, other);
        assert_eq!(giver.give(&second_key, other).expect("given").state, GiftState::Pending);
        assert_eq!(giver.look(&first_key).state, GiftState::Linking);
        assert_eq!(partner.transactions(fund).len(), 1);
    });
}

#[test]
fn numbers_can_be_typed_in_after_all() {
    on_both(Collections::Simulated, |partner| {
        let (fund, giver) = (partner.fund(), Giver::of(partner));
        let (_, key) = giver.ask(&handle(partner, fund));
        let tablet = giver.tablet();
        let prove = |fields: NumberFields, is_authorised: bool| {
            giver.run(giver.savings.prove_gift(&key, fields, is_authorised, tablet))
        };
        let faults = reasons(prove(NumberFields::default(), false));
        assert_eq!(faults.len(), 4, "{faults:?}");
        let bad = NumberFields { routing_number: Given::Value("1".to_owned()), ..numbers("1234") };
        assert_eq!(reasons(prove(bad, true)), ["routing_number is not a valid routing number"]);
        let proving = prove(numbers("55667788"), true).expect("deposits are sent");
        assert_eq!((proving.state, proving.attempts_left), (GiftState::Verifying, 3));
        assert!(proving.gift.authorisation.contains("two deposits"));
        // The bank cannot be linked on top of it.
        let account = giver.banks.link(proving.gift.id, "Checking");
        let elsewhere = "This gift is given from another account already.";
        assert_eq!(reasons(giver.link(&key)), [elsewhere]);
        assert_eq!(reasons(giver.give(&key, account)), [elsewhere]);
        let tell = |one: &str| {
            let amounts = (one.to_owned(), "0.28".to_owned());
            giver.run(giver.savings.confirm_gift(&key, amounts, tablet)).expect("told")
        };
        let wrong = tell("0.17");
        assert_eq!((wrong.attempts, wrong.attempts_left), (1, 2));
        assert_eq!(tell("0.18").state, GiftState::Pending);
        assert_eq!(partner.transactions(fund).len(), 1);
        // Where banks cannot be linked, no gift waits for it.
        let fields = GiftFields { source: Source::Link, ..form() };
        let asked = crate::giving::ask(partner, fund, GiftId::new(), fields);
        assert_eq!(reasons(asked), ["Banks cannot be linked here."]);
    });
}
