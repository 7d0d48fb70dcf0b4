//! The plans that the API answers are those that an operator has loaded.

use florin_savings::plan::{MY529, PlanList, PlansLoad, builtin, file, load_plans};
use jiff::civil::date;
use serde_json::{Value, json};

use crate::app::{on_each_engine, uuid};

#[tokio::test]
async fn a_loaded_list_is_what_the_api_goes_by() {
    on_each_engine(async |app| {
        let client = app.tenant("Acme").await;
        let (_, fund) = app.established(&client).await;
        let path = format!("/restapi/v1/funds/{fund}");
        let mut list = PlanList { as_of: date(2026, 7, 1), ..builtin().clone() };
        list.plans.retain(|plan| plan.id != 1011);
        for plan in list.plans.iter_mut().filter(|plan| plan.id == MY529) {
            (plan.limit_minor, plan.display_name) = (1_000_000, "my529 (Utah)".to_owned());
        }
        let how = PlansLoad { opens_in: MY529, takes_older: false, now: app.now() };
        let text = file::print(&list);
        load_plans(app.db(), &text, how).await.expect("loaded");

        let plans = app.stranger().get("/restapi/v1/plans").await.expect(200);
        let plans = plans.as_array().expect("a list");
        assert_eq!(plans.len(), builtin().plans.len() - 1);
        let shown =
            json!({"id": 60, "name": "my529", "display_name": "my529 (Utah)", "state": "UT"});
        assert!(plans.contains(&shown));
        let provider = |fund: Value| fund["plan_provider"].clone();
        assert_eq!(provider(client.get(&path).await.expect(200)), "my529 (Utah)");
        let link = json!({
            "plan_id": 1011, "account_number": "1011-1", "beneficiary_first_name": "John",
            "beneficiary_last_name": "Doe", "fund_name": "Fund",
        });
        let gone = "plan_id 1011 is not a supported plan: GET /restapi/v1/plans lists them";
        client.post("/restapi/v1/linked_funds", link).await.refuses(422, &[gone]);
        // A payment beyond the new limit, of 10,000 dollars, is refused.
        let contributions = format!("{path}/contributions");
        let amount = json!({"frequency": "monthly", "amount": 1_000_001, "first_day": 14});
        let refused = client.post(&contributions, amount).await;
        refused.refuses(422, &["amount is more than the plan lets a beneficiary hold ($10000)"]);
        let amount = json!({"frequency": "monthly", "amount": 1_000_000, "first_day": 14});
        uuid(&client.post(&contributions, amount).await.expect(201));
    })
    .await;
}
