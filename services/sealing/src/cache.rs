//! Keys in memory: the most recently used ones, bounded by their number.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use threadline_domain::{Actor, ThreadId};

use crate::cipher::{Generation, SubjectKey, ThreadKey};

/// One of a subject's keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KeyId {
    pub(crate) subject: Actor,
    pub(crate) generation: Generation,
}

/// A key as far as it is known.
#[derive(Clone)]
pub(crate) enum KeyState {
    /// The key seals and opens.
    Live(SubjectKey),
    /// The key was destroyed: the texts it sealed are erased.
    Destroyed,
}

/// A cache's answer about a key.
pub(crate) enum Known<T> {
    Live(T),
    Destroyed,
    /// The key must be fetched.
    Missing,
}

/// Keys by subject and by thread, and which generation of a subject seals.
pub(crate) struct Cache(Mutex<Entries>);

struct Entries {
    keys: LruCache<KeyId, KeyState>,
    threads: LruCache<(KeyId, ThreadId), Arc<ThreadKey>>,
    current: LruCache<Actor, Generation>,
    /// Incremented when something is forgotten.
    epoch: u64,
}

impl Cache {
    /// Makes an empty cache with room for this many keys of subjects, and as many of threads.
    pub(crate) fn new(keys_max: NonZeroUsize) -> Self {
        Self(Mutex::new(Entries {
            keys: LruCache::new(keys_max),
            threads: LruCache::new(keys_max),
            current: LruCache::new(keys_max),
            epoch: 0,
        }))
    }

    /// Returns the epoch. Read it before fetching keys, so that [`insert`](Self::insert) refuses keys that were
    /// destroyed meanwhile.
    pub(crate) fn epoch(&self) -> u64 {
        self.lock().epoch
    }

    /// Returns the key that a subject seals with in a thread.
    pub(crate) fn sealing_key(&self, subject: &Actor, thread: ThreadId) -> Option<(Generation, Arc<ThreadKey>)> {
        let mut entries = self.lock();
        let generation = *entries.current.get(subject)?;
        match entries.thread_key(&KeyId { subject: subject.clone(), generation }, thread) {
            Known::Live(key) => Some((generation, key)),
            Known::Destroyed | Known::Missing => None,
        }
    }

    /// Returns the key that opens what this key sealed in a thread.
    pub(crate) fn opening_key(&self, id: &KeyId, thread: ThreadId) -> Known<Arc<ThreadKey>> {
        self.lock().thread_key(id, thread)
    }

    /// Adds keys that were fetched since `epoch`. If something was forgotten since, adds none and returns `false`.
    pub(crate) fn insert(&self, epoch: u64, keys: impl IntoIterator<Item = (KeyId, KeyState)>) -> bool {
        let mut entries = self.lock();
        let is_current = entries.epoch == epoch;
        if is_current {
            keys.into_iter().for_each(|(id, state)| _ = entries.keys.put(id, state));
        }
        is_current
    }

    /// Records which of a subject's keys seals, unless something was forgotten since `epoch`.
    pub(crate) fn set_current(&self, epoch: u64, id: &KeyId) {
        let mut entries = self.lock();
        if entries.epoch == epoch {
            entries.current.put(id.subject.clone(), id.generation);
        }
    }

    /// Forgets all keys of a subject.
    pub(crate) fn forget(&self, subject: &Actor) {
        let mut entries = self.lock();
        entries.epoch += 1;
        entries.current.pop(subject);
        let keys: HashSet<KeyId> =
            entries.keys.iter().filter(|(id, _)| id.subject == *subject).map(|(id, _)| id.clone()).collect();
        for id in &keys {
            entries.keys.pop(id);
        }
        let threads: Vec<_> =
            entries.threads.iter().filter(|((id, _), _)| id.subject == *subject).map(|(key, _)| key.clone()).collect();
        for key in &threads {
            entries.threads.pop(key);
        }
    }

    /// Forgets all keys of all subjects.
    pub(crate) fn clear(&self) {
        let mut entries = self.lock();
        entries.epoch += 1;
        entries.keys.clear();
        entries.threads.clear();
        entries.current.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn thread_key(&mut self, id: &KeyId, thread: ThreadId) -> Known<Arc<ThreadKey>> {
        let of_thread = (id.clone(), thread);
        if let Some(key) = self.threads.get(&of_thread) {
            return Known::Live(Arc::clone(key));
        }
        match self.keys.get(id) {
            None => Known::Missing,
            Some(KeyState::Destroyed) => Known::Destroyed,
            Some(KeyState::Live(key)) => {
                let key = Arc::new(key.of_thread(thread));
                self.threads.put(of_thread, Arc::clone(&key));
                Known::Live(key)
            }
        }
    }
}
