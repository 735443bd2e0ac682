//! Names by which a group recognises a member that was started again.

use std::os::unix::net::UnixDatagram;

use crate::partition::murmur2;

/// Processes on one host that can have names of their own; further ones have none.
const PROCESSES_MAX: u32 = 256;
/// Bytes of a name; brokers refuse longer ones.
const NAME_BYTES_MAX: usize = 249;

/// How a group recognises a process that was killed and started again (Kafka's static membership; decision 5).
///
/// A member with a name gets its partitions back as soon as it joins again. One without waits for the length of a
/// session until the broker gives up on the member that it was before. Two processes must not have one name at the same
/// time: the one that joined first loses its partitions and goes on without a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupInstance {
    /// The name of the host and the lowest number that no other process on this host has in the group. No name where
    /// the system is not Linux.
    #[default]
    OfHost,
    /// This name, for a host whose name changes with each start.
    Named(String),
    Unnamed,
}

/// The name that this process has in a group, held while this lives.
pub(super) struct Claim {
    pub(super) name: Option<String>,
    /// Bound to an address that stands for the number; the kernel frees it however the process ends.
    _number: Option<UnixDatagram>,
}

impl Claim {
    /// Claims a name in the group.
    pub(super) fn take(instance: &GroupInstance, group: &str) -> Self {
        match instance {
            GroupInstance::OfHost => Self::of_host(group).unwrap_or_else(Self::none),
            GroupInstance::Named(name) => Self { name: Some(allowed(name)), _number: None },
            GroupInstance::Unnamed => Self::none(),
        }
    }

    pub(super) const fn none() -> Self {
        Self { name: None, _number: None }
    }

    fn of_host(group: &str) -> Option<Self> {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        // As long as an address may be, whatever the group's name.
        let hash = murmur2(group.as_bytes());
        let claim = |number: u32| Some((number, bind(&format!("threadline-member-{hash:08x}-{number}"))?));
        let (number, socket) = (0..PROCESSES_MAX).find_map(claim)?;
        Some(Self { name: Some(allowed(&format!("{}-{number}", host.trim()))), _number: Some(socket) })
    }
}

/// Binds a socket to an abstract address; `None` when another process has it.
#[cfg(target_os = "linux")]
fn bind(name: &str) -> Option<UnixDatagram> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name).ok()?).ok()
}

#[cfg(not(target_os = "linux"))]
fn bind(_: &str) -> Option<UnixDatagram> {
    None
}

/// Replaces the characters of a name that brokers refuse.
fn allowed(name: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    name.chars().map(legal).take(NAME_BYTES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_number_is_free_again_when_its_process_has_gone() {
        let take = || Claim::take(&GroupInstance::OfHost, "instance-test");
        let (first, second) = (take(), take());
        assert!(first.name.as_ref().is_some_and(|name| name.ends_with("-0")), "{:?}", first.name);
        assert!(second.name.as_ref().is_some_and(|name| name.ends_with("-1")), "{:?}", second.name);
        let other_group = Claim::take(&GroupInstance::OfHost, "instance-test-too");
        assert_eq!(other_group.name, first.name);
        let name = first.name.clone();
        drop(first);
        assert_eq!(take().name, name);
    }

    #[test]
    fn a_name_has_only_what_brokers_take() {
        let named = Claim::take(&GroupInstance::Named("pod/a b.example_1".into()), "g");
        assert_eq!(named.name.as_deref(), Some("pod-a-b.example_1"));
        assert_eq!(Claim::take(&GroupInstance::Unnamed, "g").name, None);
    }
}
