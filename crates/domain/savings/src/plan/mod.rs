//! The 529 plans of the United States, as of a day.
//!
//! The list is one for the whole installation: the built-in file until an operator loads one ([`load_plans`]), which then
//! lies in the database, so that every server goes by it at once. A plan's id is its own for ever.

mod builtin;
pub mod file;
mod load;
pub(crate) mod repo;

use florin_storage::{Db, Tx, words};
use jiff::Timestamp;
use jiff::civil::Date;

pub use builtin::list as builtin;
pub use load::{PlansError, PlansLoad, PlansLoaded, load_plans};

use crate::{Savings, SavingsError};

/// The plan in which the simulated provider opens accounts: my529 of Utah, as in the savings document.
pub const MY529: i64 = 60;

words! {
    /// Who a plan is bought from.
    pub enum Sold {
        /// From the plan itself.
        Direct = "direct",
        /// From a financial advisor.
        Advisor = "advisor",
    }
}

/// A 529 plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Its number, in this API and nowhere else.
    pub id: i64,
    /// Its own name.
    pub name: String,
    /// Its name with the state where that helps to tell plans apart; no two plans have the same.
    pub display_name: String,
    /// Two letters: the state that sponsors it. Savers may live in any state.
    pub state: String,
    /// Who it is bought from.
    pub sold: Sold,
    /// What the accounts of one beneficiary may hold together before contributions are refused, in cents.
    pub limit_minor: i64,
}

/// The plans as of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanList {
    /// The day for which names and limits were looked up.
    pub as_of: Date,
    /// What they were taken from.
    pub sources: String,
    /// When an operator has loaded it; `None` for the built-in list.
    pub loaded_at: Option<Timestamp>,
    /// In the order of the ids.
    pub plans: Vec<Plan>,
}

impl PlanList {
    /// The plan of this id.
    pub fn get(&self, id: i64) -> Option<&Plan> {
        self.plans.binary_search_by_key(&id, |plan| plan.id).ok().map(|at| &self.plans[at])
    }
}

/// The plans that count now.
///
/// # Errors
/// The database's.
pub async fn list_plans(db: &Db) -> Result<PlanList, SavingsError> {
    db.read(list_in).await
}

impl Savings {
    /// The plans that count now.
    ///
    /// # Errors
    /// The database's.
    pub async fn plans(&self) -> Result<PlanList, SavingsError> {
        list_plans(self.db()).await
    }
}

fn list_in(tx: &mut Tx) -> Result<PlanList, SavingsError> {
    match repo::header(tx)? {
        Some(header) => {
            let known = repo::all(tx)?.into_iter();
            let plans = known.filter(|it| it.is_listed).map(|it| it.plan).collect();
            let repo::Header { as_of, sources, loaded_at } = header;
            Ok(PlanList { as_of, sources, loaded_at: Some(loaded_at), plans })
        }
        None => Ok(builtin().clone()),
    }
}

/// A plan that counts now, and goes on to count until the transaction ends.
pub(crate) fn hold_in(tx: &mut Tx, id: i64) -> Result<Option<Plan>, SavingsError> {
    repo::hold(tx)?;
    match repo::header(tx)? {
        Some(_) => Ok(repo::listed(tx, id)?),
        None => Ok(builtin().get(id).cloned()),
    }
}
