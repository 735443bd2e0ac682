//! Seals and opens with the keys in memory.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use threadline_domain::{Actor, Metadata, Sealed, Text};
use tokio::sync::watch;
use tokio_util::sync::DropGuard;

use crate::cache::{Cache, KeyId, KeyState, Known};
use crate::cipher::{self, SubjectKey};
use crate::metrics;
use crate::typed::{TextMut, Typed};
use crate::{Error, MasterKey, SealContext};

/// Authors in [`Sealing::recently_destroyed`].
const RECENTLY_DESTROYED_MAX: usize = 1_024;

/// The keys in memory, the master key, and those who wait for the destruction of keys.
pub(crate) struct Sealing {
    pub(crate) cache: Cache,
    /// How often keys were destroyed, as far as this process knows.
    pub(crate) destroyed: watch::Sender<u64>,
    /// The authors whose keys were destroyed last, each with the value that `destroyed` had then.
    pub(crate) recently_destroyed: Mutex<VecDeque<(u64, Actor)>>,
    pub(crate) master: Arc<dyn MasterKey>,
    /// Stops the watcher with the last keyring.
    pub(crate) _watching: DropGuard,
}

impl Sealing {
    /// Forgets the keys of this author and notifies those who keep opened texts.
    pub(crate) fn forget(&self, subject: &Actor) {
        self.cache.forget(subject);
        // Locked before the count rises: whoever sees the new count finds the author.
        let mut recent = self.recently_destroyed.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENTLY_DESTROYED_MAX {
            recent.pop_front();
        }
        let mut now = 0;
        self.destroyed.send_modify(|count| {
            *count += 1;
            now = *count;
        });
        recent.push_back((now, subject.clone()));
    }

    /// Returns the authors whose keys were destroyed after `destroyed` was `count`, as far as they are remembered.
    pub(crate) fn destroyed_since(&self, count: u64) -> Vec<Actor> {
        let recent = self.recently_destroyed.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().filter(|(at, _)| *at > count).map(|(_, subject)| subject.clone()).collect()
    }

    /// Seals with the keys in memory; returns the authors whose keys are missing.
    pub(crate) fn seal_with_known_keys<T: Typed>(&self, typed: &mut [T]) -> HashSet<Actor> {
        let mut missing = HashSet::new();
        for one in typed {
            one.each_text(&mut |context, text| {
                let Some(open) = open_text(&text) else { return };
                match self.cache.sealing_key(context.subject, context.thread) {
                    Some((generation, key)) => {
                        let sealed = key.seal(generation, &context, open);
                        put_sealed(text, sealed);
                    }
                    None => _ = missing.insert(context.subject.clone()),
                }
            });
        }
        missing
    }

    /// Opens with the keys in memory; returns the keys that are missing.
    pub(crate) fn open_with_known_keys<T: Typed>(&self, typed: &mut [T]) -> HashSet<KeyId> {
        let mut missing = HashSet::new();
        for one in typed {
            one.each_text(&mut |context, text| {
                let Some(sealed) = sealed_text(&text) else { return };
                let Some(generation) = cipher::generation_of(sealed) else { return unopenable(&context) };
                let id = KeyId { subject: context.subject.clone(), generation };
                match self.cache.opening_key(&id, context.thread) {
                    Known::Destroyed => {}
                    Known::Missing => _ = missing.insert(id),
                    Known::Live(key) => match key.open(&context, sealed) {
                        Some(opened) => put_open(text, &opened),
                        None => unopenable(&context),
                    },
                }
            });
        }
        missing
    }

    pub(crate) async fn unwrap(&self, id: &KeyId, wrapped: &[u8]) -> Result<KeyState, Error> {
        let bytes = self.master.unwrap(&label(id), wrapped).await?;
        let bytes = <[u8; cipher::KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| Error::WrongMasterKey)?;
        Ok(KeyState::Live(SubjectKey::from_bytes(bytes)))
    }
}

/// Returns what a wrapped key is bound to.
pub(crate) fn label(id: &KeyId) -> String {
    format!("{}:{}", id.generation, id.subject)
}

/// Reports a ciphertext that was changed or moved: it is shown like an erased text.
fn unopenable(context: &SealContext<'_>) {
    metrics::unopenable().increment(1);
    tracing::error!(
        thread.id = %context.thread,
        field = ?context.field,
        "failed to open a {:?} of thread {}: its key does not fit, or somebody has changed it; it is shown as erased",
        context.field,
        context.thread
    );
}

/// Returns the text to seal, if it is open and somebody typed it. A withheld text is empty, and stays open.
fn open_text<'a>(text: &'a TextMut<'_>) -> Option<&'a str> {
    match text {
        TextMut::Text(text) => text.as_open().filter(|text| !text.is_empty()),
        TextMut::Metadata(metadata) => metadata.as_json().filter(|json| *json != "{}"),
    }
}

fn sealed_text<'a>(text: &'a TextMut<'_>) -> Option<&'a Sealed> {
    match text {
        TextMut::Text(Text::Sealed(sealed)) | TextMut::Metadata(Metadata::Sealed(sealed)) => Some(sealed),
        TextMut::Text(Text::Open(_)) | TextMut::Metadata(Metadata::Open(_)) => None,
    }
}

fn put_sealed(text: TextMut<'_>, sealed: Sealed) {
    match text {
        TextMut::Text(text) => *text = Text::Sealed(sealed),
        TextMut::Metadata(metadata) => *metadata = Metadata::Sealed(sealed),
    }
}

fn put_open(text: TextMut<'_>, opened: &str) {
    match text {
        TextMut::Text(text) => *text = opened.into(),
        TextMut::Metadata(metadata) => *metadata = Metadata::from_canonical_json(opened),
    }
}
