//! Users as facts. Pure.

use florin_ids::UserId;
use jiff::Timestamp;

use crate::check::{Check, Given, MAX_NAME_CHARS};

const MAX_EXTERNAL_ID_CHARS: usize = 200;

/// A saver, registered by a partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// UUID v7.
    pub id: UserId,
    /// The partner's own id, unique among its users.
    pub external_id: String,
    /// Email address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Last name.
    pub last_name: String,
    /// Where a picture can be had.
    pub photo_url: Option<String>,
    /// When it was registered.
    pub inserted_at: Timestamp,
}

/// What a request says of a user.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of User, documented there")]
pub struct UserFields {
    pub external_id: Given<String>,
    pub first_name: Given<String>,
    pub middle_name: Given<String>,
    pub last_name: Given<String>,
    pub email: Given<String>,
    pub photo_url: Given<String>,
    /// Faults that reading the request found; they are answered together with the others.
    pub unreadable: Vec<String>,
}

impl User {
    /// A new user.
    ///
    /// # Errors
    /// Everything that is missing or malformed.
    pub fn register(id: UserId, fields: UserFields, at: Timestamp) -> Result<Self, Vec<String>> {
        let mut check = Check::new(fields.unreadable);
        let external_id = check.text("external_id", fields.external_id, MAX_EXTERNAL_ID_CHARS);
        let first_name = check.text("first_name", fields.first_name, MAX_NAME_CHARS);
        let middle_name = check.optional_text("middle_name", fields.middle_name, MAX_NAME_CHARS);
        let last_name = check.text("last_name", fields.last_name, MAX_NAME_CHARS);
        let email = check.email("email", fields.email);
        let photo_url = check.url("photo_url", fields.photo_url);
        let found = (|| {
            Some(Self {
                id,
                external_id: external_id?,
                email: email?,
                first_name: first_name?,
                middle_name: middle_name?,
                last_name: last_name?,
                photo_url: photo_url?,
                inserted_at: at,
            })
        })();
        check.finish(found)
    }

    /// All names, as a bank statement would have them.
    pub fn full_name(&self) -> String {
        let names = [Some(&self.first_name), self.middle_name.as_ref(), Some(&self.last_name)];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        names.join(" ")
    }
}
