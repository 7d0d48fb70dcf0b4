//! The pages as HTML: they need no script and nothing from anywhere else. `maud` escapes every value.

use florin_mandates::PayerDetails;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::form::{
    ACCOUNT, AUTHORISED, COMPANY, CONTACT, Entries, Fault, Field, Keyboard, PAYER, PERSON, value,
};

/// How the pages look; the policy of every answer allows exactly this, by its hash.
pub(super) const STYLE: &str = include_str!("style.css");
/// What the name of the lender begins with where it has none.
const MARK: char = '£';

/// What every page of a link says.
pub(super) struct Frame<'a> {
    /// Who collects; empty where that is not known.
    pub lender: &'a str,
    /// Whether the page is of a sandbox.
    pub is_sandbox: bool,
}

/// A form of a page: where it is sent and what proves that it was shown.
pub(super) struct Sending<'a> {
    /// The page's own path.
    pub path: &'a str,
    /// The sealed proof.
    pub proof: String,
}

/// A step of the way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Details,
    Check,
    Done,
}

const STEPS: [(Step, &str); 3] =
    [(Step::Details, "Your details"), (Step::Check, "Check"), (Step::Done, "Done")];

/// What a page is for.
#[derive(Clone, Copy)]
enum Kind<'a> {
    /// Details are given or confirmed.
    Form,
    /// It only says something.
    Notice,
    /// It goes on by itself, as the text of the `refresh` says.
    Refresh(&'a str),
}

fn document(frame: &Frame<'_>, title: &str, kind: Kind<'_>, main: &Markup) -> Markup {
    let (refresh, has_form) = match kind {
        Kind::Form => (None, true),
        Kind::Notice => (None, false),
        Kind::Refresh(refresh) => (Some(refresh), false),
    };
    let name = if frame.lender.is_empty() { "Direct Debit" } else { frame.lender };
    let mark = frame.lender.chars().find(|c| c.is_alphanumeric()).unwrap_or(MARK);
    html! {
        (DOCTYPE)
        html lang="en-GB" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex, nofollow";
                meta name="format-detection" content="telephone=no";
                @if let Some(refresh) = refresh { meta http-equiv="refresh" content=(refresh); }
                title { (title) " – " (name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the main content" }
                header.top {
                    div.wrap {
                        div.lender { span.mark aria-hidden="true" { (mark.to_uppercase()) } (name) }
                        @if !frame.lender.is_empty() { div.kind { "Direct Debit" } }
                    }
                }
                main #main {
                    div.wrap {
                        @if frame.is_sandbox {
                            p.sandbox {
                                "This is a sandbox: no money moves. Sort code 20-00-00 and account number 55779911 work."
                            }
                        }
                        div.card { (main) }
                    }
                }
                @if has_form {
                    footer.foot {
                        div.wrap {
                            "Payments are collected through GoCardless. Your details are used to set up this Direct \
                             Debit and for nothing else."
                        }
                    }
                }
            }
        }
    }
}

fn progress(current: Step) -> Markup {
    html! {
        ol.steps aria-label="Progress" {
            @for (step, name) in STEPS {
                li.past[step < current] aria-current=[(step == current).then_some("step")] { (name) }
            }
        }
    }
}

fn hidden(sending: &Sending<'_>) -> Markup {
    html! { input type="hidden" name="proof" value=(sending.proof); }
}

/// The first step: a form for the details, with what is wrong with them.
pub(super) fn details(
    frame: &Frame<'_>,
    sending: &Sending<'_>,
    entries: &Entries,
    faults: &[Fault],
) -> Markup {
    let is_bad = !faults.is_empty();
    let title = if is_bad { "Error: Set up a Direct Debit" } else { "Set up a Direct Debit" };
    let main = html! {
        (progress(Step::Details))
        @if is_bad { (summary(faults)) }
        h1 { "Set up a Direct Debit" }
        p.lead {
            "You allow " strong { (frame.lender) }
            " to collect payments from your bank account. You are told before each payment, and the Direct Debit \
             Guarantee protects you."
        }
        form method="post" action=(sending.path) novalidate accept-charset="utf-8" {
            (hidden(sending))
            (who_pays(entries, faults))
            fieldset {
                legend { "Contact details" }
                (inputs(CONTACT, entries, faults))
            }
            (account(entries, faults))
            div.buttons {
                button type="submit" name="action" value="check" { "Continue" }
                button.plain type="submit" name="action" value="cancel" { "Cancel and go back" }
            }
        }
    };
    document(frame, title, Kind::Form, &main)
}

fn who_pays(entries: &Entries, faults: &[Fault]) -> Markup {
    html! {
        fieldset {
            legend { "Who is paying?" }
            div.choices {
                @for (word, label, is_chosen) in [
                    ("person", "A person", !entries.is_company),
                    ("company", "A company or organisation", entries.is_company),
                ] {
                    label.choice for={ (PAYER) "-" (word) } {
                        input type="radio" name=(PAYER) value=(word) id={ (PAYER) "-" (word) } checked[is_chosen];
                        (label)
                    }
                }
            }
            div.person { (inputs(PERSON, entries, faults)) }
            div.company { (inputs(COMPANY, entries, faults)) }
        }
    }
}

