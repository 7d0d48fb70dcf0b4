//! Where an end user goes on to. Pure.

use florin_mandates::MandateFlow;

/// The partner's URL with what came of the flow; none while it is not settled.
pub(super) fn destination(flow: &MandateFlow) -> Option<String> {
    let mut news = vec![("flow", flow.id.to_string()), ("state", flow.state.as_str().to_owned())];
    if let Some(mandate) = flow.mandate {
        news.insert(0, ("mandate", mandate.to_string()));
    }
    flow.goes_on_to().map(|url| with_query(url, &news))
}

/// The URL with more in its query, before its fragment. Names and values are plain words.
fn with_query(url: &str, pairs: &[(&str, String)]) -> String {
    let (base, fragment) = match url.split_once('#') {
        Some((base, fragment)) => (base, Some(fragment)),
        None => (url, None),
    };
    let mut text = base.to_owned();
    for (name, value) in pairs {
        let separator = match text.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        text.push_str(separator);
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    if let Some(fragment) = fragment {
        text.push('#');
        text.push_str(fragment);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_added_to_what_the_partner_asked_for() {
        let check = |url: &str, expected: &str| {
            let pairs = [("mandate", "m".to_owned()), ("state", "completed".to_owned())];
            assert_eq!(with_query(url, &pairs), expected);
        };
        check("https://p.example", "https://p.example?mandate=m&state=completed");
        check("https://p.example/a?b=c", "https://p.example/a?b=c&mandate=m&state=completed");
        check("https://p.example/?", "https://p.example/?mandate=m&state=completed");
        check("https://p.example/?a&", "https://p.example/?a&mandate=m&state=completed");
        check("https://p.example/#/x?y", "https://p.example/?mandate=m&state=completed#/x?y");
    }
}
