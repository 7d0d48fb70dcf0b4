//! TLS of the server itself, seen by a real client of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use florin_storage::testing::databases;
use reqwest::{Certificate, Client};

use crate::support::{Serving, florin, stderr, wait_for};

/// A client that trusts the certificate of this file, and no other.
fn trusting(certificate: &Path) -> Client {
    let pem = std::fs::read(certificate).unwrap();
    let roots = [Certificate::from_pem(&pem).unwrap()];
    Client::builder().no_proxy().tls_certs_only(roots).build().unwrap()
}

/// GET by a new connection; the status, or why there was no answer.
fn get(client: &Client, url: &str) -> Result<u16, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = runtime.block_on(async { client.get(url).send().await });
    sent.map(|response| response.status().as_u16()).map_err(|error| format!("{error:?}"))
}

fn self_signed(url: &str, folder: &Path) -> (Serving, PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let settings = [
        ("FLORIN_TLS", "self-signed"),
        ("FLORIN_TLS_CERT", certificate.to_str().unwrap()),
        ("FLORIN_TLS_KEY", key.to_str().unwrap()),
    ];
    (Serving::start_with(url, &settings), certificate, key)
}

#[test]
fn a_self_signed_certificate_is_made_kept_and_replaced_while_the_server_runs() {
    for database in databases(&[]) {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (server, certificate, key) = self_signed(&database.url, folders[0].path());
        assert_eq!(server.scheme, "https");
        let first = trusting(&certificate);
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("https://{host}:{}/health/live", server.address.port());
            assert_eq!(get(&first, &url), Ok(200), "{url}");
        }
        let url = format!("https://{}/health/live", server.address);
        let plain = format!("http://{}/health/live", server.address);
        assert!(get(&first, &plain).is_err(), "without TLS nobody is answered");

        let (other, other_certificate, other_key) =
            self_signed("sqlite::memory:", folders[1].path());
        drop(other);
        let second = trusting(&other_certificate);
        let refused = get(&second, &url).unwrap_err();
        assert!(refused.contains("InvalidCertificate"), "{refused}");
        std::fs::copy(&other_certificate, &certificate).unwrap();
        std::fs::copy(&other_key, &key).unwrap();
        let sent = Command::new("kill").args(["-HUP", &server.id().to_string()]).status();
        assert!(sent.unwrap().success());
        // A new client each time: a kept connection has the old certificate.
        wait_for("the new certificate", || {
            get(&trusting(&other_certificate), &url).is_ok().then_some(())
        });
    }
}

#[test]
fn settings_of_tls_that_make_no_sense_are_named() {
    let check = |args: &[&str], expected: &str| {
        let all =
            [&["serve", "--database", "sqlite::memory:", "--listen", "127.0.0.1:0"], args].concat();
        let output = florin(&all);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    };
    let ring = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    check(
        &["--mode", "production", "--key-ring", ring, "--tls", "self-signed"],
        "--tls self-signed is for the sandbox",
    );
    check(&["--tls-cert", "x.pem"], "only one of --tls-cert and --tls-key is given");
    check(&["--tls-cert", "/no/x.pem", "--tls-key", "/no/y.pem"], "/no/x.pem cannot be read");
    check(&["--tls", "yes"], "--tls is \"yes\"");
}
