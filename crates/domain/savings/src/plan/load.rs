//! Loading a list of plans in the place of the one that counts.

use std::collections::BTreeMap;

use florin_storage::{Db, StorageError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::file::{self, Lines};
use super::{Plan, PlanList, builtin, list_in, repo};
use crate::SavingsError;
use crate::file_fault::FileFault;

/// How a list is loaded.
#[derive(Debug, Clone, Copy)]
pub struct PlansLoad {
    /// The plan in which accounts are opened here: no list can do without it.
    pub opens_in: i64,
    /// Whether a list that is older than the one that counts may take its place.
    pub takes_older: bool,
    /// The time.
    pub now: Timestamp,
}

/// What loading a list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlansLoaded {
    /// The list's date.
    pub as_of: Date,
    /// How many plans it has.
    pub plans: usize,
    /// Plans that were not there before.
    pub new: usize,
    /// Plans whose limit, name or way of sale has become another one.
    pub changed: usize,
    /// Plans that are gone.
    pub gone: usize,
    /// Whether that very list was loaded before, so that nothing happened.
    pub was_known: bool,
}

/// Why a list was not loaded. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PlansError {
    /// The file is at fault.
    #[error("the plan file is at fault")]
    File(Vec<FileFault>),
    /// The list is older than the one that counts.
    #[error("the list is as of {found}, and the one that counts as of {counts}")]
    Older {
        /// The file's date.
        found: Date,
        /// That of the list that counts.
        counts: Date,
    },
    /// Plans that are needed are not on the list; each in words.
    #[error("plans that are needed are missing")]
    Missing(Vec<String>),
    /// The database failed.
    #[error("the plans could not be written")]
    Savings(#[from] SavingsError),
}

impl From<StorageError> for PlansError {
    fn from(error: StorageError) -> Self {
        Self::Savings(error.into())
    }
}

/// Loads a plan file, as a whole or not at all; every server goes by it at once.
///
/// # Errors
/// [`PlansError`]: a file at fault, also in giving an id or a name of one plan to another; an older one; one without a plan
/// that a fund is with.
pub async fn load_plans(db: &Db, text: &str, load: PlansLoad) -> Result<PlansLoaded, PlansError> {
    let today = load.now.to_zoned(TimeZone::UTC).date();
    let (list, lines) = file::parse_with_lines(text, today).map_err(PlansError::File)?;
    // A refusal is an error here, so that nothing of the file stays.
    db.write(move |tx| load_in(tx, &list, &lines, load)).await
}

fn load_in(
    tx: &mut Tx,
    list: &PlanList,
    lines: &Lines,
    load: PlansLoad,
) -> Result<PlansLoaded, PlansError> {
    repo::hold_for_update(tx)?;
    let counts = list_in(tx)?;
    let mut loaded = compare(&counts, list);
    let is_same = (counts.as_of, &counts.plans) == (list.as_of, &list.plans);
    loaded.was_known = is_same && counts.sources == list.sources && counts.loaded_at.is_some();
    if loaded.was_known {
        return Ok(loaded);
    }
    if list.as_of < counts.as_of && !load.takes_older {
        return Err(PlansError::Older { found: list.as_of, counts: counts.as_of });
    }
    let mut known: BTreeMap<i64, Plan> =
        builtin().plans.iter().map(|plan| (plan.id, plan.clone())).collect();
    known.extend(repo::all(tx)?.into_iter().map(|it| (it.plan.id, it.plan)));
    let mut faults: Vec<FileFault> =
        list.plans.iter().filter_map(|plan| taken(plan, &known, lines)).collect();
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.line);
        return Err(PlansError::File(faults));
    }
    let missing = missing_in(tx, list, &counts, load.opens_in)?;
    if !missing.is_empty() {
        return Err(PlansError::Missing(missing));
    }
    let former: Vec<Plan> =
        known.into_values().filter(|plan| list.get(plan.id).is_none()).collect();
    repo::put(tx, list, &former, load.now)?;
    Ok(loaded)
}

fn compare(counts: &PlanList, list: &PlanList) -> PlansLoaded {
    let is_known = |plan: &&Plan| counts.get(plan.id).is_some();
    let is_changed = |plan: &&Plan| counts.get(plan.id).is_some_and(|it| it != *plan);
    PlansLoaded {
        as_of: list.as_of,
        plans: list.plans.len(),
        new: list.plans.iter().filter(|plan| !is_known(plan)).count(),
        changed: list.plans.iter().filter(is_changed).count(),
        gone: counts.plans.iter().filter(|plan| list.get(plan.id).is_none()).count(),
        was_known: false,
    }
}

/// What is wrong when an id, or a name, was another plan's.
fn taken(plan: &Plan, known: &BTreeMap<i64, Plan>, lines: &Lines) -> Option<FileFault> {
    let line = lines.get(&plan.id).copied().unwrap_or_default();
    let fault = |what: String| Some(FileFault { line, column: 1, what });
    if let Some(before) = known.get(&plan.id).filter(|it| it.state != plan.state) {
        let (id, name, state) = (plan.id, &before.display_name, &before.state);
        return fault(format!("id: {id} is that of {name} ({state}), and stays it"));
    }
    let mut others = known.values().filter(|it| it.id != plan.id && it.state == plan.state);
    let namesake = others.find(|it| it.display_name == plan.display_name)?;
    fault(format!("id: {} is known as {}, and stays it", plan.display_name, namesake.id))
}

/// The plans that the list cannot do without, in words.
fn missing_in(
    tx: &mut Tx,
    list: &PlanList,
    counts: &PlanList,
    opens_in: i64,
) -> Result<Vec<String>, StorageError> {
    let named = |id: i64| {
        let name = counts.get(id).map_or("", |plan| plan.display_name.as_str());
        format!("{id} ({name})")
    };
    let used = repo::count_funds(tx)?.into_iter().filter(|(id, _)| list.get(*id).is_none());
    let mut missing: Vec<String> = used
        .map(|(id, funds)| match funds {
            1 => format!("{}: a fund is with it", named(id)),
            funds => format!("{}: {funds} funds are with it", named(id)),
        })
        .collect();
    if list.get(opens_in).is_none() {
        missing.push(format!("{}: accounts are opened in it", named(opens_in)));
    }
    Ok(missing)
}
