//! Windows built by several servers at once, and servers that are killed while they hand files over.

use std::path::{Path, PathBuf};

use florin_ach_origination::{
    Bank, Delivery, FileDirection, FileState, NewOrigin, SendHandler, SendStep, TakenIn,
};
use florin_payments::{Direction, PaymentState, Purpose};
use florin_storage::testing::{TestDb, databases};
use jiff::civil::date;
use tempfile::TempDir;

use crate::company::{Company, sets};

/// A bank's mailbox on this machine.
pub struct Folders {
    _kept: TempDir,
    pub outbound: PathBuf,
    pub inbound: PathBuf,
}

impl Folders {
    pub fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let (outbound, inbound) = (kept.path().join("out"), kept.path().join("in"));
        std::fs::create_dir_all(&outbound).unwrap();
        std::fs::create_dir_all(&inbound).unwrap();
        Self { _kept: kept, outbound, inbound }
    }

    pub fn delivery(&self) -> Delivery {
        let text = |path: &Path| path.display().to_string();
        Delivery::Directory { outbound: text(&self.outbound), inbound: text(&self.inbound) }
    }

    pub fn put(&self) -> Vec<String> {
        let found = std::fs::read_dir(&self.outbound).unwrap();
        let mut names: Vec<String> =
            found.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A company at a real bank, on Tuesday 24 November 2026, 10:26 in New York: the first window closes at 10:30.
pub fn at_a_bank(db: &florin_storage::Db, delivery: Delivery) -> Company {
    let company = Company::new(db, None, "2026-11-24T15:26:00Z");
    let set = company.ach.set_origin(&company.caller, new_origin(delivery));
    company.runtime.block_on(set).unwrap();
    company
}

/// The same with folders, or a server, that may not be there.
pub fn at_an_untried_bank(db: &florin_storage::Db, delivery: Delivery) -> Company {
    let company = Company::new(db, None, "2026-11-24T15:26:00Z");
    let set = company.ach.set_origin_untried(&company.caller, new_origin(delivery));
    company.runtime.block_on(set).unwrap();
    company
}

/// A company at a real bank.
pub fn new_origin(delivery: Delivery) -> NewOrigin {
    NewOrigin { bank: Bank::Real, delivery: Some(delivery), ..NewOrigin::simulated() }
}

/// Has the company pay out, today.
pub fn pay(company: &Company, account: &str, cents: i64) -> florin_payments::Payment {
    let purpose = (Direction::Pay, Purpose::Transfer);
    company.try_ask(account, purpose, cents, date(2026, 11, 24), true).unwrap()
}

#[test]
fn a_killed_server_hands_a_file_over_once() {
    // Where it is killed, and whether the bank has taken the file before another server looks.
    let stories = SendStep::ALL.map(|step| [(step, false), (step, true)]).concat();
    for TestDb { db, .. } in &databases(&sets()) {
        for (killed_behind, bank_is_quick) in stories.iter().copied() {
            let folders = Folders::new();
            let company = at_a_bank(db, folders.delivery());
            pay(&company, "1234567", 999);
            company.runtime.block_on(company.ach.tick()).unwrap();
            let file = company.files().remove(0);
            let kept = company.ach.file_content(&company.caller, file.id);
            let kept = company.runtime.block_on(kept).unwrap();
            let tenant = company.caller.tenant;
            let send =
                |last| company.runtime.block_on(company.ach.send_up_to(tenant, file.id, last));
            send(killed_behind).unwrap();
            let mut taken = 0;
            let at_the_bank = folders.outbound.join(&file.name);
            if bank_is_quick && at_the_bank.exists() {
                assert_eq!(std::fs::read(&at_the_bank).unwrap(), kept);
                std::fs::remove_file(&at_the_bank).unwrap();
                taken += 1;
            }
            for _ in 0..2 {
                send(SendStep::Recorded).unwrap();
            }
            if at_the_bank.exists() {
                assert_eq!(std::fs::read(&at_the_bank).unwrap(), kept);
                taken += 1;
            }
            let story = format!("{killed_behind:?} {bank_is_quick}");
            assert_eq!(taken, 1, "{story}: the bank has the file once");
            assert!(folders.put().iter().all(|name| *name == file.name), "{story}: no drafts");
            assert_eq!(company.files()[0].state, FileState::Sent, "{story}");
            let unseen = bank_is_quick && killed_behind == SendStep::Named;
            assert_eq!(company.told("ach_file_sent"), 1, "{story}");
            let alerts = company.told("ach_alert");
            assert_eq!(alerts, usize::from(unseen), "{story}: a person asks the bank");
        }
    }
}

#[test]
fn a_half_written_draft_is_written_anew_and_anothers_file_is_left_alone() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let file = company.files().remove(0);
        let send = || company.runtime.block_on(company.ach.send(company.caller.tenant, file.id));
        let path = folders.outbound.join(&file.name);
        std::fs::write(&path, "somebody else's").unwrap();
        assert!(send().is_err());
        assert_eq!(company.files()[0].state, FileState::Built);
        std::fs::remove_file(&path).unwrap();
        let tenant = company.caller.tenant;
        company
            .runtime
            .block_on(company.ach.send_up_to(tenant, file.id, SendStep::Uploaded))
            .unwrap();
        let draft = folders.put().remove(0);
        assert!(draft.starts_with(&file.name) && draft.ends_with(".part"), "{draft}");
        std::fs::write(folders.outbound.join(draft), "101 half").unwrap();
        send().unwrap();
        assert_eq!(folders.put(), [file.name.as_str()]);
        let put = florin_ach::read(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(put.totals().credit_cents, 999);
    }
}

