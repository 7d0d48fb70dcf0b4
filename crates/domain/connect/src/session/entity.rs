//! A session: what an end user's browser may do, and until when. Pure.

use std::collections::BTreeSet;

use florin_ids::{ConnectSessionId, ConnectUserId, MemberId, MicrodepositId, TenantId};
use florin_storage::words;
use jiff::{SignedDuration, Timestamp};

use crate::ConnectError;
use crate::Purpose;
use crate::check::{Faults, is_email, is_language, is_origin, is_text, is_web_url};

/// How long a session lasts, whatever is done in it.
pub const SESSION_LASTS: SignedDuration = SignedDuration::from_mins(60);

words! {
    /// What the end user is here for.
    pub enum Mode {
        /// To let accounts and transactions be read.
        Aggregation = "aggregation",
        /// To prove an account for payments.
        Verification = "verification",
    }
}

words! {
    /// What the partner wants of the linked accounts.
    pub enum Product {
        /// Account numbers, for payments.
        AccountVerification = "account_verification",
        /// The owners' names and addresses.
        IdentityVerification = "identity_verification",
        /// Accounts, balances, transactions.
        Transactions = "transactions",
        /// Statements.
        Statements = "statements",
    }
}

/// The partner's end user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerUser {
    /// The partner's own id, 1 to 128 characters; the same id is the same user.
    pub id: String,
    /// E-mail address, up to 254 characters; the last one told counts.
    pub email: Option<String>,
}

/// What a session is made from.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// For whom.
    pub user: PartnerUser,
    /// What for; aggregation unless said.
    pub mode: Option<Mode>,
    /// What is wanted; the mode's own unless said.
    pub products: Vec<Product>,
    /// What the end user is asked to agree to; reading, and payments where an account is proven for them, unless said.
    pub purposes: Vec<Purpose>,
    /// The page that embeds Connect, as `https://app.example`; only it is answered and told.
    pub origin: Option<String>,
    /// Where the end user goes afterwards when there is no page around Connect.
    pub return_url: Option<String>,
    /// A language tag such as `en` or `en-GB`; `en` unless said.
    pub language: Option<String>,
    /// A microdeposit to go on with.
    pub current_microdeposit: Option<MicrodepositId>,
    /// A member to go on with.
    pub current_member: Option<MemberId>,
    /// An institution's code to begin with.
    pub institution_code: Option<String>,
    /// Whether accounts can be typed in by hand; yes unless said.
    pub enable_manual_accounts: Option<bool>,
    /// Whether accounts can be proven by small deposits; yes in verification unless said.
    pub enable_microdeposits: Option<bool>,
}

/// A visit of one end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// UUID v7.
    pub id: ConnectSessionId,
    /// Whose session it is; a token does not say.
    pub tenant: TenantId,
    /// For whom.
    pub user: ConnectUserId,
    /// What for.
    pub mode: Mode,
    /// What is wanted.
    pub products: Vec<Product>,
    /// What the end user is asked to agree to, and nothing else can be agreed to.
    pub purposes: BTreeSet<Purpose>,
    /// See [`NewSession::origin`].
    pub origin: Option<String>,
    /// See [`NewSession::return_url`].
    pub return_url: Option<String>,
    /// A language tag.
    pub language: String,
    /// See [`NewSession::current_microdeposit`].
    pub current_microdeposit: Option<MicrodepositId>,
    /// See [`NewSession::current_member`].
    pub current_member: Option<MemberId>,
    /// See [`NewSession::institution_code`].
    pub institution_code: Option<String>,
    /// Whether accounts can be typed in by hand.
    pub enable_manual_accounts: bool,
    /// Whether accounts can be proven by small deposits.
    pub enable_microdeposits: bool,
    /// Real time.
    pub expires_at: Timestamp,
    /// Real time.
    pub created_at: Timestamp,
}

/// Whom a session's token stands for: every method that an end user's browser reaches is called with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Whose end user.
    pub tenant: TenantId,
    /// The session.
    pub session: ConnectSessionId,
    /// The end user; nobody else's things are reached.
    pub user: ConnectUserId,
    /// What for.
    pub mode: Mode,
    /// What may be read: what the partner wants, and what the mode stands for.
    pub products: Vec<Product>,
    /// Real time.
    pub now: Timestamp,
}

impl Mode {
    /// What is wanted in every session of this mode.
    const fn product(self) -> Product {
        match self {
            Self::Aggregation => Product::Transactions,
            Self::Verification => Product::AccountVerification,
        }
    }
}

impl Session {
    /// The visitor of this session.
    pub fn visitor(&self, now: Timestamp) -> Visitor {
        let mut products = self.products.clone();
        if !products.contains(&self.mode.product()) {
            products.push(self.mode.product());
        }
        Visitor {
            tenant: self.tenant,
            session: self.id,
            user: self.user,
            mode: self.mode,
            products,
            now,
        }
    }

    /// Whether there is nothing to do in this session before the end user agrees to a purpose.
    pub fn needs(&self, purpose: Purpose) -> bool {
        is_needed(self.mode, purpose)
    }
}

fn is_needed(mode: Mode, purpose: Purpose) -> bool {
    match purpose {
        Purpose::AccountData => true,
        Purpose::Payments => mode == Mode::Verification,
        Purpose::CreditDecision => false,
    }
}

