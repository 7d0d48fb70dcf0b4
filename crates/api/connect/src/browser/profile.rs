//! What is kept of an end user's ways with the widgets.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use florin_connect::profile::FLAGS;
use florin_connect::{Connect, ProfileChange, UserProfile};
use florin_http::request_body;
use florin_ids::ConnectUserId;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::caller::{Body, Guid, Visit};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;
use crate::time::seconds;

request_body! {
    /// What of a profile changes; its flags by their names. Unknown fields are passed over.
    pub(crate) struct ProfileInput as "UserProfileChange" {
        /// When they waved the hint away that their window is too small; null for not yet.
        too_small_modal_dismissed_at: optional String,
    }
    example {"too_small_modal_dismissed_at": "2023-04-13T09:00:00+00:00"}
}

/// What is kept of an end user's ways with the widgets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserProfile)]
pub(crate) struct ProfileBody {
    /// The end user's.
    guid: String,
    /// `USR-...`
    user_guid: String,
    /// When they waved the hint away that their window is too small.
    too_small_modal_dismissed_at: Option<String>,
    #[serde(flatten)]
    flags: BTreeMap<&'static str, bool>,
}

impl From<UserProfile> for ProfileBody {
    fn from(it: UserProfile) -> Self {
        Self {
            guid: guid(it.user),
            user_guid: guid(it.user),
            too_small_modal_dismissed_at: it.too_small_modal_dismissed_at.map(seconds),
            flags: it.flags,
        }
    }
}

/// A profile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserProfileEnvelope)]
pub(crate) struct ProfileEnvelope {
    /// The profile.
    user_profile: ProfileBody,
}

/// Change the end user's profile
#[utoipa::path(
    put, path = "/connect/v1/user_profiles/{guid}", tag = "End user", operation_id = "profile_update",
    security(("Session" = [])), params(("guid" = String, Path, description = "`USR-...`")),
    request_body = ProfileInput,
    responses(
        (status = 200, description = "The profile.", body = ProfileEnvelope),
        BadInput, Unknown, Refusals
    ),
)]
pub(crate) async fn update(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(user): Guid<ConnectUserId>,
    Body(mut fields): Body<Map<String, Value>>,
) -> Answer<Json<ProfileEnvelope>> {
    const DISMISSED: &str = "too_small_modal_dismissed_at";
    let mut reader = Reader::default();
    let too_small_modal_dismissed_at = fields.remove(DISMISSED).map(|value| match value {
        Value::Null => None,
        value => {
            let at = value.as_str().and_then(|text| text.parse().ok());
            if at.is_none() {
                reader.fault(DISMISSED, "A time such as 2023-04-13T09:00:00+00:00 is required.");
            }
            at
        }
    });
    let mut flags = BTreeMap::new();
    // What is no flag is passed over: clients send the whole profile back.
    for (name, value) in fields.into_iter().filter(|(name, _)| FLAGS.contains(&name.as_str())) {
        match value {
            Value::Bool(told) => {
                flags.insert(name, told);
            }
            Value::Null => {}
            _ => reader.fault(&name, "Must be a valid boolean."),
        }
    }
    reader.done()?;
    let change = ProfileChange { too_small_modal_dismissed_at, flags };
    let profile = connect.update_profile(&visitor, user, change).await?;
    Ok(Json(ProfileEnvelope { user_profile: profile.into() }))
}
