//! What was read of linked accounts.

use axum::Json;
use axum::extract::State;
use florin_connect::{
    Account, Connect, ConnectStatement, ConnectTransaction, Detail, Owner, TransactionQuery,
};
use florin_http::MoneyNumber;
use florin_ids::{ConnectAccountId, ConnectUserId};
use florin_money::{Currency, Money};
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Guid, Guids, Parameters, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;
use crate::time::milliseconds;

/// A person behind an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountOwner)]
pub(crate) struct OwnerBody {
    /// First and last name as the bank has them.
    name: String,
    /// Street and number.
    address: Option<String>,
    /// Town.
    city: Option<String>,
    /// State or county.
    state: Option<String>,
    /// Postal code.
    postal_code: Option<String>,
    /// ISO 3166, two letters.
    country: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// Telephone.
    phone: Option<String>,
}

impl From<Owner> for OwnerBody {
    fn from(it: Owner) -> Self {
        let Owner { name, address, city, state, postal_code, country, email, phone } = it;
        Self { name, address, city, state, postal_code, country, email, phone }
    }
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountBody {
    /// `ACC-...`
    guid: String,
    /// `MBR-...`
    member_guid: String,
    /// `USR-...`
    user_guid: String,
    /// What it is called.
    name: String,
    /// `CHECKING`, `SAVINGS`, `LOAN`, `CREDIT_CARD`, and so on.
    account_type: &'static str,
    /// The number of `account_type`.
    account_type_code: i64,
    /// ISO 4217.
    currency_code: &'static str,
    /// Account number; all but the last four characters are `*` in lists.
    account_number: Option<String>,
    /// Routing number or sort code; likewise.
    routing_number: Option<String>,
    /// IBAN; likewise.
    iban: Option<String>,
    /// What stands on it; negative when overdrawn, and for what is owed.
    balance: MoneyNumber,
    /// What can be spent.
    available_balance: Option<MoneyNumber>,
    /// What the bank would lend on it.
    credit_limit: Option<MoneyNumber>,
    /// As the bank has them; only for one account.
    #[serde(skip_serializing_if = "Option::is_none")]
    owners: Option<Vec<OwnerBody>>,
    /// The end user has chosen it for payments, and the bank has proven it.
    is_verified: bool,
    /// Typed in by hand.
    is_manual: bool,
    /// The bank no longer tells of it.
    is_closed: bool,
    /// Of when the balance is.
    balance_at: String,
    /// When it was first read.
    created_at: String,
    /// When it last changed.
    updated_at: String,
}

fn money(minor: i64, currency: Currency) -> MoneyNumber {
    MoneyNumber(Money::from_minor(minor, currency))
}

impl AccountBody {
    /// `detail` says whether owners are told, as it says whether numbers are whole.
    pub(crate) fn of(it: Account, detail: Detail) -> Self {
        let owners =
            (detail == Detail::Full).then(|| it.owners.into_iter().map(Into::into).collect());
        Self {
            guid: guid(it.id),
            member_guid: guid(it.member),
            user_guid: guid(it.user),
            name: it.name,
            account_type: it.account_type.as_str(),
            account_type_code: it.account_type.code(),
            currency_code: it.currency.code(),
            account_number: it.numbers.account,
            routing_number: it.numbers.routing,
            iban: it.numbers.iban,
            balance: money(it.balance_minor, it.currency),
            available_balance: it.available_minor.map(|minor| money(minor, it.currency)),
            credit_limit: it.credit_limit_minor.map(|minor| money(minor, it.currency)),
            owners,
            is_verified: it.is_verified,
            is_manual: it.is_manual,
            is_closed: it.is_closed,
            balance_at: milliseconds(it.balance_at),
            created_at: milliseconds(it.created_at),
            updated_at: milliseconds(it.updated_at),
        }
    }
}

/// Accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountsEnvelope)]
pub(crate) struct AccountsEnvelope {
    /// The accounts.
    accounts: Vec<AccountBody>,
}

impl AccountsEnvelope {
    pub(crate) fn of(accounts: Vec<Account>, detail: Detail) -> Self {
        Self { accounts: accounts.into_iter().map(|it| AccountBody::of(it, detail)).collect() }
    }
}

/// What came or went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transaction)]
pub(crate) struct TransactionBody {
    /// `TRN-...`: the same for ever.
    guid: String,
    /// `ACC-...`
    account_guid: String,
    /// When it was booked, or is to be.
    #[schema(value_type = String, format = Date)]
    posted_on: Date,
    /// Negative out of the account.
    amount: MoneyNumber,
    /// Booked balance after it.
    balance_after: Option<MoneyNumber>,
    /// What the bank writes.
    description: String,
    /// Who it was with.
    merchant: Option<String>,
    /// `salary`, `housing`, `groceries`, and so on.
    category: &'static str,
    /// Not booked yet; it may go away.
    is_pending: bool,
}

impl TransactionBody {
    fn of(it: ConnectTransaction, currency: Currency) -> Self {
        Self {
            guid: guid(it.id),
            account_guid: guid(it.account),
            posted_on: it.posted_on,
            amount: money(it.amount_minor, currency),
            balance_after: it.balance_after_minor.map(|minor| money(minor, currency)),
            description: it.description,
            merchant: it.merchant,
            category: it.category.as_str(),
            is_pending: it.is_pending,
        }
    }
}

/// A page of transactions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TransactionsEnvelope)]
pub(crate) struct TransactionsEnvelope {
    /// The newest first.
    transactions: Vec<TransactionBody>,
    /// How many there are on all pages.
    count: u64,
}

/// A statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementBody {
    /// `STM-...`
    guid: String,
    /// `ACC-...`
    account_guid: String,
    /// First day.
    #[schema(value_type = String, format = Date)]
    from_on: Date,
    /// Last day.
    #[schema(value_type = String, format = Date)]
    to_on: Date,
    /// What stood on the account before the first day.
    opening_balance: MoneyNumber,
    /// What stood on the account after the last day.
    closing_balance: MoneyNumber,
    /// The document, as text.
    content: String,
}

