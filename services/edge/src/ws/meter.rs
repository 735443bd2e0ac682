//! Counts a client's frames in the bytes that it sends, before the protocol joins fragments and answers pings.

/// The last frame of its message.
const FINAL: u8 = 0x80;
/// Opcodes from here on are pings, pongs and closes.
const CONTROL_MIN: u8 = 0x08;
/// The bits of the first byte that hold the opcode.
const OPCODE: u8 = 0x0f;
/// Says that a mask follows the length.
const MASKED: u8 = 0x80;
/// Bytes of a mask.
const MASK_BYTES: u64 = 4;

/// Follows the frames of one client by their headers; payloads are passed over.
///
/// Only frames that are no message of their own are counted: pings, pongs, closes, and fragments but for the last. The
/// message itself is counted when it is read.
#[derive(Default)]
pub(super) struct Meter {
    next: Next,
    /// Bytes of the payload and the mask still to come; until the length is read, what is read of it.
    left: u64,
    is_masked: bool,
    extra: u32,
}

/// What the next byte is.
#[derive(Clone, Copy, Default)]
enum Next {
    #[default]
    First,
    Second,
    /// One of so many bytes of the length.
    Length(u8),
    Payload,
}

impl Meter {
    /// Notes bytes that were read.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        loop {
            if let Next::Payload = self.next {
                let passed = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
                self.left -= passed as u64;
                bytes = &bytes[passed..];
                if self.left > 0 {
                    return;
                }
                self.next = Next::First;
            }
            let Some((&byte, rest)) = bytes.split_first() else { return };
            bytes = rest;
            self.header_byte(byte);
        }
    }

    fn header_byte(&mut self, byte: u8) {
        self.next = match self.next {
            Next::First | Next::Payload => {
                let is_extra = byte & FINAL == 0 || byte & OPCODE >= CONTROL_MIN;
                self.extra = self.extra.saturating_add(is_extra.into());
                Next::Second
            }
            Next::Second => {
                self.is_masked = byte & MASKED != 0;
                self.left = 0;
                match byte & !MASKED {
                    126 => Next::Length(2),
                    127 => Next::Length(8),
                    short => self.payload(short.into()),
                }
            }
            Next::Length(bytes_left) => {
                self.left = self.left << 8 | u64::from(byte);
                if bytes_left > 1 { Next::Length(bytes_left - 1) } else { self.payload(self.left) }
            }
        };
    }

    fn payload(&mut self, bytes: u64) -> Next {
        self.left = if self.is_masked { bytes.saturating_add(MASK_BYTES) } else { bytes };
        Next::Payload
    }

    /// Frames counted since the last [`take`](Self::take).
    pub(super) fn extra(&self) -> u32 {
        self.extra
    }

    /// Likewise, and counts from 0 again.
    pub(super) fn take(&mut self) -> u32 {
        std::mem::take(&mut self.extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(first: u8, length: u64) -> Vec<u8> {
        let mut frame = vec![first];
        match length {
            0..=125 => frame.push(0x80 | length as u8),
            126..=65_535 => {
                frame.push(0x80 | 0x7e);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend(length.to_be_bytes());
            }
        }
        // Payloads of bytes that would count as headers.
        frame.resize(frame.len() + 4 + length as usize, 0x89);
        frame
    }

    #[test]
    fn what_is_no_message_of_its_own_is_counted_however_the_bytes_come() {
        let frames = [
            (masked(0x81, 5), 0),
            (masked(0x89, 0), 1),
            (masked(0x8a, 125), 1),
            (masked(0x01, 126), 1),
            (masked(0x00, 0), 1),
            (masked(0x89, 3), 1),
            (masked(0x80, 70_000), 0),
            (masked(0x82, 65_535), 0),
            (vec![0x81, 2, 0x89, 0x89], 0),
            (masked(0x88, 2), 1),
        ];
        let all: Vec<u8> = frames.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let expected: u32 = frames.iter().map(|(_, extra)| extra).sum();
        for at_once in [1, 2, 7, 1_024, all.len()] {
            let mut meter = Meter::default();
            all.chunks(at_once).for_each(|bytes| meter.read(bytes));
            assert_eq!(meter.take(), expected, "{at_once} bytes at once");
            assert_eq!(meter.extra(), 0);
        }
    }

    #[test]
    fn a_length_beyond_everything_is_passed_over() {
        let mut meter = Meter::default();
        meter.read(&[&[0x89, 0xff][..], &[0xff; 8], &[0x89; 64]].concat());
        assert_eq!(meter.extra(), 1);
    }
}
