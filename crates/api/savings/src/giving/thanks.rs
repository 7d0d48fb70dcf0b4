//! The page behind a gift's link: what the giver has still to do, and what has become of the gift.

use florin_savings::gift::{GiftState, GiftView, LinkedBank};
use florin_savings::transaction::reason_text;
use maud::{Markup, html};

use super::form::{self, AMOUNT_1, AMOUNT_2, Fault, Sent};
use super::html::{Frame, document};
use super::kept::{Keeping, next_gift};
use super::words::{day, dollars};

/// The page; `proof` is of its form.
pub(super) fn gift(
    view: &GiftView,
    keeping: &Keeping,
    proof: &str,
    sent: &Sent,
    faults: &[Fault],
    is_sandbox: bool,
) -> Markup {
    let (title, main) = match view.state {
        GiftState::Linking => linking(view, proof, sent, faults, is_sandbox),
        GiftState::Verifying => {
            ("Confirm your bank account", verifying(view, proof, sent, faults, is_sandbox))
        }
        GiftState::Verified => ("Your bank account is confirmed", verified(proof, faults)),
        GiftState::Refused => ("Your bank account could not be confirmed", refused(view)),
        GiftState::Pending => ("Thank you!", pending(view)),
        GiftState::Settled => ("Thank you! Your gift has arrived", settled(view)),
        GiftState::Failed => ("Your gift could not be paid", failed(view)),
        GiftState::Returned => ("Your gift was taken back", returned(view)),
    };
    let is_good = matches!(view.state, GiftState::Pending | GiftState::Settled);
    let main = html! {
        div.card {
            @if is_good { div.good aria-hidden="true" { "♥" } }
            h1 { (title) }
            (main)
            (facts(view))
            @if is_good { (next_gift(keeping, view, proof, faults)) }
        }
        p.back { a href=(format!("/{}", view.handle)) { "← " (view.fund_name) } }
    };
    let title = if faults.is_empty() { title.to_owned() } else { format!("Error: {title}") };
    document(Frame { partner: &view.partner, is_sandbox }, &title, None, &main)
}

fn verifying(
    view: &GiftView,
    proof: &str,
    sent: &Sent,
    faults: &[Fault],
    is_sandbox: bool,
) -> Markup {
    let fault = |name: &str| faults.iter().find(|it| it.field == name).map(|it| it.text.as_str());
    html! {
        p.lead {
            "We are sending two deposits of less than a dollar each to your account. When you see them there"
            @if let Some(on) = view.expected_on { ", on " strong { (day(on)) } " or so" }
            ", tell us their amounts. Your gift is taken after that."
        }
        @if view.attempts > 0 && faults.is_empty() {
            div.errors role="alert" { "Those are not the amounts of the deposits. " (tries_left(view.attempts_left)) }
        }
        (form::summary(faults))
        p.note {
            strong { "Keep this page: " }
            "bookmark it, or copy its address. It is the only way back to your gift."
        }
        form method="post" novalidate {
            input type="hidden" name="proof" value=(proof);
            fieldset {
                legend { "The two amounts" }
                @if is_sandbox { p.sandbox { "In this sandbox they are 0.18 and 0.28." } }
                div.fields {
                    (form::deposit(AMOUNT_1, "First amount", sent.get(AMOUNT_1), fault(AMOUNT_1)))
                    (form::deposit(AMOUNT_2, "Second amount", sent.get(AMOUNT_2), fault(AMOUNT_2)))
                }
            }
            button type="submit" { "Confirm and give " (dollars(view.gift.amount_minor)) }
        }
        @if let Some(on) = view.last_day { p.small { "Both amounts can be told until " (day(on)) "." } }
    }
}

fn tries_left(left: u32) -> String {
    match left {
        1 => "You have one more try.".to_owned(),
        left => format!("You have {left} more tries."),
    }
}

/// The page of a gift that is to be given from a linked account.
fn linking(
    view: &GiftView,
    proof: &str,
    sent: &Sent,
    faults: &[Fault],
    is_sandbox: bool,
) -> (&'static str, Markup) {
    match view.linked.as_slice() {
        [] => ("Link your bank", to_link(view, proof, sent, faults, is_sandbox)),
        linked => ("Your bank account is linked", from_linked(view, linked, proof, faults)),
    }
}

