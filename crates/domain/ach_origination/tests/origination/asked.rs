//! Asking again under the same key asks for nothing more.

use florin_ach_origination::{AchError, Entry, Erroneous, Reversal};
use florin_ids::AchEntryId;
use florin_payments::Direction;
use florin_storage::testing::{TestDb, databases};
use jiff::civil::date;

use crate::company::{Company, on_both, sets};
use crate::handing_over::{Folders, at_a_bank, pay};

fn reverse(company: &Company, what: Erroneous, key: &str) -> Result<Reversal, AchError> {
    company.runtime.block_on(company.ach.reverse_once(&company.caller, what, key))
}

fn prenote(company: &Company, account: &str, key: &str) -> Result<Entry, AchError> {
    let asked = (account, Direction::Collect);
    company.runtime.block_on(company.ach.prenote_once(&company.caller, asked, key))
}

fn ids(reversal: &Reversal) -> (Vec<AchEntryId>, Vec<(AchEntryId, String)>) {
    let passed_over = reversal.passed_over.iter().map(|(entry, why)| (entry.id, why.clone()));
    (reversal.entries.iter().map(|entry| entry.id).collect(), passed_over.collect())
}

fn fault<T: std::fmt::Debug>(asked: Result<T, AchError>) -> String {
    let Err(AchError::Invalid(faults)) = asked else { panic!("{asked:?}") };
    assert_eq!(faults[0].field, "unique_key");
    faults[0].message.clone()
}

#[test]
fn what_was_taken_back_under_a_key_is_answered_again() {
    on_both(date(2026, 11, 20), |company| {
        for (account, cents) in [("1111111", 1_100), ("9900102", 2_200), ("3333333", 3_300)] {
            company.ask(account, Direction::Collect, cents, date(2026, 11, 24));
        }
        company.advance(date(2026, 11, 25));
        let file = Erroneous::File(company.files()[0].id);
        let first = reverse(company, file, "a").unwrap();
        assert_eq!(first.entries.iter().map(|it| it.amount_cents).sum::<i64>(), 4_400);
        assert_eq!(first.passed_over.len(), 1, "the closed account's has come back");
        let again = reverse(company, file, "a").unwrap();
        assert_eq!((ids(&again), again.settles_on), (ids(&first), first.settles_on));
        assert_eq!(company.told("ach_reversal_requested"), 2);
        let other = reverse(company, file, "b").unwrap_err();
        assert_eq!(other.to_string(), "The entry was reversed before.");
        let used = "The unique_key was used before with another request.";
        let another = reverse(company, Erroneous::Entry(first.entries[0].id), "a").unwrap_err();
        assert_eq!(another.to_string(), used);
        assert_eq!(prenote(company, "1111111", "a").unwrap_err().to_string(), used);
        // Long afterwards as well.
        company.advance(date(2026, 12, 20));
        assert_eq!(ids(&reverse(company, file, "a").unwrap()), ids(&first));
        // What was refused under a key has not used it.
        prenote(company, "1111111", "b").unwrap();
    });
}

#[test]
fn a_prenote_under_a_key_is_sent_once() {
    on_both(date(2026, 11, 20), |company| {
        let first = prenote(company, "1234567", "a").unwrap();
        assert_eq!(prenote(company, "1234567", "a").unwrap().id, first.id);
        let under_way = prenote(company, "1234567", "b").unwrap_err();
        assert_eq!(under_way.to_string(), "A prenote for this account is under way.");
        company.advance(date(2026, 12, 20));
        assert_eq!(company.files().len(), 1);
        assert_eq!(prenote(company, "1234567", "a").unwrap().id, first.id);
        assert_ne!(prenote(company, "1234567", "b").unwrap().id, first.id);
        for key in [String::new(), "x".repeat(201), "a\nb".to_owned()] {
            assert_eq!(
                fault(prenote(company, "1234567", &key)),
                "Ensure this field has 1 to 200 characters."
            );
        }
    });
}

#[test]
fn two_servers_asked_under_one_key_take_back_once_and_answer_alike() {
    for test in &databases(&sets()) {
        let TestDb { db, .. } = test;
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        let other = company.beside(test.open_again());
        pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let what = Erroneous::File(company.files()[0].id);
        let (one, two) = company.runtime.block_on(async {
            let caller = &company.caller;
            let one = company.ach.reverse_once(caller, what, "a");
            tokio::join!(one, other.ach.reverse_once(caller, what, "a"))
        });
        assert_eq!(ids(&one.unwrap()), ids(&two.unwrap()));
        assert_eq!(company.told("ach_reversal_requested"), 1);
    }
}
