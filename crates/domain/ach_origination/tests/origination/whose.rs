//! Whose entry a return or a notification of change is about, and what can be used of it.

use florin_ach::{Addenda, ChangeCode, Correction, RoutingNumber, Sec, Text, compose};
use florin_ach_origination::TakenIn;
use florin_payments::{Direction, PaymentState};
use jiff::civil::date;

use crate::company::{Company, answering, on_both};

fn take(company: &Company, bytes: Vec<u8>) -> i64 {
    let taken = company.runtime.block_on(company.ach.take_in(&company.caller, "b.ach", bytes));
    let TakenIn::Now(file) = taken.unwrap() else { panic!("it is new") };
    file.unmatched
}

#[test]
fn a_return_that_contradicts_the_entry_of_its_number_is_left_to_a_person() {
    on_both(date(2026, 11, 20), |company| {
        let asked = company.ask("1234567", Direction::Collect, 12_345, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        let before = company.heard_of(&asked);
        let other_bank = RoutingNumber::parse("091000019").unwrap();
        let contradictions: [&dyn Fn(&mut florin_ach::Entry); 4] = [
            &|it| it.account = Text::new("99999").unwrap(),
            &|it| it.individual_id = Text::new("nope").unwrap(),
            &|it| it.amount_cents = 12_344,
            &|it| {
                let Some(Addenda::Return(found)) = it.addenda.as_deref_mut() else { panic!() };
                found.original_bank = other_bank;
            },
        ];
        for (number, contradiction) in (1..).zip(contradictions) {
            assert_eq!(take(company, company.answer_with(0, "R03", contradiction)), 1);
            assert_eq!(company.heard_of(&asked), before, "{number}");
            assert_eq!(company.told("ach_alert"), number);
        }
        let alert = company.events().into_iter().rfind(|(kind, _)| kind == "ach_alert").unwrap().1;
        assert_eq!(alert["traces"][0], "021000020000001");
        // Zeros in front and spaces are nothing to go by.
        let own = company.answer_with(0, "R03", |it| it.account = Text::new("0001234567").unwrap());
        assert_eq!(take(company, own), 0);
        assert_eq!(company.heard_of(&asked).last().unwrap().0, PaymentState::Failed);
    });
}

/// A notification of change about the first entry of a file of ours.
fn change(
    company: &Company,
    code: &str,
    correction: &Correction,
    edit: impl FnOnce(&mut florin_ach::Entry),
) -> Vec<u8> {
    let sent = company.content(0);
    let original = &sent.batches[0].entries[0];
    let trace = florin_ach::Trace::new(original.bank, 1).unwrap();
    let code = ChangeCode::parse(code).unwrap();
    let bank = sent.batches[0].header.bank;
    let mut item = compose::change_entry(original, code, correction, bank, trace).unwrap();
    edit(&mut item);
    answering(&sent, Sec::Cor, vec![item])
}

/// The same notification with something else as what is right: columns 36 to 64 of the addenda.
fn saying(bytes: Vec<u8>, corrected: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    let lines = text.lines().map(|line| match line.starts_with("798") {
        true => format!("{}{corrected:29}{}\n", &line[..35], &line[64..]),
        false => format!("{line}\n"),
    });
    lines.collect::<String>().into_bytes()
}

#[test]
fn a_notification_of_change_says_the_end_of_a_number_only_and_only_of_its_own_account() {
    on_both(date(2026, 11, 20), |company| {
        company.ask("1234567", Direction::Collect, 12_345, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        let right = Correction {
            account: Some(Text::new("998877665544").unwrap()),
            ..Correction::default()
        };
        let of_another = change(company, "C01", &right, |it| {
            it.individual_id = Text::new("7654321").unwrap();
        });
        assert_eq!(take(company, of_another), 1);
        assert!(company.book.corrected.lock().unwrap().is_empty());
        assert_eq!(take(company, change(company, "C01", &right, |_| {})), 0);
        assert_eq!(company.book.corrected.lock().unwrap().len(), 1);
        let told: Vec<String> = company.events().iter().map(|it| it.1.to_string()).collect();
        assert!(told.iter().any(|data| data.contains("******5544")));
        assert!(told.iter().all(|data| !data.contains("998877665544")));
    });
}

#[test]
fn a_notification_of_change_that_cannot_be_used_is_told_of() {
    on_both(date(2026, 11, 20), |company| {
        company.ask("1234567", Direction::Collect, 12_345, date(2026, 11, 24));
        company.advance(date(2026, 11, 24));
        let routing = RoutingNumber::parse("021000021").unwrap();
        let any = Correction {
            routing: Some(routing),
            account: Some(Text::new("1").unwrap()),
            transaction_code: Some(company.content(0).batches[0].entries[0].code),
            ..Correction::default()
        };
        for (number, (code, raw)) in
            (1..).zip([("C02", "123456781"), ("C01", ""), ("C05", "99"), ("C05", "47")])
        {
            assert_eq!(take(company, saying(change(company, code, &any, |_| {}), raw)), 0);
            assert_eq!(company.told("ach_alert"), number, "{code} {raw}");
            let alert = company.events().into_iter().rfind(|(kind, _)| kind == "ach_alert");
            assert_eq!(alert.unwrap().1["code"], code);
        }
        assert!(company.book.corrected.lock().unwrap().is_empty(), "nothing is corrected");
        assert_eq!(company.told("ach_notification_of_change"), 0);
    });
}
