//! Entries by the clock, against the simulated receiving bank.

use florin_ach_origination::{
    AchError, Bank, Delivery, FileDirection, FileState, NewOrigin, TakenIn,
};
use florin_payments::{Direction, PaymentState, PaymentsError, Purpose};
use florin_storage::testing::{TestDb, databases};
use jiff::ToSpan;
use jiff::civil::date;

use crate::company::{Company, heard, on_both, sets};

#[test]
fn a_debit_settles_on_its_day_and_is_final_two_banking_days_later() {
    // Thursday 26 November 2026 is Thanksgiving.
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Collect, 12_345, date(2026, 11, 25));
        assert_eq!(asked.charge_on, Some(date(2026, 11, 25)));
        company.advance(date(2026, 11, 23));
        assert_eq!(company.files(), [], "too early");
        company.advance(date(2026, 12, 5));
        let expected = [
            heard(PaymentState::Submitted, "", date(2026, 11, 24)),
            heard(PaymentState::Confirmed, "", date(2026, 11, 25)),
            heard(PaymentState::PaidOut, "", date(2026, 11, 30)),
        ];
        assert_eq!(company.heard_of(&asked), expected);
        let files = company.files();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].debits_cents, files[0].credits_cents), (12_345, 0));
        let batch = company.content(0).batches.remove(0);
        assert_eq!(batch.header.description.as_str(), "LOAN PMT");
        assert_eq!(batch.header.sec, florin_ach::Sec::Web);
        assert_eq!(batch.header.effective_on, Some(date(2026, 11, 25)));
        assert_eq!(batch.entries[0].account.as_str(), "1234567");
    });
}

#[test]
fn a_window_has_one_file_with_every_entry_once() {
    on_both(date(2026, 11, 20), |company| {
        let friday = date(2026, 11, 27);
        let mut asked = Vec::new();
        for number in 0..40 {
            let account =
                if number % 4 == 0 { format!("77{number:05}") } else { format!("55{number:05}") };
            let direction = if number % 3 == 0 { Direction::Pay } else { Direction::Collect };
            asked.push(company.ask(&account, direction, 100 + number, friday));
        }
        let today = company.try_ask(
            "5500099",
            (Direction::Pay, Purpose::Transfer),
            999,
            date(2026, 11, 23),
            true,
        );
        let today = today.unwrap();
        company.advance(friday);
        let files = company.files();
        let days: Vec<_> = files.iter().map(|it| (it.day, it.slot.as_str(), it.entries)).collect();
        assert_eq!(
            days,
            [(date(2026, 11, 23), "same day 10:30", 1), (date(2026, 11, 25), "next day", 40),]
        );
        assert_eq!(company.heard_of(&today)[0].2, date(2026, 11, 23));
        let sent = company.content(1);
        let mut classes: Vec<&str> = sent.batches.iter().map(|it| it.header.sec.as_str()).collect();
        classes.dedup();
        assert_eq!(classes, ["CCD", "PPD", "WEB"]);
        let total: u64 =
            sent.batches.iter().flat_map(|it| &it.entries).map(|it| it.amount_cents).sum();
        assert_eq!(total, (0..40).map(|number| 100 + number).sum::<u64>());
        for payment in &asked {
            let states: Vec<_> = company.heard_of(payment).iter().map(|it| it.0).collect();
            assert_eq!(states, [PaymentState::Submitted, PaymentState::Confirmed]);
        }
    });
}

#[test]
fn what_comes_back_for_want_of_money_is_sent_again_and_stops_what_it_stops() {
    on_both(date(2026, 11, 20), |company| {
        let wanted = date(2026, 12, 1);
        let twice = company.ask("99001011", Direction::Collect, 5_000, wanted);
        let never = company.ask("9900101", Direction::Collect, 6_000, wanted);
        let gone = company.ask("9900102", Direction::Collect, 7_000, wanted);
        let denied = company.ask("9900110", Direction::Collect, 8_000, wanted);
        company.advance(date(2027, 2, 1));
        let states = |payment| {
            let heard = company.heard_of(payment).into_iter();
            heard.map(|(state, reason, _)| format!("{state} {reason}")).collect::<Vec<_>>()
        };
        let attempt = ["submitted ", "confirmed "];
        let back = |code: &str| vec![format!("failed {code}")];
        let all = |parts: &[&[&str]]| {
            parts.concat().iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            states(&twice),
            [all(&[&attempt]), back("R01"), all(&[&attempt, &["paid_out "]])].concat()
        );
        assert_eq!(
            states(&never),
            [
                all(&[&attempt]),
                back("R01"),
                all(&[&attempt]),
                back("R01"),
                all(&[&attempt]),
                back("R01")
            ]
            .concat(),
            "sent three times in all"
        );
        assert_eq!(states(&gone), [all(&[&attempt]), back("R02")].concat());
        let stopped = company.try_ask(
            "9900102",
            (Direction::Collect, Purpose::Repayment),
            1,
            date(2027, 2, 5),
            false,
        );
        assert!(
            matches!(&stopped, Err(PaymentsError::Rail { .. } | PaymentsError::Unusable(_))),
            "{stopped:?}"
        );
        // A denied authorisation comes when the statement was read, after the money was final.
        assert_eq!(states(&denied), [all(&[&attempt, &["paid_out "]]), back("R10")].concat());
        let retries =
            company.files().iter().filter(|it| it.direction == FileDirection::Out).count();
        assert_eq!(retries, 3);
        assert_eq!(company.content(2).batches[0].header.description.as_str(), "RETRY PYMT");
    });
}

