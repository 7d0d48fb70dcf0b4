//! A simulated receiving bank: answers the files that it is sent with returns and notifications of change, as the
//! account numbers ask for.
//!
//! | account number | what happens |
//! |---|---|
//! | `99001NN`, more digits may follow | the entry is returned with code RNN, where a bank could do so |
//! | `99001NN1`, more digits may follow | the same, but an entry sent again (described `RETRY PYMT`) settles |
//! | `99002NN`, more digits may follow | the entry settles, and a notification of change CNN follows |
//! | any other | the entry settles |
//!
//! A bank returns credits, prenotes and micro-entries for what is wrong with the account (R02, R03, R04, R12,
//! R13, R14, R15, R16, R20, R32, R34), credits for R06, R17, R23 and R24 too, and live debits for any code of a
//! receiving bank or operator but R23.

use std::collections::BTreeMap;

use florin_calendar::{date_of_epoch_day, epoch_day};
use jiff::civil::{Date, Time};

use crate::compose::{Reason, answering_header, change_entry, return_entry};
use crate::window::CALENDAR;
use crate::{
    AccountType, Batch, BatchHeader, Category, ChangeCode, Correction, Direction, Entry, File,
    FileHeader, FileIdModifier, Purpose, ReturnCode, RoutingNumber, Sec, Sender, Text, TimeLimit,
    Trace, description,
};

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It settles, and nothing more is heard of it.
    Settles,
    /// It settles and is returned.
    Returned(ReturnCode),
    /// It settles, and a notification of change follows.
    Changed(ChangeCode),
}

/// An entry of a file that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// When the answer reaches the originating bank.
    pub due_on: Date,
    /// The place of the batch in the file, counted from 0.
    pub batch: usize,
    /// The place of the entry in its batch, counted from 0.
    pub entry: usize,
    /// Never [`Verdict::Settles`].
    pub verdict: Verdict,
}

/// What a file of answers needs to know beyond the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    /// The date of the file.
    pub on: Date,
    /// The time of the file.
    pub at: Option<Time>,
    /// Tells the files of a day apart.
    pub modifier: FileIdModifier,
    /// The sequence of the first answer's trace number; the others follow.
    pub first_sequence: u32,
}

/// Unauthorised debits come back when customers have read their statements.
const STATEMENT_DAYS: i32 = 20;

/// What becomes of an entry in a batch with this header.
pub fn verdict(header: &BatchHeader, entry: &Entry) -> Verdict {
    let account = entry.account.as_str();
    let number = |rest: &str| rest.get(..2).and_then(|digits| digits.parse().ok());
    if entry.code.purpose() == Purpose::Return {
        return Verdict::Settles;
    }
    if let Some(rest) = account.strip_prefix("99001") {
        let pays_again = rest.as_bytes().get(2) == Some(&b'1')
            && header.description.as_str() == description::RETRY;
        let code = number(rest).and_then(ReturnCode::from_number);
        return match code.filter(|code| !pays_again && may_return(*code, header, entry)) {
            Some(code) => Verdict::Returned(code),
            None => Verdict::Settles,
        };
    }
    let rest = account.strip_prefix("99002").unwrap_or("");
    let code = number(rest).and_then(ChangeCode::from_number).filter(|code| !code.is_refusal());
    code.map_or(Verdict::Settles, Verdict::Changed)
}

fn may_return(code: ReturnCode, header: &BatchHeader, entry: &Entry) -> bool {
    let micro = header.description.as_str() == description::MICRO_ENTRY;
    let live = entry.code.purpose() == Purpose::Live && !micro;
    let by_bank = matches!(code.info().sender, Sender::ReceivingBank | Sender::Operator);
    if code.category() == Category::StopAccount {
        return true;
    }
    match entry.code.direction() {
        _ if !live || !by_bank || code.category() == Category::Contested => false,
        Direction::Credit => matches!(code.number(), 6 | 17 | 23 | 24),
        Direction::Debit => code.number() != 23,
    }
}

