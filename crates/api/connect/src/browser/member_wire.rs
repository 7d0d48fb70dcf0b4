//! How members and what banks ask look on the wire.

use florin_connect::{CredentialField, Member, MemberOption, MemberQuestion};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Base;
use crate::guid::guid;
use crate::time::milliseconds;

/// One of the answers that a question leaves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MfaOption)]
pub(crate) struct OptionBody {
    /// `CRD-...`: what is sent as the answer.
    guid: String,
    /// What is shown.
    label: String,
    /// The question's guid.
    credential_guid: String,
    /// A picture as a `data:` URI.
    data_uri: Option<String>,
}

/// What a bank asks beyond the credentials.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MfaCredential)]
pub(crate) struct QuestionBody {
    /// `CRD-...`
    guid: String,
    /// The question.
    label: String,
    /// 0 text, 2 options, 12 token, 13 image, 14 image options.
    field_type: i64,
    /// `single_account_select` for the choice of an account.
    external_id: Option<String>,
    /// A picture as a `data:` URI.
    meta_data: Option<String>,
    /// What there is to choose from.
    options: Vec<OptionBody>,
}

impl From<MemberQuestion> for QuestionBody {
    fn from(question: MemberQuestion) -> Self {
        let credential_guid = guid(question.id);
        let option = |it: MemberOption| OptionBody {
            guid: guid(it.id),
            label: it.label,
            credential_guid: credential_guid.clone(),
            data_uri: it.data_uri,
        };
        Self {
            label: question.label,
            field_type: question.field_type.code(),
            external_id: question.external_id,
            meta_data: question.meta_data,
            options: question.options.into_iter().map(option).collect(),
            guid: credential_guid,
        }
    }
}

/// What a bank asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Mfa)]
pub(crate) struct MfaBody {
    /// The questions.
    credentials: Vec<QuestionBody>,
}

/// Why a member does not work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberError)]
pub(crate) struct MemberErrorBody {
    /// For programs.
    error_code: i64,
    /// For the partner's people.
    error_message: String,
    /// `MEMBER`
    error_type: &'static str,
    /// The language of `user_message`.
    locale: &'static str,
    /// For the end user.
    user_message: String,
}

/// An end user's link to an institution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub(crate) struct MemberBody {
    /// When a job last ended.
    aggregated_at: Option<String>,
    /// No daily refresh.
    background_aggregation_is_disabled: bool,
    /// 0 CREATED, 1 PREVENTED, 2 DENIED, 3 CHALLENGED, 4 REJECTED, 5 LOCKED, 6 CONNECTED, 7 IMPEDED, 8 RECONNECTED,
    /// 9 DEGRADED, 10 DISCONNECTED, 11 DISCONTINUED, 12 CLOSED, 13 DELAYED, 14 FAILED, 15 UPDATED, 16 DISABLED,
    /// 17 IMPORTED, 18 RESUMED, 19 EXPIRED, 20 IMPAIRED, 21 PENDING.
    connection_status: i64,
    /// The name of `connection_status`.
    connection_status_name: &'static str,
    /// Why it does not work.
    error: Option<MemberErrorBody>,
    /// `MBR-...`
    guid: String,
    /// The member's id without the prefix.
    id: String,
    /// The institution's short name.
    institution_code: String,
    /// `INS-...`
    institution_guid: String,
    /// A job is under way.
    is_being_aggregated: bool,
    /// The end user may delete it.
    is_managed_by_user: bool,
    /// Holds accounts typed in by hand.
    is_manual: bool,
    /// Linked on the bank's own page.
    is_oauth: bool,
    /// The partner's own notes.
    metadata: Option<String>,
    /// What a bank asks, while the status is CHALLENGED.
    mfa: Option<MfaBody>,
    /// Nothing beyond the member's `error`.
    most_recent_job_detail_code: Option<i64>,
    /// Nothing beyond the member's `error`.
    most_recent_job_detail_text: String,
    /// `JOB-...`
    most_recent_job_guid: Option<String>,
    /// The institution's name.
    name: String,
    /// Where the end user goes to agree, while that is waited for.
    oauth_window_uri: Option<String>,
    /// When a job last succeeded.
    successfully_aggregated_at: Option<String>,
    /// What for.
    use_cases: Vec<String>,
    /// `USR-...`
    user_guid: String,
    /// The partner's own id of the end user.
    user_id: String,
    /// The institution can prove accounts for payments.
    verification_is_enabled: bool,
}

