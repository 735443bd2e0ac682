//! Ports that no other test takes.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// Below the range from which the kernel gives ports to outgoing connections.
const FIRST: u16 = 20_000;
const LAST: u16 = 31_000;

/// Consecutive TCP ports on loopback, ours until dropped: whoever holds the UDP port of a number owns its TCP port, so
/// that a process may be killed and started again on its port, and test runs side by side keep out of each other's way.
pub(super) struct Ports {
    first: u16,
    _held: Vec<UdpSocket>,
}

impl Ports {
    /// Takes so many.
    pub(super) fn take(count: u16) -> Self {
        let mut first = FIRST;
        while first + count < LAST {
            match (first..first + count).map(hold).collect::<Result<Vec<_>, _>>() {
                Ok(held) => return Self { first, _held: held },
                Err(taken) => first = taken + 1,
            }
        }
        panic!("no {count} consecutive free ports between {FIRST} and {LAST}");
    }

    /// The one with this index.
    pub(super) fn get(&self, index: u16) -> u16 {
        self.first + index
    }
}

/// The hold on a port, or the port when somebody has it.
fn hold(port: u16) -> Result<UdpSocket, u16> {
    let held = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).map_err(|_| port)?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|_| port)?;
    Ok(held)
}
