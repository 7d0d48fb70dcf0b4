//! What the form of a gift asks, and what is wrong with what was typed.

use std::collections::HashMap;

use florin_savings::Given;
use florin_savings::gift::{
    GiftFields, HeldSecret, KeptAccount, KeptKey, MESSAGE_MAX_CHARS, NumberFields, Source,
    authorisation, kept_authorisation, link_authorisation,
};
use florin_savings::page::PublicFund;
use maud::{Markup, html};

use super::html::{Frame, document};
use super::kept::{forget_button, forgetting, unusable};

/// The fields of a form that was sent.
#[derive(Debug, Default)]
pub(super) struct Sent(HashMap<String, String>);

impl Sent {
    /// Of a body; of fields that are sent twice the first counts.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            fields.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(fields)
    }

    /// A form with an amount that a link has brought; what is no amount in whole dollars is left out.
    pub(super) fn of_link(query: Option<&str>) -> Self {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let is_amount = |text: &str| {
            (1..=5).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
        };
        let amount = pairs.into_iter().find(|(name, text)| name == AMOUNT.name && is_amount(text));
        let fields = amount.map(|(name, text)| (name.into_owned(), text.into_owned()));
        Self(fields.into_iter().collect())
    }

    /// What the page on which banks are linked says of how it went: its word for it, and nothing that a link could bring
    /// in besides.
    pub(super) fn of_return(query: Option<&str>) -> Self {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let status = pairs.find(|(name, _)| name == STATUS);
        let known = ["cancelled", "expired", "error", "connected", "pending"];
        let status = status.filter(|(_, word)| known.contains(&&**word));
        Self(
            status.map(|(name, word)| (name.into_owned(), word.into_owned())).into_iter().collect(),
        )
    }

    /// A field; empty when it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn given(&self, name: &str) -> Given<String> {
        self.0.get(name).cloned().map_or(Given::Absent, Given::Value)
    }

    /// The same with the giver whom the browser has kept.
    pub(super) fn with_giver(mut self, kept: &KeptAccount) -> Self {
        let known =
            [(FIRST_NAME, &kept.first_name), (LAST_NAME, &kept.last_name), (EMAIL, &kept.email)];
        self.0.extend(known.map(|(field, text)| (field.name.to_owned(), text.clone())));
        self
    }

    /// Whether it takes to know what the browser has kept.
    pub(super) fn is_about_kept(&self) -> bool {
        self.get(ACT) == ACT_FORGET || self.get(WAY) == WAY_KEPT
    }

    /// What a gift is asked for with; `kept` is what the browser holds for this partner.
    pub(super) fn fields(&self, kept: Option<HeldSecret>) -> GiftFields {
        let gift = self.get(KEPT).parse().ok();
        let source = match self.get(WAY) {
            WAY_KEPT => Source::Kept(kept.zip(gift).map(|(token, gift)| KeptKey { token, gift })),
            WAY_LINK => Source::Link,
            _ => Source::Numbers(self.numbers()),
        };
        GiftFields {
            first_name: self.given("first_name"),
            last_name: self.given("last_name"),
            email: self.given("email"),
            message: self.given("message"),
            amount: self.given("amount"),
            source,
            is_shown: self.get("is_shown") == "yes",
            is_authorised: self.is_authorised(),
        }
    }

    /// The account that was typed in.
    pub(super) fn numbers(&self) -> NumberFields {
        NumberFields {
            routing_number: self.given("routing_number"),
            account_number: self.given("account_number"),
            account_kind: self.given("account_kind"),
        }
    }

    pub(super) fn is_authorised(&self) -> bool {
        self.get("authorisation") == "yes"
    }
}

/// What is wrong with a form: the field, empty when it is none in particular, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub field: &'static str,
    pub text: String,
}

/// The fields by which faults begin, and what people call them.
const CALLED: &[(&str, &str)] = &[
    ("first_name", "Your first name"),
    ("last_name", "Your last name"),
    ("email", "Your email address"),
    ("amount", "The amount"),
    ("message", "Your message"),
    ("routing_number", "The routing number"),
    ("account_number", "The account number"),
    ("account_kind", "The kind of account"),
    ("authorisation", "Your agreement"),
    ("amount_1", "The first amount"),
    ("amount_2", "The second amount"),
];

/// The domain's faults in words for people.
pub(super) fn faults(told: &[String]) -> Vec<Fault> {
    let read = |text: &String| {
        let (field, rest) = text.split_once(' ').unwrap_or(("", text));
        match CALLED.iter().find(|(name, _)| *name == field) {
            Some((field, called)) => Fault { field, text: format!("{called} {rest}.") },
            None => Fault { field: "", text: text.clone() },
        }
    };
    told.iter().map(read).collect()
}

