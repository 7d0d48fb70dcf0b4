//! What becomes of external accounts.

use crate::support::*;
use florin_ach::{Change, ChangeCode, Trace};
use florin_ach_origination::{Accounts as _, Use};
use florin_external_accounts::account::AccountBook;
use florin_external_accounts::postings::{ACH_CLEARING, TRIAL_DEPOSITS};
use florin_external_accounts::routing;
use florin_external_accounts::verified::{self, VerifiedAccount};
use florin_external_accounts::*;
use florin_ids::EndUserId;
use florin_ledger::Balance;
use florin_payments::{Direction, Purpose, Told, moment_in};
use jiff::civil::date;

#[test]
fn trial_deposits_in_either_order() {
    on_both(|bank| {
        let customer = bank.customer();
        for amounts in [("0.18", "0.28"), ("0.28", "0.18")] {
            let account = bank.initiate(bank.asked(&customer)).expect("an account");
            assert_eq!(account.status, AccountStatus::Unverified);
            assert_eq!(account.last_verify_sent_at, Some(account.created_at));
            assert_eq!(
                codes(bank.verify(&customer, account.id.number(), ("0.18", "0.27"))),
                [62207]
            );
            let verified = bank.verify(&customer, account.id.number(), amounts).expect("verified");
            assert_eq!(verified.status, AccountStatus::Verified);
            assert_eq!(bank.account(account.id), verified);
        }
    });
}

#[test]
fn trial_deposits_cost_nothing_once_all_have_settled() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.initiate(bank.asked(&customer)).expect("an account");
        let payments = bank.trial_payments(&account);
        let legs: Vec<_> =
            payments.iter().map(|it| (it.direction, it.purpose, it.amount.minor())).collect();
        assert_eq!(
            legs,
            [
                (Direction::Pay, Purpose::TrialDeposit, 18),
                (Direction::Pay, Purpose::TrialDeposit, 28),
                (Direction::Collect, Purpose::TrialOffset, 46),
            ]
        );
        let under_way = Balance { posted: 0, pending_debit: 46, pending_credit: 46 };
        assert_eq!(bank.house(TRIAL_DEPOSITS.no), under_way);
        for (payment, spent) in payments.iter().zip([18, 46, 0]) {
            bank.tell(payment.id, Told::Confirmed, "");
            assert_eq!(bank.house(TRIAL_DEPOSITS.no).posted, spent);
            assert_eq!(bank.house(ACH_CLEARING.no).posted, -spent);
        }
        // The offset comes back for want of money: we bear it, and the account stays as it is.
        bank.tell(payments[2].id, Told::Failed, "R01");
        assert_eq!(bank.house(TRIAL_DEPOSITS.no).posted, 46);
        assert_eq!(bank.account(account.id).status, AccountStatus::Unverified);
    });
}

#[test]
fn a_returned_trial_deposit_denies_the_account() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.initiate(bank.asked(&customer)).expect("an account");
        for payment in bank.trial_payments(&account) {
            bank.tell(payment.id, Told::Confirmed, "");
            bank.tell(payment.id, Told::Failed, "R03");
        }
        assert_eq!(bank.account(account.id).status, AccountStatus::Denied);
        assert_eq!(codes(bank.verify(&customer, account.id.number(), ("0.18", "0.28"))), [62203]);
        assert_eq!(bank.house(TRIAL_DEPOSITS.no), Balance::default());
        // Verified before the bank answered: locked.
        let account = bank.initiate(bank.asked(&customer)).expect("an account");
        bank.verify(&customer, account.id.number(), ("0.18", "0.28")).expect("verified");
        let first = bank.trial_payments(&account)[0].id;
        bank.tell(first, Told::Failed, "R04");
        let account = bank.account(account.id);
        assert_eq!((account.status, account.is_locked()), (AccountStatus::Verified, true));
        let reason = account.locked_reason.clone().unwrap_or_default();
        assert!(reason.starts_with("A trial deposit was returned: R04"), "{reason}");
        assert_eq!(codes(bank.transfer(bank.pull(&customer, &account, "1"))), [63005]);
    });
}

