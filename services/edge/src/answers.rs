//! Room for answers: bytes that are made, or made and not yet taken by their clients, within a bound for each user and
//! one for the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use threadline_domain::Actor;
use threadline_wire::ErrorCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::HttpConfig;
use crate::error::Problem;
use crate::metrics;

/// The answers of an edge.
pub(crate) struct Answers {
    /// Bytes that are free.
    room: Arc<Semaphore>,
    bytes_max: usize,
    per_user_bytes_max: usize,
    wait: Duration,
    /// By the written form of the actor; empty for callers without a token. Only those with answers are here.
    callers: Mutex<HashMap<Box<str>, Share>>,
}

/// One caller's part of the room.
struct Share {
    room: Arc<Semaphore>,
    /// Reservations that there are or that are waited for.
    holders: usize,
}

/// Keeps a caller's share there, and takes it away with the last holder.
struct Holder {
    answers: Arc<Answers>,
    caller: Box<str>,
    room: Arc<Semaphore>,
}

/// Room for one answer, given back when dropped.
pub(crate) struct Reservation {
    of_caller: OwnedSemaphorePermit,
    of_all: OwnedSemaphorePermit,
    holder: Holder,
}

/// The bytes of an answer and their room: given back when the last of them was written.
struct OwnedAnswer {
    bytes: Bytes,
    _room: Reservation,
}

impl AsRef<[u8]> for OwnedAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Answers {
    pub(crate) fn new(config: &HttpConfig) -> Arc<Self> {
        let bytes_max = config.answers_bytes_max.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            room: Arc::new(Semaphore::new(bytes_max)),
            bytes_max,
            per_user_bytes_max: config.answers_per_user_bytes_max.min(bytes_max),
            wait: config.answers_wait,
            callers: Mutex::default(),
        })
    }

    /// Waits for room for so many bytes of an answer, within bounds. A caller waits for its own answers first, so whoever
    /// does not read holds up nobody else until the room of all is full.
    pub(crate) async fn reserve(
        self: &Arc<Self>,
        caller: Option<&Actor>,
        bytes: usize,
    ) -> Result<Reservation, Problem> {
        let holder = self.hold(caller);
        let deadline = tokio::time::Instant::now() + self.wait;
        let (own, all) = (self.own_share(bytes), self.share(bytes));
        let of_caller = tokio::time::timeout_at(deadline, Arc::clone(&holder.room).acquire_many_owned(own));
        let Ok(Ok(of_caller)) = of_caller.await else { return Err(refused("user", ErrorCode::RateLimited)) };
        let of_all = tokio::time::timeout_at(deadline, Arc::clone(&self.room).acquire_many_owned(all));
        let Ok(Ok(of_all)) = of_all.await else { return Err(refused("process", ErrorCode::Unavailable)) };
        Ok(Reservation { of_caller, of_all, holder })
    }

    /// What is taken of a caller's room: an answer larger than all of it needs it whole.
    fn own_share(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.per_user_bytes_max)).unwrap_or(u32::MAX)
    }

    fn share(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.bytes_max)).unwrap_or(u32::MAX)
    }

    fn hold(self: &Arc<Self>, caller: Option<&Actor>) -> Holder {
        let caller: Box<str> = caller.map_or("", Actor::as_str).into();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let share = callers
            .entry(caller.clone())
            .or_insert_with(|| Share { room: Arc::new(Semaphore::new(self.per_user_bytes_max)), holders: 0 });
        share.holders += 1;
        Holder { answers: Arc::clone(self), caller, room: Arc::clone(&share.room) }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let mut callers = self.answers.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = callers.get_mut(&self.caller) {
            share.holders -= 1;
            if share.holders == 0 {
                callers.remove(&self.caller);
            }
        }
    }
}

impl Reservation {
    /// Makes it fit the answer that came of it: gives back what is not needed, or takes more if it is free.
    pub(crate) fn fit(mut self, bytes: usize) -> Result<Self, Problem> {
        let answers = &self.holder.answers;
        let (own, all) = (answers.own_share(bytes), answers.share(bytes));
        resize(&mut self.of_caller, own, &self.holder.room).ok_or_else(|| refused("user", ErrorCode::RateLimited))?;
        resize(&mut self.of_all, all, &answers.room).ok_or_else(|| refused("process", ErrorCode::Unavailable))?;
        Ok(self)
    }

