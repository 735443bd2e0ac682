//! From Postgres' types to the domain's.

use std::str::FromStr;
use std::sync::Arc;

use threadline_domain::{Metadata, Timestamp, UserId};

use crate::Error;

/// A user id; they were all checked before they came into the log.
pub(crate) fn user(id: &str) -> Result<UserId, Error> {
    UserId::new(id).map_err(|reason| Error::Schema(format!("user id {reason}")))
}

/// A value stored by its name.
pub(crate) fn named<T: FromStr>(name: &str) -> Result<T, Error> {
    name.parse().map_err(|_| Error::Schema(format!("no {} is named {name}", std::any::type_name::<T>())))
}

pub(crate) fn metadata(json: &str) -> Metadata {
    Metadata::from_canonical_json(json)
}

pub(crate) fn text(text: Option<String>) -> Option<Arc<str>> {
    text.map(Into::into)
}

pub(crate) fn time(at: Option<i64>) -> Option<Timestamp> {
    at.map(Timestamp)
}
