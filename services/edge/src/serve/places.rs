//! Places for connections: so many in all, and so many for one client address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// The places of one listener.
pub(super) struct Places {
    max: usize,
    per_address_max: usize,
    gauge: &'static str,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection gets no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// All places are taken.
    Full,
    /// All places of this client address are taken.
    AddressFull,
}

impl NoPlace {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AddressFull => "address_full",
        }
    }
}

impl Places {
    /// `gauge` names the metric that counts the places taken.
    pub(super) fn new(max: usize, per_address_max: usize, gauge: &'static str) -> Arc<Self> {
        Arc::new(Self { max, per_address_max, gauge, taken: Mutex::default() })
    }

    /// Takes a place, or says at once why there is none.
    pub(super) fn take(self: &Arc<Self>, client: IpAddr) -> Result<Place, NoPlace> {
        let address = network(client);
        {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            if taken.count >= self.max {
                return Err(NoPlace::Full);
            }
            let of_address = taken.by_address.entry(address).or_default();
            if *of_address >= self.per_address_max {
                return Err(NoPlace::AddressFull);
            }
            *of_address += 1;
            taken.count += 1;
        }
        metrics::gauge!(self.gauge).increment(1.0);
        Ok(Place { places: Arc::clone(self), address })
    }

    fn give_back(&self, address: IpAddr) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.count -= 1;
        if let Some(of_address) = taken.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// One connection's place, given back when dropped.
pub(super) struct Place {
    places: Arc<Places>,
    address: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.give_back(self.address);
        metrics::gauge!(self.places.gauge).decrement(1.0);
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
        let places = Places::new(3, 2, "test");
        let [one, two, three] = ["10.0.0.1", "10.0.0.2", "::ffff:10.0.0.1"].map(|text| text.parse().unwrap());
        let first = places.take(one).ok().unwrap();
        let _second = places.take(three).ok().unwrap();
        assert_eq!(places.take(one).err(), Some(NoPlace::AddressFull), "a mapped IPv4 address is the same address");
        let _third = places.take(two).ok().unwrap();
        assert_eq!(places.take(two).err(), Some(NoPlace::Full));
        drop(first);
        assert!(places.take(one).is_ok());
        assert_eq!(places.taken.lock().unwrap().by_address.len(), 2);
    }

    #[test]
    fn an_address_without_connections_takes_no_memory() {
        let places = Places::new(1, 1, "test");
        drop(places.take("10.0.0.1".parse().unwrap()));
        assert!(places.taken.lock().unwrap().by_address.is_empty());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let places = Places::new(9, 1, "test");
        let _taken = places.take("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(places.take("2001:db8:1:2:ffff::9".parse().unwrap()).err(), Some(NoPlace::AddressFull));
        assert!(places.take("2001:db8:1:3::1".parse().unwrap()).is_ok());
    }
}
