//! `/platform/v1/ach/`: taking back what was sent by mistake, and asking whether an account is there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use florin_ach::Trace;
use florin_ach_origination::{AchError, Entry, Erroneous, Reversal};
use florin_http::{
    AnyCaller, ApiError, Detail, Faults, FieldErrors, Input, JsonBody, request_body,
};
use florin_ids::AchEntryId;
use florin_payments::Direction;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::PlatformState;
use crate::error::from_storage;

/// The longest id or key that is read; longer ones are told of as they are.
const TEXT_CHARS_MAX: usize = 200;
const TRACE_DIGITS: usize = 15;

request_body! {
    /// What was sent by mistake: one of `file`, `entry` and `trace`.
    pub(crate) struct NewReversalBody as "NewReversal" {
        /// A file of ours, as `ach_file_created` names it: everything in it that can be taken back.
        file: optional String,
        /// One entry, as `ach_return_received` and other events name it.
        entry: optional String,
        /// One entry, by its trace number of 15 digits.
        trace: optional String,
        /// Names this request, at most 200 characters: once more under it takes back nothing more.
        unique_key: optional String,
    }
    example { "file": "0199a1b0-6f0b-7f5a-9d3e-2f0a4c6b8d10", "unique_key": "mistake-17" }
}

request_body! {
    /// Which account to ask about.
    pub(crate) struct NewPrenoteBody as "NewPrenote" {
        /// The external account's number.
        account: required i64,
        /// What the entries after it will do: `collect` (the default) or `pay`.
        direction: optional String,
        /// Names this request, at most 200 characters: once more under it sends no other prenote.
        unique_key: optional String,
    }
    example { "account": 17, "direction": "collect", "unique_key": "prenote-17" }
}

/// An entry of the ACH network.
#[derive(Serialize, ToSchema)]
#[schema(as = AchEntry)]
pub(crate) struct EntryBody {
    #[schema(value_type = String, format = Uuid)]
    id: AchEntryId,
    /// `live`, `prenote` or `reversal`.
    #[schema(example = "reversal")]
    kind: &'static str,
    /// The external account.
    #[schema(example = "17")]
    external_account: String,
    /// `WEB`, `PPD`, `CCD` or `TEL`.
    #[schema(example = "WEB")]
    class: &'static str,
    /// `collect` takes from the account, `pay` gives.
    #[schema(example = "pay")]
    direction: &'static str,
    /// 0 for prenotes.
    #[schema(example = 12_345)]
    amount_cents: i64,
    /// Of a reversal: the entry that it takes back.
    #[schema(value_type = Option<String>, format = Uuid)]
    reverses: Option<AchEntryId>,
    /// `waiting` for its file, `in_file`, `settled`, `cleared` (final), `returned` or `cancelled`.
    #[schema(example = "waiting")]
    state: &'static str,
    /// When it is to settle.
    #[schema(value_type = String, format = Date, example = "2026-11-30")]
    wanted_on: Date,
}

/// What cannot be taken back.
#[derive(Serialize, ToSchema)]
#[schema(as = AchPassedOver)]
pub(crate) struct PassedOverBody {
    /// The entry.
    #[schema(value_type = String, format = Uuid)]
    entry: AchEntryId,
    /// The external account.
    #[schema(example = "18")]
    external_account: String,
    /// Why.
    #[schema(example = "The entry has come back.")]
    reason: String,
}

/// What is taken back.
#[derive(Serialize, ToSchema)]
#[schema(as = AchReversal)]
pub(crate) struct ReversalBody {
    /// When the reversals settle, if the next file goes out in time.
    #[schema(value_type = String, format = Date, example = "2026-11-30")]
    settles_on: Date,
    /// The reversals, which wait for the next file.
    entries: Vec<EntryBody>,
    /// Entries of the file that cannot be taken back.
    passed_over: Vec<PassedOverBody>,
}

impl EntryBody {
    fn of(entry: &Entry) -> Self {
        Self {
            id: entry.id,
            kind: entry.kind.as_str(),
            external_account: entry.reference.clone(),
            class: entry.sec.as_str(),
            direction: entry.direction.as_str(),
            amount_cents: entry.amount_cents,
            reverses: entry.reverses,
            state: entry.state.as_str(),
            wanted_on: entry.wanted_on,
        }
    }
}

impl ReversalBody {
    fn of(reversal: Reversal) -> Self {
        let passed_over = reversal.passed_over.into_iter().map(|(entry, reason)| PassedOverBody {
            entry: entry.id,
            external_account: entry.reference,
            reason,
        });
        Self {
            settles_on: reversal.settles_on,
            entries: reversal.entries.iter().map(EntryBody::of).collect(),
            passed_over: passed_over.collect(),
        }
    }
}

