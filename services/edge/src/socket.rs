//! A WebSocket's connection: read by its session's task, written by whoever finds it ready.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use threadline_hub::{Queued, Written};
use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::serve::connection::Connection;

/// Items in one write.
const ITEMS_PER_WRITE_MAX: usize = 32;
/// Bytes of the longest header of a frame from a server.
const HEADER_BYTES_MAX: usize = 10;
/// The first byte of a text frame in one piece.
const TEXT: u8 = 0x81;
/// A payload up to this length stands in the header's second byte.
const SHORT_BYTES_MAX: usize = 125;
/// Says that two bytes of length follow.
const LENGTH_OF_TWO: u8 = 126;
/// Says that eight bytes of length follow.
const LENGTH_OF_EIGHT: u8 = 127;

/// A connection that has left HTTP.
pub(crate) struct Socket {
    connection: Connection,
    /// What was read with the request.
    unread: Mutex<Bytes>,
}

impl Socket {
    pub(crate) fn new(connection: Connection, unread: Bytes) -> Self {
        // An empty slice would keep the whole buffer of the HTTP connection.
        let unread = if unread.is_empty() { Bytes::new() } else { unread };
        Self { connection, unread: Mutex::new(unread) }
    }

    /// Writes as many items as the kernel takes now, from this byte of the first one's wire form on.
    pub(crate) fn try_write(&self, items: &VecDeque<Queued>, front_written: usize) -> io::Result<Written> {
        let mut headers = [Header::default(); ITEMS_PER_WRITE_MAX];
        for (header, item) in headers.iter_mut().zip(items) {
            *header = Header::of(item);
        }
        let mut slices = [IoSlice::new(&[]); 2 * ITEMS_PER_WRITE_MAX];
        for ((place, header), item) in slices.chunks_exact_mut(2).zip(&headers).zip(items) {
            place[0] = IoSlice::new(header.bytes());
            place[1] = IoSlice::new(payload(item));
        }
        let count = items.len().min(ITEMS_PER_WRITE_MAX);
        let mut rest = &mut slices[..2 * count];
        IoSlice::advance_slices(&mut rest, front_written);
        let written = self.connection.stream().try_write_vectored(rest)?;
        let lengths = headers.iter().zip(items).map(|(header, item)| header.bytes().len() + payload(item).len());
        Ok(account(lengths, front_written + written))
    }

    /// Reads, for the session's task.
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        {
            let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
            if !unread.is_empty() {
                let count = unread.len().min(buf.remaining());
                buf.put_slice(&unread[..count]);
                unread.advance(count);
                if unread.is_empty() {
                    *unread = Bytes::new();
                }
                return Poll::Ready(Ok(()));
            }
        }
        let stream = self.connection.stream();
        loop {
            ready!(stream.poll_read_ready(cx))?;
            match read_until_empty(stream, buf.initialize_unfilled()) {
                Ok(count) => {
                    buf.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Waits until something can be written, for the session's task.
    pub(crate) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.stream().poll_write_ready(cx)
    }
}

/// Reads what fits. A read that leaves room has emptied the kernel's buffer: the stream then counts as not ready, which saves
/// a second read of each message.
fn read_until_empty(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    let full = stream.try_io(Interest::READABLE, || {
        read = stream.try_read(buffer)?;
        if (1..buffer.len()).contains(&read) { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
    });
    match full {
        Err(error) if read == 0 => Err(error),
        _ => Ok(read),
    }
}

/// The header of a frame from a server: such frames are not masked, so it is the same for every session.
#[derive(Clone, Copy, Default)]
struct Header {
    bytes: [u8; HEADER_BYTES_MAX],
    length: u8,
}

impl Header {
    fn of(item: &Queued) -> Self {
        let Queued::Text(payload) = item else { return Self::default() };
        let mut bytes = [0; HEADER_BYTES_MAX];
        bytes[0] = TEXT;
        let length = if payload.len() <= SHORT_BYTES_MAX {
            bytes[1] = payload.len() as u8;
            2
        } else if let Ok(short) = u16::try_from(payload.len()) {
            bytes[1] = LENGTH_OF_TWO;
            bytes[2..4].copy_from_slice(&short.to_be_bytes());
            4
        } else {
            bytes[1] = LENGTH_OF_EIGHT;
            bytes[2..10].copy_from_slice(&(payload.len() as u64).to_be_bytes());
            10
        };
        Self { bytes, length }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length.into()]
    }
}

fn payload(item: &Queued) -> &[u8] {
    match item {
        Queued::Text(bytes) | Queued::Raw(bytes) => bytes,
    }
}

/// Returns how many items of these lengths so many bytes fill, and what they fill of the next one.
fn account(lengths: impl Iterator<Item = usize>, mut bytes: usize) -> Written {
    let mut items = 0;
    for length in lengths {
        if bytes < length {
            break;
        }
        bytes -= length;
        items += 1;
    }
    Written { items, next_bytes: bytes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_name_the_length_in_the_shortest_way() {
        let header = |length: usize| Header::of(&Queued::Text(vec![0; length].into())).bytes().to_vec();
        assert_eq!(header(125), [0x81, 125]);
        assert_eq!(header(126), [0x81, 126, 0, 126]);
        assert_eq!(header(65_535), [0x81, 126, 255, 255]);
        assert_eq!(header(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert!(Header::of(&Queued::Raw("x".into())).bytes().is_empty());
    }

    #[test]
    fn written_bytes_fill_items_from_the_front() {
        let written = |bytes| account([3, 4].into_iter(), bytes);
        assert_eq!(written(2), Written { items: 0, next_bytes: 2 });
        assert_eq!(written(3), Written { items: 1, next_bytes: 0 });
        assert_eq!(written(6), Written { items: 1, next_bytes: 3 });
        assert_eq!(written(7), Written { items: 2, next_bytes: 0 });
    }
}
