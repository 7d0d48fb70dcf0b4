//! `kill -9` between any two steps from an entry to the bank: each is in one file there, once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;

use florin_ach::{Batch, File, ReturnCode, Trace, compose};
use florin_storage::testing::{TestDb, databases};
use serde_json::Value;

use crate::bank_server::{BankServer, Stop};
use crate::stalling::Stall;
use crate::support::{Serving, command, florin_ok, wait_for};
use crate::transfers::Bank;

/// Where the server is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Killed {
    /// In the transaction that makes the file.
    Building,
    /// Before a draft of it is written.
    Built,
    /// With half of the draft written.
    Writing,
    /// Before it is noted that the draft is to get the file's name.
    Written,
    /// Before it gets the name.
    Noted,
    /// Before it is noted that it was handed over.
    Named,
    /// There too, and the bank is quick: it has taken the file when the next server looks.
    Taken,
    /// In the transaction that notes it.
    Recording,
    /// Once it is noted.
    Recorded,
}

const STORIES: [Killed; 9] = [
    Killed::Building,
    Killed::Built,
    Killed::Writing,
    Killed::Written,
    Killed::Noted,
    Killed::Named,
    Killed::Taken,
    Killed::Recording,
    Killed::Recorded,
];
/// A banking day for each, one after the other.
const DAYS: [&str; 9] = [
    "2026-03-03",
    "2026-03-04",
    "2026-03-05",
    "2026-03-06",
    "2026-03-09",
    "2026-03-10",
    "2026-03-11",
    "2026-03-12",
    "2026-03-13",
];
const CUSTOMERS: usize = 3;

impl Killed {
    /// How the file stands afterwards: what is noted, and whether it is at the bank.
    fn leaves(self) -> (Option<&'static str>, bool) {
        match self {
            Self::Building => (None, false),
            Self::Built | Self::Writing | Self::Written => (Some("built"), false),
            Self::Noted => (Some("handing"), false),
            Self::Named | Self::Taken | Self::Recording => (Some("handing"), true),
            Self::Recorded => (Some("sent"), true),
        }
    }

    /// What never ends in the database, so that the server is killed there.
    fn stall(self, db: &florin_storage::Db) -> Option<Stall> {
        match self {
            Self::Building => Some(Stall::at(db, "INSERT", "built")),
            Self::Recording => Some(Stall::at(db, "UPDATE", "sent")),
            _ => None,
        }
    }
}

/// The files that were made, by their days.
fn files(bank: &Bank) -> BTreeMap<String, Value> {
    let files = florin_ok(&["bank", "files", "--json", "--database", &bank.url]);
    let files: Vec<Value> = serde_json::from_str(&files).unwrap();
    let by_day: BTreeMap<String, Value> =
        files.iter().map(|it| (it["day"].as_str().unwrap().to_owned(), it.clone())).collect();
    assert_eq!(by_day.len(), files.len(), "a file a day");
    by_day
}

fn state(bank: &Bank, day: &str) -> Option<String> {
    Some(files(bank).get(day)?["state"].as_str().unwrap().to_owned())
}

fn names(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).unwrap();
    found.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

/// Whether the file of a day is among those that the bank may take.
fn is_at_the_bank(folder: &Path, day: &str) -> bool {
    names(folder).iter().any(|name| name.ends_with(".ach") && name.contains(day))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    wait_for(what, || is_so().then_some(()));
}

/// A tenant whose customers' money goes over files to a bank.
fn set_up(test: &TestDb, flags: &[String]) -> Bank {
    let mut bank = Bank::begin(&test.url);
    let mut args = vec!["bank", "set", "--odfi", "021000021", "--destination-name", "YOUR BANK"];
    args.extend(["--origin-name", "ACME", "--company-name", "ACME", "--company-id", "1234567890"]);
    args.extend(flags.iter().map(String::as_str));
    args.extend(["--database", &test.url]);
    florin_ok(&args);
    for index in 0..CUSTOMERS {
        bank.open(&format!("5000{index:04}"));
    }
    bank
}

/// Asks for money from every customer; answers the cents.
fn pull(bank: &mut Bank, round: usize) -> BTreeSet<u64> {
    let cents = |index: usize| 10_000 + 100 * round + index;
    for index in 0..CUSTOMERS {
        bank.transfer(index, true, i64::try_from(cents(index)).unwrap());
    }
    (0..CUSTOMERS).map(|index| cents(index) as u64).collect()
}

/// Waits in the way that is common to all mailboxes until the server is where it is to be killed; false where that is the
/// mailbox's to say.
fn is_common(
    killed: Killed,
    bank: &Bank,
    day: &str,
    (folder, stall): (&Path, Option<&Stall>),
) -> bool {
    match (killed, stall) {
        (Killed::Recorded, _) => {
            wait_until("the note", || state(bank, day).as_deref() == Some("sent"));
        }
        (_, Some(stall)) => {
            // Before it can only be somebody else's transaction that takes long.
            wait_until("the file", || match killed {
                Killed::Recording => is_at_the_bank(folder, day),
                Killed::Written => names(folder).iter().any(|name| name.contains(day)),
                _ => true,
            });
            wait_until("the transaction", || stall.is_reached());
        }
        (_, None) => return false,
    }
    true
}

