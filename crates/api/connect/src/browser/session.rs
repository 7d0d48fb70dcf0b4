//! The session itself: what the hosted page begins with.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_connect::consent::current_text;
use florin_connect::{Connect, Purpose, Session};
use florin_http::{HttpState, Mode};
use florin_tenancy::get_tenant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::browser::profile::ProfileBody;
use crate::caller::Visit;
use crate::docs::Refusals;
use crate::error::Answer;
use crate::guid::guid;
use crate::time::milliseconds;

/// What an end user is asked to agree to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentText)]
pub(crate) struct ConsentTextBody {
    /// The version; sent back with the consent.
    text_version: &'static str,
    /// A paragraph for each purpose that the session asks for.
    purposes: Vec<PurposeBody>,
    /// The purposes that the end user agrees to now, of any session.
    agreed: Vec<&'static str>,
}

/// One thing that an end user can agree to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentPurpose)]
pub(crate) struct PurposeBody {
    /// `account_data`, `credit_decision` or `payments`.
    purpose: &'static str,
    /// A few words.
    title: &'static str,
    /// What happens, and what taking it back does.
    text: String,
    /// Whether there is nothing to do here without it.
    is_needed: bool,
}

/// Who is here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SessionUser)]
pub(crate) struct UserBody {
    /// `USR-...`
    guid: String,
    /// E-mail address, if the partner told one.
    email: Option<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionBody {
    /// `SES-...`, which is no secret.
    guid: String,
    /// `aggregation` or `verification`.
    mode: &'static str,
    /// What the partner wants.
    products: Vec<&'static str>,
    /// Who is here.
    user: UserBody,
    /// What is kept of the end user's ways with the widgets.
    profile: ProfileBody,
    /// The partner's name.
    client_name: String,
    /// Where the end user goes afterwards.
    return_url: Option<String>,
    /// The page that embeds Connect.
    origin: Option<String>,
    /// When the session ends.
    expires_at: String,
    /// A language tag, for the page around Connect; the hosted page speaks English.
    language: String,
    /// The country of the tenant's currency, ISO 3166, where it is one country's.
    country: Option<&'static str>,
    /// No real bank is asked.
    is_sandbox: bool,
    /// What is asked today.
    consent: ConsentTextBody,
    /// A microdeposit to go on with.
    current_microdeposit_guid: Option<String>,
    /// A member to go on with.
    current_member_guid: Option<String>,
    /// An institution to begin with.
    current_institution_code: Option<String>,
    /// Whether accounts can be typed in by hand.
    enable_manual_accounts: bool,
    /// Whether accounts can be proven by small deposits.
    enable_microdeposits: bool,
}

fn consent(session: &Session, agreed: BTreeSet<Purpose>, client_name: &str) -> ConsentTextBody {
    let text = current_text();
    let purpose = |it: &florin_connect::consent::Paragraph| PurposeBody {
        purpose: it.purpose.as_str(),
        title: it.title,
        text: it.text.replace("{client}", client_name),
        is_needed: session.needs(it.purpose),
    };
    let asked = text.paragraphs.iter().filter(|it| session.purposes.contains(&it.purpose));
    ConsentTextBody {
        text_version: text.version,
        purposes: asked.map(purpose).collect(),
        agreed: agreed.into_iter().map(Purpose::as_str).collect(),
    }
}

/// Read the session
///
/// Everything that a page around Connect needs to begin.
#[utoipa::path(
    get, path = "/connect/v1/session", tag = "Sessions", operation_id = "session_get",
    security(("Session" = [])),
    responses((status = 200, description = "The session.", body = SessionBody), Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    State(http): State<HttpState>,
    Visit { visitor, session }: Visit,
) -> Answer<Json<SessionBody>> {
    let user = connect.current_user(&visitor).await?;
    let profile = connect.profile(&visitor).await?;
    let tenant = get_tenant(connect.db(), visitor.tenant).await;
    let client_name = tenant.map_err(florin_connect::ConnectError::from)?.name;
    let agreed = connect.allowed(&visitor).await?;
    let consent = consent(&session, agreed, &client_name);
    let Session { mode, products, language, .. } = session;
    Ok(Json(SessionBody {
        guid: guid(session.id),
        mode: mode.as_str(),
        products: products.into_iter().map(|it| it.as_str()).collect(),
        user: UserBody { guid: guid(user.id), email: user.email },
        profile: profile.into(),
        consent,
        country: connect.country(visitor.tenant).await?,
        client_name,
        return_url: session.return_url,
        origin: session.origin,
        expires_at: milliseconds(session.expires_at),
        language,
        is_sandbox: http.mode() == Mode::Sandbox,
        current_microdeposit_guid: session.current_microdeposit.map(guid),
        current_member_guid: session.current_member.map(guid),
        current_institution_code: session.institution_code,
        enable_manual_accounts: session.enable_manual_accounts,
        enable_microdeposits: session.enable_microdeposits,
    }))
}

/// End the session
///
/// Its token opens nothing any more.
#[utoipa::path(
    delete, path = "/connect/v1/session", tag = "Sessions", operation_id = "session_end",
    security(("Session" = [])),
    responses((status = 204, description = "It has ended."), Refusals),
)]
pub(crate) async fn end(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
) -> Answer<StatusCode> {
    connect.end_session(&visitor).await?;
    Ok(StatusCode::NO_CONTENT)
}
