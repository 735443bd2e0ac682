//! Sealed text: the keyring on Postgres, and where text must and must not be.

mod keyring;
mod leak;
