//! Whatever can be written is read back as it was; whatever is read does not bring the reader down.

use florin_ach::compose::{self, Reason, Receiver};
use florin_ach::{
    AccountType, Accounts, Addenda, Batch, BatchHeader, ChangeCode, Correction, Direction, Entry,
    File, FileHeader, FileIdModifier, LineEnding, OriginatorStatus, Purpose, RefusedChange,
    ReturnCode, RoutingNumber, Sec, ServiceClass, Severity, Text, Trace, TransactionCode, describe,
    description, problems, read, read_all, write, write_as,
};
use jiff::civil::{Date, Time, date};
use proptest::collection::vec;
use proptest::prelude::*;

fn text<const N: usize>(least: usize) -> impl Strategy<Value = Text<N>> {
    vec(0x20_u8..0x7F, least..=N).prop_map(move |bytes| {
        let found = Text::new(std::str::from_utf8(&bytes).unwrap()).unwrap();
        if found.is_empty() && least > 0 { Text::new("X").unwrap() } else { found }
    })
}

fn routing() -> impl Strategy<Value = RoutingNumber> {
    (0_u32..100_000_000).prop_map(|eight| RoutingNumber::with_check_digit(eight).unwrap())
}

fn day() -> impl Strategy<Value = Date> {
    (2000_i16..2100, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn receiver() -> impl Strategy<Value = Receiver> {
    let account_type = prop_oneof![
        Just(AccountType::Checking),
        Just(AccountType::Savings),
        Just(AccountType::GeneralLedger),
        Just(AccountType::Loan),
    ];
    (account_type, routing(), text(1), text(0), text(1)).prop_map(
        |(account_type, bank, account, individual_id, name)| Receiver {
            account_type,
            bank,
            account,
            individual_id,
            name,
        },
    )
}

/// How an entry comes to be; what the batch's class does not admit is made admissible.
#[derive(Debug, Clone)]
enum Kind {
    Live(u64, Option<Text<80>>),
    Prenote,
    /// Of companies alone.
    ZeroDollar(Text<80>),
    /// Of a notification of change; its code, its trace sequence.
    Refusal(ChangeCode, ChangeCode, u32),
    Return(ReturnCode, Text<44>, Date, u64),
    Change(ChangeCode, Correction),
}

fn return_code() -> impl Strategy<Value = ReturnCode> {
    proptest::sample::select(ReturnCode::all().collect::<Vec<_>>())
}

fn change() -> impl Strategy<Value = Kind> {
    let codes: Vec<ChangeCode> = ChangeCode::all().filter(|code| !code.is_refusal()).collect();
    let code = (0_u8..100).prop_filter_map("assigned", florin_ach::TransactionCode::from_number);
    // Parts of corrected data that contain spaces cannot be told apart in short fields.
    let account = "[A-Z0-9]{1,17}".prop_map(|account| Text::new(&account).unwrap());
    let parts = (routing(), account, code, text(1), text(1), text(1), text(1));
    (proptest::sample::select(codes), parts).prop_map(|(change, parts)| {
        let (routing, account, code, name, id, company_name, company_id) = parts;
        let correction = Correction {
            routing: Some(routing),
            account: Some(account),
            transaction_code: Some(code),
            name: Some(name),
            individual_id: Some(id),
            foreign_bank: Some(Text::new(account.as_str()).unwrap()),
            company_name: Some(company_name),
            company_id: Some(company_id),
            sec: Some(Text::new("IAT").unwrap()),
        };
        Kind::Change(change, correction)
    })
}

fn refusal() -> impl Strategy<Value = Kind> {
    let codes = |refusal| -> Vec<ChangeCode> {
        ChangeCode::all().filter(|code| code.is_refusal() == refusal).collect()
    };
    let pick = proptest::sample::select;
    (pick(codes(true)), pick(codes(false)), 0..=Trace::MAX_SEQUENCE)
        .prop_map(|(code, refused, sequence)| Kind::Refusal(code, refused, sequence))
}

fn kind() -> impl Strategy<Value = Kind> {
    let live = (1_u64..=9_999_999, proptest::option::of(text(1)));
    prop_oneof![
        4 => live.prop_map(|(cents, text)| Kind::Live(cents, text)),
        1 => Just(Kind::Prenote),
        1 => text(1).prop_map(Kind::ZeroDollar),
        1 => refusal(),
        2 => (return_code(), text(0), day(), any::<u32>())
            .prop_map(|(code, text, day, cents)| Kind::Return(code, text, day, u64::from(cents))),
        2 => change(),
    ]
}

fn make(sec: Sec, receiver: &Receiver, direction: Direction, kind: Kind, trace: Trace) -> Entry {
    let payment_type = Text::new(if sec == Sec::Web { "S" } else { "" }).unwrap();
    let back = RoutingNumber::parse("121042882").unwrap();
    let live =
        |cents| Entry { discretionary: payment_type, ..receiver.live(direction, cents, trace) };
    match (sec, kind) {
        (Sec::Cor, Kind::Change(code, correction)) => {
            compose::change_entry(&live(1), code, &correction, back, trace).unwrap()
        }
        (Sec::Cor, Kind::Refusal(code, refused, trace_sequence)) => {
            let first = ChangeCode::parse("C13").unwrap();
            let original =
                compose::change_entry(&live(1), first, &Correction::default(), back, trace);
            let mut entry = original.unwrap();
            if let Some(Addenda::Change(change)) = entry.addenda.as_deref_mut() {
                change.code = code;
                change.corrected = Text::new("0012345679").unwrap();
                change.refused = Some(RefusedChange { code: refused, trace_sequence });
            }
            entry
        }
        (Sec::Cor, _) => {
            let correction =
                Correction { account: Some(receiver.account), ..Correction::default() };
            let code = ChangeCode::parse("C01").unwrap();
            compose::change_entry(&live(1), code, &correction, back, trace).unwrap()
        }
        (_, Kind::Return(code, information, day, cents)) => {
            let died_on = code.tells_of_death().then_some(day);
            compose::return_entry(&live(cents), Reason { code, died_on, information }, back, trace)
        }
        (_, Kind::Prenote) => {
            let prenote = receiver.prenote(direction, trace).unwrap();
            Entry { discretionary: payment_type, ..prenote }
        }
        (Sec::Ccd, Kind::ZeroDollar(text)) if receiver.account_type != AccountType::Loan => {
            let purpose = Purpose::ZeroDollar;
            let code = TransactionCode::coded(receiver.account_type, direction, purpose).unwrap();
            Entry { code, addenda: Some(Box::new(Addenda::Payment(text))), ..live(0) }
        }
        (_, Kind::Live(cents, Some(text))) if sec.may_carry_addenda() => {
            Entry { addenda: Some(Box::new(Addenda::Payment(text))), ..live(cents) }
        }
        (_, Kind::Live(cents, _)) => live(cents),
        (_, Kind::Change(..) | Kind::Refusal(..) | Kind::ZeroDollar(..)) => live(7),
    }
}

fn header() -> impl Strategy<Value = BatchHeader> {
    let texts = (text(1), text(0), text(1), text(1), text(0));
    let sec = proptest::sample::select(Sec::ALL.to_vec());
    let status = prop_oneof![Just(OriginatorStatus::Bank), Just(OriginatorStatus::FederalAgency)];
    let rest = (day(), proptest::option::of(1_u16..=366), status, routing());
    (texts, sec, rest).prop_map(|(texts, sec, rest)| {
        let (company_name, discretionary, company_id, description, descriptive_date) = texts;
        let (effective_on, settlement_day, originator_status, bank) = rest;
        BatchHeader {
            service_class: ServiceClass::Mixed,
            company_name,
            discretionary,
            company_id,
            sec,
            description,
            descriptive_date,
            effective_on: Some(effective_on),
            settlement_day,
            originator_status,
            bank,
            number: 0,
        }
    })
}

fn batch() -> impl Strategy<Value = Batch> {
    let facts = (receiver(), any::<bool>(), kind(), 1_u32..1_000);
    let choices = (any::<bool>(), proptest::bool::weighted(0.2));
    (header(), vec(facts, 1..12), choices).prop_map(|(mut header, facts, (narrow, reversal))| {
        if reversal {
            header.description = Text::new(description::REVERSAL).unwrap();
        }
        let mut sequence = 0;
        let mut entries = Vec::new();
        for (mut receiver, credit, kind, step) in facts {
            sequence += step;
            let trace = Trace::new(header.bank, sequence).unwrap();
            let credit = credit && (reversal || header.sec != Sec::Tel);
            let direction = if credit { Direction::Credit } else { Direction::Debit };
            // Loan accounts are debited by reversals and returns only.
            let debits_loan = reversal && !matches!(kind, Kind::Prenote);
            if receiver.account_type == AccountType::Loan && !credit && !debits_loan {
                receiver.account_type = AccountType::Checking;
            }
            entries.push(make(header.sec, &receiver, direction, kind, trace));
        }
        if narrow {
            header.service_class = ServiceClass::of(&entries);
        }
        Batch { header, entries }
    })
}

/// Two credits under a dollar and the debit that takes them back, for some accounts.
fn micro_batch() -> impl Strategy<Value = Batch> {
    let sec = proptest::sample::select(vec![Sec::Ppd, Sec::Ccd, Sec::Web]);
    let facts = vec((receiver(), [1_u64..100, 1_u64..100]), 1..4);
    (header(), sec, facts).prop_map(|(mut header, sec, facts)| {
        header.sec = sec;
        header.description = Text::new(description::MICRO_ENTRY).unwrap();
        let mut entries = Vec::new();
        for (mut receiver, credits) in facts {
            if receiver.account_type == AccountType::Loan {
                receiver.account_type = AccountType::Savings;
            }
            let first = Trace::new(header.bank, entries.len() as u32).unwrap();
            entries.extend(receiver.micro_entries(credits, first).unwrap());
        }
        if sec == Sec::Web {
            let once = Text::new("S").unwrap();
            entries.iter_mut().for_each(|entry| entry.discretionary = once);
        }
        Batch { header, entries }
    })
}

prop_compose! {
    fn any_file()(
        destination in routing(),
        texts in (text(1), text(0), text(0), text(0)),
        created_on in day(),
        created_at in proptest::option::of((0_i8..24, 0_i8..60)),
        ordinal in 0_u8..36,
        mut batches in vec(prop_oneof![4 => batch().boxed(), 1 => micro_batch().boxed()], 1..6),
    ) -> File {
        let (origin, destination_name, origin_name, reference) = texts;
        for (number, batch) in (1..).zip(&mut batches) {
            batch.header.number = number;
        }
        let header = FileHeader {
            destination,
            origin,
            created_on,
            created_at: created_at.map(|(hour, minute)| Time::new(hour, minute, 0, 0).unwrap()),
            modifier: FileIdModifier::nth(ordinal).unwrap(),
            destination_name,
            origin_name,
            reference,
        };
        File { header, batches }
    }
}

fn ending() -> impl Strategy<Value = LineEnding> {
    prop_oneof![Just(LineEnding::Lf), Just(LineEnding::CrLf), Just(LineEnding::None)]
}

/// A change to the bytes of a file: overwritten, inserted or removed.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, u8, u8)> {
    let byte = prop_oneof![any::<u8>(), b'0'..=b'9', Just(b' '), Just(b'\n'), Just(b'A')];
    (any::<prop::sample::Index>(), 0_u8..4, byte)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_back(file in any_file(), ending in ending()) {
        let bytes = write_as(&file, ending).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(problems(&bytes), vec![]);
        prop_assert_eq!(read(&bytes).unwrap(), file);
    }

    #[test]
    fn mutated_files_never_bring_the_reader_down(
        file in any_file(),
        mutations in vec(mutation(), 1..8),
    ) {
        let mut bytes = write(&file).unwrap();
        for (index, how, byte) in mutations {
            let at = index.index(bytes.len());
            match how {
                0 => bytes.insert(at, byte),
                1 if bytes.len() > 1 => { bytes.remove(at); }
                _ => bytes[at] = byte,
            }
        }
        let reading = read_all(&bytes);
        // What can be taken can be shown; and a file is refused for a reason.
        match reading.file {
            Some(file) => {
                let entries = file.batches.iter().flat_map(|batch| &batch.entries);
                for addenda in entries.filter_map(|entry| entry.addenda.as_deref()) {
                    prop_assert!(!describe(addenda, Accounts::Masked).is_empty());
                }
            }
            None => prop_assert!(reading.problems.iter().any(|p| p.severity() == Severity::Error)),
        }
    }

    #[test]
    fn any_bytes_are_refused_in_words(bytes in vec(any::<u8>(), 0..2_000)) {
        let problem = read(&bytes).unwrap_err();
        prop_assert!(problem.to_string().starts_with("line "));
    }

    #[test]
    fn lines_like_records_never_bring_the_reader_down(
        lines in vec("[156789][ 0-9A-Z]{0,93}", 0..30),
    ) {
        let text = lines.join("\n");
        prop_assert!(!problems(text.as_bytes()).is_empty());
    }

    #[test]
    fn a_changed_digit_of_money_is_noticed(file in any_file(), at in any::<prop::sample::Index>()) {
        let mut bytes = write(&file).unwrap();
        let amounts: Vec<usize> = bytes
            .chunks(95)
            .enumerate()
            .filter(|(_, line)| line[0] == b'6')
            .flat_map(|(number, _)| (29..39).map(move |column| number * 95 + column))
            .collect();
        let place = amounts[at.index(amounts.len())];
        bytes[place] = if bytes[place] == b'9' { b'0' } else { bytes[place] + 1 };
        prop_assert!(read(&bytes).is_err());
    }
}
