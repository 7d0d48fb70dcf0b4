//! Every code that the domain can answer with, by the condition that the document describes.

use crate::support::*;
use florin_external_accounts::program::ProgramAccountType as Own;
use florin_external_accounts::*;
use jiff::civil::date;

/// The rejections of an outcome as `code: text` lines.
fn told<T: std::fmt::Debug>(outcome: Result<T, ExternalAccountsError>) -> String {
    let error = outcome.expect_err("a rejection");
    let lines: Vec<String> = error.rejections().iter().map(Rejection::to_string).collect();
    assert!(!lines.is_empty(), "{error:?}");
    lines.join("\n")
}

/// No rail runs: money cannot leave.
#[test]
fn without_a_rail_no_money_moves() {
    for florin_storage::testing::TestDb { db, .. } in
        &florin_storage::testing::databases(&crate::support::sets())
    {
        let keys = std::sync::Arc::new(florin_crypto::KeyRing::generate());
        let rails = florin_payments::Rails::default();
        let bank = Bank::on(db, true, rails, keys, |_, _| Vec::new());
        let customer = bank.customer();
        assert_eq!(codes(bank.initiate(bank.asked(&customer))), [59003]);
        let account = bank.verified(&customer);
        assert_eq!(codes(bank.transfer(bank.pull(&customer, &account, "1"))), [59003]);
        bank.prove();
    }
}

#[test]
fn programs_without_what_is_needed() {
    on_both(|bank| {
        let customer = bank.customer();
        let program = bank.program().id;
        let check = |change: fn(&mut ProgramSettings), act: &dyn Fn() -> String, text: &str| {
            let before = bank.program().settings;
            bank.settings(change);
            assert_eq!(act(), text.replace("{0}", &program.to_string()));
            bank.settings(|settings| *settings = before.clone());
        };
        let create = || told(bank.create(bank.asked(&customer)));
        let initiate = || told(bank.initiate(bank.asked(&customer)));
        let account = bank.verified(&customer);
        let transfer = || told(bank.transfer(bank.pull(&customer, &account, "1")));
        let internal = || {
            let id = customer.account.number();
            told(bank.transfer(NewTransfer { from: id, ..bank.pull(&customer, &account, "1") }))
        };
        check(
            |it| it.accounts.retain(|own| *own != Own::VerificationFunds),
            &initiate,
            "59001: No VerificationFundsAccount configured for program {0}",
        );
        check(
            |it| it.accounts.retain(|own| *own != Own::RetailClearing),
            &transfer,
            "59002: No RetailClearingAccount configured for program {0}",
        );
        let none = "59003: No ProgramExternalAccount configured for program {0}";
        check(|it| it.bank = None, &initiate, none);
        check(|it| it.bank = None, &transfer, none);
        check(
            |it| {
                it.bank = None;
                it.accounts.retain(|own| *own != Own::ProgramClearing);
            },
            &transfer,
            &format!("{none}\n59013: No ProgramClearingAccount configured for program {{0}}"),
        );
        check(
            |_| {},
            &internal,
            "59007: Internal to Internal transfer is disabled for program {0}",
        );
        check(
            |it| it.allowed_types.clear(),
            &create,
            "59008: AllowedAccountTypeId is not configured properly for program {0}",
        );
        check(
            |it| it.allowed_types.retain(|kind| *kind != AccountKind::Checking),
            &create,
            "59020: Program {0} does not have account type Checking enabled.",
        );
        let own = bank.program().external_accounts[0].id;
        bank.settings(|it| it.accounts.retain(|own| *own != Own::ProgramClearing));
        let text =
            format!("59102: No ProgramClearingAccount linked to ProgramExternalAccount {own}");
        assert_eq!(transfer(), text);
    });
}