impl NewReversalBody {
    /// What is meant, under which field it was said, and the key.
    fn read(self) -> Result<(Erroneous, &'static str, Option<String>), ApiError> {
        let mut faults = Faults::new();
        let uuid = "Must be a valid UUID.";
        let file = given(&mut faults, "file", self.file, uuid, |text| text.parse().ok());
        let entry = given(&mut faults, "entry", self.entry, uuid, |text| text.parse().ok());
        let digits = "Enter the 15 digits of a trace number.";
        let trace = given(&mut faults, "trace", self.trace, digits, trace_of);
        let key = key(&mut faults, self.unique_key);
        faults.finish()?;
        let named = [
            file.map(|id| (Erroneous::File(id), "file")),
            entry.map(|id| (Erroneous::Entry(id), "entry")),
            trace.map(|trace| (Erroneous::Trace(trace), "trace")),
        ];
        let mut named = named.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some((what, field)), None) => Ok((what, field, key)),
            (None, _) => Err(ApiError::field("file", "Name a file, an entry or a trace number.")),
            (_, Some((_, field))) => Err(ApiError::field(field, "Name one thing only.")),
        }
    }
}

fn given<T>(
    faults: &mut Faults,
    field: &'static str,
    text: Input<String>,
    message: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let text = faults.optional(field, text)?;
    let read = parse(&text);
    if read.is_none() {
        faults.add(field, message);
    }
    read
}

fn trace_of(text: &str) -> Option<Trace> {
    let is_whole = text.len() == TRACE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_whole).and_then(Trace::from_number)
}

fn key(faults: &mut Faults, key: Input<String>) -> Option<String> {
    let key = faults.optional("unique_key", key);
    faults.text("unique_key", key, TEXT_CHARS_MAX)
}

/// The answer to a refusal; `field` named what was not found.
fn from_ach(error: AchError, field: &'static str) -> ApiError {
    match error {
        AchError::NotFound(what) => ApiError::field(field, format!("There is no such {what}.")),
        AchError::Conflict(detail) => ApiError::conflict(detail),
        AchError::Invalid(errors) => {
            errors.into_iter().map(|it| (it.field, it.message)).collect::<Faults>().into()
        }
        AchError::Storage(error) => from_storage(&error),
        other => ApiError::internal(&other),
    }
}

/// Take back what was sent by mistake.
///
/// A whole file of ours, or one entry. A reversal is an entry of its own: the same company, class, account and amount the
/// other way, described `REVERSAL`, in the next file. It has to settle within five banking days after what it takes back.
/// Of a file, what cannot be taken back is passed over. The payments have failed, for the reason `reversed`, when the
/// reversal is final; `ach_reversal_requested` and `ach_reversal_completed` tell of it.
#[utoipa::path(
    post,
    path = "/platform/v1/ach/reversals/",
    tag = "ach",
    operation_id = "create_ach_reversal",
    request_body = NewReversalBody,
    responses(
        (status = 201, body = ReversalBody, description = "What is taken back; under the same key the same again."),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 409, body = Detail, description = "Nothing of it can be taken back, the text says why; or the unique key was used for another request.")
    )
)]
pub(crate) async fn reverse(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    JsonBody(body): JsonBody<NewReversalBody>,
) -> Result<(StatusCode, Json<ReversalBody>), ApiError> {
    let (what, field, key) = body.read()?;
    let reversal = match key {
        Some(key) => state.ach.reverse_once(&caller, what, &key).await,
        None => state.ach.reverse(&caller, what).await,
    };
    let reversal = reversal.map_err(|error| from_ach(error, field))?;
    Ok((StatusCode::CREATED, Json(ReversalBody::of(reversal))))
}

/// Ask whether an external account is there.
///
/// A prenote moves no money and leaves with the next file. `ach_prenote_accepted` tells that the bank has not answered
/// until the third banking day after its settlement, or has corrected the account; `ach_prenote_returned` that the account
/// is not there. Payments asked for meanwhile wait for that.
#[utoipa::path(
    post,
    path = "/platform/v1/ach/prenotes/",
    tag = "ach",
    operation_id = "create_ach_prenote",
    request_body = NewPrenoteBody,
    responses(
        (status = 201, body = EntryBody, description = "The prenote; under the same key the same again."),
        (status = 400, body = FieldErrors),
        (status = 401, body = Detail),
        (status = 403, body = Detail),
        (status = 429, body = Detail),
        (status = 409, body = Detail, description = "Another prenote for the account is under way, the account cannot be used, there is no originator, or the unique key was used for another request.")
    )
)]
pub(crate) async fn prenote(
    State(state): State<PlatformState>,
    AnyCaller(caller): AnyCaller,
    JsonBody(body): JsonBody<NewPrenoteBody>,
) -> Result<(StatusCode, Json<EntryBody>), ApiError> {
    let mut faults = Faults::new();
    let account = faults.required("account", body.account);
    let account = faults.integer("account", account, 1..=i64::MAX);
    let direction = faults.optional("direction", body.direction);
    let direction = faults.choice("direction", direction, Direction::parse);
    let key = key(&mut faults, body.unique_key);
    faults.finish()?;
    let account = account.unwrap_or_default().to_string();
    let direction = direction.unwrap_or(Direction::Collect);
    let prenote = match key {
        Some(key) => state.ach.prenote_once(&caller, (&account, direction), &key).await,
        None => state.ach.prenote(&caller, &account, direction).await,
    };
    let prenote = prenote.map_err(|error| from_ach(error, "account"))?;
    Ok((StatusCode::CREATED, Json(EntryBody::of(&prenote))))
}
