//! Errors as clients see them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{ErrorCode, RequestError};

/// The error that error frames and problem documents share.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorBody<'a> {
    /// The machine-readable code, such as `not_a_member`.
    #[schema(value_type = ErrorCode)]
    pub code: &'static str,
    /// What the code means.
    pub title: &'static str,
    /// What is wrong in this request.
    pub detail: &'a str,
    /// The field at fault, dotted, such as `message.content`.
    #[schema(required)]
    pub field: Option<&'a str>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// How long to wait before a retry.
    #[schema(required)]
    pub retry_after_ms: Option<u64>,
}

impl<'a> ErrorBody<'a> {
    /// Makes it from an error.
    pub fn new(error: &'a RequestError, retry_after_ms: Option<u64>) -> Self {
        Self {
            code: error.code.name(),
            title: error.code.title(),
            detail: &error.detail,
            field: error.field.as_deref(),
            retryable: error.code.retryable(),
            retry_after_ms,
        }
    }
}
