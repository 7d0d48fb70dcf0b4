//! `florin bank set`: folders and the bank's server are tried, and the flag at fault is named.

use florin_storage::testing::databases;

use crate::bank_server::BankServer;
use crate::support::{create_tenant, florin, florin_ok, stderr};

const COMPANY: [&str; 12] = [
    "bank",
    "set",
    "--odfi",
    "021000021",
    "--destination-name",
    "YOUR BANK",
    "--origin-name",
    "ACME",
    "--company-name",
    "ACME",
    "--company-id",
    "1234567890",
];

/// The same with another value for a flag.
fn with(flags: &[String], flag: &str, value: &str) -> Vec<String> {
    let at = flags.iter().position(|it| it == flag).unwrap();
    let mut flags = flags.to_vec();
    value.clone_into(&mut flags[at + 1]);
    flags
}

#[test]
fn the_banks_server_is_tried_before_it_is_used() {
    let server = BankServer::start();
    let flags = server.flags();
    for test in &databases(&[]) {
        create_tenant(&test.url, "2026-03-02");
        let args = |flags: &[String]| -> Vec<String> {
            let company = COMPANY.iter().map(|it| (*it).to_owned());
            let database = ["--database".to_owned(), test.url.clone()];
            company.chain(flags.iter().cloned()).chain(database).collect()
        };
        let set = |flags: &[String]| {
            let args = args(flags);
            florin(&args.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let wrong = server.path("wrong");
        std::fs::write(&wrong, "guess").unwrap();
        let pin = format!("SHA256:{}", "A".repeat(43));
        for (flag, value, words) in [
            ("--sftp-port", "1", "--sftp-host: 127.0.0.1:1 cannot be reached: "),
            ("--sftp-host-key", &pin, "--sftp-host-key: The server's key is SHA256:"),
            (
                "--sftp-password-file",
                wrong.to_str().unwrap(),
                "--sftp-password-file: The server does not let",
            ),
            ("--outbound", "/nowhere/at/all", "--outbound: 127.0.0.1:"),
            ("--inbound", "/nowhere/at/all", "has no such folder."),
        ] {
            let output = set(&with(&flags, flag, value));
            assert_eq!(output.status.code(), Some(1), "{flag}");
            let said = stderr(&output);
            assert!(said.contains(words) && said.contains("--unchecked"), "{flag}: {said}");
        }
        let listed = || florin_ok(&["bank", "list", "--database", &test.url]);
        assert!(!listed().contains("ACME"), "nothing was set");
        let unchecked =
            [&with(&flags, "--sftp-port", "1")[..], &["--unchecked".to_owned()]].concat();
        assert!(set(&unchecked).status.success());
        assert!(listed().contains("ACME"));
        let output = set(&flags);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(std::fs::read_dir(server.path("to_bank")).unwrap().count(), 0);
    }
}
