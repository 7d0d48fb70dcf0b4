//! Every code of the document's tables, triggered through HTTP by the condition that the document describes, with its
//! text; those that belong to parts Florin does not have stand in [`NOT_HERE`] with the reason.

mod accounts;
mod archiving;
mod common;
mod json;
mod programs;

use std::collections::BTreeSet;

use crate::app::Answer;

/// The codes of the document's tables, in its order.
const DOCUMENT: &[u32] = &[
    // Common Error Codes
    50401, 50403, 50404, 50405, 50429, 50500, 50501, 50502, 50503, 50504, 50505, 52998, 58150,
    59001, 59002, 59003, 59004, 59005, 59006, 59007, 59008, 59009, 59010, 59011, 59012, 59013,
    59014, 59015, 59016, 59017, 59018, 59019, 59020, 59102, 59103, 59900, 59901, 59902, 59903,
    59904, 59905, 59906, 59949, 59950, 59951, 59952, 59953, 59954, 59955, 59956, 59957, 59958,
    59999, 60001, 60002, 60003, 60004, 60005, // archive, create, get, getByTag
    62501, 62502, 62503, 62505, 62506, 62001, 62002, 62003, 62004, 62005, 62006, 62007, 69203,
    66201, 66301, // initiate, update, verify
    62601, 62602, 62603, 62604, 62605, 62606, 62607, 62608, 62609, 62610, 62611, 69205, 69206,
    62401, 62402, 62403, 62201, 62202, 62203, 62204, 62205, 62206, 62207, 62301, 62302,
];

/// Codes that nothing here can cause.
const NOT_HERE: &[(u32, &str)] = &[
    (50502, "told by a gateway in front of the server, of which Florin is none"),
    (58150, "no service outside is asked about a customer's bank history"),
    (59004, "no account pays or takes interest or fees"),
    (59005, "accounts are no savings deposits under Regulation D: no fee for withdrawals"),
    (59006, "accounts are no savings deposits under Regulation D: no count of withdrawals"),
    (59009, "there are no recurring contributions to accounts"),
    (59012, "there are no program reports"),
    (59014, "no operation needs a miscellaneous account"),
    (59015, "the general journal is the ledger, which every program has"),
    (59016, "cash is an account of the ledger, which every program has"),
    (59017, "the program's account at its bank serves customers' transfers too (59003)"),
    (59018, "there are no e-codes"),
    (59019, "there are no e-codes"),
    (59103, "there are no cards"),
    (59955, "no property has eleven decimals"),
];

/// The codes that were seen.
#[derive(Default)]
pub struct Seen(BTreeSet<u32>);

impl Seen {
    /// The answer is refused with this status and these reasons and no other.
    #[track_caller]
    pub fn refused_with(&mut self, answer: Answer, status: u16, expected: &[(u32, &str)]) {
        let errors = answer.errors(status);
        let found: Vec<(u32, &str)> =
            errors.iter().map(|(code, text)| (*code, text.as_str())).collect();
        assert_eq!(found, expected);
        self.0.extend(found.iter().map(|(code, _)| code));
    }

    /// The answer is refused with this status and this one reason.
    #[track_caller]
    pub fn refused(&mut self, answer: Answer, status: u16, code: u32, message: &str) {
        self.refused_with(answer, status, &[(code, message)]);
    }
}

#[tokio::test]
async fn every_code_of_the_document_is_answered_or_explained() {
    let seen = std::sync::Mutex::new(Seen::default());
    crate::app::on_each_engine(async |app| {
        let mut codes = Seen::default();
        common::check(&mut codes, app).await;
        json::check(&mut codes, app).await;
        programs::check(&mut codes, app).await;
        accounts::check(&mut codes, app).await;
        archiving::check(&mut codes, app).await;
        common::check_limits(&mut codes).await;
        let absent: BTreeSet<u32> = NOT_HERE.iter().map(|(code, _)| *code).collect();
        let both: Vec<&u32> = absent.intersection(&codes.0).collect();
        assert!(both.is_empty(), "said not to be here, but answered: {both:?}");
        let missing: Vec<&u32> =
            DOCUMENT.iter().filter(|it| !absent.contains(it) && !codes.0.contains(it)).collect();
        assert!(missing.is_empty(), "neither answered nor explained: {missing:?}");
        seen.lock().expect("no panic").0.extend(codes.0);
    })
    .await;
    let seen = seen.into_inner().expect("no panic").0;
    let unknown: Vec<&u32> = seen.iter().filter(|it| !DOCUMENT.contains(it)).collect();
    assert_eq!(unknown, Vec::<&u32>::new(), "codes of our own have tests of their own");
}
