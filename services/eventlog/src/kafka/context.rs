//! Passes librdkafka's log lines and errors on to `tracing`.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// librdkafka's name for lines about connections.
const CONNECTION_FAILED: &str = "FAIL";

/// Passes the client's lines on to `tracing`, and keeps the reason why it could not reach the brokers.
#[derive(Clone, Debug, Default)]
pub(super) struct Logging {
    trouble: Arc<Mutex<Option<String>>>,
}

impl Logging {
    /// Returns why a connection failed last, if one did since the last call.
    pub(super) fn take_trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn note(&self, reason: &str) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

impl ClientContext for Logging {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        if facility == CONNECTION_FAILED {
            // After the name of the thread.
            let reason = line.split_once("]: ").map_or(line, |(_, reason)| reason);
            self.note(reason);
        }
        log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            self.note(reason);
        }
        report(&error, reason);
    }
}

impl ConsumerContext for Logging {}

/// Logs a line of librdkafka. Its errors are warnings to us: it retries by itself, and a lasting failure fails a call.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, line: &str) {
    // Many connections fail while a broker is away; that none is left is reported once, in `report`.
    let told_elsewhere = facility == CONNECTION_FAILED || line.contains("enable.gapless.guarantee is experimental");
    if (level as i32) <= RDKafkaLogLevel::Warning as i32 && !told_elsewhere {
        tracing::warn!(kafka.facility = facility, "{line}");
    } else {
        tracing::debug!(kafka.facility = facility, "{line}");
    }
}

/// Reports an error of the client as a whole. Single connections come and go; a lasting error is worth a warning.
pub(super) fn report(error: &KafkaError, reason: &str) {
    let lasts = matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SSL
                | RDKafkaErrorCode::Fatal
        )
    );
    if lasts {
        tracing::warn!(%error, "Kafka's client failed: {reason}; it tries again by itself");
    } else {
        tracing::debug!(%error, "Kafka's client failed: {reason}; it tries again by itself");
    }
}
