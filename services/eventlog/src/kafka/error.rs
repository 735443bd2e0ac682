//! Translates failures of librdkafka into ours.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::Error;

/// Translates a failure of the client.
pub(super) fn unavailable(error: &KafkaError) -> Error {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::Authentication,
        ) => Error::misconfigured("the brokers refused", error.clone()),
        Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight | RDKafkaErrorCode::MessageTimedOut) => {
            Error::Unavailable("the brokers did not confirm in time".into())
        }
        _ => Error::unavailable("Kafka's client failed", error.clone()),
    }
}
