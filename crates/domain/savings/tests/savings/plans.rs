//! A list of plans that an operator loads takes the place of the one before, for everybody at once.

use florin_savings::fund::LinkFields;
use florin_savings::plan::{
    MY529, PlanList, PlansError, PlansLoad, PlansLoaded, builtin, file, load_plans,
};
use florin_savings::transaction::TransactionStatus;
use florin_savings::{Given, SavingsError};
use florin_tenancy::Collections;
use jiff::civil::{Date, date};

use crate::partner::{Partner, on_both};

/// The built-in list as of a later day, changed.
fn newer(as_of: Date, change: impl FnOnce(&mut PlanList)) -> String {
    let mut list = PlanList { as_of, ..builtin().clone() };
    change(&mut list);
    file::print(&list)
}

fn load(partner: &Partner, text: &str, takes_older: bool) -> Result<PlansLoaded, PlansError> {
    let load = PlansLoad { opens_in: MY529, takes_older, now: partner.caller.now };
    partner.runtime.block_on(load_plans(partner.savings.db(), text, load))
}

fn plans(partner: &Partner) -> PlanList {
    partner.runtime.block_on(partner.savings.plans()).expect("plans")
}

fn link(partner: &Partner, plan_id: i64, account: &str) -> Result<String, SavingsError> {
    let fields = LinkFields {
        plan_id: Given::Value(plan_id),
        account_number: account.into(),
        first_name: "John".into(),
        last_name: "Doe".into(),
        fund_name: "A Fund".into(),
        ..LinkFields::default()
    };
    let linked = partner.savings.link_fund(&partner.caller, fields);
    partner.runtime.block_on(linked).map(|fund| fund.plan_provider)
}

/// Takes a plan off a list.
fn without(list: &mut PlanList, id: i64) {
    list.plans.retain(|plan| plan.id != id);
}

#[test]
fn a_list_takes_the_place_of_the_one_before() {
    on_both(Collections::Simulated, |partner| {
        assert_eq!(&plans(partner), builtin());
        let fund = partner.fund();
        let text = newer(date(2026, 7, 1), |list| {
            without(list, 1011);
            let my529 = list.plans.iter_mut().find(|plan| plan.id == MY529).expect("my529");
            my529.limit_minor = 2_000_000;
            my529.display_name = "my529 of Utah".to_owned();
            let new = florin_savings::plan::Plan { id: 7_000, ..my529.clone() };
            list.plans.push(florin_savings::plan::Plan { display_name: "New".into(), ..new });
        });
        let loaded = load(partner, &text, false).expect("loaded");
        let told = (loaded.new, loaded.changed, loaded.gone, loaded.was_known);
        assert_eq!((loaded.as_of, told), (date(2026, 7, 1), (1, 1, 1, false)));
        assert_eq!(loaded.plans, builtin().plans.len());
        let list = plans(partner);
        assert_eq!((list.as_of, list.plans.len()), (loaded.as_of, loaded.plans));
        assert_eq!((list.loaded_at, &list.sources), (Some(partner.caller.now), &builtin().sources));
        assert!(list.get(1011).is_none() && list.get(7_000).is_some());
        // The same list again is nothing.
        assert!(load(partner, &text, false).expect("loaded").was_known);
        // What is linked, and what can be, follows the list.
        let view = partner.runtime.block_on(partner.savings.get_fund(&partner.caller, fund));
        let view = view.expect("a fund").fund;
        assert_eq!((&*view.plan_provider, view.limit_minor), ("my529 of Utah", 2_000_000));
        assert_eq!(link(partner, 7_000, "7000-1").expect("linked"), "New");
        assert!(matches!(link(partner, 1011, "1011-1"), Err(SavingsError::Impossible(_))));
        check_the_limit(partner);
        partner.prove();
    });
}

/// The limit that counts is the loaded one: 20,000 dollars, of which the second payment would leave nothing.
fn check_the_limit(partner: &Partner) {
    let fund = partner.fund_of("901939501", "Jane");
    partner.deposit(fund, 1_500_000, date(2022, 10, 14));
    partner.deposit(fund, 500_001, date(2022, 10, 24));
    let last = partner.transactions(fund).remove(0);
    assert_eq!((last.status, &*last.reason), (TransactionStatus::Failed, "aggregate_limit"));
    assert_eq!(partner.balances(fund), (1_500_000, 1_500_000));
}

#[test]
fn a_list_that_cannot_be_changes_nothing() {
    on_both(Collections::Simulated, |partner| {
        partner.fund();
        link(partner, 1011, "1011-1").expect("linked");
        let later = date(2026, 7, 1);
        load(partner, &newer(later, |list| without(list, 8)), false).expect("loaded");
        let before = plans(partner);
        let file_fault = |change: fn(&mut PlanList), expected: &str| match load(
            partner,
            &newer(later, change),
            false,
        ) {
            Err(PlansError::File(faults)) => assert_eq!(faults[0].what, expected),
            other => panic!("{other:?}"),
        };
        // Ids are those of their plans for ever, those that are gone included.
        let (goldman, ivy) =
            ("Goldman Sachs 529 Plan - Arizona", "Ivy InvestEd 529 Plan - Arizona");
        file_fault(
            |list| {
                list.plans.iter_mut().filter(|it| it.id == 8).for_each(|it| it.state = "NV".into())
            },
            &format!("id: 8 is that of {goldman} (AZ), and stays it"),
        );
        file_fault(
            |list| {
                let ivy = list.get(9).cloned().expect("a plan");
                without(list, 9);
                list.plans
                    .iter_mut()
                    .filter(|it| it.id == 8)
                    .for_each(|it| it.display_name = ivy.display_name.clone());
            },
            &format!("id: {ivy} is known as 9, and stays it"),
        );
        // Plans that funds are with cannot go, nor the one in which accounts are opened.
        let text = newer(later, |list| {
            without(list, MY529);
            without(list, 1011);
        });
        let Err(PlansError::Missing(missing)) = load(partner, &text, false) else { panic!() };
        let expected = [
            "60 (my529 - Utah): a fund is with it",
            "1011 (ScholarShare College Savings Plan - California): a fund is with it",
            "60 (my529 - Utah): accounts are opened in it",
        ];
        assert_eq!(missing, expected);
        // An older list takes the place only when that is wanted.
        let older = newer(date(2025, 1, 2), |_| ());
        let counts = Err((date(2025, 1, 2), later));
        let told = load(partner, &older, false).map_err(|error| match error {
            PlansError::Older { found, counts } => (found, counts),
            other => panic!("{other:?}"),
        });
        assert_eq!(told, counts);
        assert_eq!(plans(partner), before);
        load(partner, &older, true).expect("loaded");
        let after = plans(partner);
        assert_eq!((after.as_of, after.plans.len()), (date(2025, 1, 2), before.plans.len() + 1));
    });
}
