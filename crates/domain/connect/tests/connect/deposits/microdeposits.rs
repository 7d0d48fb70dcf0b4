//! Microdeposits on the real ACH rail, by the clock, against the simulated receiving bank.

use florin_connect::{
    BlockReason, ConnectError, MicrodepositStatus as Status, NewMicrodeposit, NewSession,
};
use florin_external_accounts::AccountStatus;
use florin_external_accounts::postings::{ACH_CLEARING, TRIAL_DEPOSITS};
use florin_ledger::Balance;
use jiff::civil::date;

use super::support::*;

#[test]
fn a_whole_life() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        assert_eq!((it.status, it.reason.as_str()), (Status::Initiated, ""));
        let target = it.target.clone().unwrap();
        assert_eq!(target.account_name, "Checking ...4321");
        assert_eq!(target.account_number.masked(), "******4321");
        // Asked for on a Tuesday whose files have left: handed over on Wednesday, there on Thursday.
        assert_eq!(it.deposit_expected_at().unwrap().to_string(), "2026-12-02T09:00:00Z");
        let under_way = Balance { posted: 0, pending_debit: 12, pending_credit: 12 };
        assert_eq!(partner.house(TRIAL_DEPOSITS.no), under_way);
        assert_eq!(partner.external(&it).status, AccountStatus::Unverified);

        partner.advance(1);
        assert_eq!(partner.load(&ada, &it).status, Status::Requested);
        partner.advance(3);
        let arrived = partner.load(&ada, &it);
        let expected = Some(date(2026, 12, 3));
        assert_eq!((arrived.status, arrived.expected_on), (Status::Deposited, expected));
        partner.advance(4);
        // The offset has taken both back.
        assert_eq!(partner.house(TRIAL_DEPOSITS.no), Balance::default());
        assert_eq!(partner.house(ACH_CLEARING.no), Balance::default());

        let wrong = partner.verify(&ada, &it, ("05", "06")).unwrap();
        assert_eq!(wrong.status, Status::Denied);
        let verified = partner.verify(&ada, &it, ("07", "05")).unwrap();
        assert_eq!(verified.status, Status::Verified);
        assert_eq!(partner.load(&ada, &it), verified);
        let external = partner.external(&it);
        assert!(external.is_usable());
        assert_eq!(external.holder(), "Ada Lovelace");
        assert_eq!(external.account_number.unwrap().expose(), "987654321");
        let told = ["INITIATED", "REQUESTED", "DEPOSITED", "DENIED", "VERIFIED"];
        assert_eq!(partner.told(), told);
        // There is nothing more to tell.
        let again = partner.verify(&ada, &it, ("05", "07"));
        assert!(matches!(again, Err(ConnectError::Conflict(_))), "{again:?}");
        partner.advance(60);
        assert_eq!(partner.load(&ada, &it).status, Status::Verified);
    });
}

#[test]
fn numbers_are_sealed() {
    on_both(|partner| {
        partner.create(&partner.visitor(), asked("987654321")).unwrap();
        for sql in [
            "SELECT numbers FROM connect_microdeposit WHERE tenant_id = ?1",
            "SELECT number_index FROM connect_microdeposit WHERE tenant_id = ?1",
        ] {
            for bytes in partner.bytes(sql) {
                assert!(!bytes.windows(9).any(|part| part == b"987654321"), "{sql}");
            }
        }
    });
}

#[test]
fn three_wrong_answers_prevent() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        partner.advance(4);
        for told in ["01", "02"] {
            assert_eq!(partner.verify(&ada, &it, (told, told)).unwrap().status, Status::Denied);
        }
        // What is no amount does not count.
        let faults = match partner.verify(&ada, &it, ("five", "")) {
            Err(ConnectError::Invalid(faults)) => faults,
            other => panic!("{other:?}"),
        };
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["deposit_amount_1", "deposit_amount_2"]);
        let prevented = partner.verify(&ada, &it, ("05", "05")).unwrap();
        assert_eq!(prevented.status, Status::Prevented);
        assert!(partner.verify(&ada, &it, ("05", "07")).is_err());
        assert_eq!(partner.external(&it).status, AccountStatus::VerifyLocked);
        let refused = refusal(partner.create(&ada, asked("987654321")));
        assert_eq!((refused.status, refused.existing), (Status::Prevented, Some(it.id)));
        // Another account is another matter, and so is somebody else.
        partner.create(&ada, asked("111122223333")).unwrap();
        partner.create(&partner.visitor(), asked("987654321")).unwrap();
        partner.advance(29);
        assert_eq!(refusal(partner.create(&ada, asked("987654321"))).status, Status::Prevented);
        partner.advance(1);
        let again = partner.create(&ada, asked("987654321")).unwrap();
        partner.advance(4);
        assert_eq!(partner.verify(&ada, &again, ("05", "07")).unwrap().status, Status::Verified);
    });
}