impl NewSession {
    /// What a session would be made of, once everything is sound.
    ///
    /// # Errors
    /// [`ConnectError::Invalid`] with every faulty field.
    pub(super) fn checked(&self) -> Result<(), ConnectError> {
        let mut faults = Faults::default();
        let id = self.user.id.trim();
        faults.require(is_text(id, 1, 128), "user.id", "1 to 128 characters are required.");
        let email_is_sound = self.user.email.as_deref().is_none_or(is_email);
        faults.require(email_is_sound, "user.email", "Enter a valid email address.");
        let origin_is_sound = self.origin.as_deref().is_none_or(is_origin);
        faults.require(
            origin_is_sound,
            "origin",
            "An origin such as https://app.example is required.",
        );
        let url_is_sound = self.return_url.as_deref().is_none_or(is_web_url);
        faults.require(url_is_sound, "return_url", "Enter a valid https:// URL.");
        let language_is_sound = self.language.as_deref().is_none_or(is_language);
        faults.require(language_is_sound, "language", "A language tag such as en-GB is required.");
        let code_is_sound = self.institution_code.as_deref().is_none_or(|it| is_text(it, 1, 64));
        faults.require(
            code_is_sound,
            "current_institution_code",
            "1 to 64 characters are required.",
        );
        faults.done()
    }

    /// The session, for a user who is known by now.
    pub(super) fn into_session(
        self,
        tenant: TenantId,
        user: ConnectUserId,
        now: Timestamp,
    ) -> Session {
        let mode = self.mode.unwrap_or(Mode::Aggregation);
        let mut products = self.products;
        products.sort();
        products.dedup();
        if products.is_empty() {
            products.push(mode.product());
        }
        let is_for_payments = products.contains(&Product::AccountVerification);
        let mut purposes: BTreeSet<Purpose> = self.purposes.iter().copied().collect();
        if purposes.is_empty() && is_for_payments {
            purposes.insert(Purpose::Payments);
        }
        purposes.extend(Purpose::ALL.iter().filter(|it| is_needed(mode, **it)));
        Session {
            id: ConnectSessionId::new(),
            tenant,
            user,
            mode,
            products,
            purposes,
            origin: self.origin,
            return_url: self.return_url,
            language: self.language.unwrap_or_else(|| "en".to_owned()),
            current_microdeposit: self.current_microdeposit,
            current_member: self.current_member,
            institution_code: self.institution_code,
            enable_manual_accounts: self.enable_manual_accounts.unwrap_or(true),
            enable_microdeposits: self.enable_microdeposits.unwrap_or(mode == Mode::Verification),
            expires_at: now.saturating_add(SESSION_LASTS).unwrap_or(Timestamp::MAX),
            created_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty(new: &NewSession) -> Vec<String> {
        match new.checked() {
            Ok(()) => vec![],
            Err(ConnectError::Invalid(faults)) => faults.into_iter().map(|it| it.field).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_faulty_field_is_named() {
        let user = PartnerUser { id: "u1".to_owned(), email: Some("u@x.example".to_owned()) };
        let sound = NewSession { user: user.clone(), ..NewSession::default() };
        assert!(faulty(&sound).is_empty());
        assert_eq!(faulty(&NewSession::default()), ["user.id"]);
        let text = |it: &str| Some(it.to_owned());
        let bad = NewSession {
            user: PartnerUser { id: " ".to_owned(), email: text("x") },
            origin: text("https://x.example/page"),
            return_url: text("javascript:1"),
            language: text("??"),
            institution_code: text(""),
            ..NewSession::default()
        };
        let all = [
            "user.id",
            "user.email",
            "origin",
            "return_url",
            "language",
            "current_institution_code",
        ];
        assert_eq!(faulty(&bad), all);
    }

    #[test]
    fn what_is_not_said() {
        let now = Timestamp::UNIX_EPOCH;
        let session = |mode| {
            let new = NewSession { mode, ..NewSession::default() };
            new.into_session(TenantId::new(), ConnectUserId::new(), now)
        };
        let plain = session(None);
        assert_eq!(
            (plain.mode, plain.products.as_slice()),
            (Mode::Aggregation, &[Product::Transactions][..])
        );
        assert_eq!(plain.purposes, BTreeSet::from([Purpose::AccountData]));
        assert!(plain.enable_manual_accounts && !plain.enable_microdeposits);
        let proving = session(Some(Mode::Verification));
        assert!(proving.enable_microdeposits && proving.products == [Product::AccountVerification]);
        assert_eq!(proving.expires_at, now + SESSION_LASTS);
        assert_eq!(proving.purposes, BTreeSet::from([Purpose::AccountData, Purpose::Payments]));
    }

    #[test]
    fn what_is_asked_is_what_the_partner_names_and_what_is_needed() {
        let asked = |mode, products: &[Product], purposes: &[Purpose]| {
            let (products, purposes) = (products.to_vec(), purposes.to_vec());
            let new = NewSession { mode: Some(mode), products, purposes, ..NewSession::default() };
            let now = Timestamp::UNIX_EPOCH;
            let session = new.into_session(TenantId::new(), ConnectUserId::new(), now);
            let words: Vec<&str> = session.purposes.iter().map(|it| it.as_str()).collect();
            (words.join(" "), session.visitor(now).products)
        };
        use Product::{AccountVerification, Statements, Transactions};
        let (words, products) = asked(Mode::Aggregation, &[Statements], &[Purpose::CreditDecision]);
        assert_eq!(words, "account_data credit_decision");
        assert_eq!(products, [Statements, Transactions]);
        let (words, products) = asked(Mode::Aggregation, &[AccountVerification], &[]);
        assert_eq!(words, "account_data payments");
        assert_eq!(products, [AccountVerification, Transactions]);
        let (words, products) =
            asked(Mode::Verification, &[Transactions], &[Purpose::CreditDecision]);
        assert_eq!(words, "account_data credit_decision payments");
        assert_eq!(products, [Transactions, AccountVerification]);
    }
}
