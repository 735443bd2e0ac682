//! W3C trace context: one trace from the client's request to everything that comes of it.

use bytes::Bytes;
use uuid::Uuid;

/// A place in a trace. As text: `00-<trace>-<span>-<flags>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    id: u128,
    span: u64,
    flags: u8,
}

impl Trace {
    /// Goes on with the caller's trace in a span of our own, or begins one.
    pub(crate) fn enter(traceparent: Option<&str>) -> Self {
        let caller = traceparent.and_then(parse);
        Self {
            id: caller.map_or_else(|| Uuid::now_v7().as_u128(), |(trace, _)| trace),
            span: Uuid::now_v7().as_u64_pair().1,
            flags: caller.map_or(1, |(_, flags)| flags),
        }
    }

    /// The trace's id, 32 hexadecimal digits.
    pub(crate) fn id(&self) -> String {
        format!("{:032x}", self.id)
    }

    /// The header for whoever comes next.
    pub(crate) fn header(&self) -> Bytes {
        format!("00-{:032x}-{:016x}-{:02x}", self.id, self.span, self.flags).into()
    }
}

/// The trace id and the flags of a header of any version; `None` when it is not one.
fn parse(text: &str) -> Option<(u128, u8)> {
    let mut parts = text.splitn(5, '-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32)?;
    let span = hex(parts.next()?, 16)?;
    let flags = hex(parts.next()?, 2)?;
    let more = parts.next().is_some();
    (version != 0xff && !(version == 0 && more) && trace != 0 && span != 0).then_some((trace, flags as u8))
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    lower.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_callers_trace_goes_on_in_a_new_span() {
        let trace = Trace::enter(Some(CALLER));
        assert_eq!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        let header = String::from_utf8(trace.header().to_vec()).unwrap();
        assert!(header.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && header.ends_with("-01"), "{header}");
        assert!(!header.contains("00f067aa0ba902b7"));
        assert_eq!(Trace::enter(Some(&header)).id(), trace.id());
    }

    #[test]
    fn what_is_not_a_trace_begins_a_new_one() {
        for header in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            let trace = Trace::enter(Some(header));
            assert_ne!(trace.id(), "4bf92f3577b34da6a3ce929d0e0e4736", "{header}");
            assert_ne!(trace.id, 0);
        }
    }
}