#[test]
fn before_the_deposits_are_there_nothing_counts() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        let early = |it: &florin_connect::Microdeposit| {
            for told in ["01", "02", "03", "04"] {
                match partner.verify(&ada, it, (told, told)) {
                    Err(ConnectError::Conflict(detail)) => {
                        assert_eq!(
                            detail,
                            "The deposits are not there yet: expect them on 2026-12-03."
                        );
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        // The files of the day have left: it is the next day's.
        partner.advance(1);
        early(&partner.load(&ada, &it));
        assert_eq!(partner.load(&ada, &it).status, Status::Requested);
        assert_eq!(partner.external(&it).status, AccountStatus::Unverified);
        partner.advance(3);
        assert_eq!(partner.verify(&ada, &it, ("01", "02")).unwrap().status, Status::Denied);
        assert_eq!(partner.verify(&ada, &it, ("03", "04")).unwrap().status, Status::Denied);
        assert_eq!(partner.verify(&ada, &it, ("05", "07")).unwrap().status, Status::Verified);
        // Whoever tries the sandbox need not wait for what it always pays.
        let eve = partner.visitor();
        let it = partner.create(&eve, asked("987654321")).unwrap();
        assert_eq!(partner.verify(&eve, &it, ("07", "05")).unwrap().status, Status::Verified);
    });
}

#[test]
fn a_session_may_take_none() {
    on_both(|partner| {
        let off = |new: &mut NewSession| new.enable_microdeposits = Some(false);
        let ada = partner.visit("ada", off);
        assert_eq!(refused(partner.create(&ada, asked("987654321"))), (Status::Rejected, vec![]));
        assert_eq!(partner.count("connect_microdeposit"), 0);
        // What the partner has begun, or the end user in another session, goes on in one that names it.
        let on = partner.visit("ada", |_| {});
        let it = partner.create(&on, asked("987654321")).unwrap();
        let change = NewMicrodeposit { account_number: text("123454321"), ..asked("") };
        let refused = refused(partner.update(&ada, &it, change.clone()));
        assert_eq!(refused.0, Status::Rejected);
        let named = partner.visit("ada", |new| {
            new.enable_microdeposits = Some(false);
            new.current_microdeposit = Some(it.id);
        });
        let updated = partner.update(&named, &it, change).unwrap();
        assert_eq!(updated.target.unwrap().account_number.expose(), "123454321");
        assert_eq!(partner.load(&ada, &it).status, Status::Initiated);
    });
}

#[test]
fn what_nobody_tells_expires() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        partner.advance(30);
        assert_eq!(partner.load(&ada, &it).status, Status::Deposited);
        partner.advance(1);
        let expired = partner.load(&ada, &it);
        assert_eq!(expired.status, Status::Errored);
        assert_eq!(expired.reason, "The amounts were not told by 2026-12-31.");
        assert_eq!(partner.told().last().map(String::as_str), Some("ERRORED"));
        assert!(partner.verify(&ada, &it, ("05", "07")).is_err());
        let again = partner.create(&ada, asked("987654321")).unwrap();
        assert_eq!(again.status, Status::Initiated);
    });
}

#[test]
fn what_a_bank_sends_back() {
    on_both(|partner| {
        let check = |number: &str, status: Status, reason: &str| {
            let somebody = partner.visitor();
            let it = partner.create(&somebody, asked(number)).unwrap();
            partner.advance(7);
            let it = partner.load(&somebody, &it);
            assert_eq!(it.status, status, "{number} {}", it.reason);
            assert!(it.reason.starts_with(reason), "{number} {}", it.reason);
            assert_eq!(partner.house(TRIAL_DEPOSITS.no), Balance::default());
            assert_eq!(partner.told().last().map(String::as_str), Some(status.as_str()));
            let event = partner.events(florin_events::kinds::CONNECT_MICRODEPOSIT_UPDATED);
            assert_eq!(event.last().unwrap()["reason"], it.reason);
        };
        check("9900103", Status::Errored, "A deposit was returned: R03 ");
        check("9900104", Status::Errored, "A deposit was returned: R04 ");
        check("9900102", Status::Rejected, "A deposit was returned: R02 ");
        check("9900116", Status::Rejected, "A deposit was returned: R16 ");
    });
}