fn kill(bank: &mut Bank, asked: JoinHandle<()>, stall: Option<Stall>) {
    bank.server.kill();
    asked.join().unwrap();
    if let Some(stall) = stall {
        stall.lift();
    }
}

/// Every entry is at the bank once, and the money has come.
fn check(bank: &Bank, folder: &Path, expected: &BTreeMap<&str, BTreeSet<u64>>) {
    let (mut traces, mut entries) = (BTreeSet::new(), 0);
    let names = names(folder);
    assert_eq!(names.len(), expected.len(), "a file a day, no drafts: {names:?}");
    for (day, cents) in expected {
        let name = names.iter().find(|name| name.contains(day)).unwrap();
        let file = florin_ach::read(&std::fs::read(folder.join(name)).unwrap()).unwrap();
        let found: Vec<_> = file.batches.iter().flat_map(|it| &it.entries).collect();
        assert_eq!(&found.iter().map(|it| it.amount_cents).collect::<BTreeSet<_>>(), cents);
        traces.extend(found.iter().map(|it| it.trace.number()));
        entries += found.len();
    }
    assert_eq!((entries, traces.len()), (expected.len() * CUSTOMERS, entries), "each once");
    for customer in &bank.customers {
        let asked: i64 = customer.asked.iter().map(|(_, cents)| cents).sum();
        assert_eq!(bank.balance(customer), asked);
    }
    florin_ok(&["ledger", "verify", "--database", &bank.url]);
}

/// Asks for entries day by day; `strike` has the server run the day and kills it. The next server goes on.
fn tell(
    mut bank: Bank,
    folder: &Path,
    is_told: impl Fn(Killed) -> bool,
    mut strike: impl FnMut(&mut Bank, Killed, &str),
) {
    let taken = tempfile::tempdir().unwrap();
    let mut expected = BTreeMap::new();
    let stories = STORIES.into_iter().filter(|killed| is_told(*killed));
    for (round, (killed, day)) in stories.zip(DAYS).enumerate() {
        expected.insert(day, pull(&mut bank, round));
        strike(&mut bank, killed, day);
        let (noted, is_there) = killed.leaves();
        assert_eq!(state(&bank, day).as_deref(), noted, "{killed:?}");
        assert_eq!(is_at_the_bank(folder, day), is_there, "{killed:?}");
        for name in names(folder).iter().filter(|it| killed == Killed::Taken && it.contains(day)) {
            std::fs::rename(folder.join(name), taken.path().join(name)).unwrap();
        }
        bank.server = Serving::start(&bank.url);
        bank.advance(day);
        wait_until("the note", || state(&bank, day).as_deref() == Some("sent"));
    }
    for name in names(taken.path()) {
        assert!(!folder.join(&name).exists(), "what the bank has taken is not put again");
        std::fs::rename(taken.path().join(&name), folder.join(name)).unwrap();
    }
    bank.advance("2026-04-01");
    check(&bank, folder, &expected);
}

#[test]
fn every_entry_reaches_the_banks_server_once_wherever_kill_9_strikes() {
    for test in &databases(&[]) {
        let mut server = BankServer::start();
        let folder = server.path("to_bank");
        let bank = set_up(test, &server.flags());
        tell(
            bank,
            &folder,
            |_| true,
            |bank, killed, day| {
                let stall = killed.stall(&test.db);
                match killed {
                    Killed::Built => server.stop_at(Stop::Draft),
                    Killed::Writing => server.stop_at(Stop::Half),
                    Killed::Written => server.stop_at(Stop::Written),
                    Killed::Noted => server.stop_at(Stop::Rename),
                    Killed::Named | Killed::Taken => server.stop_at(Stop::Renamed),
                    Killed::Building | Killed::Recording | Killed::Recorded => {}
                }
                let asked = bank.begin_to_advance(day);
                if !is_common(killed, bank, day, (&folder, stall.as_ref())) {
                    wait_until("the bank's server", || server.has_stopped());
                }
                kill(bank, asked, stall);
                server.restart();
            },
        );
    }
}

/// What has a server's renaming last for minutes, before or behind it; `None` where nobody may look into processes.
fn slow(when: &str) -> Option<Vec<String>> {
    let slowed = format!("inject=renameat2:{when}=120000000");
    let args =
        ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e", &slowed];
    let args: Vec<String> = args.iter().map(|it| (*it).to_owned()).collect();
    let tried = Command::new(&args[0]).args(&args[1..]).arg("true").status();
    if tried.is_ok_and(|status| status.success()) {
        return Some(args);
    }
    eprintln!("skipping kills around a renaming: strace cannot be used here");
    None
}

