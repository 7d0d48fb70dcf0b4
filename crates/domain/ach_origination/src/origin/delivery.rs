//! Where files go and come from. Pure.

use std::path::Path;

use florin_crypto::Secret;
use russh::keys::ssh_key::Fingerprint;
use russh::keys::{PrivateKey, decode_secret_key};
use serde::{Deserialize, Serialize};

use crate::FieldFault;

/// The longest name of a host, a user or a folder.
const NAME_MAX: usize = 400;

/// Where files go and come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Delivery {
    /// Folders of this machine, or that are mounted on it.
    Directory {
        /// Where our files are put.
        outbound: String,
        /// Where the bank's files are found.
        inbound: String,
    },
    /// Folders of the bank's SFTP server.
    Sftp(Box<Sftp>),
}

/// A bank's SFTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sftp {
    /// A name or an address.
    pub host: String,
    /// 22 as a rule.
    #[serde(with = "port_as_text")]
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// How.
    pub login: Login,
    /// The fingerprint of the server's key, as `ssh-keygen -lf` prints it: `SHA256:` and 43 characters. A server with
    /// another key is not talked to.
    pub host_key: String,
    /// Where our files are put.
    pub outbound: String,
    /// Where the bank's files are found.
    pub inbound: String,
}

/// How to log in to an SFTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Login {
    /// With a password.
    Password {
        /// The password.
        #[serde(with = "hidden")]
        password: Secret,
    },
    /// With a private key.
    Key {
        /// In OpenSSH's or PKCS #8's text form. Ed25519 or ECDSA.
        #[serde(with = "hidden")]
        key: Secret,
        /// What the key is encrypted with; empty when it is not.
        #[serde(with = "hidden")]
        passphrase: Secret,
    },
}

/// Secrets go where the whole delivery is sealed, and nowhere else.
mod hidden {
    use florin_crypto::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::from_text)
    }
}

/// Numbers do not survive inside of tagged values when JSON numbers are kept at full precision.
mod port_as_text {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(port: &u16, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(port)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl Delivery {
    /// Everything that is wrong with it.
    pub(super) fn faults(&self) -> Vec<FieldFault> {
        let (outbound, inbound) = match self {
            Self::Directory { outbound, inbound } => (outbound, inbound),
            Self::Sftp(place) => (&place.outbound, &place.inbound),
        };
        let mut faults = Vec::new();
        let mut check = |field, is_sound: bool, message: &str| {
            if !is_sound {
                faults.push(FieldFault { field, message: message.to_owned() });
            }
        };
        check("outbound", is_name(outbound), "Name a folder.");
        check("inbound", is_name(inbound), "Name a folder.");
        check("inbound", outbound != inbound, "Name another folder than the outbound one.");
        if let Self::Directory { .. } = self {
            // A server's working directory is not that of whoever sets this up.
            let whole = "Give the whole path of the folder.";
            check("outbound", Path::new(outbound).is_absolute(), whole);
            check("inbound", Path::new(inbound).is_absolute(), whole);
        }
        if let Self::Sftp(place) = self {
            let is_host = is_name(&place.host) && !place.host.contains(char::is_whitespace);
            check("host", is_host, "Name a host.");
            check("port", place.port > 0, "Ensure this value is from 1 to 65535.");
            check("user", is_name(&place.user), "Name a user.");
            let pin = "Enter a fingerprint as ssh-keygen -lf prints it: SHA256:...";
            check("host_key", fingerprint(&place.host_key).is_some(), pin);
            if let Err(message) = place.login.check() {
                check("login", false, message);
            }
        }
        faults
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= NAME_MAX && !text.contains(char::is_control)
}

/// A fingerprint with SHA-256; `None` for anything else.
pub(crate) fn fingerprint(text: &str) -> Option<Fingerprint> {
    text.trim().parse().ok().filter(|found: &Fingerprint| found.is_sha256())
}

impl Login {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Password { password } if password.expose().is_empty() => {
                Err("Give the password.")
            }
            Self::Password { .. } => Ok(()),
            Self::Key { .. } => {
                let key = self.key().ok_or(
                    "The key cannot be read: give an OpenSSH private key, and its passphrase.",
                )?;
                // RUSTSEC-2023-0071: what the RSA library does with a private key can be measured from outside. Host keys
                // may be RSA: checking a signature uses no secret.
                match key.algorithm().is_rsa() || key.algorithm().is_dsa() {
                    true => Err("Use an Ed25519 or ECDSA key."),
                    false => Ok(()),
                }
            }
        }
    }

    /// The private key; `None` when it cannot be read, or when a password is used.
    pub(crate) fn key(&self) -> Option<PrivateKey> {
        let Self::Key { key, passphrase } = self else { return None };
        let passphrase = Some(passphrase.expose()).filter(|text| !text.is_empty());
        decode_secret_key(key.expose(), passphrase).ok()
    }
}

/// What is sealed of a delivery.
pub(super) fn sealable(delivery: &Delivery) -> Option<Secret> {
    serde_json::to_string(delivery).ok().map(Secret::from_text)
}

#[cfg(test)]
mod tests {
    use russh::keys::ssh_key::LineEnding;
    use russh::keys::ssh_key::private::Ed25519Keypair;