#[test]
fn the_verification_type_opens_one_door_or_both() {
    on_both(|bank| {
        let customer = bank.customer();
        let program = bank.program().id;
        let set = |verification| bank.settings(|it| it.verification = verification);
        set(VerificationType::None);
        assert_eq!(
            told(bank.initiate(bank.asked(&customer))),
            format!(
                "59010: Program {program} is not configured to require external account verification. Call /externalAccount/create instead."
            )
        );
        assert_eq!(bank.verified(&customer).status, AccountStatus::Verified);
        set(VerificationType::TrialDeposits);
        assert_eq!(
            told(bank.create(bank.asked(&customer))),
            format!(
                "59011: Program {program} is configured to require external account verification. Call /externalAccount/initiate instead."
            )
        );
        let initiated = bank.initiate(bank.asked(&customer)).expect("an account");
        assert_eq!(initiated.status, AccountStatus::Unverified);
    });
}

#[test]
fn customers_who_cannot_act() {
    on_both(|bank| {
        let check = |change: CustomerChange, text: &str| {
            let customer = bank.customer();
            let account = bank.verified(&customer);
            let number = account.id.number();
            bank.change_customer(&customer, change);
            let text = text.replace("{0}", &customer.id.to_string());
            assert_eq!(told(bank.create(bank.asked(&customer))), text);
            assert_eq!(told(bank.initiate(bank.asked(&customer))), text);
            assert_eq!(told(bank.verify(&customer, number, ("0.18", "0.28"))), text);
            assert_eq!(told(bank.archive(&customer, number)), text);
            assert_eq!(told(bank.deactivate(&customer, number)), text);
            assert_eq!(told(bank.transfer(bank.pull(&customer, &account, "1"))), text);
            let update = AccountUpdate {
                customer: customer.id.number(),
                account: number,
                ..AccountUpdate::default()
            };
            assert_eq!(told(bank.update(update)), text);
            // Reading is no action.
            let found = bank.service.list_accounts(&bank.caller, customer.id.number());
            assert_eq!(bank.runtime.block_on(found).expect("a list").len(), 1);
        };
        let none = CustomerChange::default;
        let inactive = "60002: Customer id {0} is inactive.";
        check(CustomerChange { is_active: Some(false), ..none() }, inactive);
        let unverified = "60003: Customer id {0} is not in a verified status.";
        for status in [CustomerStatus::Initiated, CustomerStatus::Unverified] {
            check(CustomerChange { status: Some(status), ..none() }, unverified);
        }
        let locked = "60004: Customer id {0} is locked.";
        check(CustomerChange { lock: Some(text("fraud")), ..none() }, locked);
        let deceased = "60005: Customer id {0} is marked as deceased.";
        let died = Some(Some(date(2026, 11, 30)));
        check(CustomerChange { deceased_on: died, ..none() }, deceased);
        let all = CustomerChange {
            status: Some(CustomerStatus::Initiated),
            is_active: Some(false),
            lock: Some(text("fraud")),
            deceased_on: died,
        };
        check(all, &[inactive, unverified, locked, deceased].join("\n"));
        let nobody = NewAccount { customer: 4711, ..bank.asked(&bank.customer()) };
        assert_eq!(told(bank.create(nobody)), "60001: Customer id 4711 is invalid.");
    });
}

#[test]
fn customers_are_asked_for_their_names() {
    on_both(|bank| {
        let create = |new| bank.runtime.block_on(bank.service.create_customer(&bank.caller, new));
        assert_eq!(
            told(create(NewCustomer { tag: Some("x".repeat(51)), ..NewCustomer::default() })),
            "60201: First Name is a required field.\n\
             60202: Last Name is a required field.\n\
             59956: Value for property 'tag' is not acceptable. Specifics: Maximum length is 50 characters."
        );
        let named = NewCustomer {
            first_name: text("Ada"),
            last_name: text("Lovelace"),
            tag: text("ada"),
            tax_id: text("498-76-5432"),
            ..NewCustomer::default()
        };
        let ada = create(named.clone()).expect("a customer");
        assert_eq!(
            told(create(named)),
            "60203: Tag ada is already associated with another customer."
        );
        let get = |tag| {
            let found = bank.service.get_customer_by_tag(&bank.caller, tag);
            bank.runtime.block_on(found)
        };
        assert_eq!(get("ada").expect("a customer").customer, ada);
        assert_eq!(told(get("bob")), "66101: Tag 'bob' does not exist.");
        let found = bank.service.find_customers_by_tax_id(bank.tenant(), "498765432");
        assert_eq!(bank.runtime.block_on(found).expect("customers"), [ada]);
    });
}