#[test]
fn every_entry_reaches_a_folder_once_wherever_kill_9_strikes() {
    let slowed = slow("delay_enter").zip(slow("delay_exit"));
    // A draft is written and named faster than anybody could look: half of it is the bank's server's story.
    let is_told = |killed| match killed {
        Killed::Writing => false,
        Killed::Noted | Killed::Named | Killed::Taken => slowed.is_some(),
        _ => true,
    };
    for test in &databases(&[]) {
        let kept = tempfile::tempdir().unwrap();
        let (folder, inbound) = (kept.path().join("out"), kept.path().join("in"));
        let flags = [("--outbound", &folder), ("--inbound", &inbound)].map(|(flag, path)| {
            std::fs::create_dir(path).unwrap();
            [flag.to_owned(), path.display().to_string()]
        });
        let bank = set_up(test, &flags.concat());
        tell(bank, &folder, is_told, |bank, killed, day| {
            let stall = match killed {
                Killed::Written => Some(Stall::at(&test.db, "UPDATE", "handing")),
                other => other.stall(&test.db),
            };
            // Whoever opens a pipe to read waits for somebody who writes.
            let pipe = folder.join(format!("021000021-021000021-{day}-A.ach"));
            if killed == Killed::Built {
                assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            }
            if let Some((before, behind)) = &slowed
                && matches!(killed, Killed::Noted | Killed::Named | Killed::Taken)
            {
                let slowed = if killed == Killed::Noted { before } else { behind };
                bank.server.kill();
                // Nobody else may go on while the renaming lasts: who finds the name there notes it.
                bank.server = Serving::start_under(&bank.url, slowed);
            }
            let asked = bank.begin_to_advance(day);
            if !is_common(killed, bank, day, (&folder, stall.as_ref())) {
                let (noted, is_there) = killed.leaves();
                wait_until("the file", || state(bank, day).as_deref() == noted);
                let is_named =
                    || killed == Killed::Built || is_at_the_bank(&folder, day) == is_there;
                wait_until("its name", is_named);
            }
            kill(bank, asked, stall);
            if killed == Killed::Built {
                std::fs::remove_file(pipe).unwrap();
            }
        });
    }
}

/// The file with which the receiving bank returns everything in one of ours.
fn returned(sent: &File, code: &str) -> Vec<u8> {
    let (batch, code) = (&sent.batches[0], ReturnCode::parse(code).unwrap());
    let items = batch.entries.iter().zip(1..).map(|(entry, number)| {
        let trace = Trace::new(entry.bank, number).unwrap();
        compose::return_entry(entry, code.into(), batch.header.bank, trace)
    });
    let items: Vec<_> = items.collect();
    let bank = batch.entries[0].bank;
    let header = compose::answering_header(&batch.header, batch.header.sec, &items, bank, 1);
    let batches = vec![Batch { header, entries: items }];
    florin_ach::write(&File { header: sent.header.clone(), batches }).unwrap()
}

/// How many of the customers' transfers stand as `status`.
fn standing(bank: &Bank, status: &str) -> usize {
    let all = bank.customers.iter().flat_map(|customer| bank.transactions(customer));
    all.filter(|it| it["status"] == status).count()
}

#[test]
fn what_the_bank_returns_acts_once_wherever_kill_9_strikes() {
    for test in &databases(&[]) {
        let server = BankServer::start();
        let mut bank = set_up(test, &server.flags());
        pull(&mut bank, 0);
        bank.advance("2026-03-05");
        let folder = server.path("to_bank");
        let sent = std::fs::read(folder.join(&names(&folder)[0])).unwrap();
        let returns = server.path("returns.ach");
        std::fs::write(&returns, returned(&florin_ach::read(&sent).unwrap(), "R02")).unwrap();
        let args = ["bank", "take-in", returns.to_str().unwrap(), "--database", &test.url];
        assert_eq!(standing(&bank, "Settled"), CUSTOMERS);
        for _ in 0..2 {
            let stall = Stall::at(&test.db, "INSERT", "received");
            let mut taking = command(&args).spawn().unwrap();
            wait_until("the transaction", || stall.is_reached());
            taking.kill().unwrap();
            taking.wait().unwrap();
            stall.lift();
            assert_eq!((standing(&bank, "Settled"), files(&bank).len()), (CUSTOMERS, 1));
        }
        let told = florin_ok(&args);
        assert!(told.contains("3 entries, 0 of them of no entry of ours"), "{told}");
        assert!(florin_ok(&args).contains("taken in before"));
        assert_eq!(standing(&bank, "Returned"), CUSTOMERS);
        assert!(bank.customers.iter().all(|customer| bank.balance(customer) == 0));
        florin_ok(&["ledger", "verify", "--database", &test.url]);
    }
}