#[test]
fn a_second_one_for_the_same_account_conflicts() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        let again = NewMicrodeposit { account_name: text("Mine"), ..asked("9876-54321") };
        let refused = refusal(partner.create(&ada, again));
        assert_eq!((refused.status, refused.existing), (Status::Conflicted, Some(it.id)));
        assert_eq!(refused.asked.account_name, text("Mine"));
        partner.advance(4);
        partner.verify(&ada, &it, ("05", "07")).unwrap();
        assert_eq!(refusal(partner.create(&ada, asked("987654321"))).status, Status::Conflicted);
        assert_eq!(partner.told().iter().filter(|it| *it == "INITIATED").count(), 1);
    });
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    on_both(|partner| {
        let ada = partner.visitor();
        let check = |change: &dyn Fn(&mut NewMicrodeposit), status: Status, fields: &[&str]| {
            let mut asked = asked("987654321");
            change(&mut asked);
            let found = refused(partner.create(&ada, asked));
            assert_eq!((found.0, found.1.as_slice()), (status, &fields.map_owned()[..]));
        };
        check(
            &|it| *it = NewMicrodeposit::default(),
            Status::Errored,
            &[
                "first_name",
                "last_name",
                "email",
                "account_type",
                "account_number",
                "routing_number",
            ],
        );
        check(&|it| it.account_number = text("12"), Status::Errored, &["account_number"]);
        check(&|it| it.account_type = Some(4), Status::Errored, &["account_type"]);
        check(&|it| it.routing_number = text("021000022"), Status::Errored, &["routing_number"]);
        check(&|it| it.routing_number = text("000000518"), Status::Errored, &["routing_number"]);
        check(&|it| it.routing_number = text("011000015"), Status::Rejected, &["routing_number"]);
        assert!(partner.told().is_empty());
        assert_eq!(partner.house(TRIAL_DEPOSITS.no), Balance::default());
    });
}

trait MapOwned {
    fn map_owned(&self) -> Vec<String>;
}

impl MapOwned for [&str] {
    fn map_owned(&self) -> Vec<String> {
        self.iter().map(|it| (*it).to_owned()).collect()
    }
}

#[test]
fn banks_that_get_no_deposits() {
    on_both(|partner| {
        let ada = partner.visitor();
        let reason = |digits: &str| {
            let found = partner.connect.routing_number(&ada, digits, false);
            partner.runtime.block_on(found).unwrap().map(|it| it.reason)
        };
        assert_eq!(reason("123456789"), None);
        assert_eq!(reason("021000021"), None);
        for digits in ["021000022", "12345678", "", "abcdefghi", "0210000210", "999999992"] {
            assert_eq!(reason(digits), Some(BlockReason::Invalid), "{digits}");
        }
        assert_eq!(reason("011000015"), Some(BlockReason::Blocked));
        let run = |digits: &str, note: &str| {
            let blocked = partner.connect.block_routing_number(&partner.caller, digits, note);
            partner.runtime.block_on(blocked)
        };
        assert!(run("12345", "").is_err() && run("12345678x", "").is_err());
        run(" 021000021 ", "too many returns").unwrap();
        assert_eq!(reason("021000021"), Some(BlockReason::ClientBlocked));
        let asked = NewMicrodeposit { routing_number: text("021000021"), ..asked("987654321") };
        assert_eq!(refused(partner.create(&ada, asked.clone())).0, Status::Rejected);
        let list = partner.connect.blocked_routing_numbers(&partner.caller);
        let list = partner.runtime.block_on(list).unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].note, "too many returns");
        let unblock = || {
            let unblocked = partner.connect.unblock_routing_number(&partner.caller, "021000021");
            partner.runtime.block_on(unblocked)
        };
        unblock().unwrap();
        assert!(matches!(unblock(), Err(ConnectError::NotFound(_))));
        assert_eq!(reason("021000021"), None);
        partner.create(&ada, asked).unwrap();
    });
}