    use super::*;

    fn key() -> String {
        let pair = Ed25519Keypair::from_seed(&[7; 32]);
        let key = PrivateKey::from(pair).to_openssh(LineEnding::LF).expect("a key");
        key.as_str().to_owned()
    }

    fn sftp() -> Sftp {
        Sftp {
            host: "sftp.bank.example".to_owned(),
            port: 22,
            user: "florin".to_owned(),
            login: Login::Password { password: Secret::from_text("hush") },
            host_key: format!("SHA256:{}", "A".repeat(43)),
            outbound: "/in".to_owned(),
            inbound: "/out".to_owned(),
        }
    }

    fn faults(change: impl FnOnce(&mut Sftp)) -> Vec<&'static str> {
        let mut place = sftp();
        change(&mut place);
        Delivery::Sftp(Box::new(place)).faults().iter().map(|fault| fault.field).collect()
    }

    fn by_key(text: &str) -> Login {
        Login::Key { key: Secret::from_text(text), passphrase: Secret::from_text("") }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let none: [&str; 0] = [];
        assert_eq!(faults(|_| {}), none);
        assert_eq!(faults(|it| it.login = by_key(&key())), none);
        assert_eq!(faults(|it| it.login = by_key("nonsense")), ["login"]);
        let empty = Login::Password { password: Secret::from_text("") };
        assert_eq!(faults(|it| it.login = empty), ["login"]);
        assert_eq!(faults(|it| it.host_key = "MD5:00".to_owned()), ["host_key"]);
        assert_eq!(faults(|it| it.host = "a b".to_owned()), ["host"]);
        assert_eq!(faults(|it| it.port = 0), ["port"]);
        assert_eq!(faults(|it| it.outbound = "/out".to_owned()), ["inbound"]);
        assert_eq!(faults(|it| it.user = " ".to_owned()), ["user"]);
    }

    #[test]
    fn what_is_sealed_is_read_again_and_not_shown() {
        for login in [sftp().login, by_key(&key())] {
            let delivery = Delivery::Sftp(Box::new(Sftp { login, port: 2222, ..sftp() }));
            let text = sealable(&delivery).expect("JSON");
            let again: Delivery = serde_json::from_str(text.expose()).expect("the same");
            assert_eq!(sealable(&again).expect("JSON").expose(), text.expose());
            let shown = format!("{again:?}");
            assert!(!shown.contains("hush") && !shown.contains("PRIVATE"), "{shown}");
        }
        let old = r#"{"kind":"directory","outbound":"a","inbound":"b"}"#;
        assert!(serde_json::from_str::<Delivery>(old).is_ok());
    }
}
