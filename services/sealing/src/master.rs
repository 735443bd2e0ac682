//! The key that wraps all other keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use crate::Error;
use crate::cipher::{KEY_BYTES, random};

/// Bytes of the nonce before a wrapped key.
const NONCE_BYTES: usize = 24;

/// Wraps (encrypts) keys. [`LocalMasterKey`] is a key in this process; a key management service can implement it too.
///
/// ```text
/// wrap("subject|ann|1", key) ─▶ bytes for the database        unwrap(same label, bytes) ─▶ key
/// ```
///
/// Fails with [`Error::Unavailable`] when the service cannot be reached, which callers retry, and with
/// [`Error::WrongMasterKey`] when the bytes were wrapped by another key or under another label.
pub trait MasterKey: Send + Sync + 'static {
    /// Encrypts a key. [`unwrap`](Self::unwrap) needs the same `label`.
    fn wrap<'a>(&'a self, label: &'a str, key: &'a [u8]) -> Wrapping<'a>;

    /// Decrypts a wrapped key; [`Error::WrongMasterKey`] when another master key or another label wrapped it.
    fn unwrap<'a>(&'a self, label: &'a str, wrapped: &'a [u8]) -> Wrapping<'a>;
}

/// A key being wrapped or unwrapped.
pub type Wrapping<'a> = BoxFuture<'a, Result<Zeroizing<Vec<u8>>, Error>>;

/// A master key of 32 bytes in this process, from a file or the environment. Wiped from memory when dropped.
pub struct LocalMasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl LocalMasterKey {
    /// Reads 32 bytes in base64, without surrounding white space.
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| Error::NotAMasterKey)?);
        let bytes = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| Error::NotAMasterKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Generates a key in base64, for the operator to keep.
    pub fn generate() -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(Zeroizing::new(random::<KEY_BYTES>()).as_slice()))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

impl MasterKey for LocalMasterKey {
    fn wrap<'a>(&'a self, label: &'a str, key: &'a [u8]) -> Wrapping<'a> {
        let nonce: [u8; NONCE_BYTES] = random();
        let payload = Payload { msg: key, aad: label.as_bytes() };
        let wrapped = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("no key is too long to encrypt");
        Box::pin(std::future::ready(Ok(Zeroizing::new([nonce.as_slice(), &wrapped].concat()))))
    }

    fn unwrap<'a>(&'a self, label: &'a str, wrapped: &'a [u8]) -> Wrapping<'a> {
        let unwrapped = wrapped.split_first_chunk::<NONCE_BYTES>().and_then(|(nonce, wrapped)| {
            self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: wrapped, aad: label.as_bytes() }).ok()
        });
        Box::pin(std::future::ready(unwrapped.map(Zeroizing::new).ok_or(Error::WrongMasterKey)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_32_bytes_in_base64() {
        assert!(LocalMasterKey::from_base64(&format!("{}\n", *LocalMasterKey::generate())).is_ok());
        for text in ["", "short", "AAAA", &"A".repeat(43), &"A".repeat(88)] {
            assert!(matches!(LocalMasterKey::from_base64(text), Err(Error::NotAMasterKey)), "{text}");
        }
    }

    #[tokio::test]
    async fn a_wrapped_key_opens_with_its_master_key_and_label_only() {
        let new = || LocalMasterKey::from_base64(&LocalMasterKey::generate()).unwrap();
        let master = new();
        let wrapped = master.wrap("ann:1", b"key").await.unwrap();
        assert_eq!(master.unwrap("ann:1", &wrapped).await.unwrap().as_slice(), b"key");
        assert!(matches!(master.unwrap("ben:1", &wrapped).await, Err(Error::WrongMasterKey)));
        assert!(matches!(new().unwrap("ann:1", &wrapped).await, Err(Error::WrongMasterKey)));
    }
}
