//! Why money did not come or was taken back, in words for people. Pure.

use super::pay::{NO_ACCOUNT, OVER_LIMIT};

/// A reason of a transaction in words, for whoever did not ask what `R01` means (the return codes of the ACH network). What
/// is a sentence already stays one.
pub fn reason_text(reason: &str) -> &str {
    match reason {
        "" => "",
        "R01" | "R09" => "There was not enough money in the account.",
        "R02" => "The account is closed.",
        "R03" | "R04" => "The bank has no such account under that name.",
        "R05" | "R07" | "R10" | "R11" | "R29" => {
            "The bank was told that the payment is not agreed to."
        }
        "R06" => "The bank that pulled it asked for it back.",
        "R08" => "The account's holder has stopped the payment.",
        "R12" => "The account is at another bank now.",
        "R13" => "There is no bank with that routing number.",
        "R14" | "R15" => "The account's holder has died.",
        "R16" => "The account is frozen.",
        "R20" => "The account takes no such payments; a checking account usually does.",
        "R23" => "The bank's customer has refused it.",
        NO_ACCOUNT => "No account is set up that it could be pulled from.",
        OVER_LIMIT => "The beneficiary would hold more than the plan allows.",
        sentence if sentence.contains(' ') => sentence,
        _ => "The bank did not say why.",
    }
}

#[cfg(test)]
mod tests {
    use super::reason_text;

    #[test]
    fn every_reason_has_words() {
        let check = |reason: &str, words: &str| assert_eq!(reason_text(reason), words, "{reason}");
        check("", "");
        check("R01", "There was not enough money in the account.");
        check("R99", "The bank did not say why.");
        check("aggregate_limit", "The beneficiary would hold more than the plan allows.");
        check("no_funding_account", "No account is set up that it could be pulled from.");
        check("The account is closed.", "The account is closed.");
    }
}