/// Which entries of a file are answered, and when, given the date on which its batches settled: returns and
/// notifications on the next banking day, returns that have sixty days on the banking day after twenty.
pub fn answers(sent: &File, settled_on: Date) -> Vec<Answer> {
    let mut found = Vec::new();
    for (batch, facts) in sent.batches.iter().enumerate() {
        for (entry, item) in facts.entries.iter().enumerate() {
            let verdict = verdict(&facts.header, item);
            let due_on = match verdict {
                Verdict::Settles => continue,
                Verdict::Returned(code)
                    if matches!(code.info().limit, TimeLimit::CalendarDays(_)) =>
                {
                    let read = date_of_epoch_day(epoch_day(settled_on) + STATEMENT_DAYS);
                    CALENDAR.after(read.unwrap_or(settled_on))
                }
                _ => CALENDAR.after(settled_on),
            };
            found.push(Answer { due_on, batch, entry, verdict });
        }
    }
    found
}

/// The file that carries these answers back to the bank that sent `sent`: a batch for each original batch,
/// answering bank and kind of answer. `None` when there is nothing to answer or the trace numbers run out.
pub fn answering_file(sent: &File, answers: &[Answer], facts: &Answering) -> Option<File> {
    let mut sequence = facts.first_sequence;
    let mut batches: BTreeMap<(usize, RoutingNumber, bool), Vec<Entry>> = BTreeMap::new();
    for answer in answers {
        let batch = sent.batches.get(answer.batch)?;
        let original = batch.entries.get(answer.entry)?;
        let trace = Trace::new(original.bank, sequence)?;
        let (entry, change) = match answer.verdict {
            Verdict::Settles => continue,
            Verdict::Returned(code) => {
                (return_entry(original, reason(code, facts.on), batch.header.bank, trace), false)
            }
            Verdict::Changed(code) => {
                let correction = correction(original);
                (change_entry(original, code, &correction, batch.header.bank, trace).ok()?, true)
            }
        };
        sequence = sequence.checked_add(1)?;
        batches.entry((answer.batch, original.bank, change)).or_default().push(entry);
    }
    let bank = sent.batches.first()?.header.bank;
    let batches: Vec<Batch> = (1..)
        .zip(batches)
        .filter_map(|(number, ((batch, bank, change), entries))| {
            let original = &sent.batches.get(batch)?.header;
            let sec = if change { Sec::Cor } else { original.sec };
            let header = answering_header(original, sec, &entries, bank, number);
            Some(Batch { header, entries })
        })
        .collect();
    let header = FileHeader {
        destination: bank,
        origin: Text::new(&sent.header.destination.to_string()).ok()?,
        created_on: facts.on,
        created_at: facts.at,
        modifier: facts.modifier,
        destination_name: sent.header.origin_name,
        origin_name: sent.header.destination_name,
        reference: Text::EMPTY,
    };
    (!batches.is_empty()).then_some(File { header, batches })
}

fn reason(code: ReturnCode, on: Date) -> Reason {
    let died_on = code.tells_of_death().then(|| on.yesterday().unwrap_or(on));
    Reason { died_on, ..Reason::from(code) }
}

/// What the simulated bank says would be right, whatever the code: the routing number 021000021, the account
/// number with `88` instead of `99` in front (so that the next entry settles), the other of checking and savings,
/// a married name.
fn correction(original: &Entry) -> Correction {
    let account = original.account.as_str().replacen("99", "88", 1);
    let other = match original.code.account() {
        AccountType::Checking => AccountType::Savings,
        _ => AccountType::Checking,
    };
    Correction {
        routing: RoutingNumber::from_number(21_000_021).ok(),
        account: Text::new(&account).ok(),
        transaction_code: original.code.for_account(other),
        name: Some(Text::fit(&format!("NEW {}", original.name))),
        individual_id: Text::new(original.individual_id.as_str()).ok(),
        foreign_bank: Text::new("FOREIGNBANK").ok(),
        company_name: Text::new("NEW COMPANY NAME").ok(),
        company_id: Text::new("9999999999").ok(),
        sec: Text::new("IAT").ok(),
    }
}
