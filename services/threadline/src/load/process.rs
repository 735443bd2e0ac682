//! What the server's processes take: CPU and memory, from /proc.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// Clock ticks a second in /proc, the same on every Linux of today.
const TICKS_PER_SECOND: f64 = 100.0;
/// Where `utime` and `stime` stand after a process's name.
const UTIME: usize = 11;
const STIME: usize = 12;
const PPID: usize = 1;

/// CPU seconds that the processes named and their descendants have taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cpu {
    /// The processes named.
    pub(super) own_seconds: f64,
    /// Their descendants: a managed Postgres.
    pub(super) children_seconds: f64,
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            own_seconds: self.own_seconds - earlier.own_seconds,
            children_seconds: (self.children_seconds - earlier.children_seconds).max(0.0),
        }
    }
}

/// CPU taken so far.
pub(super) fn cpu(pids: &[u32]) -> Cpu {
    let own: f64 = pids.iter().filter_map(|pid| stat(*pid)).map(|stat| stat.seconds).sum();
    let children: f64 = descendants(pids).into_iter().filter_map(stat).map(|stat| stat.seconds).sum();
    Cpu { own_seconds: own, children_seconds: children }
}

/// Resident memory of the processes named, bytes.
pub(super) fn resident_bytes(pids: &[u32]) -> u64 {
    let resident = |pid: &u32| {
        let status = fs::read_to_string(PathBuf::from("/proc").join(pid.to_string()).join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1_024)
    };
    pids.iter().filter_map(resident).sum()
}

struct Stat {
    parent: u32,
    seconds: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(UTIME)?.parse::<f64>().ok()? + fields.get(STIME)?.parse::<f64>().ok()?;
    Some(Stat { parent: fields.get(PPID)?.parse().ok()?, seconds: ticks / TICKS_PER_SECOND })
}

fn descendants(pids: &[u32]) -> BTreeSet<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let parents: BTreeMap<u32, u32> = processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid| Some((pid, stat(pid)?.parent)))
        .collect();
    let is_below = |mut pid: u32| {
        while let Some(&parent) = parents.get(&pid) {
            if pids.contains(&parent) {
                return true;
            }
            pid = parent;
        }
        false
    };
    parents.keys().copied().filter(|pid| !pids.contains(pid) && is_below(*pid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_memory_and_has_an_ancestor() {
        let own = std::process::id();
        assert!(resident_bytes(&[own]) > 0);
        let parent = stat(own).expect("we run").parent;
        assert!(descendants(&[parent]).contains(&own));
    }
}