#[test]
fn a_mistake_can_be_put_right_before_deposits_leave() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("9900103")).unwrap();
        let first = partner.external(&it).id;
        // Another name for it moves no money.
        let renamed = NewMicrodeposit { account_name: text("Rent"), ..NewMicrodeposit::default() };
        let renamed = partner.update(&ada, &it, renamed).unwrap();
        assert_eq!(renamed.target.clone().unwrap().account_name, "Rent");
        assert_eq!(partner.external(&renamed).id, first);
        let right = NewMicrodeposit {
            account_number: text("987654321"),
            account_type: Some(2),
            ..NewMicrodeposit::default()
        };
        let changed = partner.update(&ada, &it, right.clone()).unwrap();
        assert_eq!((changed.status, changed.id), (Status::Initiated, it.id));
        let external = partner.external(&changed);
        assert!(external.id != first);
        assert_eq!(external.kind.as_str(), "Savings");
        // What was asked for first is taken back to the cent.
        let under_way = Balance { posted: 0, pending_debit: 12, pending_credit: 12 };
        assert_eq!(partner.house(TRIAL_DEPOSITS.no), under_way);
        assert_eq!(partner.external(&it).status, AccountStatus::Expired);
        partner.advance(1);
        let late = partner.update(&ada, &it, right);
        assert!(matches!(late, Err(ConnectError::Conflict(_))), "{late:?}");
        partner.advance(9);
        assert_eq!(partner.load(&ada, &it).status, Status::Deposited);
        assert_eq!(partner.house(TRIAL_DEPOSITS.no), Balance::default());
        let verified = partner.verify(&ada, &it, ("0.05", "0.07")).unwrap();
        assert_eq!(verified.status, Status::Verified);
    });
}

#[test]
fn nobody_sees_anybody_elses() {
    on_both(|partner| {
        let (ada, eve) = (partner.visitor(), partner.visitor());
        let it = partner.create(&ada, asked("987654321")).unwrap();
        let run = |outcome: Result<florin_connect::Microdeposit, ConnectError>| {
            assert!(matches!(outcome, Err(ConnectError::NotFound("microdeposit"))), "{outcome:?}");
        };
        run(partner.runtime.block_on(partner.connect.microdeposit(&eve, it.id)));
        run(partner.runtime.block_on(partner.connect.refresh_microdeposit(&eve, it.id)));
        run(partner.verify(&eve, &it, ("05", "07")));
        run(partner.update(&eve, &it, asked("1234567")));
        let refreshed = partner.connect.refresh_microdeposit(&ada, it.id);
        assert_eq!(partner.runtime.block_on(refreshed).unwrap(), it);
    });
}

#[test]
fn an_operator_decides_about_the_external_account() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("987654321")).unwrap();
        let number = partner.external(&it).id.number();
        let approve = partner.accounts.approve_account(&partner.caller, number);
        partner.runtime.block_on(approve).unwrap();
        assert_eq!(partner.load(&ada, &it).status, Status::Verified);
        partner.advance(1);
        assert_eq!(partner.told(), ["INITIATED", "VERIFIED"]);
        let lock = partner.accounts.lock_account(&partner.caller, number, "A closer look.");
        partner.runtime.block_on(lock).unwrap();
        let locked = partner.load(&ada, &it);
        assert_eq!((locked.status, locked.reason.as_str()), (Status::Rejected, "A closer look."));
    });
}

#[test]
fn what_comes_back_later_takes_the_proof_back() {
    on_both(|partner| {
        let ada = partner.visitor();
        let it = partner.create(&ada, asked("9900102")).unwrap();
        // The sandbox's amounts are known before they arrive.
        let verified = partner.verify(&ada, &it, ("0.05", "0.07")).unwrap();
        assert_eq!(verified.status, Status::Verified);
        partner.advance(7);
        let returned = partner.load(&ada, &it);
        assert_eq!(returned.status, Status::Rejected, "{}", returned.reason);
        assert!(returned.reason.contains("R02"), "{}", returned.reason);
        let external = partner.external(&it);
        assert!(external.is_locked() && !external.is_usable());
        assert_eq!(partner.house(TRIAL_DEPOSITS.no), Balance::default());
        assert_eq!(partner.told(), ["INITIATED", "VERIFIED", "REJECTED"]);
    });
}

#[test]
fn nobody_asks_for_deposits_without_end() {
    on_both(|partner| {
        let ada = partner.visitor();
        let create = |number: usize| partner.create(&ada, asked(&format!("98765432{number:02}")));
        for number in 0..3 {
            create(number).unwrap();
        }
        let refused = refusal(create(3));
        assert_eq!((refused.status, refused.existing), (Status::Prevented, None));
        partner.create(&partner.visitor(), asked("9876543203")).unwrap();
        let all = partner.connect.microdeposits_of(&partner.caller, ada.user);
        for it in partner.runtime.block_on(all).unwrap() {
            partner.verify(&ada, &it, ("05", "07")).unwrap();
        }
        for number in 3..10 {
            let it = create(number).unwrap();
            partner.verify(&ada, &it, ("05", "07")).unwrap();
        }
        let message = refusal(create(10)).message;
        assert!(message.contains("this month"), "{message}");
        partner.advance(30);
        create(10).unwrap();
    });
}
