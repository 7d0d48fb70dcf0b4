//! Users.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use florin_http::request_body;
use florin_ids::UserId;
use florin_savings::Savings;
use florin_savings::establishment::wire_time;
use florin_savings::user::{User, UserFields};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Body, Id, Partner};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::input::Reader;

request_body! {
    /// A user to register.
    pub(crate) struct UserInput as "UserInput" {
        /// ID of the user in your own application.
        external_id: required String,
        /// First name.
        first_name: required String,
        /// Last name.
        last_name: required String,
        /// Middle name.
        middle_name: optional String,
        /// Email address.
        email: required String,
        /// Where a picture can be had (https).
        photo_url: optional String,
    }
    example {
        "external_id": "USR123-456",
        "first_name": "Jane",
        "last_name": "Doe",
        "middle_name": "Arianne",
        "email": "jane@example.com"
    }
}

impl UserInput {
    fn read(self) -> UserFields {
        let mut reader = Reader::default();
        UserFields {
            external_id: reader.text("external_id", self.external_id),
            first_name: reader.text("first_name", self.first_name),
            middle_name: reader.text("middle_name", self.middle_name),
            last_name: reader.text("last_name", self.last_name),
            email: reader.text("email", self.email),
            photo_url: reader.text("photo_url", self.photo_url),
            unreadable: reader.into_faults(),
        }
    }
}

/// A user as it was registered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RegisteredUser)]
pub(crate) struct RegisteredBody {
    /// Email address.
    email: String,
    /// UUID of the user.
    uuid: UserId,
    /// ID of the user in the partner's application.
    external_id: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    inserted_at: String,
    /// First name.
    first_name: String,
    /// Last name.
    last_name: String,
    /// Middle name.
    middle_name: Option<String>,
    /// Where a picture can be had; left out when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    photo_url: Option<String>,
}

impl From<User> for RegisteredBody {
    fn from(user: User) -> Self {
        Self {
            email: user.email,
            uuid: user.id,
            external_id: user.external_id,
            inserted_at: wire_time(user.inserted_at),
            first_name: user.first_name,
            last_name: user.last_name,
            middle_name: user.middle_name,
            photo_url: user.photo_url,
        }
    }
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserBody {
    /// UUID of the user.
    uuid: UserId,
    /// ID of the user in the partner's application.
    external_id: String,
    /// Email address.
    email: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    inserted_at: String,
    /// First name.
    first_name: String,
    /// Last name.
    last_name: String,
    /// Middle name.
    middle_name: Option<String>,
    /// Where a picture can be had.
    photo_url: Option<String>,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            uuid: user.id,
            external_id: user.external_id,
            email: user.email,
            inserted_at: wire_time(user.inserted_at),
            first_name: user.first_name,
            last_name: user.last_name,
            middle_name: user.middle_name,
            photo_url: user.photo_url,
        }
    }
}

/// Get user by external ID
///
/// The user that the partner has registered under an ID of its own.
#[utoipa::path(
    get, path = "/restapi/v1/users/search/{external_id}", tag = "Users", operation_id = "user_search",
    params(("external_id" = String, Path, description = "External ID used to register the user.")),
    responses((status = 200, description = "The user.", body = UserBody), Unknown, Refusals),
)]
pub(crate) async fn search(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Path(external_id): Path<String>,
) -> Answer<Json<UserBody>> {
    Ok(Json(savings.find_user(&caller, external_id).await?.into()))
}

/// Get user
#[utoipa::path(
    get, path = "/restapi/v1/users/{uuid}", tag = "Users", operation_id = "user_get",
    params(("uuid" = Uuid, Path, description = "UUID of the user to fetch.")),
    responses((status = 200, description = "The user.", body = UserBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Id(id): Id<UserId>,
) -> Answer<Json<UserBody>> {
    Ok(Json(savings.get_user(&caller, id).await?.into()))
}

/// Register user
#[utoipa::path(
    post, path = "/restapi/v1/users", tag = "Users", operation_id = "user_register",
    request_body = UserInput,
    responses((status = 201, description = "The user.", body = RegisteredBody), BadInput, Refusals),
)]
pub(crate) async fn register(
    State(savings): State<Savings>,
    Partner(caller): Partner,
    Body(input): Body<UserInput>,
) -> Answer<(StatusCode, Json<RegisteredBody>)> {
    let user = savings.register_user(&caller, input.read()).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}
