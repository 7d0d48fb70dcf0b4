//! ACH origination: entries, windows, files and what comes back.
