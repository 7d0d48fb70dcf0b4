//! Who has to do with a company, and as what. Pure.
//!
//! A role holds from `from_date` on (always, where that is not known) until the day before `until_date` (for good,
//! where there is none). The rules that count people or shares hold on every day, past and future.

use florin_ids::{AssignmentId, EndUserId};
use florin_money::Rate;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::words::Role;
use crate::check::{Check, Given};
use crate::end_user::EndUserType;
use crate::{FieldError, LendingError};

/// The most assignments of a company, past ones included: its rules look at all of them.
pub const MAX_ASSIGNMENTS: usize = 500;
/// All of a company, in micro-percent.
const WHOLE_MICRO_PERCENT: i64 = 100_000_000;

/// A person's part in a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// The company: an end user of any type but `individual`.
    pub company: EndUserId,
    /// The person: an end user of the type `individual`.
    pub end_user: EndUserId,
    /// What the person is to the company.
    pub role: Role,
    /// The share of an owner or a partner, 0 to 100 %, where it is known.
    pub ownership_percent: Option<Rate>,
    /// Whether this is whom to talk to first; one of a company at most.
    pub is_primary_contact: bool,
    /// The first day of the role, where it is known.
    pub from_date: Option<Date>,
    /// The day on which it is over.
    pub until_date: Option<Date>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a request says of an assignment, field by field under the wire's names.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the fields of Assignment, documented there")]
pub struct AssignmentFields {
    pub end_user: Given<EndUserId>,
    pub role: Given<Role>,
    pub ownership_percent: Given<Decimal>,
    pub is_primary_contact: Given<bool>,
    pub from_date: Given<Date>,
    pub until_date: Given<Date>,
    /// Faults that reading the request found; they are answered together with the rules' own.
    pub unreadable: Vec<FieldError>,
}

/// A company and everybody who has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The company: an end user.
    pub id: EndUserId,
    /// What it is in law; never `individual`.
    pub kind: EndUserType,
    /// All its assignments, past ones included.
    pub people: Vec<Assignment>,
}

/// The person that a request names: `kind` is none when the tenant has no such end user.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The id that was named.
    pub id: EndUserId,
    /// What it is in law.
    pub kind: Option<EndUserType>,
}

impl Company {
    /// A new assignment; the role is the usual one of the company's type unless given.
    ///
    /// # Errors
    /// [`LendingError::Invalid`] with every faulty field; [`LendingError::Conflict`] for a company that is full.
    pub fn assign(
        &self,
        id: AssignmentId,
        fields: AssignmentFields,
        person: Option<Person>,
        at: Timestamp,
    ) -> Result<Assignment, LendingError> {
        if self.people.len() >= MAX_ASSIGNMENTS {
            return Err(LendingError::conflict(format!(
                "The company has {MAX_ASSIGNMENTS} assignments, which is the most."
            )));
        }
        self.read(id, fields, person, at).map_err(LendingError::Invalid)
    }

    /// `assignment` with everything that `fields` leave out unknown.
    ///
    /// # Errors
    /// Every faulty field.
    pub fn replaced(
        &self,
        assignment: &Assignment,
        fields: AssignmentFields,
        person: Option<Person>,
        at: Timestamp,
    ) -> Result<Assignment, Vec<FieldError>> {
        let replaced = self.read(assignment.id, fields, person, at)?;
        Ok(Assignment { created_at: assignment.created_at, ..replaced })
    }

    /// `assignment` with what `fields` say changed. A role that has no share loses it.
    ///
    /// # Errors
    /// Every faulty field.
    pub fn changed(
        &self,
        assignment: &Assignment,
        fields: AssignmentFields,
        person: Option<Person>,
        at: Timestamp,
    ) -> Result<Assignment, Vec<FieldError>> {
        let role = fields.role.as_value().copied().unwrap_or(assignment.role);
        let share = assignment.ownership_percent.filter(|_| role.has_share());
        let fields = AssignmentFields {
            end_user: fields.end_user.over(Given::Value(assignment.end_user)),
            role: fields.role.over(Given::Value(role)),
            ownership_percent: fields
                .ownership_percent
                .over(Given::from(share.map(Rate::to_percent))),
            is_primary_contact: fields
                .is_primary_contact
                .over(Given::Value(assignment.is_primary_contact)),
            from_date: fields.from_date.over(Given::from(assignment.from_date)),
            until_date: fields.until_date.over(Given::from(assignment.until_date)),
            unreadable: fields.unreadable,
        };
        self.replaced(assignment, fields, person, at)
    }

