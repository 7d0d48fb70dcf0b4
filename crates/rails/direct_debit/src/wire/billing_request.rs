//! Billing requests: how a payer gives a mandate, and the flow that leads them through the provider's pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Metadata, or_default, words};

words! {
    /// Where a billing request stands.
    BillingRequestStatus {
        /// Something has still to be collected or confirmed.
        Pending = "pending",
        /// Everything is there: fulfil it.
        ReadyToFulfil = "ready_to_fulfil",
        /// The mandate is being made.
        Fulfilling = "fulfilling",
        /// The mandate is made.
        Fulfilled = "fulfilled",
        /// Nothing will come of it.
        Cancelled = "cancelled",
    }
}

words! {
    /// What has to be done before a billing request can be fulfilled.
    ActionKind {
        /// The currency has to be chosen.
        ChooseCurrency = "choose_currency",
        /// Name, email and address of the payer.
        CollectCustomerDetails = "collect_customer_details",
        /// The account that will be debited.
        CollectBankAccount = "collect_bank_account",
        /// The payer has seen the details and says that they are right.
        ConfirmPayerDetails = "confirm_payer_details",
        /// The payer's bank has to be asked.
        BankAuthorisation = "bank_authorisation",
    }
}

words! {
    /// Whether an action is done.
    ActionStatus {
        /// Not yet.
        Pending = "pending",
        /// Done.
        Completed = "completed",
    }
}

/// A mandate that a billing request asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MandateRequest {
    /// `bacs`.
    pub scheme: String,
    /// `GBP`.
    pub currency: String,
    /// Whether the provider checks the account beyond what the scheme demands: `minimum`, `recommended`,
    /// `when_available` or `always`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// Shown to the payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Copied to the mandate.
    #[serde(default, skip_serializing_if = "Metadata::is_empty", deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// The mandate, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<MandateRequestLinks>,
}

impl MandateRequest {
    /// A Bacs mandate in pounds; `metadata` is copied to the mandate.
    pub fn bacs(metadata: Metadata) -> Self {
        Self {
            scheme: "bacs".to_owned(),
            currency: "GBP".to_owned(),
            verify: None,
            description: None,
            metadata,
            links: None,
        }
    }
}

/// What a mandate request has led to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateRequestLinks {
    /// `MD...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate: Option<String>,
}

/// What a billing request is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewBillingRequest {
    /// The mandate wanted.
    pub mandate_request: MandateRequest,
    /// Of the request itself.
    #[serde(default, skip_serializing_if = "Metadata::is_empty", deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// The payer, when the provider knows them already; the creditor, where there are several.
    #[serde(
        default,
        skip_serializing_if = "NewBillingRequestLinks::is_empty",
        deserialize_with = "or_default"
    )]
    pub links: NewBillingRequestLinks,
}

/// Things that exist already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBillingRequestLinks {
    /// `CU...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// `BA...`, of that customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_bank_account: Option<String>,
    /// `CR...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor: Option<String>,
}

impl NewBillingRequestLinks {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A billing request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BillingRequest {
    /// `BRQ...`.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Where it stands.
    pub status: BillingRequestStatus,
    /// The mandate wanted; its link is set once the request is fulfilled.
    #[serde(default)]
    pub mandate_request: Option<MandateRequest>,
    /// Our own texts.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Metadata,
    /// What has to be done, and what is done.
    #[serde(default, deserialize_with = "or_default")]
    pub actions: Vec<Action>,
    /// Who and what belongs to it.
    #[serde(default, deserialize_with = "or_default")]
    pub links: BillingRequestLinks,
}

impl BillingRequest {
    /// The mandate that it has led to.
    pub fn mandate(&self) -> Option<&str> {
        self.links
            .mandate_request_mandate
            .as_deref()
            .or_else(|| self.mandate_request.as_ref()?.links.as_ref()?.mandate.as_deref())
    }
}

/// A step of a billing request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Which step.
    #[serde(rename = "type")]
    pub kind: ActionKind,
    /// Whether the request can't be fulfilled without it.
    #[serde(default, deserialize_with = "or_default")]
    pub required: bool,
    /// Whether it is done.
    pub status: ActionStatus,
    /// Of `collect_customer_details`: what is still missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collect_customer_details: Option<MissingDetails>,
}

/// What is still missing of the payer's details.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingDetails {
    /// The names of the fields.
    #[serde(default, deserialize_with = "or_default")]
    pub incomplete_fields: IncompleteFields,
}

/// Names of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IncompleteFields {
    /// Of [`super::NewCustomer`].
    pub customer: Vec<String>,
    /// Of [`super::BillingDetail`].
    pub customer_billing_detail: Vec<String>,
}

/// Who and what belongs to a billing request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingRequestLinks {
    /// `CU...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// `CBD...`: the customer's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_billing_detail: Option<String>,
    /// `BA...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_bank_account: Option<String>,
    /// `CR...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creditor: Option<String>,
    /// `OR...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// `MRQ...`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate_request: Option<String>,
    /// `MD...`, once the request is fulfilled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mandate_request_mandate: Option<String>,
}

/// What a billing request flow is made from: the payer is sent to the provider's pages and back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewBillingRequestFlow {
    /// Where the payer is sent when the request is fulfilled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// Where the payer is sent when they give up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_uri: Option<String>,
    /// Whether the request is fulfilled at the end of the flow. True unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_fulfil: Option<bool>,
    /// What the form already shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefilled_customer: Option<PrefilledCustomer>,
    /// The billing request.
    pub links: FlowLinks,
}

/// What the form of the provider's page already shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrefilledCustomer {
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// First line of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line1: Option<String>,
    /// Second line of the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Postcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
}

/// Whose flow it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowLinks {
    /// `BRQ...`.
    pub billing_request: String,
}

/// A payer's way through the provider's pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BillingRequestFlow {
    /// `BRF...`.
    pub id: String,
    /// Where the payer is sent.
    #[serde(default)]
    pub authorisation_url: Option<String>,
    /// Where they come back to.
    #[serde(default)]
    pub redirect_uri: Option<String>,
    /// Where they come back to when they give up.
    #[serde(default)]
    pub exit_uri: Option<String>,
    /// Whether the request is fulfilled at the end.
    #[serde(default, deserialize_with = "or_default")]
    pub auto_fulfil: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on the link is dead.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The billing request.
    pub links: FlowLinks,
}
