//! The live generation of a projection, as readers see it.
//!
//! A swap must not make a request fail. So a reader keeps the generation that it knows, looks into the registry once in
//! a while, and switches between two calls. The old generation is fed until the next swap, so what a reader sees
//! meanwhile is true; if it is gone all the same, the call looks again and is repeated once.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::awaited::Awaited;
use crate::registry::Registry;
use crate::{Error, Schema, Spec, schema};

/// How long a reader trusts what it last saw in the registry.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The live generation of a projection. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Live(Arc<Inner>);

struct Inner {
    pool: PgPool,
    registry: Registry,
    spec: &'static Spec,
    known: RwLock<Option<Known>>,
    is_looking: AtomicBool,
}

#[derive(Clone)]
struct Known {
    reader: Arc<Reader>,
    looked_at: Instant,
}

/// Makes a call on the live generation; repeats it once if the generation turns out to be gone.
macro_rules! read {
    ($live:expr, |$reader:ident| $call:expr) => {{
        let $reader = $live.reader().await?;
        match $call.await {
            Err(error) => {
                let $reader = $live.instead(&$reader, error).await?;
                $call.await
            }
            answer => answer,
        }
    }};
}
pub(crate) use read;

/// A generation to read from.
pub(crate) struct Reader {
    pub(crate) pool: PgPool,
    pub(crate) schema: Schema,
    pub(crate) awaited: Awaited,
}

impl Live {
    pub(crate) fn new(pool: &PgPool, spec: &'static Spec) -> Self {
        let pool = schema::pool_like(pool);
        let registry = Registry::over(pool.clone());
        Self(Arc::new(Inner { pool, registry, spec, known: RwLock::default(), is_looking: AtomicBool::new(false) }))
    }

    /// Finds the generation to read from after a call on one that is gone; returns any other error.
    pub(crate) async fn instead(&self, of: &Reader, error: Error) -> Result<Arc<Reader>, Error> {
        if !matches!(error, Error::Schema(_)) {
            return Err(error);
        }
        let other = self.0.look().await?;
        if other.schema == of.schema { Err(error) } else { Ok(other) }
    }

    /// Returns the live generation as last seen.
    pub(crate) async fn reader(&self) -> Result<Arc<Reader>, Error> {
        let Some(known) = self.0.known() else { return self.0.look().await };
        if known.looked_at.elapsed() > LOOK_AGAIN && !self.0.is_looking.swap(true, Ordering::AcqRel) {
            let inner = Arc::clone(&self.0);
            tokio::spawn(async move {
                if let Err(error) = inner.look().await {
                    tracing::debug!(
                        projection = inner.spec.name,
                        %error,
                        "failed to look for the live generation: {error}"
                    );
                }
                inner.is_looking.store(false, Ordering::Release);
            });
        }
        Ok(known.reader)
    }

    pub(crate) async fn close(&self) {
        self.0.pool.close().await;
    }
}

impl Inner {
    fn known(&self) -> Option<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks into the registry.
    async fn look(&self) -> Result<Arc<Reader>, Error> {
        let looked_at = Instant::now();
        let looked = self.registry.live(self.spec).await;
        let before = self.known();
        let live = match (looked, &before) {
            // A newer program has swapped in tables that this one does not know. This one reads on from those it knows,
            // which are fed until the next swap.
            (Err(Error::Newer { .. } | Error::Outdated { .. }), Some(before)) => before.reader.schema.clone(),
            (looked, _) => looked?.schema,
        };
        let reader = match before {
            Some(before) if before.reader.schema == live => before.reader,
            before => {
                if before.is_some() {
                    tracing::info!(
                        projection = self.spec.name,
                        schema = live.as_str(),
                        "reading {} from generation {live}",
                        self.spec.name
                    );
                }
                let reader = Reader { pool: self.pool.clone(), schema: live, awaited: Awaited::default() };
                Arc::new(reader)
            }
        };
        let known = Known { reader: Arc::clone(&reader), looked_at };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        Ok(reader)
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.known();
        f.debug_tuple("Live").field(&known.as_ref().map(|known| known.reader.schema.as_str())).finish()
    }
}
