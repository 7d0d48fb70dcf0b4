//! What is kept of an end user's ways with the widgets. Pure.

use std::collections::BTreeMap;

use florin_ids::ConnectUserId;
use jiff::Timestamp;

/// The flags that clients keep in a profile, all false to begin with.
pub const FLAGS: &[&str] = &[
    "has_completed_finstrong_onboarding",
    "has_completed_guide_me_wizard",
    "has_completed_budgets2_onboarding",
    "has_completed_cash_flow_onboarding",
    "has_completed_spending_plan_onboarding",
    "has_completed_recurring_transactions_manager_onboarding",
    "has_completed_widgets_wizard",
    "has_closed_accounts_widget_help_state",
    "has_closed_budgets_widget_help_state",
    "has_closed_debts_widget_help_state",
    "has_closed_goals_widget_help_state",
    "has_closed_net_worth_widget_help_state",
    "has_closed_spending_widget_help_state",
    "has_closed_transactions_widget_help_state",
    "has_closed_trends_widget_help_state",
    "uses_detailed_notifications",
];

/// What is kept of an end user's ways with the widgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserProfile {
    /// Whose it is; its guid is the end user's id.
    pub user: ConnectUserId,
    /// When they waved the hint away that their window is too small.
    pub too_small_modal_dismissed_at: Option<Timestamp>,
    /// The [`FLAGS`].
    pub flags: BTreeMap<&'static str, bool>,
}

/// What a request changes of a profile; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// `Some(None)` was sent as null.
    pub too_small_modal_dismissed_at: Option<Option<Timestamp>>,
    /// Flags by name; unknown ones are passed over.
    pub flags: BTreeMap<String, bool>,
}

impl UserProfile {
    /// A profile as it begins.
    pub fn new(user: ConnectUserId) -> Self {
        let flags = FLAGS.iter().map(|flag| (*flag, false)).collect();
        Self { user, too_small_modal_dismissed_at: None, flags }
    }

    pub(super) fn change(&mut self, change: &ProfileChange) {
        if let Some(at) = change.too_small_modal_dismissed_at {
            self.too_small_modal_dismissed_at = at;
        }
        for (flag, value) in &mut self.flags {
            if let Some(told) = change.flags.get(*flag) {
                *value = *told;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stays() {
        let mut profile = UserProfile::new(ConnectUserId::new());
        let at = Timestamp::UNIX_EPOCH;
        let flags = [("uses_detailed_notifications", true), ("nobody_knows", true)];
        let flags = flags.map(|(flag, value)| (flag.to_owned(), value)).into();
        profile.change(&ProfileChange { too_small_modal_dismissed_at: Some(Some(at)), flags });
        assert_eq!(profile.too_small_modal_dismissed_at, Some(at));
        assert!(profile.flags["uses_detailed_notifications"]);
        assert_eq!(profile.flags.len(), FLAGS.len());
        let before = profile.clone();
        profile.change(&ProfileChange::default());
        assert_eq!(profile, before);
        profile.change(&ProfileChange {
            too_small_modal_dismissed_at: Some(None),
            ..ProfileChange::default()
        });
        assert_eq!(profile.too_small_modal_dismissed_at, None);
    }
}
