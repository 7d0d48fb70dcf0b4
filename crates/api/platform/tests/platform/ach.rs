//! Reversals and prenotes over HTTP.

use std::collections::BTreeMap;
use std::error::Error;

use florin_ach::{AccountType, Change, ReturnCode, RoutingNumber};
use florin_ach_origination::{Accounts, Ach, AchRail, BankDetails, Usable, Use};
use florin_calendar::Clock;
use florin_crypto::Secret;
use florin_money::Money;
use florin_payments::{
    Change as Changed, Direction, Instrument, Moment, NewPayment, Owner, OwnerRef, Owners, Purpose,
    RailKind, Rails,
};
use florin_storage::{Db, Tx};
use florin_tenancy::Caller;
use jiff::civil::Date;

use super::*;

type Cause = Box<dyn Error + Send + Sync>;

/// External accounts 17 and 19; 18 is locked.
struct Book;

impl Accounts for Book {
    fn details_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        references: &[String],
        _usage: Use,
    ) -> Result<BTreeMap<String, Usable>, Cause> {
        let details = |reference: &String| match reference.as_str() {
            "17" | "19" => Some(Ok(BankDetails {
                routing: RoutingNumber::parse("021000021").unwrap(),
                account: Secret::from_text(format!("50000{reference}")),
                kind: AccountType::Checking,
                name: "Ada Lovelace".to_owned(),
                is_company: false,
            })),
            "18" => Some(Err("The account is locked.".to_owned())),
            _ => None,
        };
        Ok(references.iter().filter_map(|it| Some((it.clone(), details(it)?))).collect())
    }

    fn corrected_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        _reference: &str,
        _change: &Change,
    ) -> Result<(), Cause> {
        Ok(())
    }

    fn returned_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        _reference: &str,
        _code: ReturnCode,
    ) -> Result<(), Cause> {
        Ok(())
    }
}

/// Whoever hears of payments, and does nothing.
struct Nobody;

impl Owner for Nobody {
    fn kind(&self) -> &'static str {
        "test"
    }

    fn changed_in(
        &self,
        _tx: &mut Tx,
        _tenant: TenantId,
        _moment: Moment,
        _changes: &[Changed],
    ) -> Result<(), Cause> {
        Ok(())
    }
}

/// The ACH network of a test's tenants.
pub struct Network {
    pub ach: Ach,
    rails: Rails,
    days: DayRunner,
}

impl Network {
    pub fn new(db: &Db, clock: &Arc<FixedClock>) -> Self {
        let keys = Arc::new(KeyRing::generate());
        let accounts: Arc<dyn Accounts> = Arc::new(Book);
        let rail = AchRail::new(Arc::clone(&keys), Arc::clone(&accounts), true);
        let owners = Owners::new(vec![Arc::new(Nobody)]);
        let time: Arc<dyn Clock> = Arc::<FixedClock>::clone(clock);
        let ach = Ach::new(db.clone(), keys, accounts, owners, Arc::clone(&time));
        let days = DayRunner::new(db.clone(), time, ach.day_steps());
        Self { ach, rails: Rails::new(vec![Arc::new(rail)]), days }
    }
}

impl Setting {
    fn caller(&self) -> Caller {
        let currency = Currency::from_code("USD").unwrap();
        Caller { tenant: self.tenant, currency, now: now() }
    }

    /// Collects from external accounts, cents of each, with the next file.
    fn collect(&self, asked: &'static [(&'static str, i64)]) {
        let (rails, caller) = (self.network.rails.clone(), self.caller());
        let made = self.test.db.write_blocking(move |tx| {
            let moment = florin_payments::moment_in(tx, caller.tenant, caller.now)?;
            let new = asked.iter().map(|(account, cents)| NewPayment {
                instrument: Instrument { rail: RailKind::Ach, reference: (*account).to_owned() },
                direction: Direction::Collect,
                purpose: Purpose::Repayment,
                amount: Money::from_minor(*cents, caller.currency),
                owner: OwnerRef { kind: "test".to_owned(), id: caller.tenant.uuid() },
                wanted_on: moment.on,
                counterparty: "Ada Lovelace".to_owned(),
                note: String::new(),
                same_day: false,
            });
            florin_payments::create_many_in(tx, &rails, caller.tenant, moment, new.collect())
        });
        made.unwrap();
    }

    async fn run_to(&self, date: Date) {
        let (days, tenant) = (self.network.days.clone(), self.tenant);
        let run = move || days.advance_to_blocking(tenant, date, &mut |_| {}).map(drop);
        tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    }

    async fn first_file(&self) -> String {
        self.network.ach.list_files(&self.caller()).await.unwrap()[0].id.to_string()
    }
}

