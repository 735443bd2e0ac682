//! Seals and opens with the keys of a log.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use threadline_domain::Actor;
use tokio::sync::{OnceCell, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::cache::{Cache, KeyId, KeyState};
use crate::cipher::{self, Generation, SubjectKey};
use crate::keys::{Sealing, label};
use crate::metrics;
use crate::store::{self, Row, Store};
use crate::typed::Typed;
use crate::{Error, MasterKey, watch as watcher};

/// A text that is stored for every sealed log, wrapped with its master key, to recognise the key.
const MASTER_CHECK: &[u8] = b"threadline";
const MASTER_CHECK_LABEL: &str = "master check";

/// The bounds of a keyring.
#[derive(Clone, Debug)]
pub struct Config {
    /// Keys kept in memory; the least recently used are dropped and fetched again when needed.
    pub keys_max: NonZeroUsize,
    /// The longest wait for a fetch; after it, calls that need the keys fail as unavailable.
    pub fetch_timeout: Duration,
    /// Connections to the keys' Postgres.
    pub connections_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        const KEYS_MAX: NonZeroUsize = NonZeroUsize::new(50_000).unwrap();
        Self { keys_max: KEYS_MAX, fetch_timeout: Duration::from_secs(2), connections_max: 4 }
    }
}

/// Seals and opens typed texts for one log. Cheap to clone: clones share one cache of keys.
///
/// ```text
/// seal  post{content: Open("hi")} ─▶ keys in memory, else one fetch ─▶ post{content: Sealed(digest, ciphertext)} ─▶ log
/// open  rows, events, names ───────▶ keys in memory, else one fetch ─▶ Open("hi"), or still Sealed: erased
/// ```
///
/// - A log is sealed or not from its beginning. A keyring that is [`off`](Self::off) leaves every text as it is, and
///   refuses a sealed log ([`Error::OtherMode`]).
/// - A call fetches all keys it lacks with one statement, within [`Config::fetch_timeout`]. It fails with
///   [`Error::Unavailable`] when a needed key cannot be fetched now; keys in memory work on while Postgres is away.
/// - A destroyed key is no failure: its texts stay sealed, which callers show as `erased`.
/// - A call that fails or is dropped may leave some texts sealed or opened; calling again is harmless.
#[derive(Clone)]
pub struct Keyring {
    log: Arc<str>,
    store: Store,
    sealed: Option<Arc<Sealing>>,
    bound: Arc<OnceCell<()>>,
    fetch_timeout: Duration,
}

impl Keyring {
    /// Creates or updates the schema of the keys in this database.
    pub async fn migrate(database: &PgConnectOptions) -> Result<(), Error> {
        store::migrate(database).await
    }

    /// Makes a keyring that seals. Call it within a Tokio runtime.
    pub fn sealing(database: &PgConnectOptions, log: &str, master: Arc<dyn MasterKey>, config: &Config) -> Self {
        let store = Store::new(database, config.connections_max);
        let watching = CancellationToken::new();
        let sealing = Arc::new(Sealing {
            cache: Cache::new(config.keys_max),
            destroyed: watch::Sender::new(0),
            recently_destroyed: Mutex::default(),
            master,
            _watching: watching.clone().drop_guard(),
        });
        tokio::spawn(watching.run_until_cancelled_owned(watcher::run(store.clone(), Arc::downgrade(&sealing))));
        Self {
            log: log.into(),
            store,
            sealed: Some(sealing),
            bound: Arc::default(),
            fetch_timeout: config.fetch_timeout,
        }
    }

    /// Makes a keyring that leaves every text as it is.
    pub fn off(database: &PgConnectOptions, log: &str, config: &Config) -> Self {
        let store = Store::new(database, 1);
        Self { log: log.into(), store, sealed: None, bound: Arc::default(), fetch_timeout: config.fetch_timeout }
    }

    /// Checks that the log is sealed exactly if this keyring seals, and checks the master key; fixes both for a new
    /// log. Every call that needs keys does this first if it was not done yet.
    pub async fn bind(&self) -> Result<(), Error> {
        self.bound.get_or_try_init(|| self.bind_now()).await.copied()
    }

