//! Asking whether accounts are there, before money moves.

use florin_ach::{Purpose as Code, Sec};
use florin_ach_origination::{AchError, Entry, EntryKind, Erroneous, FileDirection};
use florin_payments::{Direction, PaymentState};
use jiff::civil::date;

use crate::company::{Company, heard, on_both};

fn prenote(company: &Company, account: &str, direction: Direction) -> Result<Entry, AchError> {
    company.runtime.block_on(company.ach.prenote(&company.caller, account, direction))
}

fn out(company: &Company) -> usize {
    company.files().iter().filter(|it| it.direction == FileDirection::Out).count()
}

#[test]
fn silence_is_consent_and_live_entries_wait_for_it() {
    on_both(date(2026, 11, 20), |company| {
        let asked = prenote(company, "1234567", Direction::Collect).unwrap();
        assert_eq!((asked.kind, asked.amount_cents, asked.sec), (EntryKind::Prenote, 0, Sec::Web));
        let again = prenote(company, "1234567", Direction::Pay).unwrap_err();
        assert_eq!(again.to_string(), "A prenote for this account is under way.");
        let live = company.ask("1234567", Direction::Collect, 5_000, date(2026, 11, 24));
        let other = company.ask("7654321", Direction::Collect, 600, date(2026, 11, 24));
        assert_eq!(live.charge_on, Some(date(2026, 12, 1)));
        // It settles on Tuesday the 24th; Thursday is Thanksgiving: the third banking day after is Monday the 30th.
        company.advance(date(2026, 11, 29));
        let files = company.files();
        assert_eq!((files.len(), files[0].entries), (1, 2));
        assert_eq!((files[0].debits_cents, files[0].credits_cents), (600, 0));
        let batches = company.content(0).batches;
        let batch = batches.iter().find(|it| it.header.description.as_str() == "PRENOTE").unwrap();
        let entry = &batch.entries[0];
        assert_eq!((entry.code.purpose(), entry.amount_cents), (Code::Prenote, 0));
        assert_eq!((batch.header.sec, entry.account.as_str()), (Sec::Web, "1234567"));
        assert_eq!(company.told("ach_prenote_accepted"), 0);
        company.advance(date(2026, 12, 4));
        assert_eq!(company.told("ach_prenote_accepted"), 1);
        let expected = [
            heard(PaymentState::Submitted, "", date(2026, 11, 30)),
            heard(PaymentState::Confirmed, "", date(2026, 12, 1)),
            heard(PaymentState::PaidOut, "", date(2026, 12, 3)),
        ];
        assert_eq!(company.heard_of(&live), expected);
        assert_eq!(company.heard_of(&other)[1].2, date(2026, 11, 24), "others do not wait");
        prenote(company, "1234567", Direction::Collect).expect("it was answered");
    });
}

#[test]
fn a_prenote_that_comes_back_stops_what_waits() {
    on_both(date(2026, 11, 20), |company| {
        prenote(company, "9900103", Direction::Pay).unwrap();
        let live = company.ask("9900103", Direction::Pay, 5_000, date(2026, 11, 24));
        company.advance(date(2026, 12, 20));
        let told = ["ach_prenote_returned", "ach_prenote_accepted"].map(|kind| company.told(kind));
        assert_eq!(told, [1, 0]);
        let back = heard(PaymentState::Failed, "R03", date(2026, 11, 25));
        assert_eq!(company.heard_of(&live), [back]);
        assert_eq!(out(company), 1, "no money left");
        assert_eq!(company.content(0).batches[0].header.sec, Sec::Ppd);
        let refused = prenote(company, "9900103", Direction::Pay).unwrap_err();
        assert_eq!(refused.to_string(), "The account was stopped by R03.");
    });
}

#[test]
fn a_prenote_answered_by_a_change_lets_the_corrected_account_follow() {
    on_both(date(2026, 11, 20), |company| {
        prenote(company, "9900201", Direction::Collect).unwrap();
        let live = company.ask("9900201", Direction::Collect, 5_000, date(2026, 11, 24));
        company.advance(date(2026, 12, 20));
        let events = company.events();
        let accepted = events.iter().find(|(kind, _)| kind == "ach_prenote_accepted").unwrap();
        assert_eq!(accepted.1["code"], "C01");
        assert_eq!(company.heard_of(&live).last().unwrap().0, PaymentState::PaidOut);
        let files = company.files();
        let last = files.iter().rposition(|it| it.direction == FileDirection::Out).unwrap();
        assert_eq!(files[last].debits_cents, 5_000);
        assert_eq!(company.content(last).batches[0].entries[0].account.as_str(), "8800201");
    });
}

#[test]
fn a_prenote_of_a_company_is_ccd_and_is_not_reversed() {
    on_both(date(2026, 11, 20), |company| {
        let asked = prenote(company, "7700001", Direction::Collect).unwrap();
        assert_eq!(asked.sec, Sec::Ccd);
        company.advance(date(2026, 11, 24));
        let what = Erroneous::Entry(asked.id);
        let refused = company.runtime.block_on(company.ach.reverse(&company.caller, what));
        assert_eq!(refused.unwrap_err().to_string(), "A prenote has moved nothing.");
    });
}
