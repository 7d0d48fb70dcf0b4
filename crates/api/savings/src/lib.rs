//! The savings API: wire types and handlers under `/restapi/v1/`.
