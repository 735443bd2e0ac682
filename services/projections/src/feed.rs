//! One generation as a projector feeds it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use sqlx::PgPool;
use threadline_domain::{Partition, Topic};

use crate::{Error, Generation, Progress, Projection, Spec, checksums, positions};

/// A generation that a projector feeds. Cheap to clone. Batches reach it through [`project`](crate::project).
#[derive(Clone)]
pub struct Feed {
    pub(crate) projection: Arc<dyn Projection>,
    pub(crate) generation: Arc<Generation>,
    pub(crate) pool: PgPool,
}

impl Feed {
    /// Returns the specification of its projection.
    pub fn spec(&self) -> &'static Spec {
        self.projection.spec()
    }

    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// Reads its progress in each partition of a topic; one without records is absent.
    pub async fn progress(&self, topic: Topic) -> Result<BTreeMap<Partition, Progress>, Error> {
        positions::all(&self.generation.schema, &self.pool, topic).await
    }

    /// Computes for each table its row count and a checksum over its rows: equal exactly when the rows are.
    pub async fn checksums(&self) -> Result<BTreeMap<&'static str, String>, Error> {
        checksums::all(self.spec(), &self.generation.schema, &self.pool).await
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Feed").field(&self.generation.schema.as_str()).finish()
    }
}
