//! The Connect surface: the browser's and the partner's REST wire, and the hosted page.