fn to_link(
    view: &GiftView,
    proof: &str,
    sent: &Sent,
    faults: &[Fault],
    is_sandbox: bool,
) -> Markup {
    let is_typing = sent.get(form::ACT) == form::ACT_NUMBERS;
    let said = match sent.get(form::STATUS) {
        "cancelled" => "No account was linked.",
        "expired" => "That took too long, and no account was linked.",
        "error" => "That did not work, and no account was linked.",
        "connected" => {
            "The account that you have linked cannot be given from. Please link a checking or savings account in dollars."
        }
        "pending" => "Your bank has not answered yet. Load this page again in a moment.",
        _ => "",
    };
    html! {
        p.lead {
            "Choose your bank and sign in there. What you link is used for this gift only, unless you choose to keep the account \
             for your next one. Nothing is taken before you have confirmed it here."
        }
        @if !said.is_empty() && faults.is_empty() { div.note role="status" { (said) " Your gift is kept: you can go on below." } }
        (form::summary(faults))
        form method="post" {
            input type="hidden" name="proof" value=(proof);
            input type="hidden" name=(form::ACT) value=(form::ACT_LINK);
            button type="submit" { "Link your bank" }
        }
        details.other open[is_typing] {
            summary { "Type in the numbers instead" }
            p.small { "Two small deposits then prove that the account is yours. That takes a day or two." }
            form method="post" novalidate {
                input type="hidden" name="proof" value=(proof);
                input type="hidden" name=(form::ACT) value=(form::ACT_NUMBERS);
                (form::numbers(&view.partner, sent, faults, is_sandbox))
                (form::agree(sent, faults))
                button type="submit" { "Continue" }
            }
        }
        p.small { "You can come back later: bookmark this page. It is the only way back to your gift." }
    }
}

fn from_linked(view: &GiftView, linked: &[LinkedBank], proof: &str, faults: &[Fault]) -> Markup {
    let called = |it: &LinkedBank| format!("{}, {}, ending in {}", it.bank, it.name, it.ending);
    html! {
        (form::summary(faults))
        form method="post" {
            input type="hidden" name="proof" value=(proof);
            input type="hidden" name=(form::ACT) value=(form::ACT_GIVE);
            @match linked {
                [only] => {
                    input type="hidden" name=(form::LINKED) value=(only.id);
                    p.lead { "Your gift is taken from " strong { (called(only)) } "." }
                }
                several => {
                    fieldset.choices.list {
                        legend { "Which account do you give from?" }
                        @for (at, it) in several.iter().enumerate() {
                            label.choice { input type="radio" name=(form::LINKED) value=(it.id) checked[at == 0]; (called(it)) }
                        }
                    }
                }
            }
            button type="submit" { "Give " (dollars(view.gift.amount_minor)) }
        }
        form.other method="post" {
            input type="hidden" name="proof" value=(proof);
            input type="hidden" name=(form::ACT) value=(form::ACT_LINK);
            button.plain type="submit" { "Link another account" }
        }
    }
}

fn verified(proof: &str, faults: &[Fault]) -> Markup {
    html! {
        (form::summary(faults))
        form method="post" {
            input type="hidden" name="proof" value=(proof);
            button type="submit" { "Give now" }
        }
    }
}

fn refused(view: &GiftView) -> Markup {
    html! {
        p.lead { "No money was taken." }
        p {
            @if view.reason.is_empty() {
                "The amounts of the deposits were told wrongly too often, or not in time."
            } @else {
                "Your bank has sent a deposit back. " (reason_text(&view.reason))
            }
        }
        (again(view, "Start again"))
    }
}

fn pending(view: &GiftView) -> Markup {
    html! {
        p.lead {
            "Your gift of " strong { (dollars(view.gift.amount_minor)) } " to " strong { (view.fund_name) }
            " is on its way. It takes a few business days to arrive."
        }
    }
}

fn settled(view: &GiftView) -> Markup {
    html! {
        p.lead {
            strong { (dollars(view.gift.amount_minor)) } " from you is on the account of " strong { (view.fund_name) } "."
        }
        p { @if view.gift.is_shown { "Your name and message are on the page." } @else { "Your name is not shown on the page." } }
    }
}

fn failed(view: &GiftView) -> Markup {
    html! {
        p.lead { "Nothing was given." @if !view.reason.is_empty() { " " (reason_text(&view.reason)) } }
        (again(view, "Try again"))
    }
}

fn returned(view: &GiftView) -> Markup {
    html! {
        p.lead {
            "Your bank has taken it back." @if !view.reason.is_empty() { " " (reason_text(&view.reason)) }
            " The money is not on the account of " strong { (view.fund_name) } " any more."
        }
        (again(view, "Give again"))
    }
}

/// The way to another try, with the same amount.
fn again(view: &GiftView, label: &str) -> Markup {
    let dollars = view.gift.amount_minor / 100;
    html! { p { a.button href=(format!("/{}/gift?amount={dollars}", view.handle)) { (label) } } }
}

fn facts(view: &GiftView) -> Markup {
    html! {
        dl.facts {
            div { dt { "For" } dd { (view.fund_name) } }
            div { dt { "Gift" } dd { (dollars(view.gift.amount_minor)) } }
            div { dt { "From" } dd { (view.gift.giver()) } }
            @if !view.account_ending.is_empty() {
                div { dt { "Account" } dd { (view.bank) ", ending in " (view.account_ending) } }
            }
            @if let Some(message) = &view.gift.message { div { dt { "Message" } dd { (message) } } }
        }
    }
}
