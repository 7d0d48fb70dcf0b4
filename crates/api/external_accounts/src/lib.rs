//! Wire types and handlers of the external-account surface.
