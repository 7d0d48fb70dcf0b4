//! Companies and the people assigned to them. A company is an end user of any type but `individual`; the people are
//! end users that are individuals.
//!
//! Lock order: the company's row, then a share of the person's row, which keeps the person an individual until the
//! assignment is there. The assignments need no locks of their own.

pub mod entity;
pub mod repo;
pub mod words;

use florin_ids::{AssignmentId, EndUserId, TenantId};
use florin_storage::{ListQuery, Page, Tx};
use florin_tenancy::{Caller, day};
use jiff::Timestamp;

pub use entity::{Assignment, AssignmentFields, Company, Person};
pub use repo::FIELDS;
pub use words::Role;

use crate::end_user::{self, EndUserType};
use crate::{FieldError, Lending, LendingError};

const COMPANY: &str = "company";
const ASSIGNMENT: &str = "assignment";

impl Lending {
    /// Assigns a person to a company.
    ///
    /// # Errors
    /// [`LendingError::NotFound`] for the company; [`LendingError::Invalid`]; [`LendingError::Conflict`] for a company
    /// that is full.
    pub async fn create_assignment(
        &self,
        caller: &Caller,
        company: EndUserId,
        fields: AssignmentFields,
    ) -> Result<Assignment, LendingError> {
        let (caller, id) = (caller.clone(), AssignmentId::new());
        self.db.write(move |tx| create_in(tx, &caller, company, id, fields.clone())).await
    }

    /// One assignment of a company.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn get_assignment(
        &self,
        caller: &Caller,
        company: EndUserId,
        id: AssignmentId,
    ) -> Result<Assignment, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                repo::get(tx, tenant, company, id)?.ok_or(LendingError::NotFound(ASSIGNMENT))
            })
            .await
    }

    /// A page of a company's assignments that `query` selects by [`FIELDS`].
    ///
    /// # Errors
    /// [`LendingError::NotFound`] for the company.
    pub async fn list_assignments(
        &self,
        caller: &Caller,
        company: EndUserId,
        query: ListQuery,
    ) -> Result<Page<Assignment>, LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                require_in(tx, tenant, company)?;
                Ok(repo::list(tx, tenant, company, &query)?)
            })
            .await
    }

    /// Hands every assignment of a company that `query` selects to `f`, until it answers false.
    ///
    /// # Errors
    /// [`LendingError::NotFound`] for the company.
    pub async fn each_assignment(
        &self,
        caller: &Caller,
        company: EndUserId,
        query: ListQuery,
        mut f: impl FnMut(Assignment) -> bool + Send + 'static,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db
            .read(move |tx| {
                require_in(tx, tenant, company)?;
                Ok(repo::each(tx, tenant, company, &query, &mut f)?)
            })
            .await
    }

    /// Writes an assignment anew: what `fields` leave out becomes unknown.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`].
    pub async fn replace_assignment(
        &self,
        caller: &Caller,
        company: EndUserId,
        id: AssignmentId,
        fields: AssignmentFields,
    ) -> Result<Assignment, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| change_in(tx, &caller, company, id, fields.clone(), Company::replaced))
            .await
    }

    /// Changes what `fields` give of an assignment.
    ///
    /// # Errors
    /// [`LendingError::NotFound`]; [`LendingError::Invalid`].
    pub async fn update_assignment(
        &self,
        caller: &Caller,
        company: EndUserId,
        id: AssignmentId,
        fields: AssignmentFields,
    ) -> Result<Assignment, LendingError> {
        let caller = caller.clone();
        self.db
            .write(move |tx| change_in(tx, &caller, company, id, fields.clone(), Company::changed))
            .await
    }

    /// Removes an assignment, as if it had never been. Whoever leaves is given an `until_date` instead.
    ///
    /// # Errors
    /// [`LendingError::NotFound`].
    pub async fn delete_assignment(
        &self,
        caller: &Caller,
        company: EndUserId,
        id: AssignmentId,
    ) -> Result<(), LendingError> {
        let tenant = caller.tenant;
        self.db
            .write(move |tx| {
                lock_in(tx, tenant, company)?;
                let is_deleted = repo::delete(tx, tenant, company, id)?;
                if is_deleted { Ok(()) } else { Err(LendingError::NotFound(ASSIGNMENT)) }
            })
            .await
    }
}

