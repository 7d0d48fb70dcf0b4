//! How a simulated payment or mandate ends: by magic values that a test or a person chooses, or by odds.
//!
//! In this order, the first that says something:
//! 1. the payment's metadata `simulate`: one word of [`Outcome::parse`], or several separated by commas, one for each
//!    attempt (the last one also for every later attempt);
//! 2. the payer's account number: see [`MAGIC_ACCOUNTS`];
//! 3. the payer's given name, as in the provider's sandbox: `Successful`, `Penniless`, `Late`, `Fickle`, `Invalid`;
//! 4. the organisation's [`Odds`].

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::answer::{Fault, Refusal};
use crate::wire::{EventDetails, Payment};

/// Why something goes wrong, in the provider's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    InsufficientFunds,
    ReferToPayer,
    BankAccountClosed,
    InstructionCancelled,
    InvalidBankDetails,
    AuthorisationDisputed,
}

impl Cause {
    /// The event's details for this cause: what a bank reports through the scheme.
    pub fn details(self) -> EventDetails {
        let (cause, code, description) = match self {
            Self::InsufficientFunds => {
                ("insufficient_funds", "ARUDD-0", "The customer's account had insufficient funds.")
            }
            Self::ReferToPayer => {
                ("refer_to_payer", "ARUDD-0", "The customer's bank wouldn't make this payment.")
            }
            Self::BankAccountClosed => {
                ("bank_account_closed", "ARUDD-B", "The customer's bank account has been closed.")
            }
            Self::InstructionCancelled => (
                "mandate_cancelled",
                "ARUDD-1",
                "The mandate was cancelled at the customer's bank.",
            ),
            Self::InvalidBankDetails => (
                "invalid_bank_details",
                "AUDDIS-5",
                "The specified bank account does not exist or was closed.",
            ),
            Self::AuthorisationDisputed => (
                "authorisation_disputed",
                "DDICA-1",
                "The customer has disputed authorisation of this payment with their bank.",
            ),
        };
        EventDetails {
            origin: "bank".to_owned(),
            cause: cause.to_owned(),
            description: description.to_owned(),
            scheme: Some("bacs".to_owned()),
            reason_code: Some(code.to_owned()),
            will_attempt_retry: None,
        }
    }

    /// Whether the bank ends the mandate as well.
    pub const fn ends_mandate(self) -> bool {
        matches!(self, Self::BankAccountClosed | Self::InstructionCancelled)
    }
}

/// How one attempt of a payment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Collected and paid out.
    PaidOut,
    /// Not collected.
    Fails(Cause),
    /// Confirmed, and failed after all before it is paid out.
    LateFailure,
    /// Collected, paid out and had back by the payer.
    ChargedBack,
    /// The same, and the payer's bank gives it up after all.
    ChargebackCancelled,
}

/// Account numbers that decide: (number, whether the mandate is refused, how each attempt of a payment ends).
const MAGIC_ACCOUNTS: &[(&str, Option<Cause>, &[Outcome])] = &[
    ("99999901", Some(Cause::InvalidBankDetails), &[]),
    ("99999902", None, &[Outcome::Fails(Cause::InsufficientFunds)]),
    ("99999903", None, &[Outcome::Fails(Cause::InsufficientFunds), Outcome::PaidOut]),
    ("99999904", None, &[Outcome::LateFailure]),
    ("99999905", None, &[Outcome::ChargedBack]),
    ("99999906", None, &[Outcome::Fails(Cause::BankAccountClosed)]),
    ("99999907", Some(Cause::BankAccountClosed), &[]),
    ("99999908", None, &[Outcome::Fails(Cause::InstructionCancelled)]),
    ("99999909", None, &[Outcome::ChargebackCancelled]),
];

impl Outcome {
    /// `paid_out`, `insufficient_funds`, `refer_to_payer`, `account_closed`, `instruction_cancelled`, `late_failure`,
    /// `charged_back` or `chargeback_cancelled`.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "paid_out" => Self::PaidOut,
            "insufficient_funds" => Self::Fails(Cause::InsufficientFunds),
            "refer_to_payer" => Self::Fails(Cause::ReferToPayer),
            "account_closed" => Self::Fails(Cause::BankAccountClosed),
            "instruction_cancelled" => Self::Fails(Cause::InstructionCancelled),
            "late_failure" => Self::LateFailure,
            "charged_back" => Self::ChargedBack,
            "chargeback_cancelled" => Self::ChargebackCancelled,
            _ => return None,
        })
    }

    fn by_name(given_name: &str) -> Option<Self> {
        Some(match given_name.trim().to_ascii_lowercase().as_str() {
            "successful" => Self::PaidOut,
            "penniless" => Self::Fails(Cause::InsufficientFunds),
            "late" => Self::LateFailure,
            "fickle" => Self::ChargedBack,
            _ => return None,
        })
    }

    fn by_account(number: &str, attempt: u32) -> Option<Self> {
        let (_, _, outcomes) = MAGIC_ACCOUNTS.iter().find(|magic| magic.0 == number)?;
        nth_or_last(outcomes, attempt).copied()
    }

    fn by_metadata(payment: &Payment, attempt: u32) -> Option<Self> {
        let words: Vec<&str> =
            payment.metadata.get("simulate")?.split(',').map(str::trim).collect();
        Self::parse(nth_or_last(&words, attempt)?)
    }
}

fn nth_or_last<T>(items: &[T], attempt: u32) -> Option<&T> {
    usize::try_from(attempt).ok().and_then(|attempt| items.get(attempt)).or(items.last())
}

/// Who pays: what the magic looks at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payer<'a> {
    pub given_name: &'a str,
    pub account_number: &'a str,
}

