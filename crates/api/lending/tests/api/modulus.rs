//! End users' bank accounts under the modulus check.

use florin_mandates::modulus::{self, LoadError, Published, TableFile};
use serde_json::{Value, json};

use crate::app::{TestApp, id, on_each_engine};
use crate::change::{patch, put};

const PATH: &str = "/api/v1/end-user/";
const REFUSAL: &str = r#"{"bank_account_number":["This account number does not go with the sort code. Check both of them."]}"#;

/// A table of our own in the published format.
const WEIGHTS: &str = "\
089000 089999 MOD10    0    0    0    0    0    0    7    1    3    7    1    3    7    1\r
124354 124354 MOD10    0    0    0    0    0    0    7    1    3    7    1    3    7    1\r
938611 938611 MOD11    7    6    5    4    3    2    7    6    5    4    3    2    0    0   5\r
938611 938611 DBLAL    2    1    2    1    2    1    2    1    2    1    2    1    2    0   5\r
";
const SUBSTITUTES: &str = "938611 938600\r\n";

async fn load(app: &TestApp, weights: &str, substitutes: &str) -> Result<(), LoadError> {
    let as_of = "2026-11-02".parse().expect("a date");
    let published = Published { weights, substitutes, as_of };
    modulus::load(app.db(), published, app.now()).await.map(|_| ())
}

fn person(sort_code: &str, account: &str) -> Value {
    json!({
        "first_name": "Ada", "last_name": "Lovelace", "country": "GB", "sort_code": sort_code,
        "bank_account_number": account,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_there_cannot_be_is_refused() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        client.post(PATH, person("08-99-99", "66374959")).await.expect(201);
        load(app, WEIGHTS, SUBSTITUTES).await.unwrap();
        client.post(PATH, person("08-99-99", "66374959")).await.is(400, REFUSAL);
        client.post(PATH, person("08-99-99", "66374958")).await.expect(201);
        // The country is not known: British rules hold.
        let mut stateless = person("089999", "66374959");
        stateless["country"] = Value::Null;
        client.post(PATH, stateless).await.is(400, REFUSAL);
        // Checked as another sort code, which the file of substitutes tells.
        client.post(PATH, person("938611", "07806081")).await.expect(201);
        client.post(PATH, person("938611", "07806082")).await.is(400, REFUSAL);
        // Nobody can tell: a sort code that the table does not hold, a number of nine digits as in the document's own
        // example, an account of another country, half an account.
        client.post(PATH, person("999999", "66374959")).await.expect(201);
        client.post(PATH, person("124354", "123456678")).await.expect(201);
        let mut irish = person("089999", "66374959");
        irish["country"] = json!("IE");
        client.post(PATH, irish).await.expect(201);
        client.post(PATH, person("", "66374959")).await.expect(201);
        assert!(modulus::remove(app.db()).await.unwrap());
        client.post(PATH, person("08-99-99", "66374959")).await.expect(201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_taken_before_stays() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        let taken = client.post(PATH, person("08-99-99", "66374959")).await.expect(201);
        let path = format!("{PATH}{}/", id(&taken));
        load(app, WEIGHTS, SUBSTITUTES).await.unwrap();
        patch(&client, &path, json!({"email": "ada@example.com"})).await.expect(200);
        put(&client, &path, person("****99", "****4959")).await.expect(200);
        put(&client, &path, person("089999", "66374959")).await.expect(200);
        // One half of it changes: the two are judged together.
        let half = json!({"sort_code": "089998"});
        patch(&client, &path, half).await.is(400, REFUSAL);
        let half = json!({"bank_account_number": "66374957"});
        patch(&client, &path, half).await.is(400, REFUSAL);
        let half = json!({"bank_account_number": "66374958"});
        let changed = patch(&client, &path, half).await.expect(200);
        assert_eq!(changed["bank_account_number"], "****4958");
        let kept = client.get(&path).await.expect(200);
        assert_eq!((&kept["sort_code"], &kept["email"]), (&json!("****99"), &json!("")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_whole_replaces_nothing() {
    on_each_engine(async |app| {
        let client = app.tenant("Lender").await;
        load(app, WEIGHTS, SUBSTITUTES).await.unwrap();
        let refused =
            async |weights: &str, substitutes: &str| match load(app, weights, substitutes).await {
                Err(LoadError::Table(error)) => (error.file, error.line, error.fault),
                other => panic!("{other:?}"),
            };
        let missing = (TableFile::Weights, 3, "exception 5 takes the file of substitutes");
        assert_eq!(refused(WEIGHTS, "").await, missing);
        let broken = WEIGHTS.replace("124354 MOD10", "124354 MOD12");
        let method = (TableFile::Weights, 2, "expected MOD10, MOD11 or DBLAL");
        assert_eq!(refused(&broken, SUBSTITUTES).await, method);
        let codes = (TableFile::Substitutes, 1, "expected two sort codes");
        assert_eq!(refused(WEIGHTS, "938611").await, codes);
        let counts = modulus::loaded(app.db()).await.unwrap().unwrap();
        assert_eq!((counts.lines, counts.substitutes), (4, 1));
        client.post(PATH, person("08-99-99", "66374959")).await.is(400, REFUSAL);
        // Another one in its place: of the former nothing is left.
        let first = WEIGHTS.lines().nth(1).unwrap();
        load(app, first, "").await.unwrap();
        let counts = modulus::loaded(app.db()).await.unwrap().unwrap();
        assert_eq!((counts.lines, counts.substitutes), (1, 0));
        client.post(PATH, person("08-99-99", "66374959")).await.expect(201);
        client.post(PATH, person("124354", "66374959")).await.is(400, REFUSAL);
    })
    .await;
}
