//! Where each field stands in its record (NACHA Operating Rules, Appendix Three, "ACH Record Formats").

use std::ops::Range;

/// Columns of a record.
pub const RECORD_LENGTH: usize = 94;

/// Records of a block: a file is filled up to whole blocks with records of nines.
pub const BLOCKING_FACTOR: usize = 10;

/// A field of a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// As the Rules call it.
    pub name: &'static str,
    /// First column, counted from 1.
    pub start: usize,
    /// Last column.
    pub end: usize,
}

impl Field {
    const fn new(name: &'static str, start: usize, end: usize) -> Self {
        Self { name, start, end }
    }

    /// Columns counted from 0, for slicing.
    pub const fn range(&self) -> Range<usize> {
        self.start - 1..self.end
    }

    /// Columns of the field.
    pub const fn width(&self) -> usize {
        self.end + 1 - self.start
    }
}

macro_rules! record {
    ($(#[$doc:meta])* $module:ident { $($name:ident: $words:literal $start:literal $end:literal;)* }) => {
        $(#[$doc])*
        #[allow(missing_docs)]
        pub mod $module {
            use super::Field;
            $(pub static $name: Field = Field::new($words, $start, $end);)*

            #[cfg(test)]
            pub(super) fn fields() -> Vec<&'static Field> {
                vec![$(&$name),*]
            }
        }
    };
}

record! {
    /// Type 1.
    file_header {
        RECORD_TYPE: "record type code" 1 1;
        PRIORITY: "priority code" 2 3;
        DESTINATION: "immediate destination" 4 13;
        ORIGIN: "immediate origin" 14 23;
        CREATED_ON: "file creation date" 24 29;
        CREATED_AT: "file creation time" 30 33;
        MODIFIER: "file ID modifier" 34 34;
        RECORD_SIZE: "record size" 35 37;
        BLOCKING: "blocking factor" 38 39;
        FORMAT: "format code" 40 40;
        DESTINATION_NAME: "immediate destination name" 41 63;
        ORIGIN_NAME: "immediate origin name" 64 86;
        REFERENCE: "reference code" 87 94;
    }
}

record! {
    /// Type 5.
    batch_header {
        RECORD_TYPE: "record type code" 1 1;
        SERVICE_CLASS: "service class code" 2 4;
        COMPANY_NAME: "company name" 5 20;
        DISCRETIONARY: "company discretionary data" 21 40;
        COMPANY_ID: "company identification" 41 50;
        SEC: "standard entry class code" 51 53;
        DESCRIPTION: "company entry description" 54 63;
        DESCRIPTIVE_DATE: "company descriptive date" 64 69;
        EFFECTIVE_ON: "effective entry date" 70 75;
        SETTLEMENT_DAY: "settlement date" 76 78;
        ORIGINATOR_STATUS: "originator status code" 79 79;
        BANK: "originating DFI identification" 80 87;
        NUMBER: "batch number" 88 94;
    }
}

record! {
    /// Type 6.
    entry {
        RECORD_TYPE: "record type code" 1 1;
        CODE: "transaction code" 2 3;
        BANK: "receiving DFI identification" 4 12;
        ACCOUNT: "DFI account number" 13 29;
        AMOUNT: "amount" 30 39;
        INDIVIDUAL_ID: "individual identification number" 40 54;
        NAME: "individual name" 55 76;
        DISCRETIONARY: "discretionary data" 77 78;
        ADDENDA_INDICATOR: "addenda record indicator" 79 79;
        TRACE: "trace number" 80 94;
    }
}

record! {
    /// Type 7, 05.
    payment_addenda {
        RECORD_TYPE: "record type code" 1 1;
        ADDENDA_TYPE: "addenda type code" 2 3;
        INFORMATION: "payment related information" 4 83;
        SEQUENCE: "addenda sequence number" 84 87;
        ENTRY_SEQUENCE: "entry detail sequence number" 88 94;
    }
}

record! {
    /// Type 7, 98. International notifications use all of the corrected data; others its first 29 columns.
    change_addenda {
        RECORD_TYPE: "record type code" 1 1;
        ADDENDA_TYPE: "addenda type code" 2 3;
        CODE: "change code" 4 6;
        ORIGINAL_TRACE: "original entry trace number" 7 21;
        RESERVED: "reserved" 22 27;
        ORIGINAL_BANK: "original receiving DFI identification" 28 35;
        CORRECTED: "corrected data" 36 70;
        RESERVED_TOO: "reserved" 71 79;
        TRACE: "trace number" 80 94;
    }
}

record! {
    /// Type 7, 98 with a code C61-C69: the columns that differ from a notification's.
    refusal_addenda {
        BEFORE: "before the corrected data" 1 35;
        CORRECTED: "corrected data" 36 64;
        REFUSED_CODE: "change code" 65 67;
        REFUSED_SEQUENCE: "trace sequence number" 68 74;
        RESERVED: "reserved" 75 79;
        TRACE: "trace number" 80 94;
    }
}

record! {
    /// Type 7, 99.
    return_addenda {
        RECORD_TYPE: "record type code" 1 1;
        ADDENDA_TYPE: "addenda type code" 2 3;
        CODE: "return reason code" 4 6;
        ORIGINAL_TRACE: "original entry trace number" 7 21;
        DIED_ON: "date of death" 22 27;
        ORIGINAL_BANK: "original receiving DFI identification" 28 35;
        INFORMATION: "addenda information" 36 79;
        TRACE: "trace number" 80 94;
    }
}

record! {
    /// Type 8.
    batch_control {
        RECORD_TYPE: "record type code" 1 1;
        SERVICE_CLASS: "service class code" 2 4;
        RECORDS: "entry/addenda count" 5 10;
        HASH: "entry hash" 11 20;
        DEBITS: "total debit entry dollar amount" 21 32;
        CREDITS: "total credit entry dollar amount" 33 44;
        COMPANY_ID: "company identification" 45 54;
        AUTHENTICATION: "message authentication code" 55 73;
        RESERVED: "reserved" 74 79;
        BANK: "originating DFI identification" 80 87;
        NUMBER: "batch number" 88 94;
    }
}

record! {
    /// Type 9.
    file_control {
        RECORD_TYPE: "record type code" 1 1;
        BATCHES: "batch count" 2 7;
        BLOCKS: "block count" 8 13;
        RECORDS: "entry/addenda count" 14 21;
        HASH: "entry hash" 22 31;
        DEBITS: "total debit entry dollar amount" 32 43;
        CREDITS: "total credit entry dollar amount" 44 55;
        RESERVED: "reserved" 56 94;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cover_their_records_without_gaps() {
        let records = [
            file_header::fields(),
            batch_header::fields(),
            entry::fields(),
            payment_addenda::fields(),
            change_addenda::fields(),
            refusal_addenda::fields(),
            return_addenda::fields(),
            batch_control::fields(),
            file_control::fields(),
        ];
        for fields in records {
            let mut next = 1;
            for field in fields {
                assert_eq!(field.start, next, "{field:?}");
                assert_eq!(field.range().len(), field.width());
                next = field.end + 1;
            }
            assert_eq!(next, RECORD_LENGTH + 1);
        }
    }
}