/// Whether the bank refuses the mandate, and why.
pub(super) fn refusal_of_mandate(payer: Payer<'_>) -> Option<Cause> {
    let magic = MAGIC_ACCOUNTS.iter().find(|magic| magic.0 == payer.account_number);
    magic.and_then(|magic| magic.1).or_else(|| {
        let is_invalid = payer.given_name.trim().eq_ignore_ascii_case("invalid");
        is_invalid.then_some(Cause::InvalidBankDetails)
    })
}

/// What the odds are thousandths of.
const WHOLE: u32 = 1000;

/// Shares of payments that go wrong, each in thousandths of all attempts. Which ones is drawn from the payment's id and
/// attempt: the same story told again ends the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Odds {
    /// Not collected for want of money.
    pub fail_per_mille: u32,
    /// Confirmed, and failed after all.
    pub late_failure_per_mille: u32,
    /// Charged back after the payout.
    pub charge_back_per_mille: u32,
}

impl Odds {
    /// Shares of one whole.
    pub(super) fn check(self) -> Result<(), Refusal> {
        let shares = [
            ("fail_per_mille", self.fail_per_mille),
            ("late_failure_per_mille", self.late_failure_per_mille),
            ("charge_back_per_mille", self.charge_back_per_mille),
        ];
        let mut faults: Vec<Fault> = shares
            .iter()
            .filter(|(_, share)| *share > WHOLE)
            .map(|(field, _)| Fault::new("outcomes", field, "must be between 0 and 1000"))
            .collect();
        let sum: u64 = shares.iter().map(|(_, share)| u64::from(*share)).sum();
        if faults.is_empty() && sum > u64::from(WHOLE) {
            let text = "add up to more than 1000 together with the other odds";
            faults.push(Fault::new("outcomes", "fail_per_mille", text));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }

    fn draw(self, payment: &str, attempt: u32) -> Outcome {
        let mut hash = Sha256::new();
        hash.update(payment.as_bytes());
        hash.update(attempt.to_be_bytes());
        let bytes: [u8; 32] = hash.finalize().into();
        let number = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) % WHOLE;
        let late = self.fail_per_mille.saturating_add(self.late_failure_per_mille);
        match number {
            number if number < self.fail_per_mille => Outcome::Fails(Cause::InsufficientFunds),
            number if number < late => Outcome::LateFailure,
            number if number < late.saturating_add(self.charge_back_per_mille) => {
                Outcome::ChargedBack
            }
            _ => Outcome::PaidOut,
        }
    }
}

/// How this attempt (from 0) of a payment ends.
pub(super) fn of_payment(payment: &Payment, attempt: u32, payer: Payer<'_>, odds: Odds) -> Outcome {
    Outcome::by_metadata(payment, attempt)
        .or_else(|| Outcome::by_account(payer.account_number, attempt))
        .or_else(|| Outcome::by_name(payer.given_name))
        .unwrap_or_else(|| odds.draw(&payment.id, attempt))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payment(simulate: &str) -> Payment {
        let mut payment: Payment = serde_json::from_value(json!({
            "id": "PM1", "created_at": "2026-01-01T00:00:00Z", "amount": 100, "currency": "GBP",
            "status": "pending_submission",
        }))
        .unwrap();
        if !simulate.is_empty() {
            payment.metadata.insert("simulate".to_owned(), simulate.to_owned());
        }
        payment
    }

    fn check(simulate: &str, number: &str, name: &str, expected: &[Outcome]) {
        let payer = Payer { given_name: name, account_number: number };
        for (attempt, expected) in (0..).zip(expected) {
            let found = of_payment(&payment(simulate), attempt, payer, Odds::default());
            assert_eq!(found, *expected, "{simulate} {number} {name} {attempt}");
        }
    }

    #[test]
    fn magic_table() {
        use Outcome::*;
        let poor = Fails(Cause::InsufficientFunds);
        check("", "55779911", "Ada", &[PaidOut, PaidOut]);
        check("", "55779911", "Penniless", &[poor, poor]);
        check("", "55779911", "late", &[LateFailure]);
        check("", "55779911", "Fickle", &[ChargedBack]);
        check("", "99999903", "Fickle", &[poor, PaidOut, PaidOut]);
        check("", "99999906", "Ada", &[Fails(Cause::BankAccountClosed)]);
        check("", "99999909", "Ada", &[ChargebackCancelled]);
        check("charged_back", "99999903", "Penniless", &[ChargedBack]);
        check("insufficient_funds, paid_out", "55779911", "Ada", &[poor, PaidOut, PaidOut]);
        check("nonsense", "55779911", "Ada", &[PaidOut]);
        let refused = |number: &str, name: &str| {
            refusal_of_mandate(Payer { given_name: name, account_number: number })
        };
        assert_eq!(refused("55779911", "Invalid"), Some(Cause::InvalidBankDetails));
        assert_eq!(refused("99999907", "Ada"), Some(Cause::BankAccountClosed));
        assert_eq!(refused("99999902", "Ada"), None);
    }

    #[test]
    fn odds_come_out() {
        let odds =
            Odds { fail_per_mille: 30, late_failure_per_mille: 10, charge_back_per_mille: 20 };
        let count = |wanted: fn(Outcome) -> bool| {
            (0..10_000).filter(|number| wanted(odds.draw(&format!("PM{number}"), 0))).count()
        };
        let failed = count(|outcome| matches!(outcome, Outcome::Fails(_)));
        let late = count(|outcome| outcome == Outcome::LateFailure);
        let charged_back = count(|outcome| outcome == Outcome::ChargedBack);
        assert!((240..360).contains(&failed), "{failed}");
        assert!((60..140).contains(&late), "{late}");
        assert!((150..250).contains(&charged_back), "{charged_back}");
    }
}
