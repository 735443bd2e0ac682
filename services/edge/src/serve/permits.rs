//! Permits for connections: so many in all, and so many for one client address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use threadline_metrics::metrics::Gauge;

/// The permits of one listener.
pub(super) struct ConnectionPermits {
    max: usize,
    per_address_max: usize,
    in_use: Gauge,
    taken: Mutex<PermitsInUse>,
}

#[derive(Default)]
struct PermitsInUse {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection gets no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPermit {
    /// All permits are taken.
    Full,
    /// All permits of this client address are taken.
    AddressFull,
}

impl NoPermit {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AddressFull => "address_full",
        }
    }
}

impl ConnectionPermits {
    /// `in_use` counts the permits that are taken.
    pub(super) fn new(max: usize, per_address_max: usize, in_use: Gauge) -> Arc<Self> {
        Arc::new(Self { max, per_address_max, in_use, taken: Mutex::default() })
    }

    /// Takes a permit, or says at once why there is none. Without an address it counts among all only.
    pub(super) fn take(self: &Arc<Self>, client: Option<IpAddr>) -> Result<ConnectionPermit, NoPermit> {
        let address = client.map(network);
        {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            if taken.count >= self.max {
                return Err(NoPermit::Full);
            }
            if let Some(address) = address {
                let of_address = taken.by_address.entry(address).or_default();
                if *of_address >= self.per_address_max {
                    return Err(NoPermit::AddressFull);
                }
                *of_address += 1;
            }
            taken.count += 1;
        }
        self.in_use.increment(1.0);
        Ok(ConnectionPermit { permits: Arc::clone(self), address })
    }

    fn give_back(&self, address: Option<IpAddr>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.count -= 1;
        let Some(address) = address else { return };
        if let Some(of_address) = taken.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// One connection's permit, given back when dropped.
pub(super) struct ConnectionPermit {
    permits: Arc<ConnectionPermits>,
    address: Option<IpAddr>,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.permits.give_back(self.address);
        self.permits.in_use.decrement(1.0);
    }
}

/// What counts as one client address. Whoever has one IPv6 address has a network of 64 bits.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_in_all_and_per_address_and_come_back() {
        let permits = ConnectionPermits::new(3, 2, Gauge::noop());
        let [one, two, three] = ["10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1"].map(|text| text.parse().unwrap());
        let first = permits.take(Some(one)).ok().unwrap();
        let _second = permits.take(Some(three)).ok().unwrap();
        assert_eq!(
            permits.take(Some(one)).err(),
            Some(NoPermit::AddressFull),
            "a mapped IPv4 address is the same address"
        );
        let _third = permits.take(Some(two)).ok().unwrap();
        assert_eq!(permits.take(Some(two)).err(), Some(NoPermit::Full));
        drop(first);
        assert!(permits.take(Some(one)).is_ok());
        assert_eq!(permits.taken.lock().unwrap().by_address.len(), 2);
    }

    #[test]
    fn an_address_without_connections_takes_no_memory() {
        let permits = ConnectionPermits::new(1, 1, Gauge::noop());
        drop(permits.take(Some("10.0.0.1".parse().unwrap())));
        assert!(permits.taken.lock().unwrap().by_address.is_empty());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let permits = ConnectionPermits::new(9, 1, Gauge::noop());
        let _taken = permits.take(Some("2001:db8:1:2::1".parse().unwrap()));
        assert_eq!(permits.take(Some("2001:db8:1:2:ffff::9".parse().unwrap())).err(), Some(NoPermit::AddressFull));
        assert!(permits.take(Some("2001:db8:1:3::1".parse().unwrap())).is_ok());
    }
}
