//! Accounts that an end user tells of by hand.

use axum::Json;
use axum::extract::State;
use florin_connect::{Connect, Detail, NewManualAccount, Visitor};
use florin_http::request_body;
use florin_ids::ConnectAccountId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Guid, Visit};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::{Reader, Written};
use crate::partner::data::AccountBody;

request_body! {
    /// An account by hand.
    pub(crate) struct AccountInput as "NewManualAccount" {
        /// What the end user calls it.
        user_name: optional String,
        /// The same as `user_name`.
        name: optional String,
        /// 1 CHECKING, 2 SAVINGS, 3 LOAN, 4 CREDIT_CARD, 5 INVESTMENT, 6 LINE_OF_CREDIT, 7 MORTGAGE, 8 PROPERTY, 9 CASH,
        /// 10 INSURANCE, 11 PREPAID, 12 CHECKING_LINE_OF_CREDIT.
        account_type: optional i64,
        /// What stands on it, or what is owed on a loan or card.
        balance: optional Written,
        /// ISO 4217.
        currency_code: optional String,
        /// The most that can be owed.
        credit_limit: optional Written,
        /// The least that is paid a month.
        minimum_payment: optional Written,
        /// What was borrowed.
        original_balance: optional Written,
        /// Per cent a year.
        interest_rate: optional Written,
        /// The day of the month, 1 to 31.
        day_payment_is_due: optional Written,
        /// The kind of a property, 0 to 9.
        property_type: optional Written,
        /// A business's otherwise.
        is_personal: optional bool,
    }
    example {"account_type": 1, "user_name": "Joint account", "balance": "1250.00"}
}

/// An account by hand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManualAccount)]
pub(crate) struct ManualBody {
    /// The account.
    #[serde(flatten)]
    account: AccountBody,
    /// The institution that stands for accounts by hand.
    institution_guid: String,
    /// What was told of it, as it can be told again.
    terms: TermsBody,
}

/// What was told of an account by hand. Numbers are texts; what is owed is told as a plain number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ManualAccountTerms)]
#[allow(missing_docs, reason = "the fields of the request, which are documented there")]
pub(crate) struct TermsBody {
    user_name: Option<String>,
    account_type: Option<i64>,
    balance: Option<String>,
    currency_code: Option<String>,
    credit_limit: Option<String>,
    minimum_payment: Option<String>,
    original_balance: Option<String>,
    interest_rate: Option<String>,
    day_payment_is_due: Option<String>,
    property_type: Option<String>,
    is_personal: Option<bool>,
}

impl From<NewManualAccount> for TermsBody {
    fn from(it: NewManualAccount) -> Self {
        Self {
            user_name: it.user_name,
            account_type: it.account_type,
            balance: it.balance,
            currency_code: it.currency_code,
            credit_limit: it.credit_limit,
            minimum_payment: it.minimum_payment,
            original_balance: it.original_balance,
            interest_rate: it.interest_rate,
            day_payment_is_due: it.day_payment_is_due,
            property_type: it.property_type,
            is_personal: it.is_personal,
        }
    }
}

impl ManualBody {
    async fn of(connect: &Connect, visitor: &Visitor, id: ConnectAccountId) -> Answer<Self> {
        let (account, terms) = connect.manual_account(visitor, id).await?;
        let member = connect.member(visitor, account.member).await?;
        Ok(Self {
            terms: NewManualAccount::of(&account, &terms).into(),
            account: AccountBody::of(account, Detail::Masked),
            institution_guid: guid(member.institution),
        })
    }
}

impl AccountInput {
    fn read(self) -> Answer<NewManualAccount> {
        let mut reader = Reader::default();
        let mut written = |field: &str, given: florin_http::Input<Written>| {
            reader.take(field, given).map(|Written(text)| text)
        };
        let mut new = NewManualAccount {
            balance: written("balance", self.balance),
            credit_limit: written("credit_limit", self.credit_limit),
            minimum_payment: written("minimum_payment", self.minimum_payment),
            original_balance: written("original_balance", self.original_balance),
            interest_rate: written("interest_rate", self.interest_rate),
            day_payment_is_due: written("day_payment_is_due", self.day_payment_is_due),
            property_type: written("property_type", self.property_type),
            ..NewManualAccount::default()
        };
        let name = reader.take("name", self.name);
        new.user_name = reader.take("user_name", self.user_name).or(name);
        new.account_type = reader.take("account_type", self.account_type);
        new.currency_code = reader.take("currency_code", self.currency_code);
        new.is_personal = reader.take("is_personal", self.is_personal);
        reader.done().map(|()| new)
    }
}

/// Add an account by hand
#[utoipa::path(
    post, path = "/connect/v1/accounts", tag = "End user", operation_id = "account_create",
    security(("Session" = [])), request_body = AccountInput,
    responses(
        (status = 200, description = "The account.", body = ManualBody), BadInput, Conflict, Refusals
    ),
)]
pub(crate) async fn create(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Body(input): Body<AccountInput>,
) -> Answer<Json<ManualBody>> {
    let account = connect.create_account(&visitor, input.read()?).await?;
    ManualBody::of(&connect, &visitor, account.id).await.map(Json)
}

/// Get an account by hand
#[utoipa::path(
    get, path = "/connect/v1/accounts/{guid}", tag = "End user", operation_id = "account_get",
    security(("Session" = [])), params(("guid" = String, Path, description = "`ACC-...`")),
    responses((status = 200, description = "The account.", body = ManualBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<ConnectAccountId>,
) -> Answer<Json<ManualBody>> {
    ManualBody::of(&connect, &visitor, id).await.map(Json)
}

/// Change an account by hand
///
/// What is left out or `null` stays; an empty text takes away what was told. The currency does not change.
#[utoipa::path(
    put, path = "/connect/v1/accounts/{guid}", tag = "End user", operation_id = "account_update",
    security(("Session" = [])), params(("guid" = String, Path, description = "`ACC-...`")),
    request_body = AccountInput,
    responses(
        (status = 200, description = "The account.", body = ManualBody),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn update(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<ConnectAccountId>,
    Body(input): Body<AccountInput>,
) -> Answer<Json<ManualBody>> {
    connect.update_account(&visitor, id, input.read()?).await?;
    ManualBody::of(&connect, &visitor, id).await.map(Json)
}
