//! GoCardless Bank Account Data: a client of open banking in the UK and Europe, and a simulator that speaks its HTTP.
