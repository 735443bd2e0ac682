//! Ids that follow from the name that a sender gave to a request.

use uuid::Uuid;

use crate::ids::v7;
use crate::{Actor, ThreadId};

/// Namespace of ids that are derived from a sender's own name for a request.
const REQUESTS: Uuid = Uuid::from_u128(0x3d0a_7c1e_52b8_5f64_8e19_c07b_6a2d_41f8);

/// Returns the id of what a request creates when its sender named the request, such as with an `Idempotency-Key`: the
/// same for the same sender, thread and text. A `UUIDv7` of the epoch's first millisecond; the rest is a hash.
pub fn id_of_request(sender: &Actor, thread: Option<ThreadId>, name: &str) -> Uuid {
    let thread = thread.map_or_else(String::new, |thread| thread.to_string());
    // Neither an actor nor a thread's id has a line feed, so no two requests share a text.
    let hash = Uuid::new_v5(&REQUESTS, format!("{}\n{thread}\n{name}", sender.as_str()).as_bytes());
    v7(0, hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageId, UserId};

    #[test]
    fn a_request_named_by_a_text_has_one_id_for_its_sender_and_thread() {
        let [ann, bob]: [Actor; 2] = ["ann", "bob"].map(|user| UserId::new(user).unwrap().into());
        let thread = Some(ThreadId::of_key("k"));
        let id = id_of_request(&ann, thread, "order 7");
        assert_eq!(MessageId(id).minted_ms(), Some(0));
        assert_eq!(id, id_of_request(&ann, thread, "order 7"));
        for other in [
            id_of_request(&bob, thread, "order 7"),
            id_of_request(&ann, None, "order 7"),
            id_of_request(&ann, thread, "order 8"),
        ] {
            assert_ne!(id, other);
        }
    }
}
