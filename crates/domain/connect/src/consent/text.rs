//! What end users are asked to agree to, word for word. A text that was shown once stays as it is: a change is a new
//! version.

use super::entity::Purpose;

/// A text that end users agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsentText {
    /// Its version: the day from which it is shown.
    pub version: &'static str,
    /// One paragraph a purpose.
    pub paragraphs: &'static [Paragraph],
}

/// What is said of one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paragraph {
    /// The purpose.
    pub purpose: Purpose,
    /// A few words.
    pub title: &'static str,
    /// What happens, and what taking it back does. `{client}` stands for the partner's name.
    pub text: &'static str,
}

/// Every text that was ever shown, the one that is shown now last.
pub const TEXTS: &[ConsentText] = &[ConsentText {
    version: "2026-11-21",
    paragraphs: &[
        Paragraph {
            purpose: Purpose::AccountData,
            title: "Read your accounts",
            text: "{client} may read the accounts that you link: their numbers, owners, balances, statements and up to \
                   24 months of transactions, and refresh them every day. You can take this back at any time; the links \
                   and everything that was read by them is then deleted.",
        },
        Paragraph {
            purpose: Purpose::CreditDecision,
            title: "Use them to decide on credit",
            text: "When you apply for credit, {client} may work out your monthly income, your regular outgoings, your \
                   balance and the days on which you were overdrawn from your linked accounts, and decide by them. You \
                   can take this back at any time; it is then decided without them. What was decided before stays on \
                   record, as the law asks of lenders.",
        },
        Paragraph {
            purpose: Purpose::Payments,
            title: "Pay to and from your accounts",
            text: "{client} may use the number of an account that you link to pay you and to collect what you have \
                   agreed to pay. You can take this back at any time; no further account is then handed on, and those \
                   that were are no longer used.",
        },
    ],
}];

/// The text that is shown now.
pub fn current_text() -> &'static ConsentText {
    TEXTS.last().expect("there is a text")
}

/// The text of this version.
pub fn text(version: &str) -> Option<&'static ConsentText> {
    TEXTS.iter().find(|text| text.version == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_speak_of_every_purpose_they_ask_for() {
        assert!(TEXTS.windows(2).all(|pair| pair[0].version < pair[1].version));
        for known in TEXTS {
            assert_eq!(text(known.version), Some(known));
            assert!(!known.paragraphs.is_empty());
        }
        let asked: Vec<Purpose> = current_text().paragraphs.iter().map(|it| it.purpose).collect();
        assert_eq!(asked, Purpose::ALL);
        assert_eq!(text("1999-01-01"), None);
    }
}
