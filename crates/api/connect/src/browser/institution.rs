//! Institutions.

use axum::Json;
use axum::extract::{Path, State};
use florin_connect::{Connect, Institution, InstitutionQuery, Visitor};
use florin_ids::InstitutionId;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::browser::member_wire::CredentialsEnvelope;
use crate::caller::{Base, Guid, Parameters, Visit};
use crate::docs::{BadInput, Refusals, Unknown};
use crate::error::Answer;
use crate::guid::guid;
use crate::input::Reader;
use crate::page::logo;

/// What to do before one signs in.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Instructions)]
pub(crate) struct InstructionsBody {
    /// A headline.
    title: Option<String>,
    /// A sentence.
    description: Option<String>,
    /// One by one.
    steps: Vec<String>,
}

/// A bank that can be linked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Institution)]
pub(crate) struct InstitutionBody {
    /// Whether accounts can be proven for payments.
    account_verification_is_enabled: bool,
    /// Whether the owners' names and addresses can be read.
    account_identification_is_enabled: bool,
    /// A short name for programs.
    code: String,
    /// Where a lost password is recovered.
    forgot_password_credential_recovery_url: Option<String>,
    /// Where a lost user name is recovered.
    forgot_username_credential_recovery_url: Option<String>,
    /// `INS-...`
    guid: String,
    /// What to do beforehand; empty for nothing.
    instructional_data: InstructionsBody,
    /// The partner does not want it linked.
    is_disabled_by_client: bool,
    /// ISO 3166, two letters.
    iso_country_code: String,
    /// Its login page.
    login_url: Option<String>,
    /// A picture, served by us.
    logo_url: String,
    /// What people call it.
    name: String,
    /// What lists are sorted by, greatest first.
    popularity: u32,
    /// Whether it is linked on its own consent page.
    supports_oauth: bool,
    /// Whether tax documents can be read.
    tax_statement_is_enabled: bool,
    /// Where to go with trouble signing in.
    trouble_signing_credential_recovery_url: Option<String>,
    /// Its home page.
    url: String,
}

impl InstitutionBody {
    fn of(institution: &Institution, base: &Base) -> Self {
        let it = institution.clone();
        let logo_url = it.logo_url.unwrap_or_else(|| logo::path(&it.name, &it.color));
        Self {
            account_verification_is_enabled: it.verification,
            account_identification_is_enabled: it.identification,
            code: it.code,
            forgot_password_credential_recovery_url: it.forgot_password_url,
            forgot_username_credential_recovery_url: it.forgot_username_url,
            guid: guid(it.id),
            instructional_data: it.instructions.map_or_else(InstructionsBody::default, |it| {
                InstructionsBody {
                    title: Some(it.title),
                    description: Some(it.description),
                    steps: it.steps,
                }
            }),
            is_disabled_by_client: it.is_disabled_by_client,
            iso_country_code: it.country,
            login_url: it.login_url,
            logo_url: base.absolute(&logo_url),
            name: it.name,
            popularity: it.popularity,
            supports_oauth: it.supports_oauth,
            tax_statement_is_enabled: it.tax_statements,
            trouble_signing_credential_recovery_url: it.trouble_signing_url,
            url: it.url,
        }
    }
}

/// What institutions are looked for by.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "only its OpenAPI description is used")]
pub(crate) struct Wanted {
    /// Words of the name, or their beginnings; or the host of the web address.
    search_name: Option<String>,
    /// A routing number (nine digits) or sort code (six).
    routing_number: Option<String>,
    /// ISO 3166, two letters; in a verification session the country of the tenant's currency unless said.
    iso_country_code: Option<String>,
    /// From 1.
    page: Option<u32>,
    /// 1 to 100; 25 unless said.
    per_page: Option<u32>,
    /// Whether accounts can be proven for payments.
    account_verification_is_enabled: Option<bool>,
    /// Whether the owners can be read.
    account_identification_is_enabled: Option<bool>,
    /// Whether tax documents can be read.
    tax_statement_is_enabled: Option<bool>,
}

async fn wanted(
    connect: &Connect,
    visitor: &Visitor,
    query: &Parameters,
) -> Answer<InstitutionQuery> {
    let mut reader = Reader::default();
    let text = |name: &str| query.get(name).map(str::to_owned);
    // A `false` means "whether or not": clients send it for what they do not need.
    let needed = |reader: &mut Reader, name: &str| reader.truth(query, name).filter(|it| *it);
    let wanted = InstitutionQuery {
        search_name: text("search_name"),
        routing_number: text("routing_number"),
        country: text("iso_country_code"),
        verification: needed(&mut reader, "account_verification_is_enabled"),
        identification: needed(&mut reader, "account_identification_is_enabled"),
        tax_statements: needed(&mut reader, "tax_statement_is_enabled"),
        page: reader.number(query, "page"),
        per_page: reader.number(query, "per_page"),
    };
    reader.done()?;
    Ok(connect.sought_by(visitor, wanted).await?)
}

