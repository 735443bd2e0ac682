//! Who may come in: JSON Web Tokens, checked as the configuration says and never as the token says.

mod claims;
mod config;
mod jwks;
mod mint;
mod roles;
#[cfg(test)]
mod tests;
mod verify;

pub use config::{AuthConfig, JwksConfig, KeySource, SECRET_BYTES_MIN, Secret};
pub use mint::{Mint, Minted, NotSigned, Subject};
pub use roles::{Role, Roles, UnknownRole};
pub use verify::{Auth, AuthError, Identity};
