use florin_open_banking::wire::Readable;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const GBP: Currency = Currency::GBP;
const TODAY: Date = date(2026, 11, 21);

fn amount(text: &str, currency: &str) -> Amount {
    Amount { amount: text.to_owned(), currency: currency.to_owned() }
}

#[test]
fn amounts_table() {
    let check = |text: &str, currency: Currency, expected: Option<i64>| {
        assert_eq!(minor(&amount(text, currency.code()), currency), expected, "{text}");
    };
    check("12.50", GBP, Some(1250));
    check("-12.5", GBP, Some(-1250));
    check("-0.01", GBP, Some(-1));
    check("+3.00", GBP, Some(300));
    check(" 7 ", GBP, Some(700));
    check("1.500", GBP, Some(150));
    check("0", GBP, Some(0));
    check("1500", Currency::JPY, Some(1500));
    check("92233720368547758.07", GBP, Some(i64::MAX));
    for bad in [
        "",
        "-",
        "+",
        ".",
        "1.",
        ".5",
        "1e3",
        "1E3",
        "NaN",
        "Infinity",
        "-inf",
        "12,50",
        "1,000.00",
        "1.005",
        "0x10",
        "--1",
        "+-1",
        "1.2.3",
        "99999999999999999999.00",
        "ten",
        "1_000",
        "\u{664}",
    ] {
        check(bad, GBP, None);
    }
    check("0.5", Currency::JPY, None);
    check(&"9".repeat(500), GBP, None);
    assert_eq!(minor(&amount("5.00", "USD"), GBP), None, "another currency is not guessed at");
    assert_eq!(minor(&amount("5.00", ""), GBP), None);
}

fn balance(kind: BalanceType, text: &str, currency: &str) -> Balance {
    Balance { balance_amount: amount(text, currency), balance_type: kind, ..Balance::default() }
}

#[test]
fn balances_table() {
    use BalanceType::*;
    let check = |currency: &str,
                 balances: &[Balance],
                 expected: Option<(&str, i64, Option<i64>)>| {
        let details = AccountDetails { currency: currency.to_owned(), ..AccountDetails::default() };
        let found = money(&details, balances, GBP);
        let found = found.map(|it| (it.currency.code(), it.balance_minor, it.available_minor));
        assert_eq!(found, expected, "{balances:?}");
    };
    let available = balance(InterimAvailable, "10.00", "GBP");
    let booked = balance(ClosingBooked, "9.00", "GBP");
    let now = balance(InterimBooked, "8.00", "GBP");
    let both = [available.clone(), booked.clone(), now.clone()];
    check("GBP", &both, Some(("GBP", 800, Some(1000))));
    check("GBP", &both[..2], Some(("GBP", 900, Some(1000))));
    check("GBP", &both[..1], Some(("GBP", 1000, Some(1000))));
    check("GBP", std::slice::from_ref(&now), Some(("GBP", 800, None)));
    check("", &both, Some(("GBP", 800, Some(1000))));
    check("XXX", &[balance(Expected, "5", "EUR")], Some(("EUR", 500, Some(500))));
    check("GBP", &[balance(InterimBooked, "NaN", "GBP"), booked], Some(("GBP", 900, None)));
    check("GBP", &[balance(InterimBooked, "5.00", "USD"), now], Some(("GBP", 800, None)));
    check("GBP", &[balance(Unknown, "5.00", "GBP")], Some(("GBP", 500, None)));
    check("GBP", &[balance(InterimBooked, "5.00", "USD")], None);
    check("GBP", &[], None);
}

#[test]
fn numbers_table() {
    let check = |country: &str, (iban, scan, bban): (&str, &str, &str), expected: [&str; 3]| {
        let details = AccountDetails {
            iban: iban.to_owned(),
            scan: scan.to_owned(),
            bban: bban.to_owned(),
            ..AccountDetails::default()
        };
        let found = numbers(&details, country);
        let shown = [found.account, found.routing, found.iban].map(Option::unwrap_or_default);
        assert_eq!(shown, expected.map(str::to_owned), "{iban} {scan} {bban}");
    };
    let british = "GB82WEST12345698765432";
    check("GB", ("", "20000055779911", ""), ["55779911", "200000", ""]);
    check("GB", ("", "20-00-00 55779911", ""), ["55779911", "200000", ""]);
    check("GB", ("", "", "20000055779911"), ["55779911", "200000", ""]);
    check("GB", (british, "", ""), ["98765432", "123456", british]);
    check("GB", ("GB82 WEST 1234 5698 7654 32", "", ""), ["98765432", "123456", british]);
    check("DE", ("DE89370400440532013000", "", ""), ["", "", "DE89370400440532013000"]);
    check("FR", ("", "", "30006000011234567890189"), ["30006000011234567890189", "", ""]);
    check("GB", ("GB00WEST12345698765432", "", ""), ["", "", ""]);
    check("GB", ("GB82", "123", "x"), ["", "", ""]);
    check("GB", ("ÄÖ82WEST12345698765432", "", ""), ["", "", ""]);
}