#[test]
fn outside_of_a_sandbox_amounts_are_nobodys_guess() {
    on_both_live(|bank| {
        let customer = bank.customer();
        let real = NewAccount { routing_number: text("021000021"), ..bank.asked(&customer) };
        // No money moves before the operator has named the program's bank.
        assert_eq!(codes(bank.initiate(real.clone())), [59003]);
        bank.settings(|it| it.bank = ProgramSettings::default().bank);
        let account = bank.initiate(real).expect("an account");
        assert_eq!(account.name, "JPMORGAN CHASE BANK, NA");
        assert_eq!(codes(bank.initiate(bank.asked(&customer))), [62610]);
        let payments = bank.trial_payments(&account);
        let cents: Vec<i64> = payments.iter().map(|it| it.amount.minor()).collect();
        assert!(cents[..2].iter().all(|cents| (1..=49).contains(cents)), "{cents:?}");
        assert_eq!(cents[0] + cents[1], cents[2]);
        let dollars = |cents: i64| format!("0.{cents:02}");
        let amounts = (dollars(cents[1]), dollars(cents[0]));
        let verified = bank.verify(&customer, account.id.number(), (&amounts.0, &amounts.1));
        assert_eq!(verified.expect("verified").status, AccountStatus::Verified);
    });
}

#[test]
fn archived_accounts_count_for_90_days_after_a_settlement() {
    on_both(|bank| {
        bank.settings(|it| it.external_account_count_max = 1);
        let (quiet, busy) = (bank.customer(), bank.customer());
        let account = bank.verified(&quiet);
        bank.archive(&quiet, account.id.number()).expect("it is archived");
        // Nothing has settled with it: it makes room at once.
        bank.verified(&quiet);
        let account = bank.verified(&busy);
        bank.deposited(&busy, &account, "1");
        bank.archive(&busy, account.id.number()).expect("it is archived");
        assert_eq!(codes(bank.create(bank.asked(&busy))), [62001]);
        bank.advance(90);
        assert_eq!(bank.today(), date(2027, 3, 1));
        assert_eq!(codes(bank.create(bank.asked(&busy))), [62001]);
        bank.advance(1);
        bank.verified(&busy);
        assert_eq!(codes(bank.create(bank.asked(&busy))), [62001]);
    });
}

#[test]
fn what_counts_against_the_limit() {
    on_both(|bank| {
        bank.settings(|it| it.external_account_count_max = 1);
        let check = |end: &dyn Fn(&Customer, i64), is_room: bool| {
            let customer = bank.customer();
            let account = bank.initiate(bank.asked(&customer)).expect("an account");
            end(&customer, account.id.number());
            let expected: &[u32] = if is_room { &[] } else { &[62001] };
            let status = bank.account(account.id).status;
            assert_eq!(codes(bank.create(bank.asked(&customer))), expected, "{status}");
        };
        check(&|_, _| {}, false);
        check(&|customer, id| drop(bank.verify(customer, id, ("0.18", "0.28"))), false);
        check(
            &|customer, id| (0..3).for_each(|_| drop(bank.verify(customer, id, ("1", "1")))),
            false,
        );
        check(
            &|_, id| drop(bank.runtime.block_on(bank.service.deny_account(&bank.caller, id, "no"))),
            true,
        );
        check(
            &|_, _| {
                bank.advance(31);
            },
            true,
        );
    });
}

