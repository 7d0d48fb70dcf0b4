//! A partner's photo on a page of ours: shown only over HTTPS, and only its origin is let into the page's policy.

/// A photo that may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Photo {
    /// The whole address.
    pub url: String,
    /// `https://host` or `https://host:port`, made of nothing that could end it within a policy.
    pub origin: String,
}

impl Photo {
    /// The photo behind an address; `None` unless a browser would fetch it over HTTPS from a host with a plain name.
    pub(super) fn of(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_host = host.contains('.') && host.len() <= 253 && host.split('.').all(is_label);
        let is_port = port.is_none_or(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|it| it > 0)
        });
        let is_plain =
            url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte));
        let is_sound = is_host && is_port && is_plain;
        is_sound.then(|| Self { url: url.to_owned(), origin: format!("https://{authority}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_is_shown() {
        let check = |url: &str, origin: Option<&str>| {
            assert_eq!(Photo::of(url).map(|it| it.origin).as_deref(), origin, "{url}");
        };
        check("https://res.cloudinary.com/johnsphoto.png", Some("https://res.cloudinary.com"));
        check("https://x.org:8443/a?b=c#d", Some("https://x.org:8443"));
        check("https://10.0.0.1/a.png", Some("https://10.0.0.1"));
        for bad in [
            "",
            "http://x.org/a.png",
            "javascript:alert(1)",
            "data:image/png;base64,AA",
            "//x.org/a.png",
            "https://x.org;script-src/a",
            "https://x.org script-src */a",
            "https://*.org/a",
            "https://user@x.org/a",
            "https://x.org:/a",
            "https://x.org:99999/a",
            "https://x.org:1:2/a",
            "https://localhost/a",
            "https://-x.org/a",
            "https://x..org/a",
            "https://x.org/\"onerror=alert(1)",
            "https://x.org/a b",
            "https://[::1]/a",
            "https://é.org/a",
        ] {
            check(bad, None);
        }
    }
}