    /// The same bytes; the room is given back when they were written.
    pub(crate) fn attach(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(OwnedAnswer { bytes, _room: self })
    }
}

fn resize(permit: &mut OwnedSemaphorePermit, to: u32, room: &Arc<Semaphore>) -> Option<()> {
    let (now, to) = (permit.num_permits(), to as usize);
    if now > to {
        drop(permit.split(now - to));
    } else if now < to {
        permit.merge(Arc::clone(room).try_acquire_many_owned((to - now) as u32).ok()?);
    }
    Some(())
}

fn refused(bound: &'static str, code: ErrorCode) -> Problem {
    metrics::answers_refused(bound).increment(1);
    Problem::new(
        code,
        match code {
            ErrorCode::RateLimited => "too many answers to this user are not read yet",
            _ => "too many answers are not read by their clients yet",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(per_user: usize, all: usize) -> Arc<Answers> {
        Answers::new(&HttpConfig {
            answers_per_user_bytes_max: per_user,
            answers_bytes_max: all,
            answers_wait: Duration::ZERO,
            ..HttpConfig::default()
        })
    }

    fn user(name: &str) -> Actor {
        name.parse().unwrap()
    }

    #[tokio::test]
    async fn a_user_has_its_own_bound_and_the_process_one_for_all() {
        let answers = answers(100, 150);
        let (ann, ben) = (user("ann"), user("ben"));
        let anns = answers.reserve(Some(&ann), 80).await.unwrap();
        assert_eq!(answers.reserve(Some(&ann), 30).await.err().unwrap().code(), ErrorCode::RateLimited);
        let _bens = answers.reserve(Some(&ben), 60).await.unwrap();
        assert_eq!(answers.reserve(Some(&user("cleo")), 20).await.err().unwrap().code(), ErrorCode::Unavailable);
        drop(anns);
        assert!(answers.reserve(Some(&user("cleo")), 20).await.is_ok());
    }

    #[tokio::test]
    async fn room_is_held_until_the_last_byte_is_dropped() {
        let answers = answers(100, 100);
        let reserved = answers.reserve(None, 90).await.unwrap().fit(40).unwrap();
        assert_eq!(answers.room.available_permits(), 60);
        let bytes = reserved.attach(Bytes::from(vec![7; 40]));
        let end = bytes.slice(39..);
        drop(bytes);
        assert_eq!(answers.room.available_permits(), 60);
        assert_eq!(end[..], [7]);
        drop(end);
        assert_eq!(answers.room.available_permits(), 100);
        assert!(answers.callers.lock().unwrap().is_empty(), "nothing is kept of callers without answers");
    }

    #[tokio::test]
    async fn an_answer_larger_than_expected_needs_room_that_is_free() {
        let answers = answers(100, 150);
        let grown = answers.reserve(None, 10).await.unwrap().fit(100).unwrap();
        let other = answers.reserve(Some(&user("ann")), 10).await.unwrap();
        assert_eq!(other.fit(60).err().unwrap().code(), ErrorCode::Unavailable);
        drop(grown);
        // Larger than the bound of one user: it takes all of it, and nothing beside it fits.
        let whole = answers.reserve(Some(&user("ann")), 10).await.unwrap().fit(120).unwrap();
        assert!(answers.reserve(Some(&user("ann")), 1).await.is_err());
        drop(whole);
    }

    #[tokio::test]
    async fn a_call_waits_for_its_users_earlier_answers() {
        let answers = Answers::new(&HttpConfig { answers_per_user_bytes_max: 100, ..HttpConfig::default() });
        let first = answers.reserve(None, 100).await.unwrap();
        let waiting = tokio::spawn({
            let answers = Arc::clone(&answers);
            async move { answers.reserve(None, 100).await.map(drop) }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(waiting.await.unwrap().is_ok());
    }
}
