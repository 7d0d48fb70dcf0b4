//! How a simulated bank behaves: chosen by the institution, or by the user name where the institution leaves it open. Pure.

use florin_storage::words;

use crate::aggregator::Refusal;
use crate::oauth::OauthErrorReason;

words! {
    /// How a simulated bank behaves. The words are user names, and what institutions with one behaviour are marked by.
    pub enum Behaviour {
        /// Success; so is every user name that is no other word of this list.
        Demo = "demo",
        /// One current account only, so that none has to be chosen.
        Single = "single",
        /// Asks for a text.
        MfaText = "mfa_text",
        /// Asks to choose one of several.
        MfaOptions = "mfa_options",
        /// Shows a picture and asks for a text about it.
        MfaImage = "mfa_image",
        /// Asks to choose one of several pictures.
        MfaImageOptions = "mfa_image_options",
        /// Asks for a one-time code.
        MfaToken = "mfa_token",
        /// Asks for a text, and then for a one-time code.
        MfaTwice = "mfa_twice",
        /// Asks for a text and a choice at the same time.
        MfaPair = "mfa_pair",
        /// Asks for a text in refreshes in the background too.
        MfaRefresh = "mfa_refresh",
        /// Asks which account, whatever the session is for.
        AccountSelect = "account_select",
        /// Refuses the credentials.
        Denied = "denied",
        /// Asks for a text, and takes no answer for right.
        Rejected = "rejected",
        /// Asks for a text, and takes every answer for too late.
        Expired = "expired",
        /// Has locked the account.
        Locked = "locked",
        /// Wants new terms to be agreed to first.
        Impeded = "impeded",
        /// Wants more than was given.
        Impaired = "impaired",
        /// Knows the customer no more.
        Closed = "closed",
        /// Has been agreed to with too little.
        AccessDenied = "access_denied",
        /// Wants to be agreed to anew.
        Reauthorize = "reauthorize",
        /// Takes a few looks.
        Slow = "slow",
        /// Takes for ever.
        Delayed = "delayed",
        /// Is down.
        Down = "down",
        /// Is being maintained.
        Maintenance = "maintenance",
        /// Does not let us in.
        Unavailable = "unavailable",
        /// Answers nonsense.
        Failed = "failed",
        /// Is no longer there.
        Discontinued = "discontinued",
        /// Is down for refreshes in the background only.
        Flaky = "flaky",
        /// Has no accounts of the customer.
        NoAccounts = "no_accounts",
        /// Has a credit card only.
        NoEligible = "no_eligible",
        /// Its consent page answers that the customer refused.
        OauthDenied = "oauth_denied",
        /// Its consent page answers that the customer went away.
        OauthCancelled = "oauth_cancelled",
        /// Its consent page answers that the bank wants something first.
        OauthImpeded = "oauth_impeded",
        /// Its consent page answers that the bank failed.
        OauthProvider = "oauth_provider",
    }
}

/// What a round of questions is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    Text,
    Options,
    Image,
    ImageOptions,
    Token,
    Pair,
}

impl Behaviour {
    /// The behaviour of an institution that is marked by `marked` (empty for none) towards this user.
    pub fn of(marked: &str, user: &str) -> Self {
        let user = user.trim().to_lowercase();
        Self::parse(marked).or_else(|| Self::parse(&user)).unwrap_or(Self::Demo)
    }

    /// Why the bank lets nobody in.
    pub(super) const fn refusal(self, is_background: bool) -> Option<Refusal> {
        Some(match self {
            Self::Denied => Refusal::Denied,
            Self::Locked => Refusal::Locked,
            Self::Impeded => Refusal::Impeded,
            Self::Impaired => Refusal::Impaired,
            Self::Closed => Refusal::Closed,
            Self::AccessDenied => Refusal::AccessDenied,
            Self::Reauthorize => Refusal::ReauthorizationRequired,
            Self::Down => Refusal::Down,
            Self::Maintenance => Refusal::Maintenance,
            Self::Unavailable => Refusal::Unavailable,
            Self::Failed => Refusal::Failed,
            Self::Discontinued => Refusal::Discontinued,
            Self::NoAccounts => Refusal::NoAccounts,
            Self::Flaky if is_background => Refusal::Down,
            _ => return None,
        })
    }

    /// What the consent page answers instead of agreeing.
    pub(super) const fn oauth_error(self) -> Option<OauthErrorReason> {
        Some(match self {
            Self::OauthDenied => OauthErrorReason::Denied,
            Self::OauthCancelled => OauthErrorReason::Cancelled,
            Self::OauthImpeded => OauthErrorReason::Impeded,
            Self::OauthProvider => OauthErrorReason::Provider,
            _ => return None,
        })
    }

    /// The rounds of questions, one after another.
    pub(super) const fn rounds(self) -> &'static [Round] {
        match self {
            Self::MfaText | Self::MfaRefresh | Self::Rejected | Self::Expired => &[Round::Text],
            Self::MfaOptions => &[Round::Options],
            Self::MfaImage => &[Round::Image],
            Self::MfaImageOptions => &[Round::ImageOptions],
            Self::MfaToken => &[Round::Token],
            Self::MfaTwice => &[Round::Text, Round::Token],
            Self::MfaPair => &[Round::Pair],
            _ => &[],
        }
    }

    /// How often one has to look before the bank is done.
    pub(super) const fn looks(self) -> u32 {
        match self {
            Self::Slow => 4,
            Self::Delayed => u32::MAX,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_institution_before_the_user() {
        let check = |marked: &str, user: &str, expected| {
            assert_eq!(Behaviour::of(marked, user), expected, "{marked} {user}");
        };
        check("", "demo", Behaviour::Demo);
        check("", "Anybody", Behaviour::Demo);
        check("", " Mfa_Text ", Behaviour::MfaText);
        check("locked", "demo", Behaviour::Locked);
        check("no such word", "down", Behaviour::Down);
        check("", "", Behaviour::Demo);
    }
}
