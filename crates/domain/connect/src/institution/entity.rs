//! Banks that can be linked, and what they ask for. Pure.

use florin_crypto::hash_key;
use florin_ids::InstitutionId;
use florin_money::Currency;
use uuid::Uuid;

use crate::codes::codes;

codes! {
    /// What kind of field an end user fills in.
    pub enum FieldType {
        /// Plain text.
        Text = 0 "TEXT",
        /// Not shown while it is typed.
        Password = 1 "PASSWORD",
        /// One of several.
        Options = 2 "OPTIONS",
        /// A user name.
        Login = 3 "LOGIN",
        /// Yes or no.
        Checkbox = 4 "CHECKBOX",
        /// One of several, all shown.
        Radio = 5 "RADIO",
        /// A link.
        Url = 6 "URL",
        /// Not shown.
        Hidden = 7 "HIDDEN",
        /// A picture by its address.
        ImageUrl = 8 "IMAGE_URL",
        /// A page by its address.
        ContentUrl = 9 "CONTENT_URL",
        /// Anything else.
        Custom = 10 "CUSTOM",
        /// A one-time code.
        Token = 12 "TOKEN",
        /// A picture and a text about it.
        ImageData = 13 "IMAGE_DATA",
        /// One of several pictures.
        ImageOptions = 14 "IMAGE_OPTIONS",
        /// A key of the user.
        UserKey = 15 "USERKEY",
        /// A bank's own consent page.
        Oauth2Url = 16 "OAUTH2_URL",
    }
}

/// One of the values that a field can take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOption {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// A field that an institution asks an end user to fill in. On the wire its id has the prefix `CRD-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialField {
    /// The same for the same institution and name, for ever.
    pub id: Uuid,
    /// `LOGIN`, `PASSWORD`, `PIN`: what the aggregator calls it.
    pub field_name: String,
    /// Its kind.
    pub field_type: FieldType,
    /// What is shown.
    pub label: String,
    /// From 1.
    pub display_order: u32,
    /// Whether it may stay empty.
    pub optional: bool,
    /// The values, for a field that has a choice of them.
    pub options: Vec<FieldOption>,
    /// Anything that the page needs besides.
    pub meta_data: Option<String>,
}

/// What an end user is told to do before they go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Instructions {
    /// A headline.
    pub title: String,
    /// A sentence.
    pub description: String,
    /// One by one.
    pub steps: Vec<String>,
}

/// A bank that can be linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Institution {
    /// Fixed for ever. On the wire it has the prefix `INS-`.
    pub id: InstitutionId,
    /// A short name for programs, unique: lower-case letters, digits, `_` and `-`.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// Its home page.
    pub url: String,
    /// Its login page.
    pub login_url: Option<String>,
    /// A partner's own logo; without one, one is made from name and colour.
    pub logo_url: Option<String>,
    /// The colour of the made logo, as `#rrggbb`.
    pub color: String,
    /// What lists are sorted by, greatest first.
    pub popularity: u32,
    /// Whether it is linked on its own consent page.
    pub supports_oauth: bool,
    /// Whether accounts can be proven for payments.
    pub verification: bool,
    /// Whether the owners' names and addresses can be read.
    pub identification: bool,
    /// Whether tax documents can be read.
    pub tax_statements: bool,
    /// ISO 3166, two letters.
    pub country: String,
    /// Of its accounts.
    pub currency: Currency,
    /// ABA routing numbers (nine digits) or sort codes (six).
    pub routing_numbers: Vec<String>,
    /// Where a lost password is recovered.
    pub forgot_password_url: Option<String>,
    /// Where a lost user name is recovered.
    pub forgot_username_url: Option<String>,
    /// Where to go with trouble signing in.
    pub trouble_signing_url: Option<String>,
    /// What to do beforehand.
    pub instructions: Option<Instructions>,
    /// The partner does not want it linked.
    pub is_disabled_by_client: bool,
    /// It has left the lists; members of old remain.
    pub is_discontinued: bool,
    /// Not listed or found: of our own use (accounts typed in by hand).
    pub is_hidden: bool,
    /// A bank of the sandbox.
    pub is_test: bool,
    /// What is asked for; empty for one that is linked on its own page.
    pub credentials: Vec<CredentialField>,
    /// Who reads it: the name of an [`crate::aggregator::Aggregator`].
    pub aggregator: String,
    /// What the aggregator calls it.
    pub external_id: String,
}

/// What institutions are looked for by. Everything given must fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstitutionQuery {
    /// Words of the name, or their beginnings; small typing errors are forgiven.
    pub search_name: Option<String>,
    /// A routing number (nine digits) or sort code (six).
    pub routing_number: Option<String>,
    /// ISO 3166, two letters.
    pub country: Option<String>,
    /// Whether accounts can be proven.
    pub verification: Option<bool>,
    /// Whether owners can be read.
    pub identification: Option<bool>,
    /// Whether tax documents can be read.
    pub tax_statements: Option<bool>,
    /// From 1; 1 unless said.
    pub page: Option<u32>,
    /// 1 to 100; 25 unless said.
    pub per_page: Option<u32>,
}

/// What loading a partner's own list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoadedList {
    /// In the file.
    pub rows: u32,
    /// Institutions of the partner's own.
    pub own: u32,
    /// Built-in ones that the file changes.
    pub changed: u32,
}

/// The fixed id of an institution's field.
pub(crate) fn credential_id(institution: InstitutionId, field_name: &str) -> Uuid {
    derived_uuid(&format!("credential:{institution}:{field_name}"))
}

/// A UUID (version 8) that is always the same for the same text.
pub(crate) fn derived_uuid(text: &str) -> Uuid {
    let hash = hash_key(text);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
