//! Linked accounts across Florin: external accounts, inputs of decisions, what taking consent back deletes.

use std::collections::BTreeSet;
use std::sync::Arc;

use florin_connect::consent::current_text;
use florin_connect::{
    Account, BlockReason, ConnectError, ConnectInputs, Consent, JobType, MicrodepositStatus,
    NewConsent, NewMicrodeposit, Purpose, Revocation, Share, ShareRequest, Visitor,
};
use florin_decisioning::expression::Inputs;
use florin_decisioning::{Book, BookError, LinkedAccounts, PastApplication, Which};
use florin_events::kinds;
use florin_external_accounts::{AccountId, AccountStatus, ExternalAccount};
use florin_ids::{ApplicationId, ConnectUserId, EndUserId, ProductId, TenantId};
use florin_money::Currency;
use florin_storage::Tx;

use super::bank::NUMBER;
use super::support::*;

fn agree(partner: &Partner, visitor: &Visitor, purposes: &[&str]) -> Consent {
    let new = NewConsent {
        text_version: text(current_text().version),
        purposes: purposes.iter().map(|word| (*word).to_owned()).collect(),
    };
    partner.runtime.block_on(partner.connect.give_consent(visitor, new)).unwrap()
}

fn revoke(partner: &Partner, visitor: &Visitor, consent: &Consent) {
    let revoked = partner.connect.revoke_consent(visitor, consent.id);
    partner.runtime.block_on(revoked).unwrap();
}

/// What a decision would be told today of the end user of this id with the partner.
fn inputs(partner: &Partner, borrower: EndUserId, currency: Currency) -> Vec<String> {
    let tenant = partner.tenant();
    let known = partner.db().read_blocking(move |tx| {
        let today = florin_tenancy::day::state_in(tx, tenant).unwrap().business_date;
        let known = ConnectInputs.inputs_in(tx, tenant, borrower, currency, today);
        Ok::<_, ConnectError>(known.unwrap())
    });
    let json = serde_json::to_value(known.unwrap()).unwrap();
    let json = json.as_object().unwrap().iter();
    json.map(|(name, value)| format!("{name} {}", value["value"])).collect()
}

const FOUR: [&str; 4] = [
    r#"linked_balance "3500""#,
    r#"linked_largest_regular_outgoing "950""#,
    r#"linked_monthly_income "2500.5""#,
    r#"linked_overdraft_days_90 "22""#,
];

#[test]
fn linked_accounts_tell_decisions_what_the_end_user_agrees_to() {
    on_both(|partner| {
        let borrower = EndUserId::new();
        let ada = partner.visit(&borrower.to_string(), |_| {});
        let told = || inputs(partner, borrower, Currency::USD);
        partner.link(&ada, JobType::Aggregation);
        assert!(told().is_empty(), "nobody has agreed");
        let data = agree(partner, &ada, &["account_data"]);
        assert!(told().is_empty(), "to this");
        let credit = agree(partner, &ada, &["credit_decision"]);
        // September the 3rd to the 24th ended at -1,351.50.
        assert_eq!(told(), FOUR);
        assert!(inputs(partner, EndUserId::new(), Currency::USD).is_empty());
        assert!(inputs(partner, borrower, Currency::GBP).is_empty());
        let partners = partner.connect.decision_inputs_of(&partner.caller, ada.user, Currency::USD);
        assert_eq!(partner.runtime.block_on(partners).unwrap().len(), 4);

        revoke(partner, &ada, &credit);
        assert!(told().is_empty());
        assert_eq!(partner.accounts_of(&ada).len(), 2, "the data is another consent's");
        agree(partner, &ada, &["credit_decision"]);
        assert_eq!(told(), FOUR);

        revoke(partner, &ada, &data);
        assert!(told().is_empty());
        assert!(partner.accounts_of(&ada).is_empty());
        let members = partner.runtime.block_on(partner.connect.members(&ada)).unwrap();
        assert!(members.is_empty());
        for table in ["connect_account", "connect_transaction", "connect_member"] {
            assert_eq!(partner.count(table), 0, "{table}");
        }
    });
}

/// Shares an account of the end user.
fn share(
    partner: &Partner,
    visitor: &Visitor,
    account: &Account,
    customer: Option<i64>,
) -> Result<(Share, ExternalAccount), ConnectError> {
    let request = ShareRequest { customer, ..ShareRequest::default() };
    let shared = partner.connect.share_account(&partner.caller, visitor.user, account.id, request);
    partner.runtime.block_on(shared)
}

