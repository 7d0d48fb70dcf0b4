//! Taking back what was sent by mistake.

use florin_ach::{Direction as Code, Sec, Trace};
use florin_ach_origination::{AchError, Erroneous, FileDirection, Reversal};
use florin_ids::AchEntryId;
use florin_payments::{Direction, PaymentState};
use florin_storage::testing::{TestDb, databases};
use jiff::civil::{Date, date};

use crate::company::{Company, heard, on_both, sets};
use crate::handing_over::{Folders, at_a_bank, pay};

fn reverse(company: &Company, what: Erroneous) -> Result<Reversal, AchError> {
    company.runtime.block_on(company.ach.reverse(&company.caller, what))
}

fn file(company: &Company, index: usize) -> Erroneous {
    Erroneous::File(company.files()[index].id)
}

fn refused(company: &Company, what: Erroneous) -> String {
    reverse(company, what).unwrap_err().to_string()
}

/// The bank returns the first entry of one of our files.
fn comes_back(company: &Company, index: usize, code: &str) {
    let bytes = company.answer(index, code);
    let taken = company.ach.take_in(&company.caller, "returns.ach", bytes);
    company.runtime.block_on(taken).unwrap();
}

/// What our files move: the day, debits and credits of each.
fn sent(company: &Company) -> Vec<(Date, i64, i64)> {
    let files = company.files().into_iter().filter(|it| it.direction == FileDirection::Out);
    files.map(|it| (it.day, it.debits_cents, it.credits_cents)).collect()
}

/// Tells of each state with its reason.
fn story(company: &Company, payment: &florin_payments::Payment) -> Vec<String> {
    let heard = company.heard_of(payment).into_iter();
    heard.map(|(state, reason, _)| format!("{state} {reason}").trim().to_owned()).collect()
}

#[test]
fn a_debit_is_taken_back_once_and_its_payment_has_failed() {
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Collect, 12_345, date(2026, 11, 25));
        company.advance(date(2026, 11, 25));
        let made = reverse(company, file(company, 0)).unwrap();
        // Thursday the 26th is Thanksgiving.
        assert_eq!(made.settles_on, date(2026, 11, 30));
        assert_eq!((made.entries.len(), made.passed_over.len()), (1, 0));
        let entry = &made.entries[0];
        assert_eq!((entry.direction, entry.amount_cents), (Direction::Pay, 12_345));
        assert_eq!(refused(company, file(company, 0)), "The entry was reversed before.");
        let reversal = Erroneous::Entry(entry.id);
        assert_eq!(refused(company, reversal), "A reversal cannot be reversed.");
        company.advance(date(2026, 12, 10));
        assert_eq!(
            sent(company),
            [(date(2026, 11, 24), 12_345, 0), (date(2026, 11, 27), 0, 12_345)]
        );
        let (first, back) = (company.content(0).batches.remove(0), company.content(1));
        assert_eq!(back.batches.len(), 1);
        let batch = &back.batches[0];
        assert_eq!(batch.header.description.as_str(), "REVERSAL");
        assert_eq!((batch.header.sec, first.header.sec), (Sec::Web, Sec::Web));
        assert_eq!(batch.header.company_id, first.header.company_id);
        assert_eq!(batch.header.effective_on, Some(date(2026, 11, 30)));
        assert_eq!(batch.entries[0].code.direction(), Code::Credit);
        assert_eq!(batch.entries[0].account, first.entries[0].account);
        let expected = [
            heard(PaymentState::Submitted, "", date(2026, 11, 24)),
            heard(PaymentState::Confirmed, "", date(2026, 11, 25)),
            heard(PaymentState::PaidOut, "", date(2026, 11, 30)),
            heard(PaymentState::Failed, "reversed", date(2026, 12, 2)),
        ];
        assert_eq!(company.heard_of(&asked), expected);
        let told = ["ach_reversal_requested", "ach_reversal_completed", "ach_alert"];
        assert_eq!(told.map(|kind| company.told(kind)), [1, 1, 0]);
    });
}

#[test]
fn what_cannot_be_taken_back_says_why() {
    on_both(date(2026, 11, 20), |company| {
        let none = Erroneous::Entry(AchEntryId::new());
        assert_eq!(refused(company, none), "ACH entry not found");
        company.ask("1234567", Direction::Pay, 500, date(2026, 11, 25));
        company.ask("9900102", Direction::Pay, 700, date(2026, 11, 27));
        company.advance(date(2026, 12, 1));
        let files = company.files();
        assert_eq!(files.len(), 3);
        assert_eq!(refused(company, file(company, 1)), "The entry has come back already (R02).");
        assert_eq!(
            refused(company, file(company, 2)),
            "The file is the bank's: only our own files can be reversed."
        );
        // Asked for on the 1st it leaves on the 2nd and settles on the 3rd, the fifth banking day.
        company.advance(date(2026, 12, 2));
        let late = "The entry settled on 2026-11-25: a reversal would have to settle by 2026-12-03, and could on 2026-12-04.";
        assert_eq!(refused(company, file(company, 0)), late);
        assert_eq!(company.told("ach_reversal_requested"), 0);
    });
    on_both(date(2026, 11, 20), |company| {
        company.ask("1234567", Direction::Pay, 500, date(2026, 11, 25));
        company.advance(date(2026, 12, 1));
        let made = reverse(company, file(company, 0)).unwrap();
        assert_eq!(made.settles_on, date(2026, 12, 3), "the last day");
    });
}

