//! One offset for each partition of a topic, as far as the log could tell.

use std::collections::BTreeMap;

use crate::error::Error;
use threadline_domain::{Offset, Partition};

/// One offset for each partition of a topic. A partition that did not answer fails alone, so the caller says which ones
/// it needs:
///
/// | the caller needs | method | fails |
/// |---|---|---|
/// | every partition | [`all`](Self::all) | when one did not answer |
/// | one partition | [`of`](Self::of) | when that one did not answer |
/// | whatever is there | [`known`](Self::known) | never |
#[derive(Clone, Debug, Default)]
pub struct PartitionOffsets {
    known: BTreeMap<Partition, Offset>,
    away: BTreeMap<Partition, Error>,
}

impl PartitionOffsets {
    /// Makes one of partitions that all answered.
    pub fn from_known(known: BTreeMap<Partition, Offset>) -> Self {
        Self { known, away: BTreeMap::new() }
    }

    /// Makes one of partitions none of which answered.
    pub fn from_away(partitions: impl IntoIterator<Item = Partition>, error: &Error) -> Self {
        let away = partitions.into_iter().map(|partition| (partition, error.clone()));
        Self { known: BTreeMap::new(), away: away.collect() }
    }

    /// Returns the partitions that answered.
    pub fn known(&self) -> &BTreeMap<Partition, Offset> {
        &self.known
    }

    /// Returns the partitions that did not answer, with the reason.
    pub fn away(&self) -> &BTreeMap<Partition, Error> {
        &self.away
    }

    /// Returns one partition's offset; `None` when the topic has no such partition. Fails when this partition did not
    /// answer, whatever became of the others.
    pub fn of(&self, partition: Partition) -> Result<Option<Offset>, Error> {
        match (self.known.get(&partition), self.away.get(&partition)) {
            (Some(offset), _) => Ok(Some(*offset)),
            (None, Some(error)) => Err(error.clone()),
            (None, None) => Ok(None),
        }
    }

    /// Returns every partition's offset. Fails when one did not answer.
    pub fn all(self) -> Result<BTreeMap<Partition, Offset>, Error> {
        match self.away.into_values().next() {
            None => Ok(self.known),
            Some(error) => Err(error),
        }
    }
}

impl FromIterator<(Partition, Result<Offset, Error>)> for PartitionOffsets {
    fn from_iter<I: IntoIterator<Item = (Partition, Result<Offset, Error>)>>(answers: I) -> Self {
        let mut offsets = Self::default();
        for (partition, answer) in answers {
            match answer {
                Ok(offset) => {
                    offsets.known.insert(partition, offset);
                }
                Err(error) => {
                    offsets.away.insert(partition, error);
                }
            }
        }
        offsets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_that_is_away_fails_alone() {
        let away = || Error::Unavailable("no leader".into());
        let offsets: PartitionOffsets = [(0, Ok(7)), (1, Err(away()))].into_iter().collect();
        assert_eq!(offsets.of(0).expect("known"), Some(7));
        assert_eq!(offsets.of(2).expect("not there, which is known"), None);
        assert!(offsets.of(1).is_err());
        assert!(offsets.all().is_err());
        let known = BTreeMap::from([(0, 7), (1, 8)]);
        assert_eq!(PartitionOffsets::from_known(known.clone()).all().expect("all are known"), known);
        assert_eq!(PartitionOffsets::from_away(0..3, &away()).away().len(), 3);
    }
}