#[test]
fn a_mailbox_that_is_away_is_tried_again_by_the_job_and_told_of() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let away = folders.outbound.with_extension("away");
        std::fs::rename(&folders.outbound, &away).unwrap();
        let handler = SendHandler(company.ach.clone());
        let work = || company.work_off(&handler, company.caller.now);
        for _ in 0..5 {
            work();
        }
        assert_eq!(company.files()[0].state, FileState::Built);
        assert_eq!(company.told("ach_alert"), 1);
        std::fs::rename(&away, &folders.outbound).unwrap();
        work();
        assert_eq!(company.files()[0].state, FileState::Sent);
        assert_eq!(folders.put(), [company.files()[0].name.as_str()]);
    }
}

#[test]
fn two_servers_build_the_same_windows_and_each_entry_leaves_once() {
    for test in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(&test.db, folders.delivery());
        let other = company.beside(test.open_again());
        let mut cents = 0;
        for number in 0..60 {
            pay(&company, &format!("55{number:05}"), 100 + number);
            cents += 100 + number;
        }
        // Four at once, on two handles, again and again while entries go on coming.
        for round in 0..5 {
            company.runtime.block_on(async {
                let (one, two) = (&company.ach, &other.ach);
                let done = tokio::join!(one.tick(), two.tick(), one.tick(), two.tick());
                for done in [done.0, done.1, done.2, done.3] {
                    done.unwrap();
                }
            });
            if round == 1 {
                company.set_clock("2026-11-24T19:41:00Z");
            }
            pay(&company, &format!("66{round:05}"), 1_000);
            cents += 1_000;
        }
        company.set_clock("2026-11-24T21:41:00Z");
        company.runtime.block_on(other.ach.tick()).unwrap();
        let files = company.files();
        let windows: Vec<&str> = files.iter().map(|it| it.slot.as_str()).collect();
        assert_eq!(windows, ["same day 10:30", "same day 14:45", "same day 16:45"]);
        assert_eq!(files.iter().map(|it| it.entries).sum::<i64>(), 65);
        assert_eq!(files.iter().map(|it| it.credits_cents).sum::<i64>(), cents);
        let mut traces = Vec::new();
        for index in 0..files.len() {
            let content = company.content(index);
            assert_eq!(content.header.modifier.ordinal(), u8::try_from(index).unwrap());
            traces.extend(content.batches.iter().flat_map(|it| &it.entries).map(|it| it.trace));
        }
        traces.sort_unstable_by_key(|trace| trace.number());
        traces.dedup();
        assert_eq!(traces.len(), 65, "each entry has a number of its own");
    }
}

#[test]
fn what_the_bank_leaves_is_taken_in_once_and_set_aside() {
    for TestDb { db, .. } in &databases(&sets()) {
        let folders = Folders::new();
        let company = at_a_bank(db, folders.delivery());
        let payment = pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let answer = company.answer(0, "R03");
        let half = &answer[..answer.len() / 2];
        let tick = || company.runtime.block_on(company.ach.tick()).unwrap();
        let alerts = || company.told("ach_alert");
        // The bank is still writing it.
        std::fs::write(folders.inbound.join("returns.ach"), half).unwrap();
        tick();
        assert_eq!((alerts(), company.heard_of(&payment).len()), (0, 1));
        std::fs::write(folders.inbound.join("returns.ach"), &answer).unwrap();
        tick();
        assert_eq!(company.heard_of(&payment).last().unwrap().0, PaymentState::Failed);
        assert!(folders.inbound.join("done/returns.ach").exists());
        // The same content under another name, and over again.
        std::fs::write(folders.inbound.join("again.ach"), &answer).unwrap();
        tick();
        assert!(folders.inbound.join("done/again.ach").exists());
        let taken = company.ach.take_in(&company.caller, "by-hand.ach", answer);
        assert_eq!(company.runtime.block_on(taken).unwrap(), TakenIn::Before);
        assert_eq!(company.heard_of(&payment).len(), 2);
        std::fs::write(folders.inbound.join("nonsense.ach"), "nonsense").unwrap();
        for _ in 0..4 {
            tick();
        }
        assert_eq!(alerts(), 1, "told of once");
        assert!(folders.inbound.join("nonsense.ach").exists(), "left for a person to look at");
        let received = company.files().into_iter().filter(|it| it.direction == FileDirection::In);
        assert_eq!(received.count(), 1);
    }
}
