use std::net::IpAddr;

use florin_ids::{ApiKeyId, TenantId};
use jiff::Timestamp;
use serde::Serialize;

use crate::TenancyError;

const SCOPE_CHARS_MAX: usize = 64;
const PREFIX_CHARS: usize = 8;

/// Which partner API a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    /// `X-Api-Key: KEY`.
    Lending,
    /// `Authorization: Basic base64(key:secret)`.
    ExternalAccounts,
    /// `Authorization: TOKEN`.
    Savings,
    /// `Authorization: Basic base64(client_id:api_key)`.
    Connect,
}

impl Surface {
    /// Every surface, in the order in which a new tenant's keys are made.
    pub const ALL: [Surface; 4] =
        [Surface::Lending, Surface::ExternalAccounts, Surface::Savings, Surface::Connect];

    /// The name in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Surface::Lending => "lending",
            Surface::ExternalAccounts => "external_accounts",
            Surface::Savings => "savings",
            Surface::Connect => "connect",
        }
    }

    /// The reverse of [`Surface::as_str`].
    pub fn parse(name: &str) -> Result<Self, TenancyError> {
        Surface::ALL
            .into_iter()
            .find(|surface| surface.as_str() == name)
            .ok_or_else(|| TenancyError::BadSurface(name.to_owned()))
    }
}

/// A fresh credential in the clear. It is shown to whoever asked for it, once, and never stored.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum Credential {
    /// Lending: sent as `X-Api-Key`.
    Lending {
        /// 256 random bits.
        api_key: String,
    },
    /// External accounts: the two halves of a Basic credential.
    ExternalAccounts {
        /// The user half; 256 random bits.
        key: String,
        /// The password half; 256 random bits.
        secret: String,
    },
    /// Savings: the whole `Authorization` header.
    Savings {
        /// 256 random bits.
        token: String,
    },
    /// Connect: the two halves of a Basic credential.
    Connect {
        /// The user half; 256 random bits.
        client_id: String,
        /// The password half; 256 random bits.
        api_key: String,
    },
}

impl Credential {
    /// What a client presents and what is hashed: the token, or `user:password` of a Basic pair.
    pub fn presented(&self) -> String {
        match self {
            Credential::Lending { api_key } => api_key.clone(),
            Credential::ExternalAccounts { key, secret } => format!("{key}:{secret}"),
            Credential::Savings { token } => token.clone(),
            Credential::Connect { client_id, api_key } => format!("{client_id}:{api_key}"),
        }
    }
}

/// A credential must not slip into a log.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// The keys of a new tenant, one a surface: `{"lending": {"api_key"}, "external_accounts": {"key",
/// "secret"}, "savings": {"token"}, "connect": {"client_id", "api_key"}}`.
#[derive(Clone, Debug, Serialize)]
pub struct TenantKeys {
    /// `{"api_key"}`.
    pub lending: Credential,
    /// `{"key", "secret"}`.
    pub external_accounts: Credential,
    /// `{"token"}`.
    pub savings: Credential,
    /// `{"client_id", "api_key"}`.
    pub connect: Credential,
}

/// What a key is made from.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Which API it opens.
    pub surface: Surface,
    /// What it may do there; `["*"]` is everything.
    pub scopes: Vec<String>,
    /// Addresses and CIDR networks that it may be used from; empty: anywhere.
    pub allowed_networks: Vec<String>,
}

impl NewKey {
    /// A key that may do everything, from anywhere.
    pub fn everything(surface: Surface) -> Self {
        NewKey { surface, scopes: vec!["*".to_owned()], allowed_networks: Vec::new() }
    }

    pub(crate) fn check(&self) -> Result<Vec<Network>, TenancyError> {
        for scope in &self.scopes {
            let is_word = !scope.is_empty() && !scope.contains(char::is_whitespace);
            if !is_word || scope.chars().count() > SCOPE_CHARS_MAX {
                return Err(TenancyError::BadScope(scope.clone()));
            }
        }
        self.allowed_networks.iter().map(|text| Network::parse(text)).collect()
    }
}

/// A stored key, without its secret.
#[derive(Clone, Debug, Serialize)]
pub struct ApiKey {
    /// Whose it is.
    pub tenant: TenantId,
    /// UUID v7.
    pub id: ApiKeyId,
    /// Which API it opens.
    pub surface: Surface,
    /// The first characters, enough to recognise it by.
    pub display_prefix: String,
    /// The last four characters.
    pub last_four: String,
    /// What it may do; `*` is everything.
    pub scopes: Vec<String>,
    /// Where it may be used from; empty: anywhere.
    pub allowed_networks: Vec<Network>,
    /// Real time.
    pub created_at: Timestamp,
    /// Real time; a revoked key opens nothing.
    pub revoked_at: Option<Timestamp>,
}

/// The characters of a credential that may be shown again.
pub(crate) fn display_parts(presented: &str) -> (String, String) {
    let prefix = presented.chars().take(PREFIX_CHARS).collect();
    let tail: Vec<char> = presented.chars().rev().take(4).collect();
    (prefix, tail.into_iter().rev().collect())
}

/// An IPv4 or IPv6 network; a single address is a network of full length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl Network {
    /// `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
    pub fn parse(text: &str) -> Result<Self, TenancyError> {
        let bad = || TenancyError::BadNetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match bits {
            Some(bits) => bits.parse().ok().filter(|b| *b <= longest).ok_or_else(bad)?,
            None => longest,
        };
        Ok(Network { address, prefix_bits })
    }

    /// Whether the address lies in the network. An IPv4 address that arrived over an IPv6 socket
    /// (`::ffff:192.0.2.7`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = u32::from(network) ^ u32::from(address);
                differing.leading_zeros() >= self.prefix_bits
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = u128::from(network) ^ u128::from(address);
                differing.leading_zeros() >= self.prefix_bits
            }
            _ => false,
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_bits)
    }
}

impl Serialize for Network {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(network: &str, address: &str, inside: bool) {
        let network = Network::parse(network).unwrap();
        let address = address.parse().unwrap();
        assert_eq!(network.contains(address), inside, "{address} in {network}");
    }

    #[test]
    fn networks() {
        check("192.0.2.0/24", "192.0.2.255", true);
        check("192.0.2.0/24", "192.0.3.0", false);
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "::ffff:192.0.2.7", true);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("2001:db8::/32", "2001:db8:ffff::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        for bad in ["", "192.0.2.0/33", "192.0.2/24", "::/129", "a/8", "1.2.3.4/-1"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_as_the_command_prints_them() {
        let keys = TenantKeys {
            lending: Credential::Lending { api_key: "a".to_owned() },
            external_accounts: Credential::ExternalAccounts {
                key: "b".to_owned(),
                secret: "c".to_owned(),
            },
            savings: Credential::Savings { token: "d".to_owned() },
            connect: Credential::Connect { client_id: "e".to_owned(), api_key: "f".to_owned() },
        };
        assert_eq!(
            serde_json::to_string(&keys).unwrap(),
            r#"{"lending":{"api_key":"a"},"external_accounts":{"key":"b","secret":"c"},"savings":{"token":"d"},"connect":{"client_id":"e","api_key":"f"}}"#
        );
        assert_eq!(keys.external_accounts.presented(), "b:c");
        assert_eq!(format!("{keys:?}").matches("(..)").count(), 4);
    }
}
