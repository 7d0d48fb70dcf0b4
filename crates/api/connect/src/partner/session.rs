//! Opening sessions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_connect::{Connect, Mode, NewSession, PartnerUser, Product, Purpose};
use florin_http::request_body;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::caller::{Base, Body, Partner};
use crate::docs::{BadInput, Refusals};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::{Reader, Words};
use crate::page::hosted_page;
use crate::time::milliseconds;

request_body! {
    /// For whom a session is, and what for.
    pub(crate) struct SessionInput as "NewSession" {
        /// `{"id": "...", "email": "..."}`: the partner's own id, 1 to 128 characters.
        user: optional Map<String, Value>,
        /// `aggregation` (unless said) or `verification`.
        mode: optional String,
        /// `account_verification`, `identity_verification`, `transactions`, `statements`.
        products: optional Words,
        /// What the end user is asked to agree to: `account_data`, `credit_decision`, `payments`. Reading, and payments where
        /// an account is verified for them, unless said; what the mode needs is always asked.
        purposes: optional Words,
        /// The page that embeds Connect, such as `https://app.example`; only it is answered and told.
        origin: optional String,
        /// Where the end user goes afterwards when there is no page around Connect.
        return_url: optional String,
        /// A language tag such as `en-GB`, for consent pages of banks and for the page around Connect; the hosted page speaks
        /// English.
        language: optional String,
        /// A microdeposit to go on with.
        current_microdeposit_guid: optional String,
        /// A member to go on with.
        current_member_guid: optional String,
        /// An institution to begin with.
        current_institution_code: optional String,
        /// Whether accounts can be typed in by hand; yes unless said.
        enable_manual_accounts: optional bool,
        /// Whether accounts can be proven by small deposits; yes in verification unless said.
        enable_microdeposits: optional bool,
    }
    example {
    "user": {"id": "customer-17", "email": "ada@example.com"}, "mode": "aggregation", "products": ["transactions"],
    "origin": "https://app.example", "return_url": "https://app.example/linked"
}
}

/// A session that was opened. Its token is in this answer and nowhere else.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenedSession)]
pub(crate) struct OpenedBody {
    /// What the browser sends as `Authorization: Bearer ...`.
    session: String,
    /// `USR-...`
    user_guid: String,
    /// When it ends.
    expires_at: String,
    /// The hosted page.
    url: String,
}

impl SessionInput {
    fn read(self) -> Answer<NewSession> {
        let mut reader = Reader::default();
        let user = reader.take("user", self.user).unwrap_or_default();
        let mut text = |name: &str| match user.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                reader.fault(&format!("user.{name}"), "Not a valid string.");
                None
            }
        };
        let user = PartnerUser { id: text("id").unwrap_or_default(), email: text("email") };
        let mode = reader.take("mode", self.mode);
        let words = reader.take("products", self.products).map_or_else(Vec::new, |it| it.0);
        let mut product = |word| reader.word("products", Some(word), Product::parse);
        let products = words.into_iter().filter_map(&mut product).collect();
        let words = reader.take("purposes", self.purposes).map_or_else(Vec::new, |it| it.0);
        let mut purpose = |word| reader.word("purposes", Some(word), Purpose::parse);
        let purposes = words.into_iter().filter_map(&mut purpose).collect();
        let new = NewSession {
            user,
            mode: reader.word("mode", mode, Mode::parse),
            products,
            purposes,
            origin: reader.take("origin", self.origin),
            return_url: reader.take("return_url", self.return_url),
            language: reader.take("language", self.language),
            current_microdeposit: reader
                .guid("current_microdeposit_guid", self.current_microdeposit_guid),
            current_member: reader.guid("current_member_guid", self.current_member_guid),
            institution_code: reader
                .take("current_institution_code", self.current_institution_code),
            enable_manual_accounts: reader
                .take("enable_manual_accounts", self.enable_manual_accounts),
            enable_microdeposits: reader.take("enable_microdeposits", self.enable_microdeposits),
        };
        reader.done().map(|()| new)
    }
}

/// Open a session
///
/// For one end user and one hour. Send the browser to `url`, or give `session` to a widget of your own.
#[utoipa::path(
    post, path = "/connect/v1/sessions", tag = "Sessions", operation_id = "session_create",
    security(("Key" = [])), request_body = SessionInput,
    responses((status = 201, description = "The session.", body = OpenedBody), BadInput, Refusals),
)]
pub(crate) async fn create(
    State(connect): State<Connect>,
    Partner(caller): Partner,
    base: Base,
    Body(input): Body<SessionInput>,
) -> Answer<(StatusCode, Json<OpenedBody>)> {
    let (session, token) = connect.create_session(&caller, input.read()?).await?;
    let body = OpenedBody {
        user_guid: guid(session.user),
        expires_at: milliseconds(session.expires_at),
        url: base.absolute(&hosted_page(&session, token.expose())),
        session: token.expose().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(body)))
}