#[test]
fn a_notification_of_change_corrects_the_next_entry() {
    on_both(date(2026, 11, 20), |company| {
        let first = company.ask("9900201", Direction::Collect, 5_000, date(2026, 12, 1));
        let waiting = company.ask("9900201", Direction::Collect, 5_000, date(2026, 12, 15));
        company.advance(date(2026, 12, 20));
        assert_eq!(company.heard_of(&first).last().unwrap().0, PaymentState::PaidOut);
        assert_eq!(company.heard_of(&waiting).last().unwrap().0, PaymentState::PaidOut);
        assert_eq!(company.book.corrected.lock().unwrap().len(), 1);
        let files = company.files();
        let out: Vec<usize> = (0..files.len())
            .filter(|index| files[*index].direction == FileDirection::Out)
            .collect();
        let account = |index: usize| company.content(index).batches[0].entries[0].account;
        assert_eq!(account(out[0]).as_str(), "9900201");
        assert_eq!(account(out[1]).as_str(), "8800201", "as the receiving bank wants it");
    });
}

#[test]
fn a_payment_can_be_called_off_until_it_is_in_a_file() {
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Pay, 500, date(2026, 11, 25));
        let late = company.ask("1234567", Direction::Pay, 600, date(2026, 11, 25));
        let cancel = |id| {
            let (rails, tenant, now) =
                (company.rails.clone(), company.caller.tenant, company.caller.now);
            company.db.write_blocking(move |tx| {
                let moment = florin_payments::moment_in(tx, tenant, now)?;
                florin_payments::cancel_in(tx, &rails, tenant, moment, id)
            })
        };
        assert!(cancel(asked.id).unwrap());
        company.advance(date(2026, 11, 24));
        assert!(!cancel(late.id).unwrap());
        assert_eq!(company.files()[0].credits_cents, 600);
    });
}

#[test]
fn a_file_of_the_bank_is_taken_in_once_and_a_broken_one_not_at_all() {
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Collect, 12_345, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        let bytes = company.answer(0, "R03");
        let take = |bytes: Vec<u8>| {
            company.runtime.block_on(company.ach.take_in(&company.caller, "from-bank.ach", bytes))
        };
        let mut broken = bytes.clone();
        let at = broken.len() / 2;
        broken.truncate(at);
        assert!(matches!(take(broken), Err(AchError::Unreadable(_))));
        let TakenIn::Now(file) = take(bytes.clone()).unwrap() else { panic!("it is new") };
        assert_eq!((file.entries, file.unmatched, file.state), (1, 0, FileState::Received));
        assert_eq!(take(bytes).unwrap(), TakenIn::Before);
        let back: Vec<_> = company
            .heard_of(&asked)
            .into_iter()
            .filter(|it| it.0 == PaymentState::Failed)
            .collect();
        assert_eq!(back, [heard(PaymentState::Failed, "R03", date(2026, 11, 24))]);
    });
}