fn bodies(found: Vec<std::sync::Arc<Institution>>, base: &Base) -> Json<Vec<InstitutionBody>> {
    Json(found.iter().map(|it| InstitutionBody::of(it, base)).collect())
}

/// Search institutions
///
/// By name or by routing number, the best first.
#[utoipa::path(
    get, path = "/connect/v1/institutions", tag = "Institutions", operation_id = "institution_search",
    security(("Session" = [])), params(Wanted),
    responses((status = 200, description = "A page.", body = Vec<InstitutionBody>), BadInput, Refusals),
)]
pub(crate) async fn search(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    query: Parameters,
) -> Answer<Json<Vec<InstitutionBody>>> {
    let found = connect
        .search_institutions(visitor.tenant, wanted(&connect, &visitor, &query).await?)
        .await?;
    Ok(bodies(found, &base))
}

/// Popular institutions
#[utoipa::path(
    get, path = "/connect/v1/institutions/popular", tag = "Institutions",
    operation_id = "institution_popular",
    security(("Session" = [])), params(Wanted),
    responses((status = 200, description = "A page.", body = Vec<InstitutionBody>), BadInput, Refusals),
)]
pub(crate) async fn popular(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    query: Parameters,
) -> Answer<Json<Vec<InstitutionBody>>> {
    let found = connect
        .popular_institutions(visitor.tenant, wanted(&connect, &visitor, &query).await?)
        .await?;
    Ok(bodies(found, &base))
}

/// Discovered institutions
///
/// Those that the partner's end users link most.
#[utoipa::path(
    get, path = "/connect/v1/institutions/discovered", tag = "Institutions",
    operation_id = "institution_discovered",
    security(("Session" = [])), params(Wanted),
    responses((status = 200, description = "A page.", body = Vec<InstitutionBody>), BadInput, Refusals),
)]
pub(crate) async fn discovered(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    query: Parameters,
) -> Answer<Json<Vec<InstitutionBody>>> {
    let found = connect
        .discovered_institutions(&visitor, wanted(&connect, &visitor, &query).await?)
        .await?;
    Ok(bodies(found, &base))
}

/// Get an institution by its guid
#[utoipa::path(
    get, path = "/connect/v1/institutions/{guid}", tag = "Institutions",
    operation_id = "institution_get",
    security(("Session" = [])), params(("guid" = String, Path, description = "`INS-...`")),
    responses((status = 200, description = "It.", body = InstitutionBody), Unknown, Refusals),
)]
pub(crate) async fn get(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Guid(id): Guid<InstitutionId>,
) -> Answer<Json<InstitutionBody>> {
    let found = connect.institution(visitor.tenant, id).await?;
    Ok(Json(InstitutionBody::of(&found, &base)))
}

/// Get an institution by its code
#[utoipa::path(
    get, path = "/connect/v1/institutions/code/{code}", tag = "Institutions",
    operation_id = "institution_by_code",
    security(("Session" = [])), params(("code" = String, Path, description = "Such as `gringotts`.")),
    responses((status = 200, description = "It.", body = InstitutionBody), Unknown, Refusals),
)]
pub(crate) async fn by_code(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    base: Base,
    Path(code): Path<String>,
) -> Answer<Json<InstitutionBody>> {
    let found = connect.institution_by_code(visitor.tenant, &code).await?;
    Ok(Json(InstitutionBody::of(&found, &base)))
}

/// What an institution asks for
#[utoipa::path(
    get, path = "/connect/v1/institutions/{guid}/credentials", tag = "Institutions",
    operation_id = "institution_credentials",
    security(("Session" = [])), params(("guid" = String, Path, description = "`INS-...`")),
    responses(
        (status = 200, description = "The fields.", body = CredentialsEnvelope), Unknown, Refusals
    ),
)]
pub(crate) async fn credentials(
    State(connect): State<Connect>,
    Visit { visitor, .. }: Visit,
    Guid(id): Guid<InstitutionId>,
) -> Answer<Json<CredentialsEnvelope>> {
    Ok(Json(connect.institution_credentials(visitor.tenant, id).await?.into()))
}
