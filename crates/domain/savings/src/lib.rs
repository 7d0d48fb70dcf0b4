//! Savings: 529 plans, funds and what is paid into them.
