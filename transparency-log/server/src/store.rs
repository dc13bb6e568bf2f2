//! The database: one file in the log's folder (spec/log.md, Storage).

pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod read;
pub(crate) mod readers;
pub(crate) mod schema;
pub(crate) mod write;

pub(crate) use self::database::{Database, Identity, Kind, LogRow};
pub(crate) use self::error::StoreError;
pub(crate) use self::read::{Head, Reader};
