//! The cryptography: keys of subjects and threads, ciphertexts and digests.
//!
//! A ciphertext is `1 | generation (2 bytes, big endian) | nonce (24 bytes) | XChaCha20-Poly1305 output`.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use threadline_domain::sealed::DIGEST_BYTES;
use threadline_domain::{Sealed, ThreadId};
use zeroize::Zeroizing;

use crate::SealContext;

/// Bytes of every key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of a nonce: enough to draw each at random.
const NONCE_BYTES: usize = 24;
/// The only version of ciphertexts so far.
const VERSION: u8 = 1;
/// Bytes before the nonce.
const HEADER_BYTES: usize = 3;

/// The number of a subject's key: 1 for the first, one more for each key made after one was destroyed.
pub(crate) type Generation = u16;

/// A random key of one subject. Wiped from memory when dropped.
#[derive(Clone)]
pub(crate) struct SubjectKey(Zeroizing<[u8; KEY_BYTES]>);

impl SubjectKey {
    /// Takes the bytes of a key.
    pub(crate) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Derives the key of this subject in a thread.
    pub(crate) fn of_thread(&self, thread: ThreadId) -> ThreadKey {
        let expanded = Hkdf::<Sha256>::from_prk(self.0.as_slice()).expect("a key has the length of a hash");
        let mut both = Zeroizing::new([0; 2 * KEY_BYTES]);
        expanded.expand(thread.0.as_bytes(), both.as_mut_slice()).expect("two keys are fewer than 255 hashes");
        let half = |from: usize| Zeroizing::new(std::array::from_fn(|index| both[from + index]));
        ThreadKey { encryption: half(0), digest: half(KEY_BYTES) }
    }
}

/// The key for texts of one subject in one thread.
pub(crate) struct ThreadKey {
    encryption: Zeroizing<[u8; KEY_BYTES]>,
    digest: Zeroizing<[u8; KEY_BYTES]>,
}

impl ThreadKey {
    /// Seals a text, bound to its context.
    pub(crate) fn seal(&self, generation: Generation, context: &SealContext<'_>, text: &str) -> Sealed {
        let nonce: [u8; NONCE_BYTES] = random();
        let payload = Payload { msg: text.as_bytes(), aad: &context.associated_data() };
        let ciphertext = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("no text is too long to encrypt");
        let bytes = [&[VERSION], generation.to_be_bytes().as_slice(), &nonce, &ciphertext].concat();
        Sealed { digest: self.digest(context, text), bytes: bytes.into() }
    }

    /// Opens a text; `None` when it was sealed with another key, in another context, or was changed since.
    pub(crate) fn open(&self, context: &SealContext<'_>, sealed: &Sealed) -> Option<Zeroizing<String>> {
        let (nonce, ciphertext) = sealed.bytes.get(HEADER_BYTES..)?.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: ciphertext, aad: &context.associated_data() };
        let text = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(text).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.encryption).into())
    }

    /// Computes the digest from the field and the text, not from the message: a retry of the same text has the same
    /// digest.
    fn digest(&self, context: &SealContext<'_>, text: &str) -> [u8; DIGEST_BYTES] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.digest.as_slice()).expect("any length is a key");
        mac.update(&[context.field.number()]);
        mac.update(text.as_bytes());
        let whole = mac.finalize().into_bytes();
        std::array::from_fn(|index| whole[index])
    }
}

/// Reads the generation of the key that sealed a text; `None` when the bytes are no ciphertext of ours.
pub(crate) fn generation_of(sealed: &Sealed) -> Option<Generation> {
    match *sealed.bytes {
        [VERSION, high, low, ..] => Some(Generation::from_be_bytes([high, low])),
        _ => None,
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use threadline_domain::{Actor, MessageId};
    use uuid::Uuid;

    use super::*;
    use crate::Field;

    const THREAD: ThreadId = ThreadId(Uuid::from_u128(7));

    fn context(subject: &Actor) -> SealContext<'_> {
        SealContext { subject, thread: THREAD, message: Some(MessageId(Uuid::from_u128(8))), field: Field::Content }
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let (ann, ben): (Actor, Actor) = ("ann".parse().unwrap(), "ben".parse().unwrap());
        let key = SubjectKey::from_bytes(random()).of_thread(THREAD);
        let sealed = key.seal(3, &context(&ann), "a secret");
        assert_eq!(key.open(&context(&ann), &sealed).unwrap().as_str(), "a secret");
        assert_eq!(generation_of(&sealed), Some(3));
        let elsewhere = [
            SealContext { subject: &ben, ..context(&ann) },
            SealContext { thread: ThreadId(Uuid::nil()), ..context(&ann) },
            SealContext { message: None, ..context(&ann) },
            SealContext { field: Field::Metadata, ..context(&ann) },
        ];
        for context in elsewhere {
            assert!(key.open(&context, &sealed).is_none(), "{context:?}");
        }
        assert!(SubjectKey::from_bytes(random()).of_thread(THREAD).open(&context(&ann), &sealed).is_none());
    }

    #[test]
    fn one_changed_or_missing_byte_and_it_does_not_open() {
        let ann = "ann".parse().unwrap();
        let key = SubjectKey::from_bytes(random()).of_thread(THREAD);
        let sealed = key.seal(1, &context(&ann), "x");
        for at in HEADER_BYTES..sealed.bytes.len() {
            let mut bytes = sealed.bytes.to_vec();
            bytes[at] ^= 1;
            assert!(key.open(&context(&ann), &Sealed { bytes: bytes.into(), ..sealed.clone() }).is_none());
        }
        for length in 0..sealed.bytes.len() {
            let bytes = sealed.bytes[..length].into();
            assert!(key.open(&context(&ann), &Sealed { bytes, ..sealed.clone() }).is_none());
        }
    }

    #[test]
    fn the_same_text_has_another_ciphertext_and_the_same_digest() {
        let ann = "ann".parse().unwrap();
        let subject = SubjectKey::from_bytes(random());
        let key = subject.of_thread(THREAD);
        let (one, two) = (key.seal(1, &context(&ann), "x"), key.seal(1, &context(&ann), "x"));
        assert_ne!(one.bytes, two.bytes);
        assert_eq!(one.digest, two.digest);
        assert_ne!(one.digest, key.seal(1, &context(&ann), "y").digest);
        let other_thread = subject.of_thread(ThreadId(Uuid::from_u128(9)));
        assert_ne!(one.digest, other_thread.seal(1, &context(&ann), "x").digest);
    }
}