impl MemberBody {
    pub(crate) fn of(member: Member, base: &Base) -> Self {
        // What was asked once is no question any more when the bank does not wait for the answer.
        let asked = if member.status.takes_answers() { member.challenge } else { Vec::new() };
        let questions: Vec<QuestionBody> = asked.into_iter().map(Into::into).collect();
        Self {
            aggregated_at: member.aggregated_at.map(milliseconds),
            background_aggregation_is_disabled: member.background_aggregation_is_disabled,
            connection_status: member.status.code(),
            connection_status_name: member.status.as_str(),
            error: member.error.map(|it| MemberErrorBody {
                error_code: it.code.code(),
                error_message: it.message,
                error_type: "MEMBER",
                locale: "en",
                user_message: it.user_message,
            }),
            guid: guid(member.id),
            id: member.id.to_string(),
            institution_code: member.institution_code,
            institution_guid: guid(member.institution),
            is_being_aggregated: member.is_being_aggregated,
            is_managed_by_user: member.is_managed_by_user,
            is_manual: member.is_manual,
            is_oauth: member.is_oauth,
            metadata: member.metadata,
            mfa: (!questions.is_empty()).then_some(MfaBody { credentials: questions }),
            most_recent_job_detail_code: None,
            most_recent_job_detail_text: String::new(),
            most_recent_job_guid: member.most_recent_job.map(guid),
            name: member.name,
            oauth_window_uri: member.oauth_window.map(|url| base.absolute(&url)),
            successfully_aggregated_at: member.successfully_aggregated_at.map(milliseconds),
            use_cases: member.use_cases,
            user_guid: guid(member.user),
            user_id: member.partner_user_id,
            verification_is_enabled: member.verification_is_enabled,
        }
    }
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberEnvelope)]
pub(crate) struct MemberEnvelope {
    /// The member.
    member: MemberBody,
}

impl MemberEnvelope {
    pub(crate) fn of(member: Member, base: &Base) -> Self {
        Self { member: MemberBody::of(member, base) }
    }
}

/// Members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembersEnvelope)]
pub(crate) struct MembersEnvelope {
    /// Oldest first.
    members: Vec<MemberBody>,
}

impl MembersEnvelope {
    pub(crate) fn of(members: Vec<Member>, base: &Base) -> Self {
        Self { members: members.into_iter().map(|it| MemberBody::of(it, base)).collect() }
    }
}

/// One of the values that a field can take.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialOption)]
pub(crate) struct ChoiceBody {
    /// What is shown.
    label: String,
    /// What is sent.
    value: String,
}

/// A field that an institution asks for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
pub(crate) struct CredentialBody {
    /// `CRD-...`
    guid: String,
    /// What programs call it.
    field_name: String,
    /// 0 text, 1 password, 2 options, 3 login, and so on.
    field_type: i64,
    /// What is shown.
    label: String,
    /// From 1.
    display_order: u32,
    /// Whether it may stay empty.
    optional: bool,
    /// What there is to choose from.
    options: Option<Vec<ChoiceBody>>,
    /// Anything that a page needs besides.
    meta_data: Option<String>,
}

/// What an institution asks for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialsEnvelope)]
pub(crate) struct CredentialsEnvelope {
    /// In their order.
    credentials: Vec<CredentialBody>,
}

impl From<Vec<CredentialField>> for CredentialsEnvelope {
    fn from(fields: Vec<CredentialField>) -> Self {
        let credential = |it: CredentialField| {
            let choice =
                |it: florin_connect::FieldOption| ChoiceBody { label: it.label, value: it.value };
            let options: Vec<ChoiceBody> = it.options.into_iter().map(choice).collect();
            CredentialBody {
                guid: guid(it.id),
                field_name: it.field_name,
                field_type: it.field_type.code(),
                label: it.label,
                display_order: it.display_order,
                optional: it.optional,
                options: (!options.is_empty()).then_some(options),
                meta_data: it.meta_data,
            }
        };
        Self { credentials: fields.into_iter().map(credential).collect() }
    }
}
