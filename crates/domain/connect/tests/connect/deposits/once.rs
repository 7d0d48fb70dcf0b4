//! Accounts that are linked for one payment: seen and shared for their own user, with consent, once.

use florin_connect::consent::current_text;
use florin_connect::share::once::{Payable, payable_of_in, share_once_in};
use florin_connect::{ConnectError, JobType, NewConsent, Visitor};
use florin_events::kinds;
use florin_external_accounts::{AccountStatus, ExternalAccount};
use florin_ids::ConnectAccountId;

use super::support::*;

const NAMES: (&str, &str) = ("Karin", "McFarlane");

fn agree(partner: &Partner, visitor: &Visitor) -> florin_connect::Consent {
    let new = NewConsent {
        text_version: text(current_text().version),
        purposes: ["account_data", "payments"].map(str::to_owned).to_vec(),
    };
    partner.runtime.block_on(partner.connect.give_consent(visitor, new)).unwrap()
}

fn payable(partner: &Partner, id: &'static str) -> Vec<Payable> {
    let (connect, tenant) = (partner.connect.clone(), partner.tenant());
    partner.db().read_blocking(move |tx| payable_of_in(tx, &connect, tenant, id)).unwrap()
}

fn share(
    partner: &Partner,
    id: &'static str,
    account: ConnectAccountId,
) -> Result<ExternalAccount, ConnectError> {
    let (connect, caller) = (partner.connect.clone(), partner.caller.clone());
    let shared = move |tx: &mut florin_storage::Tx| {
        share_once_in(tx, &connect, &caller, (id, account), NAMES)
    };
    partner.db().write_blocking(shared)
}

#[test]
fn an_account_is_shared_once_and_nothing_else_is_kept() {
    on_both(|partner| {
        let verification = |new: &mut florin_connect::NewSession| {
            new.mode = Some(florin_connect::Mode::Verification);
        };
        let (one, other) =
            (partner.visit("gift:1", verification), partner.visit("gift:2", verification));
        assert!(payable(partner, "gift:1").is_empty() && payable(partner, "nobody").is_empty());
        partner.link(&one, JobType::Verification);
        // What nobody has agreed to is neither seen nor shared.
        assert!(payable(partner, "gift:1").is_empty());
        let linked = partner.accounts_of(&one).into_iter().find(|it| it.is_verified).unwrap();
        let refused = share(partner, "gift:1", linked.id);
        assert!(matches!(refused, Err(ConnectError::Conflict(_))), "{refused:?}");
        let consent = agree(partner, &one);
        let revoked = partner.connect.revoke_consent(&one, consent.id);
        partner.runtime.block_on(revoked).unwrap();
        assert!(payable(partner, "gift:1").is_empty());
        agree(partner, &one);
        partner.link(&one, JobType::Verification);
        let found = payable(partner, "gift:1");
        assert_eq!((found.len(), found[0].ending.len()), (1, 4));
        // Not by another user, though they agree.
        agree(partner, &other);
        assert!(payable(partner, "gift:2").is_empty());
        for id in ["gift:2", "nobody"] {
            let refused = share(partner, id, found[0].id);
            assert!(matches!(refused, Err(ConnectError::NotFound(_))), "{refused:?}");
        }
        let shared = share(partner, "gift:1", found[0].id).unwrap();
        assert_eq!(shared.status, AccountStatus::Verified);
        assert_eq!(partner.events(kinds::CONNECT_ACCOUNT_SHARED).len(), 1);
        for table in ["connect_account", "connect_member"] {
            assert_eq!(partner.count(table), 0, "{table}");
        }
        // The visit is over, the other's is not; what was agreed to stays.
        assert_eq!(partner.count("connect_session"), 1);
        assert_eq!(partner.count("connect_consent"), 3);
        assert!(matches!(share(partner, "gift:1", found[0].id), Err(ConnectError::NotFound(_))));
    });
}