/// How a field is typed.
#[derive(Clone, Copy)]
struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    inputmode: &'static str,
    is_half: bool,
}

const TEXT: Field = Field {
    name: "",
    label: "",
    hint: "",
    kind: "text",
    autocomplete: "off",
    inputmode: "text",
    is_half: false,
};
const AMOUNT: Field = Field {
    name: "amount",
    label: "Amount in dollars",
    hint: "From $5 to $10,000.",
    inputmode: "decimal",
    ..TEXT
};
const FIRST_NAME: Field = Field {
    name: "first_name",
    label: "First name",
    autocomplete: "given-name",
    is_half: true,
    ..TEXT
};
const LAST_NAME: Field = Field {
    name: "last_name",
    label: "Last name",
    autocomplete: "family-name",
    is_half: true,
    ..TEXT
};
const EMAIL: Field = Field {
    name: "email",
    label: "Email address",
    kind: "email",
    autocomplete: "email",
    inputmode: "email",
    ..TEXT
};
const ROUTING: Field = Field {
    name: "routing_number",
    label: "Routing number",
    hint: "9 digits, left on a check.",
    inputmode: "numeric",
    is_half: true,
    ..TEXT
};
const ACCOUNT: Field = Field {
    name: "account_number",
    label: "Account number",
    hint: "Up to 17 digits.",
    inputmode: "numeric",
    is_half: true,
    ..TEXT
};
/// Which account is paid from, and how it is proven.
const WAY: &str = "way";
const WAY_KEPT: &str = "kept";
const WAY_LINK: &str = "link";
const WAY_NUMBERS: &str = "numbers";
/// The kept account that was shown.
const KEPT: &str = "kept";
/// How the visit at the bank went.
pub(super) const STATUS: &str = "status";
/// What a giver does with a gift.
pub(super) const ACT: &str = "do";
pub(super) const ACT_LINK: &str = "link";
pub(super) const ACT_GIVE: &str = "give";
pub(super) const ACT_NUMBERS: &str = "numbers";
pub(super) const ACT_KEEP: &str = "keep";
pub(super) const ACT_FORGET: &str = "forget";
/// The account that is given from.
pub(super) const LINKED: &str = "account";
pub(super) const AMOUNT_1: &str = "amount_1";
pub(super) const AMOUNT_2: &str = "amount_2";

/// The form of a gift, with what was typed before and what is wrong with it; `kept` is what the browser keeps.
pub(super) fn gift(
    found: &PublicFund,
    kept: Option<&KeptAccount>,
    proof: &str,
    sent: &Sent,
    faults: &[Fault],
    is_sandbox: bool,
) -> Markup {
    let fund = &found.fund;
    let input = |field: Field| input(field, sent, faults);
    let main = html! {
        p.back { a href=(format!("/{}", fund.handle)) { "← " (fund.name) } }
        div.card {
            h1 { "Give to " (fund.name) }
            p.lead {
                @if found.links_banks || kept.is_some() { "You pay from your bank account. Nothing is taken before you have confirmed it." }
                @else { "You pay from your bank account. Two small deposits prove that it is yours; only then is the gift taken." }
            }
            (summary(faults))
            form method="post" novalidate {
                input type="hidden" name="proof" value=(proof);
                fieldset { legend { "Your gift" } (input(AMOUNT)) (message(sent, faults)) }
                fieldset {
                    legend { "About you" }
                    div.fields { (input(FIRST_NAME)) (input(LAST_NAME)) (input(EMAIL)) }
                    (tick("is_shown", "Show my name and message on the page", "The owner of the fund sees them anyway. The amount \
                         is not shown.", sent, faults))
                }
                fieldset {
                    legend { "Your bank account" }
                    (account(found, kept, sent, faults, is_sandbox))
                    (agree(sent, faults))
                }
                button type="submit" {
                    @if kept.is_some() { span.of-other { "Continue" } span.of-kept { "Give now" } } @else { "Continue" }
                }
            }
            @if kept.is_some() { (forgetting(proof)) }
        }
    };
    let title = format!("Give to {}", fund.name);
    let title = if faults.is_empty() { title } else { format!("Error: {title}") };
    document(Frame { partner: &found.partner, is_sandbox }, &title, None, &main)
}

