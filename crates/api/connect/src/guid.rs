//! Guids on the wire: a prefix that says what is meant, and a UUID.

use std::fmt::Display;
use std::str::FromStr;

use florin_ids::{
    ConnectAccountId, ConnectJobId, ConnectSessionId, ConnectStatementId, ConnectTransactionId,
    ConnectUserId, ConsentId, InstitutionId, MemberId, MicrodepositId, OauthStateId,
    SupportTicketId,
};
use uuid::Uuid;

/// An id that has a prefix on the wire.
pub(crate) trait Prefixed: Display + FromStr {
    /// What its guids begin with.
    const PREFIX: &'static str;
}

macro_rules! prefixed {
    ($($id:ident $prefix:literal),+ $(,)?) => {
        $(impl Prefixed for $id {
            const PREFIX: &'static str = $prefix;
        })+
    };
}

prefixed! {
    ConnectAccountId "ACC-",
    ConnectJobId "JOB-",
    ConnectSessionId "SES-",
    ConnectStatementId "STM-",
    ConnectTransactionId "TRN-",
    ConnectUserId "USR-",
    ConsentId "CON-",
    InstitutionId "INS-",
    MemberId "MBR-",
    MicrodepositId "MIC-",
    OauthStateId "OAS-",
    SupportTicketId "TKT-",
    // Fields and questions have no id of a type of their own.
    Uuid "CRD-",
}

/// The guid of an id.
pub(crate) fn guid<T: Prefixed>(id: T) -> String {
    format!("{}{id}", T::PREFIX)
}

/// The id of a guid; `None` for a guid of something else, and for what is none.
pub(crate) fn read<T: Prefixed>(guid: &str) -> Option<T> {
    guid.strip_prefix(T::PREFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_says_what_it_is_of() {
        let id = MemberId::new();
        assert_eq!(read(&guid(id)), Some(id));
        assert_eq!(read::<InstitutionId>(&guid(id)), None);
        for text in ["", "MBR-", "MBR-1", "mbr-00000000-0000-0000-0000-000000000000", "MBR-MBR-"] {
            assert_eq!(read::<MemberId>(text), None, "{text}");
        }
        assert_eq!(read::<Uuid>(&format!("CRD-{}", Uuid::nil())), Some(Uuid::nil()));
    }
}
