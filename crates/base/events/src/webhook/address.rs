//! Which addresses a delivery may be sent to.
//!
//! A tenant chooses the URL, so without a check it could make the server talk to its own network
//! (server-side request forgery). The check is made on the literal address in a URL, and on every
//! address that a name resolves to, by the resolver that the connection itself uses: there is no
//! second look-up that could answer differently.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::EventsError;

/// Where deliveries may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Production: `https` to addresses of the public internet.
    Public,
    /// Sandbox: anywhere, so that a listener on the same machine can be tried.
    Any,
}

/// The URL, if it may be delivered to as far as can be told without a look-up.
pub(super) fn parse_url(text: &str, policy: AddressPolicy) -> Result<Url, EventsError> {
    let bad = EventsError::BadUrl;
    let url = Url::parse(text).map_err(|_| bad("Enter a valid URL."))?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(bad("Enter a valid URL."))?;
    match (url.scheme(), policy) {
        ("https", _) | ("http", AddressPolicy::Any) => {}
        ("http", AddressPolicy::Public) => return Err(bad("Enter an https URL.")),
        _ => return Err(bad("Enter an http or https URL.")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("Enter a URL without user name and password."));
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(address) if policy == AddressPolicy::Public && !is_public(address) => {
            Err(bad("The address is not on the public internet."))
        }
        _ => Ok(url),
    }
}

/// Whether an address is one of the public internet, by the special-purpose registries of IANA
/// (RFC 6890 and its updates).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, second, ..] => (64..=127).contains(&second),
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..=31).contains(&second),
        // Protocol assignments, documentation, 6to4 relays.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        // Benchmarks and documentation.
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    // Addresses that carry an IPv4 one are as good as that one.
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    let [.., high, low] = segments;
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    match segments {
        // Protocol assignments (Teredo, benchmarks, ORCHID), documentation, 6to4.
        [0x2001, second, ..] if second < 0x200 => false,
        [0x2001, 0xdb8, ..] | [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // The rest of global unicast, 2000::/3. Loopback, unique local, link-local, multicast and
        // what is not assigned lie outside.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// A resolver that forgets the addresses which are not public.
pub(super) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err("the name has no address on the public internet".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_address(address: &str, public: bool) {
        assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
    }

    #[test]
    fn addresses() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "3fff::1",
            "5f00::1",
        ] {
            check_address(address, false);
        }
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2001:4860:4860::8888",
        ] {
            check_address(address, true);
        }
    }

    fn check_url(url: &str, sandbox: bool, production: bool) {
        assert_eq!(parse_url(url, AddressPolicy::Any).is_ok(), sandbox, "{url} in a sandbox");
        assert_eq!(parse_url(url, AddressPolicy::Public).is_ok(), production, "{url}");
    }

    #[test]
    fn urls() {
        check_url("https://example.com/hook", true, true);
        check_url("http://example.com/hook", true, false);
        check_url("https://127.0.0.1:9000/", true, false);
        check_url("https://2130706433/", true, false);
        check_url("https://0x7f.1/", true, false);
        check_url("https://[::1]/", true, false);
        check_url("https://[::ffff:a00:1]/", true, false);
        check_url("https://[2606:4700::1111]/", true, true);
        check_url("ftp://example.com/", false, false);
        check_url("file:///etc/passwd", false, false);
        check_url("https://user:pass@example.com/", false, false);
        check_url("example.com", false, false);
        check_url("", false, false);
    }

    #[tokio::test]
    async fn names_are_checked_after_they_are_resolved() {
        let name: Name = "localhost".parse().unwrap();
        assert!(PublicResolver.resolve(name).await.is_err());
    }
}