#[test]
fn of_a_file_everything_that_can_be_is_taken_back() {
    on_both(date(2026, 11, 20), |company| {
        let wanted = date(2026, 11, 25);
        let one = company.ask("1234567", Direction::Collect, 1_000, wanted);
        let two = company.ask("7700001", Direction::Pay, 200, wanted);
        let back = company.ask("9900102", Direction::Collect, 30, wanted);
        company.advance(date(2026, 11, 27));
        let trace = company.content(0).batches[0].entries[0].trace;
        let made = reverse(company, file(company, 0)).unwrap();
        assert_eq!(made.entries.iter().map(|it| it.amount_cents).sum::<i64>(), 1_200);
        assert_eq!(made.passed_over.len(), 1);
        assert_eq!(made.passed_over[0].1, "The entry has come back already (R02).");
        assert_eq!(refused(company, Erroneous::Trace(trace)), "The entry was reversed before.");
        let unknown = Trace::from_number(99).unwrap();
        assert_eq!(refused(company, Erroneous::Trace(unknown)), "ACH entry not found");
        company.advance(date(2026, 12, 10));
        assert_eq!(sent(company)[1], (date(2026, 11, 30), 200, 1_000));
        for payment in [&one, &two] {
            assert_eq!(story(company, payment).last().unwrap(), "failed reversed");
        }
        assert_eq!(story(company, &back).last().unwrap(), "failed R02");
    });
}

#[test]
fn a_reversal_that_comes_back_has_taken_nothing_back() {
    on_both(date(2026, 11, 20), |company| {
        let early = company.ask("1234567", Direction::Pay, 5_000, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        let trace = company.content(0).batches[0].entries[0].trace;
        let made = reverse(company, Erroneous::Trace(trace)).unwrap();
        assert_eq!(
            (made.entries[0].direction, made.settles_on),
            (Direction::Collect, date(2026, 11, 27))
        );
        company.advance(date(2026, 11, 27));
        comes_back(company, 1, "R01");
        company.advance(date(2026, 12, 10));
        assert_eq!(story(company, &early), ["submitted", "confirmed", "paid_out"]);
        let told = ["ach_alert", "ach_return_received", "ach_reversal_completed"];
        assert_eq!(told.map(|kind| company.told(kind)), [1, 1, 0]);
        assert_eq!(sent(company).len(), 2, "it is not sent again");
    });
    on_both(date(2026, 11, 20), |company| {
        let late = company.ask("1234567", Direction::Pay, 5_000, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        reverse(company, file(company, 0)).unwrap();
        company.advance(date(2026, 12, 10));
        comes_back(company, 1, "R10");
        let all = ["submitted", "confirmed", "paid_out", "failed reversed", "paid_out"];
        assert_eq!(story(company, &late), all);
    });
}

#[test]
fn what_comes_back_by_itself_is_not_taken_back_as_well() {
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Collect, 5_000, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        reverse(company, file(company, 0)).unwrap();
        comes_back(company, 0, "R01");
        company.advance(date(2026, 12, 10));
        assert_eq!(story(company, &asked), ["submitted", "confirmed", "failed R01"]);
        assert_eq!(sent(company).len(), 1, "neither taken back nor asked for again");
        assert_eq!(company.told("ach_alert"), 0);
    });
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Collect, 5_000, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        reverse(company, file(company, 0)).unwrap();
        company.advance(date(2026, 11, 25));
        comes_back(company, 0, "R01");
        company.advance(date(2026, 12, 10));
        assert_eq!(story(company, &asked), ["submitted", "confirmed", "failed R01"]);
        assert_eq!(sent(company).len(), 2);
        assert_eq!(company.told("ach_alert"), 1, "the money is back twice: a person looks");
    });
}

#[test]
fn two_servers_take_back_once() {
    for test in &databases(&sets()) {
        let TestDb { db, .. } = test;
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        let other = company.beside(test.open_again());
        pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let what = file(&company, 0);
        let (one, two) = company.runtime.block_on(async {
            let caller = &company.caller;
            tokio::join!(company.ach.reverse(caller, what), other.ach.reverse(caller, what))
        });
        assert_eq!([&one, &two].iter().filter(|it| it.is_ok()).count(), 1);
        let made = one.or(two).unwrap();
        assert_eq!(made.settles_on, date(2026, 11, 25), "tonight's file is still to come");
        assert!(
            matches!(company.events().pop(), Some((kind, _)) if kind == "ach_reversal_requested")
        );
    }
}