    async fn bind_now(&self) -> Result<(), Error> {
        let check = match &self.sealed {
            Some(sealing) => Some(sealing.master.wrap(MASTER_CHECK_LABEL, MASTER_CHECK).await?),
            None => None,
        };
        let bind = self.store.bind(&self.log, self.sealed.is_some(), check.as_deref().map(Vec::as_slice));
        let log = self.in_time(bind).await?;
        log.check_mode(self.sealed.is_some())?;
        if let Some(sealing) = &self.sealed {
            let check = log.master_check.ok_or(Error::WrongMasterKey)?;
            sealing.master.unwrap(MASTER_CHECK_LABEL, &check).await?;
        }
        Ok(())
    }

    /// Checks that a log is sealed exactly if this process is set to seal. Passes for a log that no keyring was bound to yet.
    /// Needs no master key: it is for roles that open no text.
    pub async fn check_mode(database: &PgConnectOptions, log: &str, seals: bool, config: &Config) -> Result<(), Error> {
        let keyring = Self::off(database, log, config);
        let found = keyring.in_time(keyring.store.log(log)).await;
        keyring.close().await;
        found?.map_or(Ok(()), |log| log.check_mode(seals))
    }

    /// Whether texts are sealed.
    pub const fn seals(&self) -> bool {
        self.sealed.is_some()
    }

    /// Closes the connections to the keys.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Seals every open text with its author's key, except for empty metadata and empty texts, which nobody typed. Waits only
    /// for keys that are not in memory, and fetches or creates all of them together.
    pub async fn seal<T: Typed + Send>(&self, typed: &mut [T]) -> Result<(), Error> {
        let Some(sealing) = &self.sealed else { return Ok(()) };
        loop {
            let missing = sealing.seal_with_known_keys(typed);
            if missing.is_empty() {
                return Ok(());
            }
            self.current_keys(sealing, missing.into_iter().collect()).await?;
        }
    }

    /// Fetches or creates the keys of these authors at once. [`seal`](Self::seal) then waits for none of them.
    pub async fn prepare(&self, subjects: Vec<Actor>) -> Result<(), Error> {
        match &self.sealed {
            Some(sealing) => self.current_keys(sealing, subjects).await,
            None => Ok(()),
        }
    }

    /// Opens every sealed text, after fetching all keys that are not in memory at once. A text that is still sealed
    /// afterwards is erased: its key was destroyed.
    pub async fn open<T: Typed + Send>(&self, typed: &mut [T]) -> Result<(), Error> {
        let Some(sealing) = &self.sealed else { return Ok(()) };
        loop {
            let missing = sealing.open_with_known_keys(typed);
            if missing.is_empty() {
                return Ok(());
            }
            let epoch = sealing.cache.epoch();
            let fetched = self.fetch(sealing, &missing).await?;
            // A key without a row was never created here: nothing will ever open what it sealed.
            let absent = missing.iter().filter(|id| !fetched.iter().any(|(found, _)| found == *id));
            let absent: Vec<_> = absent.map(|id| (id.clone(), KeyState::Destroyed)).collect();
            sealing.cache.insert(epoch, fetched.into_iter().chain(absent));
        }
    }

    /// Opens with the keys in memory only; `false` when a key must be fetched (see [`open`](Self::open)).
    pub fn try_open<T: Typed>(&self, typed: &mut [T]) -> bool {
        self.sealed.as_ref().is_none_or(|sealing| sealing.open_with_known_keys(typed).is_empty())
    }

    /// Destroys all keys of an author and returns how many there were. Everything that the author typed is erased, here
    /// at once and in other processes as soon as they are notified. Later texts of the author get a new key.
    pub async fn destroy(&self, subject: &Actor) -> Result<u64, Error> {
        let count = self.in_time(self.store.destroy(subject)).await?;
        if let Some(sealing) = &self.sealed {
            sealing.forget(subject);
        }
        Ok(count)
    }