fn account(entries: &Entries, faults: &[Fault]) -> Markup {
    let fault = faults.iter().find(|fault| fault.field == AUTHORISED);
    html! {
        fieldset {
            legend { "Bank account" }
            (inputs(ACCOUNT, entries, faults))
            div.field.bad[fault.is_some()] {
                @if let Some(fault) = fault { (fault_text(fault)) }
                label.choice for=(AUTHORISED) {
                    input type="checkbox" name=(AUTHORISED) value="yes" id=(AUTHORISED) checked[entries.is_authorised]
                        aria-invalid=[fault.map(|_| "true")] aria-describedby=[fault.map(|_| "authorised-fault")];
                    span {
                        "I can authorise Direct Debits from this account on my own: it is mine, or I may sign alone \
                         for the company that holds it."
                    }
                }
            }
        }
    }
}

/// Fields below each other; those of half a line stand two by two where there is room.
fn inputs(fields: &[Field], entries: &Entries, faults: &[Fault]) -> Markup {
    html! {
        div.fields { @for field in fields { (input(field, entries, faults)) } }
    }
}

fn input(field: &Field, entries: &Entries, faults: &[Fault]) -> Markup {
    let fault = faults.iter().find(|fault| fault.field == field.name);
    let mut described = Vec::new();
    if !field.hint.is_empty() {
        described.push(format!("{}-hint", field.name));
    }
    if fault.is_some() {
        described.push(format!("{}-fault", field.name));
    }
    let described = (!described.is_empty()).then(|| described.join(" "));
    let kind = if field.keyboard == Keyboard::Email { "email" } else { "text" };
    let mode = (field.keyboard == Keyboard::Digits).then_some("numeric");
    // Names and numbers are no prose: no browser is to correct them, nor to send them to a spelling service.
    html! {
        div.field.half[field.is_half].bad[fault.is_some()].digits[mode.is_some()] {
            label for=(field.name) { (field.label) }
            @if !field.hint.is_empty() { span.hint id={ (field.name) "-hint" } { (field.hint) } }
            @if let Some(fault) = fault { (fault_text(fault)) }
            input type=(kind) id=(field.name) name=(field.name) value=(value(&entries.details, field.name))
                autocomplete=(field.autocomplete) inputmode=[mode] spellcheck="false" maxlength="255"
                aria-invalid=[fault.map(|_| "true")] aria-describedby=[described];
        }
    }
}

fn fault_text(fault: &Fault) -> Markup {
    html! { span.fault id={ (fault.field) "-fault" } { (fault.message) } }
}

/// What is wrong, before everything else, each fault a link to its field. It has the focus.
fn summary(faults: &[Fault]) -> Markup {
    html! {
        div.errors role="alert" aria-labelledby="errors-title" tabindex="-1" autofocus {
            h2 #errors-title { "There is a problem" }
            ul {
                @for fault in faults {
                    li {
                        @if fault.field.is_empty() { (fault.message) }
                        @else { a href={ "#" (fault.field) } { (fault.message) } }
                    }
                }
            }
        }
    }
}

/// The second step: everything that was entered, the Guarantee, and the button that means it.
pub(super) fn check(
    frame: &Frame<'_>,
    sending: &Sending<'_>,
    sealed: &str,
    details: &PayerDetails,
) -> Markup {
    let main = html! {
        (progress(Step::Check))
        h1 { "Check your details" }
        p.lead { "Nothing has been set up yet." }
        (facts(details))
        (guarantee(frame.lender))
        form method="post" action=(sending.path) {
            (hidden(sending))
            input type="hidden" name="details" value=(sealed);
            div.buttons {
                button type="submit" name="action" value="confirm" { "Set up this Direct Debit" }
                button.second type="submit" name="action" value="change" { "Change details" }
                button.plain type="submit" name="action" value="cancel" { "Cancel and go back" }
            }
        }
    };
    document(frame, "Check your details", Kind::Form, &main)
}

fn facts(details: &PayerDetails) -> Markup {
    let payer = match details.company_name.as_str() {
        "" => format!("{} {}", details.given_name, details.family_name),
        company => company.to_owned(),
    };
    let address =
        [&details.address_line1, &details.address_line2, &details.city, &details.postal_code];
    let address = address.into_iter().filter(|line| !line.is_empty());
    html! {
        dl.facts {
            div { dt { "Payer" } dd { (payer) } }
            div { dt { "Email address" } dd { (details.email) } }
            div {
                dt { "Address" }
                dd { @for (at, line) in address.enumerate() { @if at > 0 { br; } (line) } }
            }
            div { dt { "Name on the account" } dd { (details.account_holder_name) } }
            div { dt { "Sort code" } dd { (dashed(&details.sort_code)) } }
            div { dt { "Account number" } dd { "ending in " (details.account_ending()) } }
        }
    }
}

