//! Accounts that end users tell of by hand.

use florin_connect::{
    AccountType, ConnectError, ConnectionStatus, JobType, NewConsent, NewManualAccount, Visitor,
};
use florin_events::kinds;
use florin_money::Money;

use super::support::*;

fn card() -> NewManualAccount {
    NewManualAccount {
        user_name: text("My card"),
        account_type: Some(4),
        balance: text("1,234.50"),
        credit_limit: text("5000"),
        minimum_payment: text("25"),
        interest_rate: text("19.9"),
        day_payment_is_due: text("15"),
        is_personal: Some(true),
        ..NewManualAccount::default()
    }
}

#[test]
fn an_account_by_hand_has_a_member_of_its_own() {
    on_both(|partner| {
        let ada = partner.visitor();
        let create = |new: NewManualAccount| {
            partner.runtime.block_on(partner.connect.create_account(&ada, new))
        };
        let account = create(card()).unwrap();
        assert_eq!(account.account_type, AccountType::CreditCard);
        assert_eq!((account.balance_minor, account.credit_limit_minor), (-123_450, Some(500_000)));
        assert!(account.is_manual && !account.is_verified);
        let member = partner.connect.member(&ada, account.member);
        let member = partner.runtime.block_on(member).unwrap();
        assert!(member.is_manual && member.is_managed_by_user && !member.is_being_aggregated);
        assert_eq!(member.status, ConnectionStatus::Connected);
        let institution = partner.connect.institution(partner.tenant(), member.institution);
        assert!(partner.runtime.block_on(institution).unwrap().is_hidden);

        let purse = NewManualAccount {
            user_name: text("Purse"),
            account_type: Some(9),
            balance: text("20"),
            ..NewManualAccount::default()
        };
        assert_eq!(create(purse).unwrap().member, member.id, "one member holds them all");
        assert_eq!(partner.accounts_of(&ada).len(), 2);
        let told = partner.events(kinds::CONNECT_MANUAL_ACCOUNT_CREATED);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0]["account_guid"], format!("ACC-{}", account.id));

        let terms = partner.connect.manual_terms(&partner.caller, ada.user, account.id);
        let terms = partner.runtime.block_on(terms).unwrap();
        assert_eq!(terms.minimum_payment.map(Money::minor), Some(2_500));
        assert_eq!(terms.interest_rate.map(|rate| rate.to_string()), text("19.9"));
        assert_eq!(terms.payment_due_day, Some(15));
        let eve = partner.visitor();
        let others = partner.connect.manual_terms(&partner.caller, eve.user, account.id);
        let others = partner.runtime.block_on(others);
        assert!(matches!(others, Err(ConnectError::NotFound(_))));
    });
}

#[test]
fn what_is_wrong_is_named_and_a_session_may_take_none() {
    on_both(|partner| {
        let create = |visitor: &Visitor, new: NewManualAccount| {
            partner.runtime.block_on(partner.connect.create_account(visitor, new))
        };
        let ada = partner.visitor();
        match create(&ada, NewManualAccount { balance: text("lots"), ..card() }) {
            Err(ConnectError::Invalid(faults)) => assert_eq!(faults[0].field, "balance"),
            other => panic!("{other:?}"),
        }
        assert_eq!(partner.count("connect_member"), 0);
        let closed = partner.visit("closed", |new| new.enable_manual_accounts = Some(false));
        let refused = create(&closed, card());
        assert!(matches!(refused, Err(ConnectError::Conflict(_))), "{refused:?}");
    });
}

#[test]
fn what_was_told_by_hand_goes_by_hand() {
    on_both(|partner| {
        let ada = partner.visitor();
        let account = partner.runtime.block_on(partner.connect.create_account(&ada, card()));
        let account = account.unwrap();
        partner.link(&ada, JobType::Aggregation);
        let new = NewConsent {
            text_version: text("2026-11-21"),
            purposes: vec!["account_data".to_owned()],
        };
        partner.runtime.block_on(async {
            let consent = partner.connect.give_consent(&ada, new).await.unwrap();
            partner.connect.revoke_consent(&ada, consent.id).await.unwrap();
        });
        assert_eq!(partner.accounts_of(&ada).len(), 1, "no bank told of it");
        let deleted = partner.connect.delete_member(&ada, account.member);
        partner.runtime.block_on(deleted).unwrap();
        assert_eq!(partner.count("connect_manual_account"), 0);
        assert!(partner.accounts_of(&ada).is_empty());
    });
}

#[test]
fn what_was_told_by_hand_is_told_anew() {
    on_both(|partner| {
        let ada = partner.visitor();
        let account = partner.runtime.block_on(partner.connect.create_account(&ada, card()));
        let account = account.unwrap();
        let update = |visitor: &Visitor, change: NewManualAccount| {
            let changed = partner.connect.update_account(visitor, account.id, change);
            partner.runtime.block_on(changed)
        };
        let known = partner.runtime.block_on(partner.connect.manual_account(&ada, account.id));
        let (known, terms) = known.unwrap();
        let told = NewManualAccount::of(&known, &terms);
        assert_eq!((told.balance, told.interest_rate), (text("1234.50"), text("19.9")));
        partner.advance(1);
        let change = NewManualAccount {
            balance: text("1,000"),
            interest_rate: text(""),
            ..NewManualAccount::default()
        };
        let (changed, terms) = update(&ada, change).unwrap();
        assert_eq!((changed.balance_minor, changed.credit_limit_minor), (-100_000, Some(500_000)));
        assert_eq!((changed.name.as_str(), changed.created_at), ("My card", account.created_at));
        assert!(changed.balance_at > account.balance_at);
        assert_eq!((terms.interest_rate, terms.payment_due_day), (None, Some(15)));
        assert_eq!(partner.accounts_of(&ada), std::slice::from_ref(&changed));
        // Said once more, a loan's balance is owed as a card's is; a purse's is not.
        let (purse, _) =
            update(&ada, NewManualAccount { account_type: Some(9), ..NewManualAccount::default() })
                .unwrap();
        assert_eq!((purse.account_type, purse.balance_minor), (AccountType::Cash, 100_000));
        assert_eq!(partner.events(kinds::CONNECT_MANUAL_ACCOUNT_UPDATED).len(), 2);

        let faulty = |change: NewManualAccount| match update(&ada, change) {
            Err(ConnectError::Invalid(faults)) => faults[0].field.clone(),
            other => panic!("{other:?}"),
        };
        let none = NewManualAccount::default;
        assert_eq!(faulty(NewManualAccount { user_name: text(" "), ..none() }), "user_name");
        assert_eq!(faulty(NewManualAccount { balance: text("lots"), ..none() }), "balance");
        assert_eq!(
            faulty(NewManualAccount { currency_code: text("USD"), ..none() }),
            "currency_code"
        );
        let others = update(&partner.visitor(), none());
        assert!(matches!(others, Err(ConnectError::NotFound("account"))), "{others:?}");
        // What a bank tells is no end user's to tell.
        partner.link(&ada, JobType::Aggregation);
        let banks = partner.accounts_of(&ada).into_iter().find(|it| !it.is_manual).unwrap();
        let refused = partner.connect.update_account(&ada, banks.id, none());
        let refused = partner.runtime.block_on(refused);
        assert!(matches!(refused, Err(ConnectError::NotFound("account"))), "{refused:?}");
    });
}