/// A request of a table: what is changed of one that lacks nothing, and the codes that it is answered with.
type Case = (fn(&mut NewAccount), &'static str);

const CREATE: &[Case] = &[
    (
        |it| it.kind = text("Loan"),
        "62002: Invalid Type: 'Loan'. Valid values are 'Prepaid', 'Checking', or 'Savings'.",
    ),
    (
        |it| it.kind = None,
        "62002: Invalid Type: ''. Valid values are 'Prepaid', 'Checking', or 'Savings'.",
    ),
    (
        |it| it.tag = text("taken"),
        "62003: Tag taken is already associated with another external account.",
    ),
    (
        |it| (it.first_name, it.last_name) = (None, text(" ")),
        "62005: Either FirstName or LastName must be provided, preferrably both.",
    ),
    (|it| it.routing_number = None, "62006: Routing number is a required field."),
    (|it| it.routing_number = text(""), "62006: Routing number is a required field."),
    (|it| it.account_number = None, "62007: Account number is a required field."),
    (|it| it.routing_number = text("  "), "69203: Routing number is a required field."),
    (
        |it| it.routing_number = text("231380104"),
        "69205: Routing number lookup failed. 231380104 is not in the routing directory.",
    ),
    (
        |it| it.routing_number = text("021000022"),
        "69205: Routing number lookup failed. 021000022: the check digit is 2, 1 follows from the first eight digits.",
    ),
    (
        |it| it.routing_number = text("12345678a"),
        "69206: Routing number 12345678a must be numeric.",
    ),
    (
        |it| it.account_number = text("123456789012345678"),
        "59956: Value for property 'accountNumber' is not acceptable. Specifics: Maximum length is 17 characters.",
    ),
    (
        |it| it.account_number = text("1234*"),
        "59956: Value for property 'accountNumber' is not acceptable. Specifics: Only letters, digits, hyphens and spaces are allowed.",
    ),
    (
        |it| (it.first_name, it.last_name) = (text("\u{1f600}"), text("\u{202e}\u{4f60}")),
        "59956: Value for property 'firstName' is not acceptable. Specifics: A bank's file can hold no character of the name.",
    ),
    (
        |it| it.custom_fields[4] = Some("x".repeat(51)),
        "59956: Value for property 'customField5' is not acceptable. Specifics: Maximum length is 50 characters.",
    ),
    (
        |it| *it = NewAccount { customer: it.customer, ..NewAccount::default() },
        "62002: Invalid Type: ''. Valid values are 'Prepaid', 'Checking', or 'Savings'.\n\
         62005: Either FirstName or LastName must be provided, preferrably both.\n\
         62006: Routing number is a required field.\n\
         62007: Account number is a required field.",
    ),
];

const INITIATE: &[Case] = &[
    (
        |it| it.kind = text("Prepaid"),
        "62601: Invalid Type: 'Prepaid'. Valid values are 'Checking' or 'Savings'.",
    ),
    (
        |it| it.nick_name = text("MINE"),
        "62602: An external bank account with nickname 'MINE' already exists.",
    ),
    (|it| it.first_name = None, "62604: FirstName is a required field."),
    (|it| it.last_name = text(""), "62605: LastName is a required field."),
    (|it| it.routing_number = None, "62606: Routing number is a required field."),
    (|it| it.account_number = text(" "), "62607: Account number is a required field."),
    (
        |it| it.tag = text("taken"),
        "62608: Tag taken is already associated with another external account.",
    ),
    (|it| it.routing_number = text("021000022"), "62610: Routing Number '021000022' is invalid."),
    (|it| it.routing_number = text("1234"), "62610: Routing Number '1234' is invalid."),
    (|it| it.routing_number = text(" "), "69203: Routing number is a required field."),
    (
        |it| it.routing_number = text("231380104"),
        "69205: Routing number lookup failed. 231380104 is not in the routing directory.",
    ),
    (|it| it.routing_number = text("one"), "69206: Routing number one must be numeric."),
    (
        |it| *it = NewAccount { customer: it.customer, ..NewAccount::default() },
        "62601: Invalid Type: ''. Valid values are 'Checking' or 'Savings'.\n\
         62604: FirstName is a required field.\n\
         62605: LastName is a required field.\n\
         62606: Routing number is a required field.\n\
         62607: Account number is a required field.",
    ),
];

#[test]
fn accounts_that_cannot_be_added() {
    on_both(|bank| {
        let customer = bank.customer();
        let other = bank.customer();
        let tagged =
            NewAccount { tag: text("taken"), nick_name: text("mine"), ..bank.asked(&customer) };
        bank.create(tagged).expect("an account");
        for (change, expected) in CREATE {
            let mut new = bank.asked(&customer);
            change(&mut new);
            assert_eq!(told(bank.create(new)), *expected);
        }
        for (change, expected) in INITIATE {
            let mut new = bank.asked(&customer);
            change(&mut new);
            assert_eq!(told(bank.initiate(new)), *expected);
        }
        // Another customer of the program may use the nickname, but not the tag.
        let new = NewAccount { nick_name: text("mine"), ..bank.asked(&other) };
        bank.initiate(new.clone()).expect("an account");
        assert_eq!(codes(bank.create(NewAccount { tag: text("taken"), ..new })), [62003]);
        bank.settings(|it| it.is_nacha = false);
        let expected = "62603: Name is a required field.";
        let new = NewAccount { routing_number: text("021000021"), ..bank.asked(&other) };
        assert_eq!(told(bank.initiate(new.clone())), expected);
        // Without NACHA the sandbox's number is like any other, and names are what they are given as.
        assert_eq!(
            codes(bank.initiate(NewAccount { name: text("My bank"), ..bank.asked(&other) })),
            [62610]
        );
        let named = bank.initiate(NewAccount { name: text("My bank"), ..new }).expect("an account");
        assert_eq!((named.name.as_str(), named.nick_name.as_str()), ("My bank", "My bank"));
    });
}

#[test]
fn too_many_accounts() {
    on_both(|bank| {
        bank.settings(|it| (it.external_account_count_max, it.archival_limit_daily) = (1, 1));
        let customer = bank.customer();
        let account = bank.verified(&customer);
        assert_eq!(
            told(bank.create(bank.asked(&customer))),
            "62001: At most 1 external account(s) may be added."
        );
        assert_eq!(
            told(bank.initiate(bank.asked(&customer))),
            "62609: At most 1 external account(s) may be added."
        );
        bank.archive(&customer, account.id.number()).expect("it is archived");
        assert_eq!(
            told(bank.create(bank.asked(&customer))),
            "62004: External account archival limit reached for today."
        );
        assert_eq!(
            told(bank.initiate(bank.asked(&customer))),
            "62611: External account archival limit reached for today."
        );
        let admitted = bank.service.admit_account(&bank.caller, bank.asked(&customer));
        bank.runtime.block_on(admitted).expect("an operator may");
        bank.advance(1);
        assert_eq!(codes(bank.create(bank.asked(&customer))), [62001]);
    });
}

#[test]
fn accounts_that_cannot_be_updated_or_found() {
    on_both(|bank| {
        let (customer, other) = (bank.customer(), bank.customer());
        let new = |nick: &str, tag: &str| NewAccount {
            nick_name: text(nick),
            tag: text(tag),
            ..bank.asked(&customer)
        };
        let first = bank.create(new("First", "t1")).expect("an account");
        let second = bank.create(new("Second", "t2")).expect("an account");
        let number = second.id.number();
        let update = |customer: &Customer, account, nick: Option<String>, tag: Option<String>| {
            let customer = customer.id.number();
            told(bank.update(AccountUpdate {
                customer,
                account,
                nick_name: nick,
                tag,
                ..AccountUpdate::default()
            }))
        };
        assert_eq!(
            update(&customer, number, text("first"), text("t1")),
            "62401: Another external account already exists with the nickname of 'first'.\n\
             62403: Tag 't1' is already associated with another external account."
        );
        assert_eq!(
            update(&customer, 4711, None, None),
            "62402: Invalid external account id '4711'."
        );
        let text = format!("62402: Invalid external account id '{number}'.");
        assert_eq!(update(&other, number, None, None), text);
        bank.archive(&customer, first.id.number()).expect("it is archived");
        let first = first.id.number();
        let gone = format!("Invalid external account id '{first}'.");
        assert_eq!(update(&customer, first, None, None), format!("62402: {gone}"));
        let get = |customer: &Customer, account| {
            let found = bank.service.get_account(&bank.caller, customer.id.number(), account);
            told(bank.runtime.block_on(found))
        };
        assert_eq!(get(&customer, first), format!("66201: {gone}"));
        assert_eq!(get(&customer, 4711), "66201: Invalid external account id '4711'.");
        assert_eq!(get(&other, number), format!("66201: Invalid external account id '{number}'."));
        for (who, tag) in [(&customer, "t1"), (&customer, "none"), (&other, "t2")] {
            let id = who.id.number();
            let found = bank.service.get_account_by_tag(&bank.caller, id, tag);
            assert_eq!(
                told(bank.runtime.block_on(found)),
                format!("66301: Tag '{tag}' does not exist or is not tied to customer {id}.")
            );
        }
    });
}

#[test]
fn accounts_that_cannot_be_verified() {
    on_both(|bank| {
        let (customer, other) = (bank.customer(), bank.customer());
        let verify = |who: &Customer, account, amounts| told(bank.verify(who, account, amounts));
        let right = ("0.18", "0.28");
        assert_eq!(verify(&customer, 4711, right), "62201: Invalid ExternalAccountId '4711'.");
        let initiated = || bank.initiate(bank.asked(&customer)).expect("an account");
        let account = initiated().id.number();
        let text = format!("62302: Invalid external account id '{account}'.");
        assert_eq!(verify(&other, account, right), text);
        assert_eq!(codes(bank.verify(&customer, account, ("0.181", "0.28"))), [59954]);
        let wrong = ("0.18", "0.18");
        let left = |n| {
            format!(
                "62207: Given amounts do not match what is on record. {n} attempt(s) remaining."
            )
        };
        assert_eq!(verify(&customer, account, wrong), left(2));
        assert_eq!(verify(&customer, account, wrong), left(1));
        assert_eq!(
            verify(&customer, account, wrong),
            "62206: Maximum number of failed attempts exceeded. Verification has been locked."
        );
        let locked = "62202: External account is in a Locked status. Unable to verify.";
        assert_eq!(verify(&customer, account, right), locked);
        let account = initiated().id.number();
        bank.runtime
            .block_on(bank.service.deny_account(&bank.caller, account, "no"))
            .expect("denied");
        let denied = "62203: External account is in a Denied status. Unable to verify.";
        assert_eq!(verify(&customer, account, right), denied);
        let account = initiated().id.number();
        bank.runtime
            .block_on(bank.service.lock_account(&bank.caller, account, "fraud"))
            .expect("locked");
        assert_eq!(verify(&customer, account, right), locked);
        bank.runtime
            .block_on(bank.service.unlock_account(&bank.caller, account))
            .expect("unlocked");
        bank.verify(&customer, account, right).expect("it is verified");
        let done = "62204: External account has already been verified.";
        assert_eq!(verify(&customer, account, right), done);
        bank.archive(&customer, account).expect("it is archived");
        assert_eq!(codes(bank.verify(&customer, account, right)), [62201]);
    });
}

#[test]
fn verifying_comes_too_late_or_under_a_taken_name() {
    on_both(|bank| {
        let customer = bank.customer();
        let named = NewAccount { nick_name: text("Rent"), ..bank.asked(&customer) };
        let account = bank.initiate(named.clone()).expect("an account").id.number();
        let namesake = bank.create(named).expect("create has no code for nicknames");
        let right = ("0.28", "0.18");
        assert_eq!(
            told(bank.verify(&customer, account, right)),
            "62301: Another external account already exists with the nickname of 'Rent'."
        );
        bank.update(AccountUpdate {
            customer: customer.id.number(),
            account: namesake.id.number(),
            nick_name: text("Savings"),
            ..AccountUpdate::default()
        })
        .expect("it is renamed");
        bank.settings(|it| it.verify_days = 10);
        let late = bank.initiate(bank.asked(&customer)).expect("an account").id;
        bank.advance(10);
        assert_eq!(bank.account(late).status, AccountStatus::Unverified);
        bank.advance(1);
        let expired = bank.account(late);
        assert_eq!(expired.status, AccountStatus::Expired);
        assert_eq!(expired.last_verify_expired_at, Some(expired.status_at));
        assert_eq!(
            told(bank.verify(&customer, late.number(), right)),
            "62205: Verification period expired on '2026-12-11'."
        );
        bank.verify(&customer, account, right).expect("it has 30 days");
    });
}

#[test]
fn accounts_that_cannot_be_archived() {
    on_both(|bank| {
        let (customer, other) = (bank.customer(), bank.customer());
        let account = bank.verified(&customer);
        let number = account.id.number();
        assert_eq!(
            told(bank.archive(&customer, 4711)),
            "62501: Invalid external account id '4711'."
        );
        let text = format!("62501: Invalid external account id '{number}'.");
        assert_eq!(told(bank.archive(&other, number)), text);
        let transfer = bank.transfer(bank.pull(&customer, &account, "10")).expect("a transfer");
        assert_eq!(
            told(bank.archive(&customer, number)),
            "62505: Unable to archive as there are outstanding transactions."
        );
        let in_use = "62503: Unable to deactivate an external account for a customer who has a pending transaction or any account with a non-zero balance.";
        assert_eq!(told(bank.deactivate(&customer, number)), in_use);
        bank.tell(transfer.payment, florin_payments::Told::Confirmed, "");
        assert_eq!(told(bank.deactivate(&customer, number)), in_use);
        let unverified = bank.initiate(bank.asked(&customer)).expect("an account").id.number();
        assert_eq!(
            told(bank.archive(&customer, unverified)),
            "62506: Unable to archive an external account whose status is Unverified."
        );
        assert_eq!(
            told(bank.deactivate(&customer, unverified)),
            "62502: Unable to deactivate an external account that is not in a Verified status."
        );
        let archived = bank.archive(&customer, number).expect("nothing is under way");
        assert_eq!(archived.status, AccountStatus::Archived);
        assert!(!archived.is_active());
        assert_eq!(
            told(bank.archive(&customer, number)),
            "62506: Unable to archive an external account whose status is Archived."
        );
        let account = bank.verified(&other);
        bank.deactivate(&other, account.id.number()).expect("nothing stands anywhere");
    });
}

#[test]
fn transfers_that_cannot_be_made() {
    on_both(|bank| {
        let (customer, other) = (bank.customer(), bank.customer());
        let account = bank.verified(&customer);
        let theirs = bank.verified(&other);
        let second = bank.verified(&customer);
        let pull = |amount: &str| bank.pull(&customer, &account, amount);
        let check = |new: NewTransfer, expected: &str| {
            assert_eq!(told(bank.transfer(new)), expected);
        };
        check(pull("0"), "63003: Amount must be greater than 0.");
        check(pull("-1"), "63003: Amount must be greater than 0.");
        check(
            pull("1.001"),
            "59954: Value for property 'amount' is not formatted as a valid decimal (precision up to 2). Example value=1234.56",
        );
        check(NewTransfer { from: 4711, ..pull("1") }, "63001: From Id 4711 is invalid.");
        check(
            NewTransfer { to: 4711, ..bank.push(&customer, &account, "1") },
            "63002: To Id 4711 is invalid.",
        );
        check(
            NewTransfer { from: 1, to: 4711, ..pull("1") },
            "63001: From Id 1 is invalid.\n63002: To Id 4711 is invalid.",
        );
        assert_eq!(codes(bank.transfer(bank.pull(&customer, &theirs, "1"))), [63001]);
        let both = NewTransfer { to: second.id.number(), ..pull("1") };
        check(
            both,
            "63012: One of fromId and toId must be the customer's account in the program, the other one an external account.",
        );
        check(bank.push(&customer, &account, "1"), "63006: Insufficient funds: 0.00 available.");
        bank.settings(|it| it.limits.per_user_daily_deposit.minimum_minor = 500);
        check(pull("4.99"), "63007: Amount must be at least 5.00.");
        check(
            pull("10000.01"),
            "63008: perUserDailyDepositLimit of 10000.00 would be exceeded: 10000.00 left.",
        );
        bank.settings(|it| it.limits.per_program_daily_deposit.maximum_minor = 2_000);
        bank.transfer(bank.pull(&other, &theirs, "15")).expect("a transfer");
        check(
            pull("5.01"),
            "63010: perProgramDailyDepositLimit of 20.00 would be exceeded: 5.00 left.",
        );
        let unverified = bank.initiate(bank.asked(&customer)).expect("an account");
        let text =
            format!("63004: External account {} is not in a Verified status.", unverified.id);
        check(bank.pull(&customer, &unverified, "5"), &text);
        bank.runtime
            .block_on(bank.service.lock_account(&bank.caller, account.id.number(), "fraud"))
            .expect("locked");
        check(pull("5"), &format!("63005: External account {} is locked.", account.id));
    });
}

#[test]
fn transfers_that_are_refused_later() {
    on_both(|bank| {
        let customer = bank.customer();
        let prepaid = NewAccount {
            customer: customer.id.number(),
            kind: text("prepaid"),
            name: text("Card"),
            ..NewAccount::default()
        };
        let prepaid = bank.create(prepaid).expect("it needs no numbers");
        let text = format!(
            "63013: External account {} cannot be used. It has no routing number and account number.",
            prepaid.id
        );
        assert_eq!(told(bank.transfer(bank.pull(&customer, &prepaid, "5"))), text);
        let refused =
            NewAccount { first_name: crate::support::text("Refused"), ..bank.asked(&customer) };
        let refused = bank.create(refused).expect("an account");
        let text =
            format!("63013: External account {} cannot be used. The bank is closed.", refused.id);
        assert_eq!(told(bank.transfer(bank.pull(&customer, &refused, "5"))), text);
        bank.settings(|it| it.limits.per_user_daily_deposit.maximum_minor = 1_000_000_000);
        let late = NewAccount { first_name: crate::support::text("Late"), ..bank.asked(&customer) };
        let late = bank.create(late).expect("an account");
        let mut asked = bank.pull(&customer, &late, "90000");
        asked.tag = crate::support::text("t");
        let transfer = bank.transfer(asked.clone()).expect("a transfer");
        bank.advance(1);
        let month =
            "63009: perUserMonthlyDepositLimit of 100000.00 would be exceeded: 10000.00 left.";
        assert_eq!(told(bank.transfer(bank.pull(&customer, &late, "10000.01"))), month);
        let other = NewTransfer { amount: decimal("1"), ..asked };
        assert_eq!(
            told(bank.transfer(other)),
            "63011: Tag t is already associated with another transfer."
        );
        let number = transfer.id.number();
        let text =
            format!("63102: Transaction {number} cannot be voided: its status is Initiated.");
        assert_eq!(told(bank.void(&customer, &transfer)), text);
        let void = |transaction: Option<i64>, tag: Option<String>| {
            let void = VoidTransfer { customer: customer.id.number(), transaction, tag };
            told(bank.runtime.block_on(bank.service.void_transfer(&bank.caller, void)))
        };
        assert_eq!(void(Some(4711), None), "63101: Invalid transaction id '4711'.");
        assert_eq!(void(None, crate::support::text("x")), "63101: Invalid transaction id 'x'.");
        assert_eq!(void(None, None), "63103: Either transactionId or tag must be provided.");
        let list = |query| {
            let found = bank.service.list_transactions(&bank.caller, customer.id.number(), query);
            told(bank.runtime.block_on(found))
        };
        let query = TransactionQuery { account: Some(4711), ..TransactionQuery::default() };
        assert_eq!(list(query), "66402: Invalid account id '4711'.");
        let query = TransactionQuery {
            status: crate::support::text("Lost"),
            ..TransactionQuery::default()
        };
        assert!(list(query).starts_with("66403: Invalid status 'Lost'."));
        let get = bank.service.get_transaction(&bank.caller, customer.id.number(), 4711);
        assert_eq!(told(bank.runtime.block_on(get)), "66401: Invalid transaction id '4711'.");
    });
}
