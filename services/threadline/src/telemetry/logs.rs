//! Log lines of the process.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Format, Telemetry};

/// What says at every start that all is there already; the configured level may name it to hear it.
const QUIET: &str = "sqlx::postgres::notice=warn";
/// Sends logs to standard error. Only the first call in a process has an effect.
pub fn start_logs(telemetry: &Telemetry) {
    let json = match telemetry.format {
        Format::Json => true,
        Format::Text => false,
        Format::Auto => !io::stderr().is_terminal(),
    };
    let filter = EnvFilter::try_new(format!("{QUIET},{}", telemetry.level)).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = if json {
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
    } else {
        let ansi = io::stderr().is_terminal();
        tracing_subscriber::fmt::layer().with_ansi(ansi).with_target(false).with_writer(OneLine).boxed()
    };
    let _ = tracing_subscriber::registry().with(filter).with(layer).try_init();
}

/// Writes each event as one line, whatever stands in it: a line break in a value cannot begin a line of its own.
#[derive(Clone, Copy, Debug)]
struct OneLine;

impl<'a> MakeWriter<'a> for OneLine {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

impl Write for OneLine {
    /// The formatter hands over an event in one piece.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        io::stderr().lock().write_all(&one_line(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn one_line(event: &[u8]) -> Vec<u8> {
    let text = event.strip_suffix(b"\n").unwrap_or(event);
    let mut line = Vec::with_capacity(event.len() + 2);
    for &byte in text {
        match byte {
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            _ => line.push(byte),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_begin_a_line() {
        assert_eq!(one_line(b"name=a\r\n2026 INFO all is well\n"), b"name=a\\r\\n2026 INFO all is well\n");
    }
}