    /// Returns a value that changes whenever keys were destroyed; whoever keeps opened texts must drop them then. Never
    /// changes for a keyring that is off.
    pub fn destroyed(&self) -> watch::Receiver<u64> {
        match &self.sealed {
            Some(sealing) => sealing.destroyed.subscribe(),
            None => watch::Sender::new(0).subscribe(),
        }
    }

    /// Returns how often this process was notified of destroyed keys.
    pub fn destroyed_count(&self) -> u64 {
        self.sealed.as_ref().map_or(0, |sealing| *sealing.destroyed.borrow())
    }

    /// Returns the authors whose keys were destroyed since [`destroyed_count`](Self::destroyed_count) was `count`. Leaves out
    /// all but the last 1,024, and those that were destroyed while this process had no connection to the keys.
    pub fn destroyed_since(&self, count: u64) -> Vec<Actor> {
        self.sealed.as_ref().map_or_else(Vec::new, |sealing| sealing.destroyed_since(count))
    }

    /// Looks up which of these authors have had a key destroyed: what they typed before is erased, whatever they type since.
    pub async fn erased(&self, subjects: &[Actor]) -> Result<HashSet<Actor>, Error> {
        match &self.sealed {
            Some(_) => self.in_time(self.store.erased(subjects)).await,
            None => Ok(HashSet::new()),
        }
    }

    /// Fetches the keys that these subjects seal with into the cache. Makes a key for each subject that has none, or only
    /// destroyed ones.
    async fn current_keys(&self, sealing: &Sealing, mut subjects: Vec<Actor>) -> Result<(), Error> {
        self.bind().await?;
        while !subjects.is_empty() {
            let epoch = sealing.cache.epoch();
            // The generation to make: 1 without a key, the next one after a destroyed key.
            let mut next: HashMap<Actor, Generation> = subjects.drain(..).map(|subject| (subject, 1)).collect();
            for Row { id, wrapped } in self.in_time(self.store.latest(next.keys())).await? {
                if let Some(wrapped) = wrapped {
                    let key = sealing.unwrap(&id, &wrapped).await?;
                    if sealing.cache.insert(epoch, [(id.clone(), key)]) {
                        sealing.cache.set_current(epoch, &id);
                    } else {
                        subjects.push(id.subject.clone());
                    }
                    next.remove(&id.subject);
                } else {
                    let spent = || Error::Schema(format!("{} has had too many keys", id.subject));
                    next.insert(id.subject.clone(), id.generation.checked_add(1).ok_or_else(spent)?);
                }
            }
            let mut made = Vec::with_capacity(next.len());
            for (subject, generation) in next {
                let id = KeyId { subject, generation };
                let key = SubjectKey::from_bytes(cipher::random());
                let wrapped = sealing.master.wrap(&label(&id), key.as_bytes()).await?;
                made.push(Row { id, wrapped: Some(wrapped.to_vec()) });
            }
            if !made.is_empty() {
                self.in_time(self.store.insert(&made)).await?;
            }
            // Another process may have inserted first; the next round reads whose key it is.
            subjects.extend(made.into_iter().map(|row| row.id.subject));
        }
        Ok(())
    }

    async fn fetch(&self, sealing: &Sealing, ids: &HashSet<KeyId>) -> Result<Vec<(KeyId, KeyState)>, Error> {
        self.bind().await?;
        metrics::key_fetches().increment(1);
        let mut keys = Vec::with_capacity(ids.len());
        for Row { id, wrapped } in self.in_time(self.store.fetch(ids)).await? {
            let state = match wrapped {
                Some(wrapped) => sealing.unwrap(&id, &wrapped).await?,
                None => KeyState::Destroyed,
            };
            keys.push((id, state));
        }
        Ok(keys)
    }

    async fn in_time<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = || Error::Unavailable(format!("no answer within {} ms", self.fetch_timeout.as_millis()));
        timeout(self.fetch_timeout, call).await.unwrap_or_else(|_| Err(late()))
    }
}
