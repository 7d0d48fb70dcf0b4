//! The words of a product's configuration.

use florin_storage::words;

words! {
    /// What kind of loan account a product opens.
    pub enum ProductType {
        /// A credit line with monthly statements and a minimum repayment.
        RevolvingCredit = "revolving_credit",
        /// A line of credit: no statements, no minimum repayment.
        SimpleRevolvingCredit = "simple_revolving_credit",
        /// A term loan whose instalments repay equal parts of the principal.
        EqualPrincipalTermLoan = "equal_principal_term_loan",
        /// A term loan whose instalments are equal in total.
        EqualInstalmentsTermLoan = "equal_instalments_term_loan",
    }
}

impl ProductType {
    /// The type of a word on the wire, where `line_of_credit` is another name of `simple_revolving_credit`.
    pub fn parse_wire(word: &str) -> Option<Self> {
        if word == "line_of_credit" { Some(Self::SimpleRevolvingCredit) } else { Self::parse(word) }
    }

    /// Whether the loan has a schedule of instalments.
    pub const fn is_term_loan(self) -> bool {
        matches!(self, Self::EqualPrincipalTermLoan | Self::EqualInstalmentsTermLoan)
    }

    /// How the type divides the principal; for revolving types the word that the answer shows when none was given.
    pub const fn interest_calculation(self) -> InterestCalculation {
        match self {
            Self::EqualInstalmentsTermLoan => InterestCalculation::EqualInstalments,
            Self::RevolvingCredit | Self::SimpleRevolvingCredit | Self::EqualPrincipalTermLoan => {
                InterestCalculation::EqualPrincipalPayments
            }
        }
    }
}

words! {
    /// How a schedule divides the principal over the instalments.
    pub enum InterestCalculation {
        /// Each instalment repays the same part of the principal.
        EqualPrincipalPayments = "equal_principal_payments",
        /// Each instalment is the same in total.
        EqualInstalments = "equal_instalments",
    }
}

words! {
    /// How the amount of a level instalment is found.
    pub enum InstalmentMethod {
        /// By the annuity formula, which takes every month for a twelfth of a year; the last instalment makes up for
        /// the actual days.
        Standard = "standard",
        /// Solved over the actual dates, so that the last instalment is level too.
        Exact = "exact",
    }
}

words! {
    /// What an early repayment does to the rest of the schedule.
    pub enum EarlyRepaymentRecalculation {
        /// It pays instalments from the last one backwards: fewer instalments, each as it was.
        FromLastInstalment = "from_last_instalment",
        /// It makes every remaining instalment smaller: as many instalments as before.
        ReducedInstalments = "reduced_instalments",
    }
}

words! {
    /// Where a repayment date goes that is no business day.
    pub enum RepaymentHolidayScheduling {
        /// To the last business day before.
        LastBusinessDayBeforeTheDay = "last_business_day_before_the_day",
        /// To the first business day after.
        FirstBusinessDayAfterTheDay = "first_business_day_after_the_day",
        /// It stays.
        OnDay = "on_day",
    }
}

words! {
    /// Which day of a month repayments fall on.
    pub enum RepaymentDateType {
        /// The day that `repayment_date_period` names; the month's last day where the month lacks it.
        DayOfMonth = "day_of_month",
        /// The last business day.
        LastDayOfMonth = "last_day_of_month",
        /// The first business day.
        FirstDayOfMonth = "first_day_of_month",
    }
}

words! {
    /// How the amount of a fee is found.
    pub enum FeeType {
        /// The figure is the amount.
        Flat = "flat",
        /// The figure is a percentage of the account's balance.
        Percent = "percent",
    }
}

words! {
    /// When a default fee is charged.
    pub enum FeeEvent {
        /// At the disbursement.
        Disbursement = "disbursement",
        /// When the account goes into arrears.
        Arrears = "arrears",
        /// When the account goes into default.
        Default = "default",
        /// Only when a request names it.
        AdHoc = "ad_hoc",
    }
}