const REVERSALS: &str = "/platform/v1/ach/reversals/";
const PRENOTES: &str = "/platform/v1/ach/prenotes/";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_back_once_under_its_key() {
    for setting in settings(Mode::Sandbox).await {
        setting.collect(&[("17", 12_345), ("19", 700)]);
        setting.run_to(date(2026, 2, 4)).await;
        let file = setting.first_file().await;
        let body = json!({"file": file, "unique_key": "mistake-1"});
        let (status, first) = setting.call("POST", REVERSALS, body.clone()).await;
        assert_eq!(status, 201, "{first}");
        assert_eq!(
            (&first["settles_on"], &first["passed_over"]),
            (&json!("2026-02-06"), &json!([]))
        );
        let entry = &first["entries"][0];
        let expected = json!({
            "id": entry["id"], "kind": "reversal", "external_account": "17", "class": "WEB",
            "direction": "pay", "amount_cents": 12_345, "reverses": entry["reverses"],
            "state": "waiting", "wanted_on": "2026-02-06",
        });
        assert_eq!(entry, &expected);
        assert_eq!(first["entries"][1]["amount_cents"], 700);
        setting.check("POST", REVERSALS, body, (201, first.clone())).await;
        let before = json!({"detail": "The entry was reversed before."});
        setting.check("POST", REVERSALS, json!({"file": file}), (409, before.clone())).await;
        let one = json!({"entry": entry["reverses"]});
        setting.check("POST", REVERSALS, one, (409, before.clone())).await;
        let trace = json!({"trace": "021000020000001"});
        setting.check("POST", REVERSALS, trace, (409, before)).await;
        let other = json!({"entry": entry["id"], "unique_key": "mistake-1"});
        let used = json!({"detail": "The unique_key was used before with another request."});
        setting.check("POST", REVERSALS, other, (409, used)).await;
        // It goes out with the next file, and what was asked for under the key is still answered.
        setting.run_to(date(2026, 2, 20)).await;
        let files = setting.network.ach.list_files(&setting.caller()).await.unwrap();
        let moved = files.iter().map(|it| (it.debits_cents, it.credits_cents));
        assert_eq!(moved.collect::<Vec<_>>(), [(0, 13_045), (13_045, 0)]);
        let again = json!({"file": file, "unique_key": "mistake-1"});
        let (status, again) = setting.call("POST", REVERSALS, again).await;
        assert_eq!((status, &again["entries"][0]["state"]), (201, &json!("cleared")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_reversal_is_named() {
    for setting in settings(Mode::Sandbox).await {
        setting.collect(&[("17", 12_345)]);
        setting.run_to(date(2026, 2, 4)).await;
        let file = setting.first_file().await;
        let absent = "0199a1b0-6f0b-7f5a-9d3e-2f0a4c6b8d10";
        let long = "x".repeat(201);
        for (body, expected) in [
            (json!({}), json!({"file": ["Name a file, an entry or a trace number."]})),
            (
                json!({"file": "nonsense", "trace": "17"}),
                json!({"file": ["Must be a valid UUID."], "trace": ["Enter the 15 digits of a trace number."]}),
            ),
            (
                json!({"file": file, "trace": "021000020000001"}),
                json!({"trace": ["Name one thing only."]}),
            ),
            (json!({"file": absent}), json!({"file": ["There is no such ACH file."]})),
            (json!({"entry": absent}), json!({"entry": ["There is no such ACH entry."]})),
            (
                json!({"trace": "021000020000099"}),
                json!({"trace": ["There is no such ACH entry."]}),
            ),
            (
                json!({"file": file, "unique_key": long}),
                json!({"unique_key": ["Ensure this field has no more than 200 characters."]}),
            ),
            (
                json!({"file": 1, "entry": null, "unique_key": ""}),
                json!({
                    "file": ["Not a valid string."], "entry": ["This field may not be null."],
                    "unique_key": ["This field may not be blank."],
                }),
            ),
        ] {
            setting.check("POST", REVERSALS, body, (400, expected)).await;
        }
        // Another tenant's file is nobody's.
        let key = setting.stranger.lending.presented();
        let theirs = (400, json!({"file": ["There is no such ACH file."]}));
        let body = json!({"file": file});
        let asked = setting.send("POST", REVERSALS, body, ("x-api-key", &key)).await;
        assert_eq!(asked, theirs);
        setting.run_to(date(2026, 3, 2)).await;
        let late = json!({
            "detail": "The entry settled on 2026-02-03: a reversal would have to settle by 2026-02-10, \
                       and could on 2026-03-04.",
        });
        setting.check("POST", REVERSALS, json!({"file": file}), (409, late)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prenote_is_asked_for_once_under_its_key() {
    for setting in settings(Mode::Sandbox).await {
        let body = json!({"account": 17, "unique_key": "first"});
        let (status, first) = setting.call("POST", PRENOTES, body.clone()).await;
        let expected = json!({
            "id": first["id"], "kind": "prenote", "external_account": "17", "class": "WEB",
            "direction": "collect", "amount_cents": 0, "reverses": null, "state": "waiting",
            "wanted_on": "2026-02-02",
        });
        assert_eq!((status, &first), (201, &expected));
        setting.check("POST", PRENOTES, body, (201, first.clone())).await;
        let under_way = json!({"detail": "A prenote for this account is under way."});
        setting.check("POST", PRENOTES, json!({"account": 17}), (409, under_way)).await;
        let locked = json!({"detail": "The account is locked."});
        setting.check("POST", PRENOTES, json!({"account": 18}), (409, locked)).await;
        let (status, paying) =
            setting.call("POST", PRENOTES, json!({"account": 19, "direction": "pay"})).await;
        assert_eq!((status, &paying["class"]), (201, &json!("PPD")));
        for (body, expected) in [
            (json!({}), json!({"account": ["This field is required."]})),
            (
                json!({"account": 0, "direction": "sideways"}),
                json!({
                    "account": ["Ensure this value is greater than or equal to 1."],
                    "direction": ["\"sideways\" is not a valid choice."],
                }),
            ),
            (json!({"account": 99}), json!({"account": ["There is no such external account."]})),
        ] {
            setting.check("POST", PRENOTES, body, (400, expected)).await;
        }
        setting.run_to(date(2026, 2, 20)).await;
        let files = setting.network.ach.list_files(&setting.caller()).await.unwrap();
        assert_eq!(files.iter().map(|it| it.entries).collect::<Vec<_>>(), [2]);
    }
}