#[test]
fn kinds_of_accounts_table() {
    let check = |code: &str, product: &str, expected: AccountType| {
        let details = AccountDetails {
            cash_account_type: code.to_owned(),
            product: product.to_owned(),
            iban: "x".to_owned(),
            ..AccountDetails::default()
        };
        assert_eq!(account_type(&details), expected, "{code} {product}");
    };
    check("CACC", "Instant Saver", AccountType::Checking);
    check("SVGS", "", AccountType::Savings);
    check("CARD", "", AccountType::CreditCard);
    check("LOAN", "", AccountType::Loan);
    check("WHAT", "Instant Saver", AccountType::Savings);
    check("", "Platinum Mastercard", AccountType::CreditCard);
    check("", "Everyday", AccountType::Checking);
    assert_eq!(account_type(&AccountDetails::default()), AccountType::Unknown);
}

fn one(id: &str, text: &str, on: &str) -> Transaction {
    Transaction {
        transaction_id: id.to_owned(),
        booking_date: on.to_owned(),
        transaction_amount: amount(text, "GBP"),
        remittance_information_unstructured: "CORNER COFFEE".to_owned(),
        ..Transaction::default()
    }
}

fn read(booked: Vec<Transaction>, pending: Vec<Transaction>) -> Read {
    let readable = |items| Readable { items, unreadable: 0 };
    let found = Transactions { booked: readable(booked), pending: readable(pending) };
    transactions(&found, GBP, TODAY)
}

fn ids(found: &Read) -> Vec<String> {
    found.transactions.iter().map(|one| one.external_id.clone()).collect()
}

/// What is read in another company, order or window has the same ids.
#[test]
fn ids_stay() {
    let (a, b) = (one("1", "-2.50", "2026-11-01"), one("2", "-2.50", "2026-11-02"));
    let nameless = one("", "-2.50", "2026-11-02");
    let all = ids(&read(vec![a.clone(), b.clone(), nameless.clone()], vec![]));
    let other = ids(&read(vec![nameless, b.clone()], vec![]));
    assert_eq!([&all[2], &all[1]], [&other[0], &other[1]]);
    // A bank that uses an id for two payments of different days or amounts.
    let twice = ids(&read(vec![a.clone(), one("1", "-2.50", "2026-11-03")], vec![]));
    assert_eq!(twice[0], all[0]);
    assert_ne!(twice[0], twice[1]);
    assert_eq!(ids(&read(vec![one("1", "-2.50", "2026-11-03")], vec![])), twice[1..]);
    // Two of the same are two.
    let same = ids(&read(vec![a.clone(), a.clone()], vec![]));
    assert_eq!(same, [all[0].clone(), format!("{}-2", all[0])]);
    // The provider's own id counts first, so that the bank may change its own.
    let internal = |id: &str| Transaction {
        internal_transaction_id: "internal".to_owned(),
        ..one(id, "-2.50", "2026-11-01")
    };
    assert_eq!(ids(&read(vec![internal("x")], vec![])), ids(&read(vec![internal("y")], vec![])));
    // What is booked is not what was pending.
    assert_ne!(ids(&read(vec![], vec![a.clone()])), ids(&read(vec![a], vec![])));
}

#[test]
fn bad_data_is_passed_over() {
    let cases = [
        (one("1", "1e3", "2026-11-01"), None),
        (one("1", "NaN", "2026-11-01"), None),
        (one("1", "5.00", ""), None),
        (one("1", "5.00", "31/02/2026"), None),
        (one("1", "5.00", "2026-02-31"), None),
        (one("1", "5.00", "ÄÖÜÄÖÜÄÖÜ"), None),
        (one("1", "5.00", "2026-11-01T23:00:00Z"), Some(500)),
        (
            Transaction { value_date: "2026-11-01".to_owned(), ..one("1", "5.00", "31/02/2026") },
            Some(500),
        ),
        (Transaction::default(), None),
    ];
    for (given, expected) in cases {
        let found = read(vec![given.clone()], vec![]);
        let minor = found.transactions.first().map(|one| one.amount_minor);
        assert_eq!(
            (minor, found.unusable),
            (expected, usize::from(expected.is_none())),
            "{given:?}"
        );
    }
    let pending = read(vec![], vec![one("", "-5.00", "")]);
    assert_eq!(pending.transactions[0].posted_on, TODAY, "pending payments need no date");
}