fn conflict<T: std::fmt::Debug>(outcome: Result<T, ConnectError>) -> String {
    match outcome {
        Err(ConnectError::Conflict(detail)) => detail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_verified_account_becomes_an_external_account_once() {
    on_both(|partner| {
        let ada = partner.visitor();
        partner.link(&ada, JobType::Aggregation);
        let everyday = partner.accounts_of(&ada).remove(0);
        let detail = conflict(share(partner, &ada, &everyday, None));
        assert!(detail.contains("run a verification"), "{detail}");
        partner.link(&ada, JobType::Verification);
        let [everyday, savings] = partner.accounts_of(&ada).try_into().unwrap();
        assert!(everyday.is_verified && !savings.is_verified);

        let (first, external) = share(partner, &ada, &everyday, None).unwrap();
        assert_eq!(external.status, AccountStatus::Verified);
        assert!(external.is_usable());
        assert_eq!(external.name, "Gringotts");
        assert_eq!(external.holder(), "Ada King Lovelace");
        assert_eq!(external.account_number.clone().unwrap().expose(), NUMBER);
        let again = share(partner, &ada, &everyday, None).unwrap();
        assert_eq!(again, (first, external));
        assert_eq!(partner.events(kinds::CONNECT_ACCOUNT_SHARED).len(), 1);

        // It links back, and the customer stays the same.
        let back =
            partner.connect.share_of_external_account(&partner.caller, first.external_account);
        assert_eq!(partner.runtime.block_on(back).unwrap(), Some(first));
        let own = Some(first.customer.number());
        assert_eq!(share(partner, &ada, &everyday, own).unwrap().0, first);
        let other = Some(first.customer.number() + 1);
        assert!(conflict(share(partner, &ada, &everyday, other)).contains("another customer"));
        assert!(conflict(share(partner, &ada, &savings, None)).contains("not verified"));
        let eve = partner.visitor();
        let stolen = share(partner, &eve, &everyday, None);
        assert!(matches!(stolen, Err(ConnectError::NotFound("account"))), "{stolen:?}");
        let unknown = share(partner, &eve, &everyday, Some(987));
        assert!(matches!(unknown, Err(ConnectError::NotFound("account"))), "{unknown:?}");
    });
}

#[test]
fn nothing_is_shared_once_payments_are_no_longer_agreed_to() {
    on_both(|partner| {
        let ada = partner.visitor();
        partner.link(&ada, JobType::Verification);
        let everyday = partner.accounts_of(&ada).remove(0);
        let consent = agree(partner, &ada, &["payments"]);
        revoke(partner, &ada, &consent);
        assert!(conflict(share(partner, &ada, &everyday, None)).contains("consent"));
        agree(partner, &ada, &["payments"]);
        assert!(conflict(share(partner, &ada, &everyday, Some(987))).contains("987"));
        share(partner, &ada, &everyday, None).unwrap();
    });
}

/// What taking a consent back would do now: purposes that are lost, purposes that stay, links, external accounts.
fn would(partner: &Partner, visitor: &Visitor, consent: &Consent) -> (String, String, u64, u64) {
    let all = partner.runtime.block_on(partner.connect.consents(visitor)).unwrap();
    let (_, would) = all.into_iter().find(|(it, _)| it.id == consent.id).unwrap();
    told(&would.unwrap())
}

fn told(it: &Revocation) -> (String, String, u64, u64) {
    let words =
        |all: &BTreeSet<Purpose>| all.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ");
    (words(&it.no_longer_allowed), words(&it.still_allowed), it.links, it.external_accounts)
}

fn taken_back(partner: &Partner, visitor: &Visitor, one: &Consent) -> (String, String, u64, u64) {
    let revoked = partner.connect.revoke_consent(visitor, one.id);
    told(&partner.runtime.block_on(revoked).unwrap().1.unwrap())
}

fn owned(lost: &str, left: &str, links: u64, accounts: u64) -> (String, String, u64, u64) {
    (lost.to_owned(), left.to_owned(), links, accounts)
}

#[test]
fn what_was_shared_goes_with_the_consent_that_it_rests_on() {
    on_both(|partner| {
        let ada = partner.visitor();
        let data = agree(partner, &ada, &["account_data"]);
        partner.link(&ada, JobType::Verification);
        let both = agree(partner, &ada, &["account_data", "payments"]);
        let everyday = partner.accounts_of(&ada).remove(0);
        let (first, _) = share(partner, &ada, &everyday, None).unwrap();
        let status = |share: &Share| partner.status(share.external_account);

        // The first of two consents to the same thing takes nothing away, and says so.
        assert_eq!(would(partner, &ada, &data), owned("", "account_data", 0, 0));
        assert_eq!(would(partner, &ada, &both), owned("payments", "account_data", 0, 1));
        assert_eq!(taken_back(partner, &ada, &data), owned("", "account_data", 0, 0));
        assert_eq!(status(&first), AccountStatus::Verified);
        assert_eq!(partner.accounts_of(&ada).len(), 2);
        let expected = owned("account_data payments", "", 1, 1);
        assert_eq!(would(partner, &ada, &both), expected);
        assert_eq!(taken_back(partner, &ada, &both), expected);
        assert_eq!(status(&first), AccountStatus::Archived);
        assert!(partner.accounts_of(&ada).is_empty());

        // Agreed to anew, linked anew: another external account.
        let again = agree(partner, &ada, &["account_data"]);
        agree(partner, &ada, &["payments"]);
        partner.link(&ada, JobType::Verification);
        let everyday = partner.accounts_of(&ada).remove(0);
        let (second, external) = share(partner, &ada, &everyday, None).unwrap();
        assert!(second.external_account != first.external_account && external.is_usable());
        assert_eq!(taken_back(partner, &ada, &again), owned("account_data", "", 1, 1));
        assert_eq!(status(&second), AccountStatus::Archived);
    });
}

#[test]
fn what_was_proven_otherwise_stays() {
    on_both(|partner| {
        let ada = partner.visitor();
        let payments = agree(partner, &ada, &["payments"]);
        partner.link(&ada, JobType::Verification);
        let everyday = partner.accounts_of(&ada).remove(0);
        let routing_number = everyday.numbers.routing.clone();
        let new = NewMicrodeposit { routing_number, ..asked(NUMBER) };
        let it = partner.create(&ada, new).unwrap();
        partner.advance(4);
        partner.verify(&ada, &it, ("05", "07")).unwrap();
        let (shared, _) = share(partner, &ada, &everyday, None).unwrap();
        assert_eq!(Some(shared.external_account), it.external_account);
        assert!(!shared.is_made);
        assert_eq!(taken_back(partner, &ada, &payments), owned("payments", "", 0, 0));
        assert_eq!(partner.status(shared.external_account), AccountStatus::Verified);
        assert_eq!(partner.accounts_of(&ada).len(), 2, "the links stay");
    });
}

/// A lender with one borrower.
struct OneBorrower(EndUserId);

impl Book for OneBorrower {
    fn product_exists(&self, _: &mut Tx, _: TenantId, _: ProductId) -> Result<bool, BookError> {
        Ok(false)
    }

    fn application_exists(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: ApplicationId,
    ) -> Result<bool, BookError> {
        Ok(false)
    }

    fn end_user_exists(&self, _: &mut Tx, _: TenantId, it: EndUserId) -> Result<bool, BookError> {
        Ok(it == self.0)
    }

    fn past_applications(
        &self,
        _: &mut Tx,
        _: TenantId,
        _: &Which,
        _: Option<ApplicationId>,
        _: u32,
    ) -> Result<Vec<PastApplication>, BookError> {
        Ok(Vec::new())
    }

    fn known_inputs(&self, _: &mut Tx, _: TenantId, _: ApplicationId) -> Result<Inputs, BookError> {
        Ok(Inputs::default())
    }
}

/// The account that a borrower would be paid to.
fn newest(partner: &Partner, end_user: EndUserId) -> Option<AccountId> {
    let (keys, tenant) = (partner.keys.clone(), partner.tenant());
    let found = partner.db().read_blocking(move |tx| {
        florin_external_accounts::verified::newest_of_in(tx, &keys, tenant, end_user)
    });
    found.unwrap().map(|account| account.id)
}

#[test]
fn a_borrowers_shared_account_is_the_borrowers() {
    let borrower = EndUserId::new();
    on_both_with(Some(Arc::new(OneBorrower(borrower))), |partner| {
        let ada = partner.visit(&borrower.to_string(), |_| {});
        partner.link(&ada, JobType::Verification);
        let everyday = partner.accounts_of(&ada).remove(0);
        let (shared, external) = share(partner, &ada, &everyday, None).unwrap();
        assert_eq!(newest(partner, borrower), Some(external.id));
        // An id of the partner's own that only looks like a borrower's is nobody's.
        let other = EndUserId::new();
        let eve = partner.visit(&other.to_string(), |_| {});
        partner.link(&eve, JobType::Verification);
        let everyday = partner.accounts_of(&eve).remove(0);
        let (others, _) = share(partner, &eve, &everyday, None).unwrap();
        assert_eq!(newest(partner, other), None);
        assert!(others.customer != shared.customer);
    });
}

#[test]
fn deposits_to_a_linked_account_need_nobody_to_tell_them() {
    on_both(|partner| {
        let ada = partner.visitor();
        partner.link(&ada, JobType::Verification);
        let bank = partner.connect.institution_by_code(partner.tenant(), "gringotts");
        let bank = partner.runtime.block_on(bank).unwrap();
        let digits = bank.routing_numbers[0].clone();
        for with_identity in [false, true] {
            let found = partner.connect.routing_number(&ada, &digits, with_identity);
            let found = partner.runtime.block_on(found).unwrap().map(|it| it.reason);
            assert_eq!(found, Some(BlockReason::IavPreferred));
        }
        // The partner does not want the bank at all.
        let load = |is_off: bool| {
            let file = format!(r#"[{{"code": "gringotts", "is_disabled_by_client": {is_off}}}]"#);
            let loaded = partner.connect.load_institutions(&partner.caller, file.as_bytes());
            partner.runtime.block_on(loaded).unwrap();
        };
        load(true);
        let found = partner.connect.routing_number(&ada, &digits, false);
        let found = partner.runtime.block_on(found).unwrap().map(|it| it.reason);
        assert_eq!(found, Some(BlockReason::ClientBlocked));
        load(false);
        // Advised against, not refused.
        let new = NewMicrodeposit { routing_number: Some(digits), ..asked(NUMBER) };
        let it = partner.create(&ada, new.clone()).unwrap();
        assert!(partner.load(&ada, &it).can_auto_verify);
        let refreshed = partner.connect.refresh_microdeposit(&ada, it.id);
        let refreshed = partner.runtime.block_on(refreshed).unwrap();
        assert_eq!(refreshed.status, MicrodepositStatus::Verified);
        assert_eq!(partner.told(), ["INITIATED", "VERIFIED"]);
        // The very account is an external account already: sharing it finds it.
        let everyday = partner.accounts_of(&ada).remove(0);
        let (shared, _) = share(partner, &ada, &everyday, None).unwrap();
        assert_eq!(Some(shared.external_account), it.external_account);
        let eve = partner.visitor();
        let hers = partner.create(&eve, new).unwrap();
        assert!(!partner.load(&eve, &hers).can_auto_verify);
    });
}

#[test]
fn a_partner_begins_and_the_end_user_tells_the_account() {
    on_both(|partner| {
        let ada = partner.visitor();
        let new = NewMicrodeposit {
            first_name: text("Ada"),
            last_name: text("Lovelace"),
            email: text("ada@example.com"),
            ..NewMicrodeposit::default()
        };
        let begin = |user: ConnectUserId, new: NewMicrodeposit| {
            let begun = partner.connect.preinitiate_microdeposit(&partner.caller, user, new);
            partner.runtime.block_on(begun)
        };
        let it = begin(ada.user, new.clone()).unwrap();
        assert_eq!((it.status, it.target.clone()), (MicrodepositStatus::Preinitiated, None));
        let unknown = begin(ConnectUserId::new(), new);
        assert!(matches!(unknown, Err(ConnectError::NotFound(_))), "{unknown:?}");
        let nameless = begin(ada.user, NewMicrodeposit::default());
        assert!(matches!(nameless, Err(ConnectError::Invalid(_))), "{nameless:?}");
        let missing = refused(partner.update(&ada, &it, NewMicrodeposit::default()));
        assert_eq!(missing.1, ["account_type", "account_number", "routing_number"]);
        let told = NewMicrodeposit {
            account_number: text("987654321"),
            account_type: Some(1),
            routing_number: text("123456789"),
            ..NewMicrodeposit::default()
        };
        let begun = partner.update(&ada, &it, told).unwrap();
        assert_eq!((begun.id, begun.status), (it.id, MicrodepositStatus::Initiated));
        assert_eq!(partner.told(), ["PREINITIATED", "INITIATED"]);
        let all = partner.connect.microdeposits_of(&partner.caller, ada.user);
        assert_eq!(partner.runtime.block_on(all).unwrap(), [begun]);
    });
}

#[test]
fn a_deleted_user_leaves_nothing_behind() {
    on_both(|partner| {
        let ada = partner.visitor();
        partner.link(&ada, JobType::Verification);
        agree(partner, &ada, &["account_data", "credit_decision", "payments"]);
        let everyday = partner.accounts_of(&ada).remove(0);
        share(partner, &ada, &everyday, None).unwrap();
        partner.create(&ada, asked("987654321")).unwrap();
        let deleted = partner.connect.delete_user(&partner.caller, ada.user);
        partner.runtime.block_on(deleted).unwrap();
        for table in [
            "connect_account",
            "connect_consent",
            "connect_member",
            "connect_microdeposit",
            "connect_profile",
            "connect_share",
            "connect_transaction",
            "connect_user",
        ] {
            assert_eq!(partner.count(table), 0, "{table}");
        }
        // The deposits that are on their way go their way.
        partner.advance(10);
    });
}
