//! The weight table of the modulus check, loaded by its operator while servers run.

use florin_storage::testing::databases;
use serde_json::{Value, json};

use crate::support::{Serving, create_tenant, florin, florin_ok, lending_key, stderr};

/// A table of our own in the published format.
const WEIGHTS: &str = "\
089000 089999 MOD10    0    0    0    0    0    0    7    1    3    7    1    3    7    1\r
938611 938611 MOD11    7    6    5    4    3    2    7    6    5    4    3    2    0    0   5\r
";
/// Accounts at 08-99-99.
const SOUND: &str = "66374958";
const WRONG: &str = "66374959";

/// An operator, and the servers that run meanwhile.
struct Desk {
    url: String,
    key: String,
    servers: Vec<Serving>,
    folder: tempfile::TempDir,
}

impl Desk {
    /// An SQLite file has one server.
    fn open(url: &str, servers: usize) -> Self {
        let key = lending_key(&create_tenant(url, "2026-01-05"));
        let servers = (0..servers).map(|_| Serving::start(url)).collect();
        Self { url: url.to_owned(), key, servers, folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, contents: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path.display().to_string()
    }

    fn run(&self, args: &[&str]) -> String {
        florin_ok(&[&["modulus"], args, &["--database", &self.url]].concat())
    }

    fn refused(&self, args: &[&str]) -> String {
        let output = florin(&[&["modulus"], args, &["--database", &self.url]].concat());
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    }

    fn shown(&self) -> Value {
        serde_json::from_str(&self.run(&["show", "--json"])).unwrap()
    }

    /// Checks what every server answers to an end user with this account.
    #[track_caller]
    fn assert_answered(&self, account: &str, status: u16) {
        let person = json!({
            "first_name": "Ada", "last_name": "Lovelace", "country": "GB", "sort_code": "08-99-99",
            "bank_account_number": account,
        });
        for server in &self.servers {
            let mut client = server.client(&self.key);
            let answer = client.send("POST", "/api/v1/end-user/", Some(&person)).unwrap();
            assert_eq!(answer.0, status, "{}", answer.1);
        }
    }
}

#[test]
fn a_weight_table_counts_at_once_on_every_server() {
    for database in databases(&[]) {
        let desk = Desk::open(&database.url, if database.name == "sqlite" { 1 } else { 2 });
        let none = "There is no table: account numbers are held to their form alone.\n";
        assert_eq!((desk.run(&["show"]).as_str(), desk.shown()), (none, Value::Null));
        desk.assert_answered(WRONG, 201);
        let weights = desk.file("valacdos.txt", WEIGHTS);
        let codes = desk.file("scsubtab.txt", "938611 938600\r\n");
        let load = ["load", "--as-of", "2026-11-02", &weights, "--substitutions", &codes];
        let counts = "Account numbers are checked by the table of 2026-11-02: 2 lines of weights, 1 of \
                      substitutions.";
        assert_eq!(desk.run(&load), format!("{counts}\n"));
        desk.assert_answered(WRONG, 400);
        desk.assert_answered(SOUND, 201);
        assert!(desk.run(&["show"]).starts_with(counts));
        let removed = "The table is removed: account numbers are held to their form alone.\n";
        assert_eq!(desk.run(&["remove"]), removed);
        desk.assert_answered(WRONG, 201);
        assert!(desk.run(&["remove"]).starts_with("There was no table"));
    }
}

#[test]
fn files_at_fault_are_named_with_their_line_and_replace_nothing() {
    for database in databases(&[]) {
        let desk = Desk::open(&database.url, 1);
        let weights = desk.file("valacdos.txt", WEIGHTS);
        let told = desk.refused(&["load", &weights]);
        let expected = format!(
            "florin: {weights} is at fault, and nothing was loaded\n  line 2: exception 5 takes the file of \
             substitutes\n"
        );
        assert_eq!((told, desk.shown()), (expected, Value::Null));
        desk.assert_answered(WRONG, 201);
        let codes = desk.file("scsubtab.txt", "938611 938600\r\n");
        desk.run(&["load", "--as-of", "2026-11-02", &weights, "--substitutions", &codes]);
        let broken = desk.file("broken.txt", "938611 938600\r\n\r\n938611 93860\r\n");
        let told = desk.refused(&["load", &weights, "--substitutions", &broken]);
        assert!(told.contains(&format!("{broken} is at fault")), "{told}");
        assert!(told.contains("line 3: expected two sort codes"), "{told}");
        assert!(desk.refused(&["load", "nowhere.txt"]).contains("nowhere.txt cannot be read"));
        let shown = desk.shown();
        let shown = [&shown["as_of"], &shown["lines"], &shown["substitutions"]];
        assert_eq!(shown, [&json!("2026-11-02"), &json!(2), &json!(1)]);
        desk.assert_answered(WRONG, 400);
    }
}