/// Makes the new assignment from the present one, what the request says, and the person that it names.
type Change = fn(
    &Company,
    &Assignment,
    AssignmentFields,
    Option<Person>,
    Timestamp,
) -> Result<Assignment, Vec<FieldError>>;

fn create_in(
    tx: &mut Tx,
    caller: &Caller,
    company: EndUserId,
    id: AssignmentId,
    fields: AssignmentFields,
) -> Result<Assignment, LendingError> {
    let tenant = caller.tenant;
    let at = day::state_in(tx, tenant)?.stamp(caller.now);
    let company = company_in(tx, tenant, company)?;
    let person = person_in(tx, tenant, &fields)?;
    let assignment = company.assign(id, fields, person, at)?;
    repo::insert(tx, tenant, &assignment)?;
    settle_contact(tx, tenant, &assignment, at)?;
    Ok(assignment)
}

fn change_in(
    tx: &mut Tx,
    caller: &Caller,
    company: EndUserId,
    id: AssignmentId,
    fields: AssignmentFields,
    change: Change,
) -> Result<Assignment, LendingError> {
    let tenant = caller.tenant;
    let at = day::state_in(tx, tenant)?.stamp(caller.now);
    let company = company_in(tx, tenant, company)?;
    let before = company.people.iter().find(|assignment| assignment.id == id);
    let before = before.ok_or(LendingError::NotFound(ASSIGNMENT))?;
    let person = person_in(tx, tenant, &fields)?;
    let after = change(&company, before, fields, person, at).map_err(LendingError::Invalid)?;
    repo::update(tx, tenant, &after)?;
    settle_contact(tx, tenant, &after, at)?;
    Ok(after)
}

/// A company has one primary contact: naming another takes the mark from the one before.
fn settle_contact(
    tx: &mut Tx,
    tenant: TenantId,
    assignment: &Assignment,
    at: Timestamp,
) -> Result<(), LendingError> {
    if assignment.is_primary_contact {
        repo::unmark_contacts(tx, tenant, assignment.company, assignment.id, at)?;
    }
    Ok(())
}

/// Refuses an id that the tenant has no company under; an individual is none.
fn require_in(tx: &mut Tx, tenant: TenantId, id: EndUserId) -> Result<(), LendingError> {
    let kind = end_user::repo::kind(tx, tenant, id)?;
    kind.filter(|kind| kind.is_company()).map(|_| ()).ok_or(LendingError::NotFound(COMPANY))
}

/// Holds a company, so that nobody else changes it or its people until the transaction ends.
fn lock_in(tx: &mut Tx, tenant: TenantId, id: EndUserId) -> Result<EndUserType, LendingError> {
    let kind = end_user::repo::kind_for_update(tx, tenant, id)?;
    kind.filter(|kind| kind.is_company()).ok_or(LendingError::NotFound(COMPANY))
}

fn company_in(tx: &mut Tx, tenant: TenantId, id: EndUserId) -> Result<Company, LendingError> {
    let kind = lock_in(tx, tenant, id)?;
    Ok(Company { id, kind, people: repo::people(tx, tenant, id)? })
}

/// The person that a request names, held until the transaction ends.
fn person_in(
    tx: &mut Tx,
    tenant: TenantId,
    fields: &AssignmentFields,
) -> Result<Option<Person>, LendingError> {
    let Some(id) = fields.end_user.as_value().copied() else { return Ok(None) };
    Ok(Some(Person { id, kind: end_user::repo::kind_for_share(tx, tenant, id)? }))
}

/// Refuses to change the type of an end user, whose row the caller holds, while assignments stand against it.
pub(crate) fn check_kind_in(
    tx: &mut Tx,
    tenant: TenantId,
    id: EndUserId,
    before: EndUserType,
    after: EndUserType,
) -> Result<(), LendingError> {
    let people = repo::people(tx, tenant, id)?;
    let faults = Company { id, kind: before, people }.kind_faults(after);
    if !faults.is_empty() {
        return Err(LendingError::Invalid(faults));
    }
    if before == EndUserType::Individual && repo::is_assigned(tx, tenant, id)? {
        return Err(LendingError::invalid(
            "type",
            "This person is assigned to a company: only an individual can be.",
        ));
    }
    Ok(())
}