/// The account that is paid from: the one that is kept, one that is linked, or one that is typed in.
fn account(
    found: &PublicFund,
    kept: Option<&KeptAccount>,
    sent: &Sent,
    faults: &[Fault],
    is_sandbox: bool,
) -> Markup {
    let offered = kept.filter(|kept| kept.obstacle.is_none());
    let has_ways = found.links_banks || offered.is_some();
    html! {
        @if let Some((kept, why)) = kept.and_then(|kept| Some((kept, kept.obstacle?))) { (unusable(kept, why)) }
        @if has_ways { (ways(found, offered, sent)) }
        @if let Some(kept) = offered {
            input type="hidden" name=(KEPT) value=(kept.gift);
            div.of-kept { div.legal { p { (kept_authorisation(&found.partner, &kept.called)) } } }
        }
        @if found.links_banks { div.of-link { div.legal { p { (link_authorisation(&found.partner)) } } } }
        div.of-numbers[has_ways] { (numbers(&found.partner, sent, faults, is_sandbox)) }
    }
}

/// Which account is paid from; the style shows what belongs to the way that is chosen.
fn ways(found: &PublicFund, offered: Option<&KeptAccount>, sent: &Sent) -> Markup {
    let chosen = match sent.get(WAY) {
        WAY_NUMBERS => WAY_NUMBERS,
        WAY_LINK if found.links_banks => WAY_LINK,
        _ if offered.is_some() => WAY_KEPT,
        _ if found.links_banks => WAY_LINK,
        _ => WAY_NUMBERS,
    };
    let way = |way: &str, label: &str, hint: &str| {
        html! {
            label.choice {
                input type="radio" name=(WAY) value=(way) checked[way == chosen];
                span { (label) span.hint { (hint) } }
            }
        }
    };
    html! {
        div.ways {
            @if let Some(kept) = offered {
                (way(WAY_KEPT, &format!("Pay from your {}", kept.called), "You kept it in this browser. Your gift is on its way at once."))
                (forget_button())
            }
            @if found.links_banks {
                (way(WAY_LINK, "Link your bank", "Choose it and sign in there. A minute, and your gift is on its way."))
            }
            (way(WAY_NUMBERS, "Type in the numbers", "Two small deposits prove that the account is yours. A day or two."))
        }
    }
}

/// An account by its numbers, and what is agreed to with them.
pub(super) fn numbers(partner: &str, sent: &Sent, faults: &[Fault], is_sandbox: bool) -> Markup {
    html! {
        @if is_sandbox { p.sandbox { "In this sandbox the routing number 021000021 and any account number work." } }
        div.fields { (input(ROUTING, sent, faults)) (input(ACCOUNT, sent, faults)) }
        (kinds(sent, faults))
        div.legal { p { (authorisation(partner)) } }
    }
}

pub(super) fn agree(sent: &Sent, faults: &[Fault]) -> Markup {
    tick("authorisation", "I agree", "", sent, faults)
}

/// Everything that is wrong, at the top, leading to where it is.
pub(super) fn summary(faults: &[Fault]) -> Markup {
    html! {
        @if !faults.is_empty() {
            div.errors role="alert" tabindex="-1" autofocus {
                h2 { "Please check what you have entered" }
                ul {
                    @for fault in faults {
                        li {
                            @if fault.field.is_empty() { (fault.text) }
                            @else { a href=(format!("#{}", fault.field)) { (fault.text) } }
                        }
                    }
                }
            }
        }
    }
}

fn fault_of<'a>(field: &str, faults: &'a [Fault]) -> Option<&'a str> {
    faults.iter().find(|fault| fault.field == field).map(|fault| fault.text.as_str())
}

fn input(field: Field, sent: &Sent, faults: &[Fault]) -> Markup {
    let fault = fault_of(field.name, faults);
    // Bank details are typed anew each time: they are on no page.
    let is_secret = matches!(field.name, "routing_number" | "account_number");
    let value = if is_secret { "" } else { sent.get(field.name) };
    labelled(
        field.name,
        field.label,
        field.hint,
        fault,
        field.is_half,
        &html! {
            input id=(field.name) name=(field.name) type=(field.kind) value=(value) autocomplete=(field.autocomplete)
                inputmode=(field.inputmode) spellcheck="false" aria-invalid=[fault.map(|_| "true")]
                aria-describedby=[described(field.name, field.hint, fault)];
        },
    )
}

/// An amount of a deposit.
pub(super) fn deposit(name: &str, label: &str, value: &str, fault: Option<&str>) -> Markup {
    labelled(
        name,
        label,
        "",
        fault,
        true,
        &html! {
            input id=(name) name=(name) type="text" value=(value) autocomplete="off" inputmode="decimal" placeholder="0.00"
                aria-invalid=[fault.map(|_| "true")] aria-describedby=[described(name, "", fault)];
        },
    )
}