    /// Why the company cannot become one of another type, as faults of `type`; none where it can.
    pub fn kind_faults(&self, kind: EndUserType) -> Vec<FieldError> {
        let unfit = self.people.iter().find(|person| !person.role.is_in(kind));
        let crowded = Role::ALL.iter().copied().find(|role| self.is_crowded(*role, kind));
        let message = match (unfit, crowded) {
            _ if self.people.is_empty() => return Vec::new(),
            _ if !kind.is_company() => {
                "People are assigned to this company: remove them first.".to_owned()
            }
            (Some(person), _) => {
                format!("A {kind} has no {}, and this company has one.", person.role)
            }
            (None, Some(role)) => crowd(role, kind),
            (None, None) => return Vec::new(),
        };
        vec![FieldError::new("type", message)]
    }

    fn read(
        &self,
        id: AssignmentId,
        fields: AssignmentFields,
        person: Option<Person>,
        at: Timestamp,
    ) -> Result<Assignment, Vec<FieldError>> {
        let mut check = Check::new(fields.unreadable);
        let end_user = check.required("end_user", fields.end_user);
        if let Some(person) = person {
            check_person(&mut check, person);
        }
        let role = check.or_default("role", fields.role, Role::usual(self.kind));
        if !role.is_in(self.kind) {
            check.fault("role", format!("A {} has no {role}.", self.kind));
        }
        let share =
            fields.ownership_percent.read(|value| check.percent("ownership_percent", value, 100));
        if share.flatten().is_some() && !role.has_share() {
            check.fault("ownership_percent", "Only an owner or a partner has a share.");
        }
        let is_primary_contact =
            check.or_default("is_primary_contact", fields.is_primary_contact, false);
        let (from_date, until_date) = (fields.from_date.value(), fields.until_date.value());
        if let (Some(from), Some(until)) = (from_date, until_date)
            && until <= from
        {
            check.fault("until_date", format!("Ensure this date is after {from}."));
        }
        let assignment = end_user.zip(share).map(|(end_user, ownership_percent)| Assignment {
            id,
            company: self.id,
            end_user,
            role,
            ownership_percent,
            is_primary_contact,
            from_date,
            until_date,
            created_at: at,
            updated_at: at,
        });
        let assignment = check.finish(assignment)?;
        let mut check = Check::default();
        self.check_beside_others(&mut check, &assignment);
        check.finish(Some(assignment))
    }

    /// Nobody twice in a role, nobody too many, and no more than all of the company.
    fn check_beside_others(&self, check: &mut Check, assignment: &Assignment) {
        let others = self.people.iter().filter(|other| other.id != assignment.id);
        let beside: Vec<&Assignment> = others.filter(|other| other.meets(assignment)).collect();
        let role = assignment.role;
        let is_same =
            |other: &&&Assignment| other.role == role && other.end_user == assignment.end_user;
        if beside.iter().any(|other| is_same(&other)) {
            check.fault("end_user", format!("This person is {role} of the company already."));
            return;
        }
        for day in beside.iter().map(|other| other.begins().max(assignment.begins())) {
            let then = || beside.iter().filter(move |other| other.holds_on(day));
            let in_role = then().filter(|other| other.role == role).count() + 1;
            if role.most(self.kind).is_some_and(|most| in_role > most) {
                check.fault("end_user", crowd(role, self.kind));
            }
            let of_others: i64 = then().map(|other| other.share_micro_percent()).sum();
            let left = WHOLE_MICRO_PERCENT - of_others;
            if assignment.share_micro_percent() > left {
                check.fault("ownership_percent", over_whole(left));
            }
        }
    }

    /// Whether there is a day on which more people have the role than a company of `kind` can have.
    fn is_crowded(&self, role: Role, kind: EndUserType) -> bool {
        let Some(most) = role.most(kind) else { return false };
        let holders = || self.people.iter().filter(|person| person.role == role);
        holders().any(|one| holders().filter(|other| other.holds_on(one.begins())).count() > most)
    }
}

impl Assignment {
    /// The first day, or the first there is.
    fn begins(&self) -> Date {
        self.from_date.unwrap_or(Date::MIN)
    }

    fn holds_on(&self, day: Date) -> bool {
        self.begins() <= day && self.until_date.is_none_or(|until| day < until)
    }

    /// Whether there is a day on which both hold.
    fn meets(&self, other: &Self) -> bool {
        let day = self.begins().max(other.begins());
        self.holds_on(day) && other.holds_on(day)
    }

    fn share_micro_percent(&self) -> i64 {
        self.ownership_percent.map_or(0, Rate::micro_percent)
    }
}

fn check_person(check: &mut Check, person: Person) {
    match person.kind {
        Some(EndUserType::Individual) => {}
        Some(_) => check.fault("end_user", "Only an individual can be assigned to a company."),
        None => {
            let message = format!("Invalid pk \"{}\" - object does not exist.", person.id);
            check.fault("end_user", message);
        }
    }
}

