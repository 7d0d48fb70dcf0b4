//! When money settles: never before its file has left, and on the same day where that was asked for.

use florin_ach_origination::{AchError, Bank, Delivery, FileState, NewOrigin, SendHandler};
use florin_payments::{Direction, Payment, PaymentState, Purpose};
use florin_storage::testing::{TestDb, databases};
use jiff::civil::{Date, date};

use crate::company::{Company, heard, on_both, sets};
use crate::handing_over::{Folders, at_a_bank, pay};

fn set_up(company: &Company, delivery: Delivery) -> Result<(), AchError> {
    let origin = NewOrigin { bank: Bank::Real, delivery: Some(delivery), ..NewOrigin::simulated() };
    company.runtime.block_on(company.ach.set_origin(&company.caller, origin)).map(drop)
}

fn transfer(company: &Company, on: Date, cents: i64, same_day: bool) -> Payment {
    let pay = (Direction::Pay, Purpose::Transfer);
    company.try_ask("1234567", pay, cents, on, same_day).unwrap()
}

fn charge_on(company: &Company, payment: &Payment) -> Option<Date> {
    let (tenant, id) = (company.caller.tenant, payment.id);
    let found = company.db.write_blocking(move |tx| florin_payments::get_in(tx, tenant, id));
    found.unwrap().unwrap().charge_on
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    on_both(date(2026, 11, 20), |company| {
        let refused = |outbound: &str, inbound: &str| {
            let (outbound, inbound) = (outbound.to_owned(), inbound.to_owned());
            let refused = set_up(company, Delivery::Directory { outbound, inbound });
            let Err(AchError::Invalid(faults) | AchError::Undeliverable(faults)) = refused else {
                panic!("it is not refused")
            };
            faults.iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(refused("/nowhere/out", "/nowhere/in"), ["outbound", "inbound"]);
        assert_eq!(refused("out", "in"), ["outbound", "inbound"], "whose working directory?");
        let folders = Folders::new();
        let inbound = folders.inbound.display().to_string();
        assert_eq!(refused("/nowhere/out", &inbound), ["outbound"]);
        set_up(company, folders.delivery()).unwrap();
        assert_eq!(folders.put(), Vec::<String>::new(), "nothing is left behind");
    });
}

#[test]
fn money_settles_only_when_its_file_has_left() {
    on_both(date(2026, 11, 20), |company| {
        let folders = Folders::new();
        set_up(company, folders.delivery()).unwrap();
        let first = company.ask("1234567", Direction::Collect, 50_000, date(2026, 11, 24));
        let away = folders.outbound.with_extension("away");
        std::fs::rename(&folders.outbound, &away).unwrap();
        company.advance(date(2026, 12, 1));
        assert_eq!(company.files()[0].state, FileState::Built);
        let submitted = heard(PaymentState::Submitted, "", date(2026, 11, 23));
        assert_eq!(company.heard_of(&first), std::slice::from_ref(&submitted), "nothing has moved");
        std::fs::rename(&away, &folders.outbound).unwrap();
        company.work_off(&SendHandler(company.ach.clone()), company.caller.now);
        assert_eq!(company.files()[0].state, FileState::Sent);
        assert_eq!(charge_on(company, &first), Some(date(2026, 12, 2)), "the next banking day");
        // The next file leaves with its day.
        let second = company.ask("7654321", Direction::Collect, 1_000, date(2026, 12, 3));
        company.advance(date(2026, 12, 8));
        let expected = [
            submitted,
            heard(PaymentState::Confirmed, "", date(2026, 12, 2)),
            heard(PaymentState::PaidOut, "", date(2026, 12, 4)),
        ];
        assert_eq!(company.heard_of(&first), expected);
        let states: Vec<_> = company.heard_of(&second).iter().map(|it| (it.0, it.2)).collect();
        assert_eq!(
            states[..2],
            [
                (PaymentState::Submitted, date(2026, 12, 2)),
                (PaymentState::Confirmed, date(2026, 12, 3)),
            ]
        );
        assert_eq!(folders.put().len(), 2);
    });
}

#[test]
fn a_file_that_misses_its_window_settles_with_the_one_that_it_reaches() {
    // Handed over at, settles on and at, in Eastern time that is five hours behind.
    let stories = [
        ("15:29", date(2026, 11, 24), "24T17:59", "24T18:00"),
        ("15:40", date(2026, 11, 24), "24T21:59", "24T22:00"),
        ("22:10", date(2026, 11, 25), "25T13:29", "25T13:30"),
    ];
    for TestDb { db, .. } in &databases(&sets()) {
        for (sent_at, settles_on, before, at) in stories {
            let folders = Folders::new();
            let company = at_a_bank(db, folders.delivery());
            let payment = pay(&company, "1234567", 999);
            let tick = || company.runtime.block_on(company.ach.tick()).unwrap();
            tick();
            company.set_clock(&format!("2026-11-24T{sent_at}:00Z"));
            let file = company.files().remove(0);
            company.runtime.block_on(company.ach.send(company.caller.tenant, file.id)).unwrap();
            assert_eq!(charge_on(&company, &payment), Some(settles_on));
            company.set_clock(&format!("2026-11-{before}:00Z"));
            tick();
            assert_eq!(company.heard_of(&payment).len(), 1, "{sent_at}: too early");
            company.set_clock(&format!("2026-11-{at}:00Z"));
            tick();
            tick();
            let states: Vec<_> = company.heard_of(&payment).iter().map(|it| it.0).collect();
            assert_eq!(states, [PaymentState::Submitted, PaymentState::Confirmed], "{sent_at}");
            assert_eq!(charge_on(&company, &payment), Some(settles_on));
        }
    }
}

#[test]
fn what_is_to_settle_on_the_same_day_does_on_a_simulated_clock() {
    for has_folder in [false, true] {
        // Thursday the 19th; the next day's windows take both.
        on_both(date(2026, 11, 19), |company| {
            let folders = Folders::new();
            if has_folder {
                set_up(company, folders.delivery()).unwrap();
            }
            let today = date(2026, 11, 19);
            let fast = transfer(company, today, 500, true);
            let slow = transfer(company, today, 700, false);
            company.advance(date(2026, 11, 28));
            let settled = |payment: &Payment| {
                let heard = company.heard_of(payment).into_iter();
                let settled = heard.filter(|it| it.0 == PaymentState::Confirmed);
                settled.map(|it| it.2).collect::<Vec<_>>()
            };
            let file = company.content(0);
            assert_eq!(file.batches[0].header.descriptive_date.as_str(), "SD1300");
            assert_eq!(settled(&fast), [date(2026, 11, 20)], "Friday, with its file");
            assert_eq!(settled(&slow), [date(2026, 11, 23)], "Monday");
            assert_eq!(charge_on(company, &fast), Some(date(2026, 11, 20)));
        });
    }
}

#[test]
fn a_payment_says_whether_it_can_settle_on_the_same_day() {
    on_both(date(2026, 11, 19), |company| {
        let today = date(2026, 11, 19);
        assert!(transfer(company, today, 100_000_000, true).same_day);
        assert!(!transfer(company, today, 100_000_001, true).same_day, "more than a million");
        assert!(!transfer(company, today, 1, false).same_day);
        let origin = NewOrigin { same_day: false, ..NewOrigin::simulated() };
        company.runtime.block_on(company.ach.set_origin(&company.caller, origin)).unwrap();
        assert!(!transfer(company, today, 1, true).same_day, "the bank does not do it");
    });
}

#[test]
fn many_that_have_time_do_not_stand_before_those_that_have_none() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        let small = company.ach.clone().with_entries_max(3);
        for number in 0..7 {
            transfer(&company, date(2026, 11, 24), 100 + number, false);
        }
        transfer(&company, date(2026, 11, 24), 1_000, true);
        transfer(&company, date(2026, 11, 24), 2_000, true);
        company.runtime.block_on(small.tick()).unwrap();
        let files = company.files();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].entries, files[0].credits_cents), (2, 3_000));
        company.set_clock("2026-11-25T07:11:00Z");
        company.runtime.block_on(small.tick()).unwrap();
        let entries: Vec<i64> = company.files().iter().map(|it| it.entries).collect();
        assert_eq!(entries, [2, 3, 3, 1]);
    }
}