#[test]
fn accounts_are_shown_and_changed() {
    on_both(|bank| {
        let customer = bank.customer();
        let asked = NewAccount {
            tag: text("t"),
            custom_fields: [text("one"), None, None, None, text(" five ")],
            ..bank.asked(&customer)
        };
        let account = bank.create(asked).expect("an account");
        let get = bank.service.get_account_by_tag(&bank.caller, customer.id.number(), "t");
        assert_eq!(bank.runtime.block_on(get).expect("an account"), account);
        let masks = [&account.routing_number, &account.account_number]
            .map(|digits| digits.as_ref().map(BankDigits::masked));
        assert_eq!(masks, [text("******6789"), text("******3434")]);
        assert_eq!(
            (account.name.as_str(), account.nick_name.as_str()),
            ("COREPRO SANDBOX BANK", "COREPRO SANDBOX BANK")
        );
        assert!(account.is_active() && !account.is_locked());
        assert!(account.id.number() > customer.account.number());
        bank.advance(1);
        let update = AccountUpdate {
            customer: customer.id.number(),
            account: account.id.number(),
            nick_name: text("Rent"),
            custom_fields: [text(""), text("two"), None, None, None],
            ..AccountUpdate::default()
        };
        let changed = bank.update(update).expect("it is changed");
        assert_eq!(changed.custom_fields, [None, text("two"), None, None, text("five")]);
        assert_eq!((changed.tag, changed.nick_name.as_str()), (text("t"), "Rent"));
        assert!(changed.last_modified_at > account.last_modified_at);
        assert_eq!(changed.status_at, account.status_at);
        let view = bank.service.get_customer(&bank.caller, customer.id.number());
        let view = bank.runtime.block_on(view).expect("a customer");
        assert_eq!(view.external_accounts.len(), 1);
        let clear = AccountUpdate {
            customer: customer.id.number(),
            account: account.id.number(),
            nick_name: text(""),
            ..AccountUpdate::default()
        };
        assert_eq!(bank.update(clear).expect("changed").nick_name, "COREPRO SANDBOX BANK");
    });
}

/// What a bank says of account 343434.
fn change(code: &str, corrected: &str) -> Change {
    Change {
        code: ChangeCode::parse(code).expect("a code"),
        original_trace: Trace::from_number(91_000_010_000_001).expect("a trace"),
        original_bank: routing::sandbox_routing(),
        corrected: corrected.parse().expect("a text"),
        refused: None,
    }
}

#[test]
fn notifications_of_change_correct_the_account() {
    on_both(|bank| {
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let book = AccountBook::new(bank.keys.clone());
        let correct = |code: &str, corrected: &str| {
            let (book, change) = (book.clone(), change(code, corrected));
            let (tenant, now, reference) = (bank.tenant(), bank.caller.now, account.id.to_string());
            let done = bank.service.db().write_blocking(move |tx| {
                let moment = moment_in(tx, tenant, now)?;
                book.corrected_in(tx, tenant, moment, &reference, &change).expect("it is taken in");
                Ok::<_, ExternalAccountsError>(())
            });
            done.expect("it is taken in");
            bank.account(account.id)
        };
        let digits = |digits: Option<BankDigits>| digits.map(|it| it.expose().to_owned());
        let changed = correct("C01", "9988776655");
        assert_eq!(digits(changed.account_number), text("9988776655"));
        assert_eq!(changed.noc_code, text("C01"));
        let changed = correct("C02", "021000021");
        assert_eq!(digits(changed.routing_number), text("021000021"));
        assert_eq!(
            (changed.name.as_str(), changed.nick_name.as_str()),
            ("JPMORGAN CHASE BANK, NA", "JPMORGAN CHASE BANK, NA")
        );
        let changed = correct("C05", "37");
        assert_eq!((changed.kind, changed.noc_code), (AccountKind::Savings, text("C05")));
        let told: Vec<_> = bank
            .events()
            .into_iter()
            .filter(|(kind, _)| kind == "external_account_corrected")
            .collect();
        assert_eq!(told.len(), 3);
        assert_eq!(told[0].1["newAccountNumber"], "******6655");
        assert_eq!(told[0].1["originalAccountNumber"], "******3434");
        assert_eq!(told[1].1["newRoutingNumber"], "******0021");
        assert_eq!(told[2].1["newType"], "Savings");
        assert!(told[2].1["newAccountNumber"].is_null());
    });
}

