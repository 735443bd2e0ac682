//! Seals what people type before it enters the log, and opens it where it is shown.
//!
//! Content, titles, names and metadata are encrypted at the edge under a random key of their author. The keys lie in
//! Postgres, in a schema that no rebuild touches, wrapped with a master key that does not lie there. A destroyed key makes
//! every text of its author unreadable at once, in the log, in every projection and in every backup of them.
//!
//! ```text
//! master key --wraps--> subject key (random, one an author and generation)
//!                            |
//!                            +--HKDF(thread)--> thread key --+-- XChaCha20-Poly1305: the ciphertext
//!                                                            +-- HMAC-SHA256: the digest that recognises the same text
//! ```
//!
//! Start at [`Keyring`]: [`Keyring::seal`] and [`Keyring::open`] work on anything that is [`Typed`]. [`context`] says what a
//! ciphertext is bound to, [`cipher`] is the cryptography, [`keys`] the keys in memory, [`store`] the only SQL on keys,
//! [`watch`] hears of destroyed ones.

mod cache;
mod cipher;
mod context;
mod error;
mod keyring;
mod keys;
mod master;
pub mod metrics;
mod store;
mod typed;
mod watch;

pub use context::{Field, SealContext};
pub use error::Error;
pub use keyring::{Config, Keyring};
pub use master::{LocalMasterKey, MasterKey, Wrapping};
pub use store::SCHEMA;
pub use typed::{TextMut, Typed};