impl StatementBody {
    fn of(it: ConnectStatement, currency: Currency) -> Self {
        Self {
            guid: guid(it.id),
            account_guid: guid(it.account),
            from_on: it.from_on,
            to_on: it.to_on,
            opening_balance: money(it.opening_minor, currency),
            closing_balance: money(it.closing_minor, currency),
            content: it.content,
        }
    }
}

/// Statements.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementsEnvelope)]
pub(crate) struct StatementsEnvelope {
    /// The statements.
    statements: Vec<StatementBody>,
}

/// List an end user's accounts
///
/// With their balances; numbers are masked.
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/accounts", tag = "Partner", operation_id = "user_accounts",
    security(("Key" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    responses((status = 200, description = "The accounts.", body = AccountsEnvelope), Unknown, Refusals),
)]
pub(crate) async fn accounts(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guid(user): Guid<ConnectUserId>,
) -> Answer<Json<AccountsEnvelope>> {
    let accounts = connect.user_accounts(&caller, user, Detail::Masked).await?;
    Ok(Json(AccountsEnvelope::of(accounts, Detail::Masked)))
}

/// Get an account
///
/// With its whole numbers and its owners.
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/accounts/{account}", tag = "Partner",
    operation_id = "user_account",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("account" = String, Path, description = "`ACC-...`"),
    ),
    responses((status = 200, description = "The account.", body = AccountBody), Unknown, Refusals),
)]
pub(crate) async fn account(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, account): Guids<ConnectUserId, ConnectAccountId>,
) -> Answer<Json<AccountBody>> {
    let account = connect.user_account(&caller, user, account, Detail::Full).await?;
    Ok(Json(AccountBody::of(account, Detail::Full)))
}

/// List an account's transactions
///
/// The newest first.
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/accounts/{account}/transactions", tag = "Partner",
    operation_id = "account_transactions",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("account" = String, Path, description = "`ACC-...`"),
        ("from" = Option<String>, Query, description = "Booked on or after this date."),
        ("to" = Option<String>, Query, description = "Booked on or before this date."),
        ("page" = Option<u32>, Query, description = "From 1."),
        ("per_page" = Option<u32>, Query, description = "1 to 1000; 25 unless said."),
    ),
    responses(
        (status = 200, description = "A page.", body = TransactionsEnvelope), BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn transactions(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, account): Guids<ConnectUserId, ConnectAccountId>,
    parameters: Parameters,
) -> Answer<Json<TransactionsEnvelope>> {
    let mut reader = Reader::default();
    let query = TransactionQuery {
        from: reader.date(&parameters, "from"),
        to: reader.date(&parameters, "to"),
        page: reader.number(&parameters, "page"),
        per_page: reader.number(&parameters, "per_page"),
    };
    reader.done()?;
    let of = connect.user_account(&caller, user, account, Detail::Masked).await?;
    let page = connect.account_transactions(&caller, user, account, query).await?;
    let body = |it| TransactionBody::of(it, of.currency);
    let transactions = page.items.into_iter().map(body).collect();
    Ok(Json(TransactionsEnvelope { transactions, count: page.count }))
}

/// List an account's statements
#[utoipa::path(
    get, path = "/connect/v1/users/{guid}/accounts/{account}/statements", tag = "Partner",
    operation_id = "account_statements",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("account" = String, Path, description = "`ACC-...`"),
    ),
    responses((status = 200, description = "The statements.", body = StatementsEnvelope), Unknown, Refusals),
)]
pub(crate) async fn statements(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, account): Guids<ConnectUserId, ConnectAccountId>,
) -> Answer<Json<StatementsEnvelope>> {
    let of = connect.user_account(&caller, user, account, Detail::Masked).await?;
    let all = connect.account_statements(&caller, user, account).await?;
    let statements = all.into_iter().map(|it| StatementBody::of(it, of.currency)).collect();
    Ok(Json(StatementsEnvelope { statements }))
}