#[test]
fn on_the_real_clock_files_go_to_the_banks_folder_when_the_window_closes() {
    for TestDb { db, .. } in &databases(&sets()) {
        // Tuesday 24 November 2026, 10:26 in New York: the first same-day window closes at 10:30.
        let company = Company::new(db, None, "2026-11-24T15:26:00Z");
        let folder = tempfile::tempdir().unwrap();
        let (outbound, inbound) = (folder.path().join("out"), folder.path().join("in"));
        std::fs::create_dir_all(&outbound).unwrap();
        std::fs::create_dir_all(&inbound).unwrap();
        let text = |path: &std::path::Path| path.display().to_string();
        let origin = NewOrigin {
            bank: Bank::Real,
            delivery: Some(Delivery::Directory {
                outbound: text(&outbound),
                inbound: text(&inbound),
            }),
            ..NewOrigin::simulated()
        };
        company.runtime.block_on(company.ach.set_origin(&company.caller, origin)).unwrap();
        let pay = (Direction::Pay, Purpose::Transfer);
        company.try_ask("1234567", pay, 999, date(2026, 11, 24), true).unwrap();
        company.try_ask("1234567", pay, 555, date(2026, 11, 25), false).unwrap();
        // Two servers at the same time, and once more.
        let other = company.ach.clone();
        company.runtime.block_on(async {
            let (one, two) = tokio::join!(company.ach.tick(), other.tick());
            one.unwrap();
            two.unwrap();
            company.ach.tick().await.unwrap();
        });
        let files = company.files();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].entries, files[0].state), (1, FileState::Built));
        for _ in 0..2 {
            // A server that is killed after the file was put and before that is noted does it again.
            company.runtime.block_on(company.ach.send(company.caller.tenant, files[0].id)).unwrap();
        }
        assert_eq!(company.files()[0].state, FileState::Sent);
        let put = std::fs::read(outbound.join(&files[0].name)).unwrap();
        assert_eq!(florin_ach::read(&put).unwrap().totals().credit_cents, 999);
        std::fs::write(inbound.join("nonsense.ach"), b"nonsense").unwrap();
        company.runtime.block_on(company.ach.tick()).unwrap();
        assert!(inbound.join("nonsense.ach").exists(), "left for a person to look at");
    }
}

#[test]
fn a_month_of_entries_with_returns_adds_up() {
    on_both(date(2026, 11, 1), |company| {
        let mut asked = Vec::new();
        let mut day = date(2026, 11, 2);
        let mut number = 0_i64;
        while day < date(2026, 12, 1) {
            for _ in 0..12 {
                number += 1;
                // One of twenty comes back, one of thirty is corrected.
                let account = match number % 60 {
                    7 | 27 | 47 => format!("9900103{number:04}"),
                    11 | 41 => format!("9900201{number:04}"),
                    _ => format!("5{number:08}"),
                };
                let direction = if number % 5 == 0 { Direction::Pay } else { Direction::Collect };
                asked.push(company.ask(&account, direction, 1_000 + number, day + 3.days()));
            }
            company.advance(day);
            day = day.tomorrow().unwrap();
        }
        company.advance(date(2027, 1, 15));
        let mut returned = 0;
        for payment in &asked {
            let last = company.heard_of(payment).pop().unwrap();
            let comes_back = payment.instrument.reference.starts_with("99001");
            let expected = if comes_back { PaymentState::Failed } else { PaymentState::PaidOut };
            assert_eq!(last.0, expected, "{}", payment.instrument.reference);
            returned += i64::from(comes_back);
        }
        let files = company.files();
        let out = files.iter().filter(|it| it.direction == FileDirection::Out);
        let (entries, cents) = out.fold((0, 0), |(entries, cents), it| {
            (entries + it.entries, cents + it.debits_cents + it.credits_cents)
        });
        assert_eq!(entries, number, "each entry once");
        assert_eq!(cents, asked.iter().map(|it| it.amount.minor()).sum::<i64>());
        let back: i64 =
            files.iter().filter(|it| it.direction == FileDirection::In).map(|it| it.entries).sum();
        assert_eq!(
            back,
            returned
                + number / 60 * 2
                + i64::from(number % 60 >= 11)
                + i64::from(number % 60 >= 41)
        );
        assert!(files.iter().all(|it| it.unmatched == 0));
    });
}

#[test]
fn what_waits_for_a_stopped_account_does_not_go_out() {
    let check = |code: &str, stopped: [bool; 2]| {
        on_both(date(2026, 11, 20), |company| {
            let first = company.ask("1234567", Direction::Collect, 1_000, date(2026, 11, 24));
            company.advance(date(2026, 11, 24));
            let later = date(2026, 12, 1);
            let asked = [Direction::Collect, Direction::Pay]
                .map(|direction| company.ask("1234567", direction, 200, later));
            let other = company.ask("7654321", Direction::Collect, 300, later);
            let taken = company.ach.take_in(&company.caller, "back.ach", company.answer(0, code));
            company.runtime.block_on(taken).unwrap();
            company.advance(date(2026, 12, 10));
            let back = heard(PaymentState::Failed, code, date(2026, 11, 24));
            assert!(company.heard_of(&first).contains(&back));
            for (payment, is_stopped) in asked.iter().zip(stopped) {
                let all = company.heard_of(payment);
                assert_eq!(all == std::slice::from_ref(&back), is_stopped, "{code}: {all:?}");
            }
            assert_eq!(company.heard_of(&other).pop().unwrap().0, PaymentState::PaidOut);
        });
    };
    check("R02", [true, true]);
    check("R10", [true, false]);
    check("R01", [false, false]);
}
