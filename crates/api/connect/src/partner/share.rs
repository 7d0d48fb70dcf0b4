//! Linked accounts that become external accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_connect::{Connect, ShareRequest};
use florin_http::request_body;
use florin_ids::{ConnectAccountId, ConnectUserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Guids, Partner};
use crate::docs::{BadInput, Conflict, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;
use crate::time::milliseconds;

request_body! {
    /// Whose the external account is to be.
    pub(crate) struct ShareInput as "NewExternalAccount" {
        /// The customer of the program who is the end user; found or made unless said.
        customer_id: optional i64,
        /// The holder's, where the bank has not told it.
        first_name: optional String,
        /// The holder's, where the bank has not told it.
        last_name: optional String,
    }
    example {}
}

/// A linked account that is an external account too.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SharedAccount)]
pub(crate) struct ShareBody {
    /// `ACC-...`
    account_guid: String,
    /// `USR-...`
    user_guid: String,
    /// The external account, as `/externalAccount/get` knows it.
    external_account_id: i64,
    /// Its customer.
    customer_id: i64,
    /// Its status: `Verified`.
    status: String,
    /// When it was shared first.
    shared_at: String,
}

/// Make a verified account an external account
///
/// In status Verified, without deposits. Asking again answers the same one.
#[utoipa::path(
    post, path = "/connect/v1/users/{guid}/accounts/{account}/external_account", tag = "Partner",
    operation_id = "account_share",
    security(("Key" = [])),
    params(
        ("guid" = String, Path, description = "`USR-...`"),
        ("account" = String, Path, description = "`ACC-...`"),
    ),
    request_body = ShareInput,
    responses(
        (status = 201, description = "The external account.", body = ShareBody),
        BadInput, Conflict, Unknown, Refusals
    ),
)]
pub(crate) async fn share(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    Guids(user, account): Guids<ConnectUserId, ConnectAccountId>,
    Body(input): Body<ShareInput>,
) -> Answer<(StatusCode, Json<ShareBody>)> {
    let mut reader = Reader::default();
    let request = ShareRequest {
        customer: reader.take("customer_id", input.customer_id),
        first_name: reader.take("first_name", input.first_name),
        last_name: reader.take("last_name", input.last_name),
    };
    reader.done()?;
    let (share, external) = connect.share_account(&caller, user, account, request).await?;
    let body = ShareBody {
        account_guid: guid(share.account),
        user_guid: guid(share.user),
        external_account_id: share.external_account.number(),
        customer_id: share.customer.number(),
        status: external.status.to_string(),
        shared_at: milliseconds(share.shared_at),
    };
    Ok((StatusCode::CREATED, Json(body)))
}
