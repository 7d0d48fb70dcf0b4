//! `florin plans`: the 529 plans, for the whole installation.

use florin_calendar::system_now;
use florin_savings::plan::{
    MY529, PlanList, PlansError, PlansLoad, PlansLoaded, file, list_plans, load_plans,
};
use serde_json::json;

use super::{print_json, wait};
use crate::cli::{Plans, PlansFile};
use crate::failure::Failure;
use crate::output::{amount, table};
use crate::settings::File;
use crate::wiring;

/// Loads a list, or shows the one that counts.
pub fn run(args: Plans, file: &File) -> Result<(), Failure> {
    match args {
        Plans::Load(args) => load(&args, file),
        Plans::List { json, as_file, database } => {
            let db = wiring::open(&database, file)?;
            let list = wait(list_plans(&db))??;
            db.close();
            match (json, as_file) {
                (true, _) => print_json(&wire(&list)),
                (_, true) => {
                    print!("{}", file::print(&list));
                    Ok(())
                }
                _ => {
                    print(&list);
                    Ok(())
                }
            }
        }
    }
}

fn load(args: &PlansFile, file: &File) -> Result<(), Failure> {
    let contents = std::fs::read_to_string(&args.path).map_err(|error| {
        Failure::new(format!("{} cannot be read", args.path.display())).because(error)
    })?;
    let db = wiring::open(&args.database, file)?;
    // Accounts are opened by the simulated provider, in this plan.
    let how = PlansLoad { opens_in: MY529, takes_older: args.older, now: system_now() };
    let loaded = wait(load_plans(&db, &contents, how))?;
    db.close();
    let PlansLoaded { as_of, plans, new, changed, gone, was_known } =
        loaded.map_err(|error| refused(error, args))?;
    match was_known {
        true => println!("The {plans} plans as of {as_of} were loaded before."),
        false => println!(
            "{plans} plans as of {as_of} are loaded: {new} new, {changed} changed, {gone} gone."
        ),
    }
    Ok(())
}

/// What a person is told of a refusal.
fn refused(error: PlansError, args: &PlansFile) -> Failure {
    let path = args.path.display();
    match error {
        PlansError::File(faults) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failure::new(format!("{path} is at fault, and nothing of it was loaded"))
                .advise(faults.join("\n  "))
        }
        PlansError::Older { found, counts } => Failure::new(format!(
            "{path} is as of {found}, and the list that counts as of {counts}: nothing was loaded"
        ))
        .advise("--older takes it all the same."),
        PlansError::Missing(plans) => {
            Failure::new(format!("{path} lacks plans that are needed: nothing was loaded"))
                .advise(plans.join("\n  "))
        }
        PlansError::Savings(error) => error.into(),
    }
}

fn wire(list: &PlanList) -> serde_json::Value {
    let plans = list.plans.iter().map(|plan| {
        json!({
            "id": plan.id, "state": plan.state, "sold": plan.sold.as_str(), "limit": plan.limit_minor,
            "name": plan.name, "display_name": plan.display_name,
        })
    });
    json!({
        "as_of": list.as_of, "sources": list.sources, "loaded_at": list.loaded_at,
        "is_built_in": list.loaded_at.is_none(), "plans": plans.collect::<Vec<_>>(),
    })
}

fn print(list: &PlanList) {
    let rows = list.plans.iter().map(|plan| {
        let limit = format!("${}", amount(plan.limit_minor / 100, 0));
        let (state, sold) = (plan.state.clone(), plan.sold.as_str().to_owned());
        vec![plan.id.to_string(), state, sold, limit, plan.display_name.clone()]
    });
    let header = ["id", "state", "sold", "limit", "name"];
    println!("{}", table(&header, &[0, 3], rows.collect()));
    let origin = match list.loaded_at {
        Some(at) => format!("loaded at {at:.0}"),
        None => "built in".to_owned(),
    };
    println!("As of {}, {origin}. Sources: {}", list.as_of, list.sources);
}