fn labelled(
    name: &str,
    label: &str,
    hint: &str,
    fault: Option<&str>,
    is_half: bool,
    control: &Markup,
) -> Markup {
    html! {
        div.field.half[is_half].bad[fault.is_some()] {
            label for=(name) { (label) }
            @if !hint.is_empty() { span.hint id=(format!("{name}-hint")) { (hint) } }
            @if let Some(fault) = fault { span.fault id=(format!("{name}-fault")) { (fault) } }
            (control)
        }
    }
}

fn described(name: &str, hint: &str, fault: Option<&str>) -> Option<String> {
    let hint = (!hint.is_empty()).then(|| format!("{name}-hint"));
    let ids: Vec<String> = hint.into_iter().chain(fault.map(|_| format!("{name}-fault"))).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn message(sent: &Sent, faults: &[Fault]) -> Markup {
    const NAME: &str = "message";
    let fault = fault_of(NAME, faults);
    labelled(
        NAME,
        "Message (optional)",
        "",
        fault,
        false,
        &html! {
            textarea id=(NAME) name=(NAME) rows="3" maxlength=(MESSAGE_MAX_CHARS) aria-invalid=[fault.map(|_| "true")]
                aria-describedby=[described(NAME, "", fault)] { (sent.get(NAME)) }
        },
    )
}

fn kinds(sent: &Sent, faults: &[Fault]) -> Markup {
    const NAME: &str = "account_kind";
    let chosen = if sent.get(NAME) == "savings" { "savings" } else { "checking" };
    html! {
        fieldset.choices id=(NAME) {
            legend { "Kind of account" }
            @if let Some(fault) = fault_of(NAME, faults) { span.fault { (fault) } }
            @for (value, label) in [("checking", "Checking"), ("savings", "Savings")] {
                label.choice { input type="radio" name=(NAME) value=(value) checked[chosen == value]; (label) }
            }
        }
    }
}

fn tick(name: &str, label: &str, hint: &str, sent: &Sent, faults: &[Fault]) -> Markup {
    let fault = fault_of(name, faults);
    html! {
        div.field.tick.bad[fault.is_some()] {
            @if let Some(fault) = fault { span.fault id=(format!("{name}-fault")) { (fault) } }
            label.choice {
                input type="checkbox" id=(name) name=(name) value="yes" checked[sent.get(name) == "yes"]
                    aria-invalid=[fault.map(|_| "true")] aria-describedby=[described(name, hint, fault)];
                span { (label) @if !hint.is_empty() { span.hint id=(format!("{name}-hint")) { (hint) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_in_sentences() {
        let told =
            ["first_name is required", "The fund takes no gifts yet.", "x"].map(str::to_owned);
        let expected = [
            Fault { field: "first_name", text: "Your first name is required.".to_owned() },
            Fault { field: "", text: "The fund takes no gifts yet.".to_owned() },
            Fault { field: "", text: "x".to_owned() },
        ];
        assert_eq!(faults(&told), expected);
    }

    #[test]
    fn a_link_brings_an_amount_and_nothing_else() {
        let check = |query: Option<&str>, expected: &str| {
            let sent = Sent::of_link(query);
            assert_eq!(sent.get("amount"), expected, "{query:?}");
            assert_eq!(sent.get("first_name"), "");
        };
        check(None, "");
        check(Some("amount=50&first_name=Eve"), "50");
        check(Some("amount=1e9&amount=25"), "25");
        check(Some("amount=123456"), "");
        check(Some("amount=%3Cb%3E"), "");
    }

    #[test]
    fn whoever_comes_back_brings_one_known_word() {
        let check = |query: Option<&str>, expected: &str| {
            assert_eq!(Sent::of_return(query).get("status"), expected, "{query:?}");
        };
        check(None, "");
        check(Some("status=cancelled&amount_1=0.18"), "cancelled");
        check(Some("status=%3Cb%3E"), "");
        assert_eq!(Sent::of_return(Some("status=error&amount_1=1")).get("amount_1"), "");
    }

    #[test]
    fn the_first_of_two_fields_counts() {
        let sent = Sent::read(b"amount=25&amount=9999&is_shown=yes&authorisation=no");
        let fields = sent.fields(None);
        assert_eq!(fields.amount, Given::Value("25".to_owned()));
        assert!(fields.is_shown && !fields.is_authorised);
        assert_eq!(fields.email, Given::Absent);
    }
}