#[test]
fn words_are_cleaned() {
    let mut given = one("1", "-5.00", "2026-11-01");
    given.remittance_information_unstructured = "  A\u{0}\n\tB  C\u{7f} ".to_owned();
    given.creditor_name = "é".repeat(1_000);
    let found = read(vec![given], vec![]).transactions.remove(0);
    assert_eq!(found.description, "A B C");
    assert_eq!(found.merchant.map(|name| name.chars().count()), Some(NAME_CHARS_MAX));
    let mut bare = one("1", "5.00", "2026-11-01");
    bare.remittance_information_unstructured = String::new();
    bare.debtor_name = "Ada".to_owned();
    let found = read(vec![bare], vec![]).transactions.remove(0);
    assert_eq!((found.description.as_str(), found.merchant.as_deref()), ("Ada", Some("Ada")));
}

#[test]
fn categories_table() {
    let check = |text: &str, code: &str, words: &str, expected: Category| {
        let given = Transaction {
            bank_transaction_code: code.to_owned(),
            remittance_information_unstructured: words.to_owned(),
            ..one("1", text, "2026-11-01")
        };
        assert_eq!(read(vec![given], vec![]).transactions[0].category, expected, "{words}");
    };
    check("2000.00", "PMNT-RCDT-SALA", "ACME", Category::Salary);
    check("2000.00", "", "WAGES NOVEMBER", Category::Salary);
    check("20.00", "", "FROM A FRIEND", Category::Income);
    check("1.20", "ACMT-MCOP-INTR", "GROSS", Category::Interest);
    check("-900.00", "PMNT-ICDT-STDO", "RENT", Category::Housing);
    check("-60.00", "PMNT-CCRD-POSD", "SUPERMARKET 2214", Category::Groceries);
    check("-6.00", "PMNT-CCRD-POSD", "PAPER AND INK BOOKS", Category::Shopping);
    check("-6.00", "", "SOMETHING", Category::Other);
    check("-6.00", "", "CURRENT ACCOUNT OF A PARENT", Category::Other);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+]?[0-9]{0,25}[.,]?[0-9]{0,5}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}.{0,3}",
        "[A-Z]{2}[0-9]{2}[A-Z0-9]{0,32}",
        "[0-9 -]{0,20}",
        Just("GBP".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Whatever a bank sends, nothing panics, ids are unique and texts are bounded.
    #[test]
    fn nothing_breaks(texts in prop::collection::vec(any_text(), 12), is_pending: bool) {
        let text = |at: usize| texts[at].clone();
        let given = Transaction {
            transaction_id: text(0),
            booking_date: text(1),
            value_date: text(2),
            transaction_amount: amount(&texts[3], &texts[4]),
            creditor_name: text(5),
            debtor_name: text(6),
            remittance_information_unstructured: text(7),
            bank_transaction_code: text(8),
            ..Transaction::default()
        };
        let all = vec![given.clone(), given];
        let found = if is_pending { read(vec![], all) } else { read(all, vec![]) };
        prop_assert_eq!(found.transactions.len() + found.unusable, 2);
        for (at, one) in found.transactions.iter().enumerate() {
            prop_assert!(one.description.chars().count() <= DESCRIPTION_CHARS_MAX);
            prop_assert!(!one.description.is_empty() && !one.description.contains(char::is_control));
            prop_assert!(found.transactions[..at].iter().all(|it| it.external_id != one.external_id));
        }
        let details = AccountDetails {
            iban: text(9),
            scan: text(10),
            bban: text(11),
            currency: text(4),
            name: text(5),
            product: text(6),
            ..AccountDetails::default()
        };
        let held = numbers(&details, "GB");
        prop_assert_eq!(held.routing.is_some(), held.routing.is_some_and(|it| it.len() == 6));
        prop_assert!(name(&details, "Bank").chars().count() <= NAME_CHARS_MAX);
        let _ = (account_type(&details), owners(&details));
        let _ = money(&details, &[balance(BalanceType::Expected, &texts[3], &texts[4])], GBP);
    }
}