/// `20-00-00`.
fn dashed(sort_code: &str) -> String {
    let mut text = String::with_capacity(8);
    for (at, digit) in sort_code.chars().enumerate() {
        if at > 0 && at % 2 == 0 {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

/// The Direct Debit Guarantee, as the scheme words it.
fn guarantee(lender: &str) -> Markup {
    html! {
        section.guarantee aria-labelledby="guarantee-title" {
            h2 #guarantee-title { "The Direct Debit Guarantee" }
            ul {
                li {
                    "This Guarantee is offered by all banks and building societies that accept instructions to pay \
                     Direct Debits."
                }
                li {
                    "If there are any changes to the amount, date or frequency of your Direct Debit " (lender)
                    " will notify you 3 working days in advance of your account being debited or as otherwise agreed. \
                     If you request " (lender) " to collect a payment, confirmation of the amount and date will be \
                     given to you at the time of the request."
                }
                li {
                    "If an error is made in the payment of your Direct Debit, by " (lender) " or your bank or building \
                     society, you are entitled to a full and immediate refund of the amount paid from your bank or \
                     building society. If you receive a refund you are not entitled to, you must pay it back when "
                    (lender) " asks you to."
                }
                li {
                    "You can cancel a Direct Debit at any time by simply contacting your bank or building society. \
                     Written confirmation may be required. Please also notify " (lender) "."
                }
            }
        }
    }
}

/// The details are on their way: the page looks again by itself.
pub(super) fn waiting(frame: &Frame<'_>, path: &str, seconds: u32) -> Markup {
    let main = html! {
        (progress(Step::Check))
        div.spin aria-hidden="true" {}
        h1 { "Setting up your Direct Debit" }
        div role="status" {
            p {
                "This takes a few seconds, and the page goes on by itself. Should it take longer, you can close it: "
                (frame.lender) " will know."
            }
        }
        p { a href=(path) { "Look again now" } }
    };
    let refresh = format!("{seconds};url={path}");
    document(frame, "Setting up your Direct Debit", Kind::Refresh(&refresh), &main)
}

/// It is settled: the page goes on to the lender by itself.
pub(super) fn leaving(frame: &Frame<'_>, path: &str, is_done: bool) -> Markup {
    let title = if is_done { "Your Direct Debit is set up" } else { "No Direct Debit was set up" };
    let main = html! {
        (progress(if is_done { Step::Done } else { Step::Details }))
        h1 { (title) }
        p { "You are on your way back to " strong { (frame.lender) } "." }
        div.buttons { a.button href=(path) { "Continue" } }
    };
    document(frame, title, Kind::Refresh(&format!("0;url={path}")), &main)
}

/// A page that tells why there is no form, and leads on where there is somewhere to go.
pub(super) fn notice(
    frame: &Frame<'_>,
    title: &str,
    text: &str,
    onward: Option<(&str, &str)>,
) -> Markup {
    let main = html! {
        h1 { (title) }
        p { (text) }
        @if let Some((path, label)) = onward {
            div.buttons { a.button href=(path) { (label) } }
        }
    };
    document(frame, title, Kind::Notice, &main)
}

/// The end user has come back from the provider's page without a mandate.
pub(super) fn unfinished(frame: &Frame<'_>, sending: &Sending<'_>) -> Markup {
    let main = html! {
        h1 { "You have not finished" }
        p { "No Direct Debit has been set up. You can go on where you stopped, or go back to " (frame.lender) "." }
        form method="post" action=(sending.path) {
            (hidden(sending))
            div.buttons {
                a.button href=(sending.path) { "Go on" }
                button.plain type="submit" name="action" value="cancel" { "Cancel and go back" }
            }
        }
    };
    document(frame, "You have not finished", Kind::Notice, &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_escaped() {
        let evil = "\"><script>alert(1)</script><p a='&";
        let frame = Frame { lender: evil, is_sandbox: true };
        let details = PayerDetails {
            given_name: evil.to_owned(),
            family_name: evil.to_owned(),
            company_name: evil.to_owned(),
            email: evil.to_owned(),
            address_line1: evil.to_owned(),
            address_line2: evil.to_owned(),
            city: evil.to_owned(),
            postal_code: evil.to_owned(),
            account_holder_name: evil.to_owned(),
            sort_code: evil.to_owned(),
            account_number: evil.to_owned(),
        };
        let sending = || Sending { path: evil, proof: evil.to_owned() };
        let fault = Fault { field: "city", message: evil.to_owned() };
        let entries = Entries::of(details.clone());
        for page in [
            super::details(&frame, &sending(), &entries, &[fault]),
            check(&frame, &sending(), evil, &details),
            waiting(&frame, evil, 2),
            leaving(&frame, evil, true),
            notice(&frame, evil, evil, Some((evil, evil))),
            unfinished(&frame, &sending()),
        ] {
            let text = page.into_string();
            assert!(!text.contains("<script") && !text.contains("<p a"), "{text}");
        }
    }

    #[test]
    fn sort_codes_are_dashed() {
        for (given, expected) in [("200000", "20-00-00"), ("", ""), ("123", "12-3")] {
            assert_eq!(dashed(given), expected);
        }
    }
}
