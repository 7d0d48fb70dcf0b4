//! Files over SFTP, with an OpenSSH server of the test's own.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use florin_ach_origination::{AchError, Delivery, FileState, Login, SendHandler, SendStep, Sftp};
use florin_crypto::Secret;
use florin_payments::PaymentState;
use florin_storage::testing::{TestDb, databases};
use tempfile::TempDir;

use crate::company::{Company, sets};
use crate::handing_over::{at_a_bank, at_an_untried_bank, pay};

/// What [`Server::start_for_passwords`] lets in.
pub const PASSWORD: &str = "open sesame";
/// The same as crypt(3) keeps it.
const PASSWORD_HASH: &str = "$6$florintest$Dh00aXDgwIKHOO.Gw7fasgcYQh.R51.htIHm4KzAxQMXMd0m8BoKq4G19rGVQIStgYfJOswxx3DlFLxPXMdqv/";

/// A bank's server, and the key that opens it.
pub struct Server {
    folder: TempDir,
    daemon: Child,
    pub port: u16,
    pub user: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn sshd() -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/opt/homebrew/sbin"];
    let found = folders.iter().map(|it| Path::new(it).join("sshd")).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipping SFTP: sshd is not installed (openssh-server)");
    }
    found
}

fn answer_of(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap();
    assert!(done.status.success(), "{program} {args:?}: {done:?}");
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Starts sshd, and waits until it listens.
fn listen(program: &Path, config: &str) -> Child {
    let mut command = Command::new(program);
    command.args(["-D", "-e", "-f", config]);
    wait_for(command).expect("sshd does not start")
}

/// Starts sshd where this shadow file is the machine's. Only root may do that, and not in every container: `None` then.
fn listen_with(shadow: &Path, program: &Path, config: &str) -> Option<Child> {
    let script = "mount --bind \"$1\" /etc/shadow && exec \"$2\" -D -e -f \"$3\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "--", "sh", "-c", script, "sh"]).arg(shadow).arg(program).arg(config);
    let daemon = wait_for(command);
    if daemon.is_none() {
        eprintln!("skipping passwords of SFTP: a mount namespace cannot be made here");
    }
    daemon
}

fn wait_for(mut command: Command) -> Option<Child> {
    let mut daemon = command.stderr(Stdio::piped()).spawn().ok()?;
    let mut lines = BufReader::new(daemon.stderr.take().unwrap()).lines();
    if !lines.by_ref().any(|line| line.unwrap().contains("Server listening")) {
        daemon.wait().unwrap();
        return None;
    }
    // What it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    Some(daemon)
}

impl Server {
    /// A server with a host key of this kind; `None` where there is no sshd.
    pub fn start(kind: &str) -> Option<Self> {
        Self::start_with(kind, "PasswordAuthentication no", |program, config, _| {
            Some(listen(program, config))
        })
    }

    /// A server that takes [`PASSWORD`] and no key.
    pub fn start_for_passwords() -> Option<Self> {
        let logins = "PasswordAuthentication yes\nPubkeyAuthentication no";
        Self::start_with("ed25519", logins, |program, config, folder| {
            let user = answer_of("id", &["-un"]);
            let shadow = folder.join("shadow");
            let line = format!("{user}:{PASSWORD_HASH}:20000:0:99999:7:::\n");
            std::fs::write(&shadow, line).unwrap();
            listen_with(&shadow, program, config)
        })
    }

    fn start_with(
        kind: &str,
        logins: &str,
        listen: impl FnOnce(&Path, &str, &Path) -> Option<Child>,
    ) -> Option<Self> {
        let program = sshd()?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        for (name, kind) in [("host", kind), ("user", "ed25519"), ("other", "ecdsa")] {
            answer_of("ssh-keygen", &["-q", "-t", kind, "-N", "", "-C", "", "-f", &at(name)]);
        }
        answer_of("ssh-keygen", &["-q", "-t", "ed25519", "-N", "sesame", "-f", &at("locked")]);
        let keys = ["user.pub", "locked.pub"].map(|name| std::fs::read(at(name)).unwrap());
        std::fs::write(at("authorized_keys"), keys.concat()).unwrap();
        for name in ["to_bank", "from_bank"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        if answer_of("id", &["-u"]) == "0" {
            // Where the server of a package would be started by the system, that would have made it.
            let _ = std::fs::create_dir_all("/run/sshd");
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nPidFile none\nAuthorizedKeysFile {}\n\
             StrictModes no\nUsePAM no\n{logins}\nKbdInteractiveAuthentication no\n\
             PermitRootLogin yes\nSubsystem sftp internal-sftp\n",
            at("host"),
            at("authorized_keys"),
        );
        std::fs::write(at("config"), config).unwrap();
        let daemon = listen(&program, &at("config"), folder.path())?;
        let user = answer_of("id", &["-un"]);
        Some(Self { folder, daemon, port, user })
    }

    pub fn stop(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.daemon = listen(&sshd().unwrap(), &self.path("config").display().to_string());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn login(&self, key: &str, passphrase: &str) -> Login {
        let key = Secret::from_text(std::fs::read_to_string(self.path(key)).unwrap());
        Login::Key { key, passphrase: Secret::from_text(passphrase) }
    }

    pub fn place(&self) -> Sftp {
        let public = self.path("host.pub").display().to_string();
        let line = answer_of("ssh-keygen", &["-l", "-f", &public]);
        let folder = |name: &str| self.path(name).display().to_string();
        Sftp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: self.user.clone(),
            login: self.login("user", ""),
            host_key: line.split_whitespace().nth(1).unwrap().to_owned(),
            outbound: folder("to_bank"),
            inbound: format!("{}/", folder("from_bank")),
        }
    }
}

fn built(db: &florin_storage::Db, place: Sftp) -> Company {
    let company = at_an_untried_bank(db, Delivery::Sftp(Box::new(place)));
    pay(&company, "1234567", 999);
    company.runtime.block_on(company.ach.tick()).unwrap();
    company
}

fn send_up_to(company: &Company, last: SendStep) -> Result<(), AchError> {
    let id = company.files()[0].id;
    company.runtime.block_on(company.ach.send_up_to(company.caller.tenant, id, last))
}

#[test]
fn a_file_reaches_the_bank_once_wherever_a_server_is_killed() {
    let Some(server) = Server::start("ed25519") else { return };
    for TestDb { db, .. } in &databases(&sets()) {
        for killed_behind in SendStep::ALL {
            let company = built(db, server.place());
            send_up_to(&company, killed_behind).unwrap();
            for _ in 0..2 {
                send_up_to(&company, SendStep::Recorded).unwrap();
            }
            let file = company.files().remove(0);
            assert_eq!(file.state, FileState::Sent);
            let found = std::fs::read_dir(server.path("to_bank")).unwrap();
            let found: Vec<PathBuf> = found.map(|it| it.unwrap().path()).collect();
            assert_eq!(found, [server.path("to_bank").join(&file.name)], "{killed_behind:?}");
            let kept = company.ach.file_content(&company.caller, file.id);
            assert_eq!(std::fs::read(&found[0]).unwrap(), company.runtime.block_on(kept).unwrap());
            assert_eq!((company.told("ach_file_sent"), company.told("ach_alert")), (1, 0));
            std::fs::remove_file(&found[0]).unwrap();
        }
    }
}

#[test]
fn a_large_file_arrives_whole() {
    let Some(server) = Server::start("ecdsa") else { return };
    for TestDb { db, .. } in &databases(&sets()) {
        let company = at_a_bank(db, Delivery::Sftp(Box::new(server.place())));
        for number in 0..30 {
            let asked = (0..100).map(|it| (format!("5{number:03}{it:03}"), 100 + it)).collect();
            company.pay_many(asked);
        }
        company.runtime.block_on(company.ach.tick()).unwrap();
        send_up_to(&company, SendStep::Recorded).unwrap();
        let file = company.files().remove(0);
        let put = std::fs::read(server.path("to_bank").join(&file.name)).unwrap();
        assert!(put.len() > 3_000 * 94);
        assert_eq!(florin_ach::read(&put).unwrap().batches[0].entries.len(), 3_000);
    }
}

#[test]
fn what_the_bank_leaves_is_taken_in_and_set_aside() {
    let Some(server) = Server::start("rsa") else { return };
    for TestDb { db, .. } in &databases(&sets()) {
        let company = built(db, server.place());
        let inbound = server.path("from_bank");
        let answer = company.answer(0, "R03");
        let origin = company.runtime.block_on(company.ach.list_origins(&company.caller)).unwrap();
        let pick_up = || {
            let done = company.ach.pick_up(company.caller.tenant, origin[0].id);
            company.runtime.block_on(done).unwrap();
        };
        for name in ["returns.ach", "returns.ach", "other.ach"] {
            std::fs::write(inbound.join(name), &answer).unwrap();
            std::fs::write(inbound.join("unfinished.ach.part"), &answer[..200]).unwrap();
            pick_up();
            assert!(!inbound.join(name).exists());
            assert!(inbound.join("done").join(name).exists());
        }
        assert!(inbound.join("unfinished.ach.part").exists());
        let failed = company.heard.0.lock().unwrap();
        let failed = failed.iter().filter(|it| it.1 == PaymentState::Failed).count();
        assert_eq!(failed, 1, "taken in once");
        assert_eq!(company.files().len(), 2);
    }
}

#[test]
fn a_server_that_is_not_the_banks_gets_nothing() {
    let Some(server) = Server::start("ed25519") else { return };
    let TestDb { db, .. } = &databases(&sets())[0];
    let refused = |change: &dyn Fn(&mut Sftp)| {
        let mut place = server.place();
        change(&mut place);
        let error = send_up_to(&built(db, place), SendStep::Recorded).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        cause.unwrap_or_else(|| error.to_string())
    };
    let pin = format!("SHA256:{}", "A".repeat(43));
    let text = refused(&|place| place.host_key.clone_from(&pin));
    let real = server.place().host_key;
    assert_eq!(text, format!("the server's key is {real}, which is not the one that was set"));
    let not_in = format!("the server does not let {} in", server.user);
    assert_eq!(refused(&|place| place.login = server.login("other", "")), not_in);
    let password = || Login::Password { password: Secret::from_text("guess") };
    assert_eq!(refused(&|place| place.login = password()), not_in);
    let missing = refused(&|place| place.outbound = "/nowhere/at/all".to_owned());
    assert!(missing.contains("No such file"), "{missing}");
    // Nobody listens there.
    let silent = refused(&|place| place.port = 1);
    assert!(silent.starts_with("the connection failed"), "{silent}");
    assert_eq!(std::fs::read_dir(server.path("to_bank")).unwrap().count(), 0);
}

#[test]
fn another_file_of_the_same_name_and_length_is_not_taken_for_ours() {
    let Some(server) = Server::start("ed25519") else { return };
    for TestDb { db, .. } in &databases(&sets()) {
        let company = built(db, server.place());
        let file = company.files().remove(0);
        let kept = company.ach.file_content(&company.caller, file.id);
        let mut other = company.runtime.block_on(kept).unwrap();
        let at = other.len() / 2;
        other[at] ^= 1;
        let path = server.path("to_bank").join(&file.name);
        std::fs::write(&path, &other).unwrap();
        let error = send_up_to(&company, SendStep::Recorded).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(cause, format!("another file is called {} there", file.name));
        assert_eq!(company.files()[0].state, FileState::Built);
        assert_eq!(std::fs::read(&path).unwrap(), other, "it is left alone");
        std::fs::remove_file(&path).unwrap();
        send_up_to(&company, SendStep::Recorded).unwrap();
        assert_eq!(company.files()[0].state, FileState::Sent);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn the_job_goes_on_when_the_server_is_back() {
    for test in &databases(&sets()) {
        let Some(mut server) = Server::start("ed25519") else { return };
        let company = built(&test.db, server.place());
        let handler = SendHandler(company.ach.clone());
        server.stop();
        for _ in 0..2 {
            company.work_off(&handler, "2026-11-24T16:00:00Z".parse().unwrap());
        }
        assert_eq!(company.files()[0].state, FileState::Built);
        server.start_again();
        company.work_off(&handler, "2026-11-25T16:00:00Z".parse().unwrap());
        let file = company.files().remove(0);
        assert_eq!(file.state, FileState::Sent);
        let put = std::fs::read(server.path("to_bank").join(&file.name)).unwrap();
        assert_eq!(florin_ach::read(&put).unwrap().totals().credit_cents, 999);
        assert_eq!(company.told("ach_file_sent"), 1);
    }
}

#[test]
fn what_is_larger_than_any_file_is_not_read() {
    let Some(server) = Server::start("ed25519") else { return };
    let TestDb { db, .. } = &databases(&sets())[0];
    let company = built(db, server.place());
    let path = server.path("from_bank").join("huge.ach");
    let huge = std::fs::File::create(&path).unwrap();
    huge.set_len(256 * 1024 * 1024 + 1).unwrap();
    let origin = company.runtime.block_on(company.ach.list_origins(&company.caller)).unwrap();
    let done = company.ach.pick_up(company.caller.tenant, origin[0].id);
    let error = company.runtime.block_on(done).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.ends_with("huge.ach is larger than any NACHA file"), "{cause}");
    assert!(path.exists());
}

#[test]
fn a_locked_key_opens_with_its_passphrase() {
    let Some(server) = Server::start("ed25519") else { return };
    let TestDb { db, .. } = &databases(&sets())[0];
    let company = built(db, Sftp { login: server.login("locked", "sesame"), ..server.place() });
    send_up_to(&company, SendStep::Recorded).unwrap();
    assert_eq!(company.files()[0].state, FileState::Sent);
    let place = Sftp { login: server.login("locked", "wrong"), ..server.place() };
    let new = florin_ach_origination::NewOrigin {
        delivery: Some(Delivery::Sftp(Box::new(place))),
        ..florin_ach_origination::NewOrigin::simulated()
    };
    let refused = company.runtime.block_on(company.ach.set_origin(&company.caller, new));
    let Err(AchError::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(faults[0].field, "login");
}
