//! What a bank's server is asked for before files go there.

use florin_ach_origination::{AchError, Delivery, FileState, Login, SendStep, Sftp};
use florin_crypto::Secret;
use florin_storage::testing::{TestDb, databases};

use crate::company::{Company, sets};
use crate::handing_over::{at_a_bank, new_origin, pay};
use crate::sftp::{PASSWORD, Server};

/// What stands in the way of files at a server, with the field.
fn faults(company: &Company, place: Sftp) -> Vec<(&'static str, String)> {
    let new = new_origin(Delivery::Sftp(Box::new(place)));
    match company.runtime.block_on(company.ach.set_origin(&company.caller, new)) {
        Ok(_) => Vec::new(),
        Err(AchError::Undeliverable(faults)) => {
            faults.into_iter().map(|fault| (fault.field, fault.message)).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

fn password(text: &str) -> Login {
    Login::Password { password: Secret::from_text(text) }
}

#[test]
fn a_server_is_tried_before_it_is_used_and_the_field_at_fault_is_named() {
    let Some(mut server) = Server::start("ed25519") else { return };
    for TestDb { db, .. } in &databases(&sets()) {
        let company = Company::new(db, None, "2026-11-24T15:26:00Z");
        let check = |change: &dyn Fn(&mut Sftp), expected: &[(&'static str, &str)]| {
            let mut place = server.place();
            change(&mut place);
            let found = faults(&company, place);
            let fields: Vec<&str> = found.iter().map(|it| it.0).collect();
            assert_eq!(fields, expected.iter().map(|it| it.0).collect::<Vec<_>>(), "{found:?}");
            for ((_, message), (_, words)) in found.iter().zip(expected) {
                assert!(message.contains(words), "{message}");
            }
        };
        let pin = format!("SHA256:{}", "A".repeat(43));
        let real = format!("The server's key is {}, which is", server.place().host_key);
        check(&|place| place.host_key.clone_from(&pin), &[("host_key", &real)]);
        let not_in = format!("The server does not let {} in.", server.user);
        check(&|place| place.login = server.login("other", ""), &[("login", &not_in)]);
        check(&|place| place.login = password("guess"), &[("login", &not_in)]);
        check(&|place| place.port = 1, &[("host", "127.0.0.1:1 cannot be reached: ")]);
        let missing = format!("127.0.0.1:{} has no such folder.", server.port);
        check(
            &|place| {
                place.outbound = "/nowhere/out".to_owned();
                place.inbound = "/nowhere/in".to_owned();
            },
            &[("outbound", &missing), ("inbound", &missing)],
        );
        let key = server.path("host.pub").display().to_string();
        check(&|place| place.inbound.clone_from(&key), &[("inbound", "This is no folder.")]);
        // What does not change files can be looked at, and not be written to.
        let fixed = |place: &mut Sftp| place.outbound = "/proc/self".to_owned();
        check(&fixed, &[("outbound", "The folder cannot be used: /proc/self/.")]);
        assert!(
            company.runtime.block_on(company.ach.list_origins(&company.caller)).unwrap().is_empty()
        );
        check(&|_| {}, &[]);
        assert_eq!(
            std::fs::read_dir(server.path("to_bank")).unwrap().count(),
            0,
            "nothing is left"
        );
    }
    let place = server.place();
    server.stop();
    let TestDb { db, .. } = &databases(&sets())[0];
    let company = Company::new(db, None, "2026-11-24T15:26:00Z");
    assert_eq!(faults(&company, place.clone())[0].0, "host");
    // Whoever knows better may.
    let new = new_origin(Delivery::Sftp(Box::new(place)));
    company.runtime.block_on(company.ach.set_origin_untried(&company.caller, new)).unwrap();
}

#[test]
fn a_password_opens_the_server_too() {
    let Some(server) = Server::start_for_passwords() else { return };
    for TestDb { db, .. } in &databases(&sets()) {
        let place = Sftp { login: password(PASSWORD), ..server.place() };
        let company = at_a_bank(db, Delivery::Sftp(Box::new(place.clone())));
        pay(&company, "1234567", 999);
        company.runtime.block_on(company.ach.tick()).unwrap();
        let id = company.files()[0].id;
        let sent = company.ach.send_up_to(company.caller.tenant, id, SendStep::Recorded);
        company.runtime.block_on(sent).unwrap();
        let file = company.files().remove(0);
        assert_eq!(file.state, FileState::Sent);
        let path = server.path("to_bank").join(&file.name);
        let put = florin_ach::read(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(put.totals().credit_cents, 999);
        std::fs::remove_file(path).unwrap();
        let wrong = Sftp { login: password("open barley"), ..place };
        let not_in = format!("The server does not let {} in.", server.user);
        assert_eq!(faults(&company, wrong), [("login", not_in)]);
    }
}