#[test]
fn the_rail_is_told_which_accounts_can_be_used() {
    on_both(|bank| {
        let customer = bank.customer();
        let (verified, unverified) =
            (bank.verified(&customer), bank.initiate(bank.asked(&customer)).expect("an account"));
        let book = AccountBook::new(bank.keys.clone());
        let details = |usage: Use| {
            let (book, tenant) = (book.clone(), bank.tenant());
            let names = [
                verified.id.to_string(),
                unverified.id.to_string(),
                "4711".to_owned(),
                "x".to_owned(),
            ];
            bank.service
                .db()
                .read_blocking(move |tx| {
                    Ok::<_, ExternalAccountsError>(
                        book.details_in(tx, tenant, &names, usage).expect("details"),
                    )
                })
                .expect("details")
        };
        let found = details(Use::Pay);
        assert_eq!(found.len(), 2);
        let usable = found[&verified.id.to_string()].as_ref().expect("usable");
        assert_eq!(usable.routing, routing::sandbox_routing());
        assert_eq!((usable.account.expose(), usable.name.as_str()), ("343434", "Ada Lovelace"));
        let why = found[&unverified.id.to_string()].as_ref().expect_err("unverified");
        assert_eq!(*why, format!("External account {} is Unverified.", unverified.id));
        assert!(details(Use::Trial)[&unverified.id.to_string()].is_ok());
        let returned = |code: &str| bank.returned(&verified, code);
        assert!(!returned("R01").is_locked());
        let denied = returned("R07");
        assert!(!denied.is_locked());
        let reference = verified.id.to_string();
        let why = details(Use::Collect)[&reference].clone().expect_err("no debits");
        assert!(why.contains("R07 Authorisation revoked"), "{why}");
        assert!(details(Use::Pay)[&reference].is_ok());
        let stopped = returned("R02");
        assert!(stopped.locked_reason.as_deref().is_some_and(|why| why.starts_with("R02")));
        assert_eq!(stopped.status, AccountStatus::Verified);
        assert!(details(Use::Pay)[&verified.id.to_string()].is_err());
    });
}

#[test]
fn accounts_that_are_known_from_elsewhere() {
    on_both(|bank| {
        bank.settings(|it| it.verification = VerificationType::TrialDeposits);
        let end_user = EndUserId::new();
        let known = VerifiedAccount {
            end_user: Some(end_user),
            customer: None,
            first_name: "Grace".to_owned(),
            last_name: "Hopper".to_owned(),
            routing_number: "021000021".to_owned(),
            account_number: "0001234".to_owned(),
            kind: AccountKind::Savings,
            bank_name: None,
        };
        let create = |known: &VerifiedAccount| {
            let (service, caller, known) =
                (bank.service.clone(), bank.caller.clone(), known.clone());
            bank.service.db().write_blocking(move |tx| {
                verified::create_verified_in(tx, &service, &caller, &known)
            })
        };
        let account = create(&known).expect("an account");
        assert!(account.is_usable());
        assert_eq!(create(&known).expect("the same"), account);
        let (keys, tenant, id) = (bank.keys.clone(), bank.tenant(), account.id.number());
        let found = bank.service.db().read_blocking(move |tx| {
            let newest = verified::newest_of_in(tx, &keys, tenant, end_user)?;
            assert_eq!(newest.as_ref().map(|it| it.id.number()), Some(id));
            let theirs = verified::verified_of_in(tx, &keys, tenant, EndUserId::new(), id);
            assert_eq!(codes(theirs), [66201]);
            verified::verified_of_in(tx, &keys, tenant, end_user, id)
        });
        assert_eq!(found.expect("it is verified").instrument().reference, account.id.to_string());
        // What was to be verified by trial deposits is verified by it.
        let customer = bank.customer();
        let open = bank.initiate(bank.asked(&customer)).expect("an account");
        let known = VerifiedAccount {
            end_user: None,
            customer: Some(customer.id.number()),
            routing_number: "123456789".to_owned(),
            account_number: "343434".to_owned(),
            ..known
        };
        let confirmed = create(&known).expect("an account");
        assert_eq!((confirmed.id, confirmed.status), (open.id, AccountStatus::Verified));
        bank.advance(40);
        assert_eq!(bank.account(open.id).status, AccountStatus::Verified);
        bank.runtime
            .block_on(bank.service.lock_account(&bank.caller, open.id.number(), "x"))
            .expect("locked");
        assert_eq!(codes(create(&known)), [62202]);
    });
}

