//! Several originators, of one tenant or of several, at one bank: letters, trace numbers and folders are shared.

use std::collections::BTreeSet;

use florin_ach_origination::{Bank, Delivery, FileState, NewOrigin, SendHandler, SendStep};
use florin_payments::PaymentState;
use florin_storage::testing::{TestDb, databases};
use jiff::civil::date;

use crate::company::{Company, answering, sets};
use crate::handing_over::{Folders, at_a_bank, pay};

/// Puts another originator in use, at the same bank.
fn set_up_anew(company: &Company, delivery: Delivery, lead_minutes: u16) {
    let origin = NewOrigin {
        bank: Bank::Real,
        delivery: Some(delivery),
        lead_minutes,
        ..NewOrigin::simulated()
    };
    company.runtime.block_on(company.ach.set_origin(&company.caller, origin)).unwrap();
}

/// The files at the bank: names and cents, and the trace numbers of all.
fn at_the_bank(folders: &Folders) -> (Vec<(String, u64)>, BTreeSet<u64>, usize) {
    let (mut found, mut traces, mut entries) = (Vec::new(), BTreeSet::new(), 0);
    for name in folders.put() {
        let file = florin_ach::read(&std::fs::read(folders.outbound.join(&name)).unwrap()).unwrap();
        for entry in file.batches.iter().flat_map(|it| &it.entries) {
            traces.insert(entry.trace.number());
            entries += 1;
        }
        found.push((name, file.totals().credit_cents));
    }
    (found, traces, entries)
}

fn named(letters_and_cents: &[(char, u64)]) -> Vec<(String, u64)> {
    let name = |letter: char| format!("021000021-021000021-2026-11-24-{letter}.ach");
    letters_and_cents.iter().map(|(letter, cents)| (name(*letter), *cents)).collect()
}

#[test]
fn two_tenants_at_one_bank_have_files_of_their_own() {
    for test in &databases(&sets()) {
        let folders = Folders::new();
        let one = at_a_bank(&test.db, folders.delivery());
        let two = one.neighbour(None);
        set_up_anew(&two, folders.delivery(), 0);
        let other_server = one.beside(test.open_again());
        pay(&one, "1234567", 999);
        pay(&two, "7654321", 999);
        one.runtime.block_on(async {
            let done = tokio::join!(one.ach.tick(), other_server.ach.tick());
            done.0.and(done.1).unwrap();
        });
        let (of_one, of_two) = (one.files().remove(0).id, two.files().remove(0).id);
        one.runtime.block_on(async {
            let done = tokio::join!(
                one.ach.send(one.caller.tenant, of_one),
                other_server.ach.send(two.caller.tenant, of_two),
            );
            done.0.and(done.1).unwrap();
        });
        let (found, traces, _) = at_the_bank(&folders);
        assert_eq!(found, named(&[('A', 999), ('B', 999)]));
        assert_eq!(traces.len(), 2, "each entry has a number of its own");
        for company in [&one, &two] {
            assert_eq!(company.files()[0].state, FileState::Sent);
            assert_eq!(company.told("ach_alert"), 0);
        }
    }
}

#[test]
fn an_originator_that_is_set_up_anew_goes_on_counting() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        let first = pay(&company, "1111111", 1_100);
        set_up_anew(&company, folders.delivery(), 0);
        let second = pay(&company, "2222222", 1_100);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let handler = SendHandler(company.ach.clone());
        company.work_off(&handler, company.caller.now);
        let (found, traces, _) = at_the_bank(&folders);
        assert_eq!(found, named(&[('A', 1_100), ('B', 1_100)]));
        assert_eq!(traces.len(), 2);
        // The older one's entry comes back.
        let files = company.files();
        let of_first = (0..files.len())
            .find(|index| {
                company.content(*index).batches[0].entries[0].account.as_str() == "1111111"
            })
            .unwrap();
        let answer = company.answer(of_first, "R03");
        company.runtime.block_on(company.ach.take_in(&company.caller, "r.ach", answer)).unwrap();
        assert_eq!(company.heard_of(&first).last().unwrap().0, PaymentState::Failed);
        assert_eq!(company.heard_of(&second).last().unwrap().0, PaymentState::Submitted);
    }
}

#[test]
fn attempts_at_the_same_time_hand_a_file_over_once() {
    for test in &databases(&sets()) {
        let folders = Folders::new();
        for round in 1..=6 {
            let company = at_a_bank(&test.db, folders.delivery());
            let other = company.beside(test.open_again());
            pay(&company, "1234567", 700);
            company.runtime.block_on(company.ach.tick()).unwrap();
            let (file, tenant) = (company.files().remove(0), company.caller.tenant);
            company.runtime.block_on(async {
                let (one, two) = (&company.ach, &other.ach);
                // Whoever is behind another attempt says so, and is tried again.
                let _ = tokio::join!(
                    one.send(tenant, file.id),
                    two.send(tenant, file.id),
                    one.send(tenant, file.id),
                    two.send(tenant, file.id),
                );
                one.send(tenant, file.id).await.unwrap();
            });
            let put = folders.put();
            assert_eq!(put.len(), round, "no drafts: {put:?}");
            let content = std::fs::read(folders.outbound.join(&file.name)).unwrap();
            let kept = company.ach.file_content(&company.caller, file.id);
            assert_eq!(content, company.runtime.block_on(kept).unwrap());
            assert_eq!((company.told("ach_file_sent"), company.told("ach_alert")), (1, 0));
        }
    }
}