fn crowd(role: Role, kind: EndUserType) -> String {
    let most = role.most(kind).unwrap_or(MAX_ASSIGNMENTS);
    let people = if most == 1 { format!("one {role}") } else { format!("{most} {role}s") };
    format!("A {kind} has at most {people} at a time.")
}

fn over_whole(left_micro_percent: i64) -> String {
    match Rate::from_micro_percent(left_micro_percent) {
        Ok(left) => {
            format!("Ensure this value is less than or equal to {left}: the rest is others'.")
        }
        Err(_) => "The others have all of the company.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Given::{Null, Value};
    use jiff::civil::date;

    fn at() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    fn company(kind: EndUserType) -> Company {
        Company { id: EndUserId::new(), kind, people: Vec::new() }
    }

    fn whoever() -> AssignmentFields {
        AssignmentFields { end_user: Value(EndUserId::new()), ..AssignmentFields::default() }
    }

    impl Company {
        fn try_assign(&self, fields: AssignmentFields) -> Result<Assignment, String> {
            let person = fields.end_user.as_value().copied();
            let person = person.map(|id| Person { id, kind: Some(EndUserType::Individual) });
            self.assign(AssignmentId::new(), fields, person, at()).map_err(told)
        }

        fn with(mut self, fields: AssignmentFields) -> Self {
            let assignment = self.try_assign(fields).unwrap();
            self.people.push(assignment);
            self
        }

        #[track_caller]
        fn refuses(&self, fields: AssignmentFields, expected: &str) {
            assert_eq!(self.try_assign(fields).unwrap_err(), expected);
        }
    }

    fn told(error: LendingError) -> String {
        match error {
            LendingError::Invalid(faults) => lines(&faults),
            other => other.to_string(),
        }
    }

    fn lines(faults: &[FieldError]) -> String {
        let lines: Vec<_> = faults.iter().map(|f| format!("{}: {}", f.field, f.message)).collect();
        lines.join("\n")
    }

    fn share(percent: i64) -> AssignmentFields {
        AssignmentFields { ownership_percent: Value(percent.into()), ..whoever() }
    }

    fn during(
        fields: AssignmentFields,
        from: Option<Date>,
        until: Option<Date>,
    ) -> AssignmentFields {
        AssignmentFields { from_date: Given::from(from), until_date: Given::from(until), ..fields }
    }

    #[test]
    fn each_type_has_its_roles() {
        use EndUserType::{LargePartnership, LimitedCompany, SmallPartnership, SoleTrader};
        for (kind, usual, roles) in [
            (LimitedCompany, "director", "director owner guarantor signatory contact"),
            (SoleTrader, "owner", "owner guarantor signatory contact"),
            (SmallPartnership, "partner", "partner guarantor signatory contact"),
            (LargePartnership, "partner", "partner guarantor signatory contact"),
        ] {
            let company = company(kind);
            assert_eq!(company.try_assign(whoever()).unwrap().role.as_str(), usual);
            let is_taken = |role: &&Role| {
                let fields = AssignmentFields { role: Value(**role), ..whoever() };
                match company.try_assign(fields) {
                    Ok(_) => true,
                    Err(text) => {
                        assert_eq!(text, format!("role: A {kind} has no {role}."));
                        false
                    }
                }
            };
            let taken: Vec<_> =
                Role::ALL.iter().filter(is_taken).map(|role| role.as_str()).collect();
            assert_eq!(taken.join(" "), roles, "{kind}");
        }
    }

    #[test]
    fn only_individuals_that_are_there() {
        let company = company(EndUserType::LimitedCompany);
        let id = EndUserId::from_uuid("01890000-0000-7000-8000-000000000000".parse().unwrap());
        let check = |kind, expected: &str| {
            let fields = AssignmentFields { end_user: Value(id), ..whoever() };
            let outcome =
                company.assign(AssignmentId::new(), fields, Some(Person { id, kind }), at());
            assert_eq!(told(outcome.unwrap_err()), expected);
        };
        check(
            Some(EndUserType::SoleTrader),
            "end_user: Only an individual can be assigned to a company.",
        );
        let unknown = "end_user: Invalid pk \"01890000-0000-7000-8000-000000000000\" - object does not exist.";
        check(None, unknown);
        company.refuses(AssignmentFields::default(), "end_user: This field is required.");
    }

    #[test]
    fn all_faults_come_at_once() {
        let fields = AssignmentFields {
            end_user: Null,
            role: Value(Role::Partner),
            ownership_percent: Value(101.into()),
            is_primary_contact: Null,
            from_date: Value(date(2024, 1, 1)),
            until_date: Value(date(2024, 1, 1)),
            ..AssignmentFields::default()
        };
        company(EndUserType::LimitedCompany).refuses(
            fields,
            "end_user: This field may not be null.\n\
             role: A limited_company has no partner.\n\
             ownership_percent: Ensure this value is less than or equal to 100.\n\
             is_primary_contact: This field may not be null.\n\
             until_date: Ensure this date is after 2024-01-01.",
        );
        company(EndUserType::LimitedCompany)
            .refuses(share(1), "ownership_percent: Only an owner or a partner has a share.");
    }

    #[test]
    fn nobody_is_twice_in_a_role_at_a_time() {
        let person = AssignmentFields { end_user: Value(EndUserId::new()), ..whoever() };
        let spring = || during(person.clone(), Some(date(2024, 3, 1)), Some(date(2024, 6, 1)));
        let company = company(EndUserType::LimitedCompany).with(spring());
        let refused = "end_user: This person is director of the company already.";
        company.refuses(spring(), refused);
        company.refuses(person.clone(), refused);
        company.refuses(during(person.clone(), None, Some(date(2024, 3, 2))), refused);
        company.refuses(during(person.clone(), Some(date(2024, 5, 31)), None), refused);
        for fields in [
            during(person.clone(), None, Some(date(2024, 3, 1))),
            during(person.clone(), Some(date(2024, 6, 1)), None),
            AssignmentFields { role: Value(Role::Guarantor), ..person.clone() },
            whoever(),
        ] {
            company.try_assign(fields).unwrap();
        }
        let own = company.people[0].clone();
        assert_eq!(company.changed(&own, AssignmentFields::default(), None, at()).unwrap(), own);
    }

    #[test]
    fn a_small_partnership_has_three_partners_at_a_time() {
        let (may, july) = (Some(date(2024, 5, 1)), Some(date(2024, 7, 1)));
        let company = company(EndUserType::SmallPartnership)
            .with(whoever())
            .with(whoever())
            .with(during(whoever(), may, july));
        let refused = "end_user: A small_partnership has at most 3 partners at a time.";
        company.refuses(whoever(), refused);
        company.refuses(during(whoever(), None, Some(date(2024, 5, 2))), refused);
        company.try_assign(AssignmentFields { role: Value(Role::Guarantor), ..whoever() }).unwrap();
        // Four people, but never four at a time.
        let company =
            company.with(during(whoever(), july, None)).with(during(whoever(), None, may));
        assert_eq!(company.kind_faults(EndUserType::LargePartnership), []);
        let large = Company { kind: EndUserType::LargePartnership, ..company };
        assert_eq!(large.kind_faults(EndUserType::SmallPartnership), []);
        let large = large.with(whoever());
        let faults = large.kind_faults(EndUserType::SmallPartnership);
        assert_eq!(lines(&faults), "type: A small_partnership has at most 3 partners at a time.");
    }

    #[test]
    fn a_sole_trader_has_one_owner() {
        let company = company(EndUserType::SoleTrader).with(share(100));
        company.refuses(whoever(), "end_user: A sole_trader has at most one owner at a time.");
        let check = |kind, expected: &str| assert_eq!(lines(&company.kind_faults(kind)), expected);
        check(EndUserType::LimitedCompany, "");
        check(
            EndUserType::SmallPartnership,
            "type: A small_partnership has no owner, and this company has one.",
        );
        check(
            EndUserType::Individual,
            "type: People are assigned to this company: remove them first.",
        );
    }

    #[test]
    fn nobody_owns_more_than_all() {
        let company = company(EndUserType::LargePartnership).with(share(60)).with(during(
            share(30),
            None,
            Some(date(2024, 1, 1)),
        ));
        company.refuses(
            share(11),
            "ownership_percent: Ensure this value is less than or equal to 10: the rest is others'.",
        );
        company.try_assign(share(10)).unwrap();
        company.try_assign(during(share(40), Some(date(2024, 1, 1)), None)).unwrap();
        // What the owner has himself does not stand against a change.
        let own = company.people[0].clone();
        let more = |percent: i64| AssignmentFields {
            ownership_percent: Value(percent.into()),
            ..AssignmentFields::default()
        };
        assert!(company.changed(&own, more(70), None, at()).is_ok());
        assert!(company.changed(&own, more(71), None, at()).is_err());
        let guarantor =
            AssignmentFields { role: Value(Role::Guarantor), ..AssignmentFields::default() };
        let guarantor = company.changed(&own, guarantor, None, at()).unwrap();
        assert_eq!(guarantor.ownership_percent, None);
    }

    #[test]
    fn a_company_can_be_full() {
        let company = company(EndUserType::LargePartnership).with(whoever());
        let people = vec![company.people[0].clone(); MAX_ASSIGNMENTS];
        let company = Company { people, ..company };
        company.refuses(whoever(), "The company has 500 assignments, which is the most.");
    }
}