#[test]
fn a_loaded_directory_is_the_whole_truth() {
    on_both(|bank| {
        let line = |routing: &str, name: &str| {
            format!(
                "{routing}O0110000151020802000000000{name:<36}{:<36}{:<20}MA021060000617555010011",
                "1 MAIN", "BOSTON"
            )
        };
        let file = format!("{}\n{}\n", line("231380104", "CITADEL"), line("011000015", "FRB"));
        let load = |file: &str| bank.runtime.block_on(routing::load(bank.service.db(), file));
        assert_eq!(load(&file).expect("it is loaded").participants, 2);
        let customer = bank.customer();
        let at = |routing: &str| {
            bank.create(NewAccount { routing_number: text(routing), ..bank.asked(&customer) })
        };
        assert_eq!(at("231380104").expect("an account").name, "CITADEL");
        assert_eq!(codes(at("021000021")), [69205]);
        at("123456789").expect("the sandbox's stays");
        assert!(matches!(load("rubbish"), Err(ExternalAccountsError::BadDirectory(_))));
        assert_eq!(load(&file).expect("again").participants, 2);
    });
}

#[test]
fn programs_have_numbers_and_one_is_called() {
    on_both(|bank| {
        let start = bank.service.start_numbers(bank.tenant(), Series::Customer, 500);
        bank.runtime.block_on(start).expect("numbers");
        assert_eq!(bank.customer().id.number(), 500);
        assert_eq!(bank.customer().id.number(), 501);
        let first = bank.program();
        assert!(first.is_default);
        let settings = ProgramSettings { name: "Second".to_owned(), ..ProgramSettings::default() };
        let made =
            bank.service.create_program(bank.tenant(), settings.clone(), true, bank.caller.now);
        let second = bank.runtime.block_on(made).expect("a program");
        assert_eq!(bank.program().id, second.id);
        // Customers of the other program are not this one's: they are not seen and cannot act.
        let customer = bank.customer();
        let account = bank.verified(&customer);
        let deposit = bank.deposited(&customer, &account, "5");
        bank.runtime.block_on(bank.service.use_program(bank.tenant(), first.id)).expect("used");
        assert_eq!(codes(bank.create(bank.asked(&customer))), [60001]);
        let (it, caller, number) = (&bank.service, &bank.caller, customer.id.number());
        let look = |answer: Vec<u32>| assert_eq!(answer, [60001]);
        let wait = &bank.runtime;
        look(codes(wait.block_on(it.get_customer(caller, number))));
        look(codes(wait.block_on(it.list_accounts(caller, number))));
        look(codes(wait.block_on(it.get_account(caller, number, account.id.number()))));
        look(codes(wait.block_on(it.get_account_by_tag(caller, number, "t"))));
        look(codes(wait.block_on(it.get_transaction(caller, number, deposit.id.number()))));
        let all = TransactionQuery::default();
        look(codes(wait.block_on(it.list_transactions(caller, number, all))));
        let bad = ProgramSettings { time_zone: "Mars".to_owned(), ..settings };
        let refused = bank.service.create_program(bank.tenant(), bad, false, bank.caller.now);
        let refused = bank.runtime.block_on(refused);
        assert!(matches!(refused, Err(ExternalAccountsError::BadSettings(_))));
        let all = bank.runtime.block_on(bank.service.list_programs(bank.tenant()));
        assert_eq!(all.expect("programs").len(), 2);
    });
}