#[test]
fn a_strangers_file_that_takes_the_name_late_is_left_alone() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let (file, tenant) = (company.files().remove(0), company.caller.tenant);
        let send = |last| company.runtime.block_on(company.ach.send_up_to(tenant, file.id, last));
        send(SendStep::Noted).unwrap();
        let path = folders.outbound.join(&file.name);
        std::fs::write(&path, "somebody else's").unwrap();
        send(SendStep::Recorded).unwrap_err();
        assert_eq!(std::fs::read(&path).unwrap(), b"somebody else's");
        assert_eq!(company.files()[0].state, FileState::Handing);
        std::fs::remove_file(&path).unwrap();
        send(SendStep::Recorded).unwrap();
        assert_eq!(at_the_bank(&folders).0, named(&[('A', 999)]));
    }
}

#[test]
fn what_the_bank_sends_reaches_every_tenant_whose_it_is() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let one = at_a_bank(db, folders.delivery());
        let two = one.neighbour(None);
        set_up_anew(&two, folders.delivery(), 0);
        let back = [pay(&one, "1234567", 999), pay(&two, "7654321", 888)];
        let (stays, elsewhere) = (one.neighbour(None), Folders::new());
        set_up_anew(&stays, elsewhere.delivery(), 0);
        let kept = pay(&stays, "5555555", 777);
        one.runtime.block_on(one.ach.tick()).unwrap();
        let sent = [one.content(0), two.content(0)];
        let items = vec![one.return_of(&sent[0], "R03", 1), two.return_of(&sent[1], "R02", 2)];
        let answer = answering(&sent[0], sent[0].batches[0].header.sec, items);
        std::fs::write(folders.inbound.join("returns.ach"), answer).unwrap();
        one.runtime.block_on(one.ach.tick()).unwrap();
        assert!(folders.inbound.join("done/returns.ach").exists());
        for (payment, code) in back.iter().zip(["R03", "R02"]) {
            let heard = one.heard_of(payment).pop().unwrap();
            assert_eq!((heard.0, heard.1.as_str()), (PaymentState::Failed, code));
        }
        assert_eq!(one.heard_of(&kept).len(), 1, "it is on its way");
        for company in [&one, &two, &stays] {
            assert_eq!(company.told("ach_alert"), 0, "everything is somebody's");
            assert!(company.files().iter().all(|it| it.unmatched == 0));
        }
        assert_eq!(stays.files().len(), 1, "a file that says nothing of a tenant is not its");
    }
}

#[test]
fn a_number_is_its_banks_and_finds_one_of_many_tenants() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let one = at_a_bank(db, folders.delivery());
        // The simulated bank's entry has the same number, account and amount.
        let simulated = one.neighbour(None);
        pay(&simulated, "7654321", 888);
        simulated.runtime.block_on(simulated.ach.tick()).unwrap();
        let others: Vec<Company> = (0..20).map(|_| one.neighbour(None)).collect();
        for other in &others {
            set_up_anew(other, folders.delivery(), 0);
        }
        let back = pay(&others[13], "7654321", 888);
        one.runtime.block_on(one.ach.tick()).unwrap();
        let sent = others[13].content(0);
        let trace = sent.batches[0].entries[0].trace;
        assert_eq!(simulated.content(0).batches[0].entries[0].trace, trace);
        let answer = others[13].answer(0, "R03");
        for _ in 0..2 {
            let taken = one.ach.take_in(&one.caller, "returns.ach", answer.clone());
            one.runtime.block_on(taken).unwrap();
        }
        let heard = one.heard_of(&back);
        assert_eq!(heard.len(), 2, "submitted, and failed once");
        assert_eq!((heard[1].0, heard[1].1.as_str()), (PaymentState::Failed, "R03"));
        let kept = |company: &Company| company.files().len();
        assert_eq!((kept(&one), kept(&others[13]), kept(&simulated)), (1, 2, 1));
        assert!(others.iter().enumerate().all(|(at, other)| at == 13 || kept(other) == 0));
        for company in others.iter().chain([&one, &simulated]) {
            assert_eq!(company.told("ach_alert"), 0);
        }
        // Nobody's: whoever has the mailbox is told.
        let unknown = florin_ach::Trace::new(sent.batches[0].header.bank, 77).unwrap();
        let nobodys = others[13].answer_with(0, "R03", |it| {
            let Some(florin_ach::Addenda::Return(found)) = it.addenda.as_deref_mut() else {
                panic!("a return");
            };
            found.original_trace = unknown;
        });
        one.runtime.block_on(one.ach.take_in(&one.caller, "nobodys.ach", nobodys)).unwrap();
        assert_eq!((one.told("ach_alert"), others[13].told("ach_alert")), (1, 0));
    }
}

#[test]
fn a_sender_that_has_no_letter_left_goes_on_the_next_day() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        let small = company.ach.clone().with_entries_max(1);
        for number in 0..38 {
            pay(&company, &format!("55{number:05}"), 100);
        }
        company.runtime.block_on(small.tick()).unwrap();
        assert_eq!(company.files().len(), 36, "A to Z, and 0 to 9");
        assert_eq!(company.told("ach_alert"), 1);
        // Another originator of the same sender has none either.
        set_up_anew(&company, folders.delivery(), 0);
        let other = pay(&company, "6600000", 100);
        company.set_clock("2026-11-24T19:41:00Z");
        company.runtime.block_on(company.ach.tick()).unwrap();
        assert_eq!(company.files().len(), 36);
        company.set_clock("2026-11-25T15:26:00Z");
        company.runtime.block_on(company.ach.tick()).unwrap();
        let files = company.files();
        assert_eq!(files.iter().map(|it| it.entries).sum::<i64>(), 39, "each entry once");
        assert_eq!(files.last().unwrap().made_on, date(2026, 11, 25));
        assert_eq!(company.heard_of(&other).last().unwrap().0, PaymentState::Submitted);
    }
}
