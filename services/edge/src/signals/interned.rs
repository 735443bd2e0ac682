//! Small numbers in place of user ids.

use std::collections::HashMap;

use threadline_domain::UserId;

/// The number of a user id, valid while somebody holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct UserKey(u32);

/// A table that gives user ids numbers. Each use of a number is held and released, and an id without a holder is
/// forgotten.
#[derive(Default)]
pub(super) struct Interned {
    keys: HashMap<UserId, UserKey>,
    users: Vec<User>,
    free: Vec<UserKey>,
}

struct User {
    /// None while the number is free.
    id: Option<UserId>,
    holders: u32,
}

impl Interned {
    /// Returns the number of an id that somebody holds.
    pub(super) fn find(&self, id: &UserId) -> Option<UserKey> {
        self.keys.get(id).copied()
    }

    /// Returns the number of an id, which the caller holds from now on.
    pub(super) fn hold(&mut self, id: &UserId) -> UserKey {
        if let Some(key) = self.find(id) {
            self.hold_again(key);
            return key;
        }
        let user = User { id: Some(id.clone()), holders: 1 };
        let key = if let Some(key) = self.free.pop() {
            self.users[key.index()] = user;
            key
        } else {
            self.users.push(user);
            UserKey(self.users.len() as u32 - 1)
        };
        self.keys.insert(id.clone(), key);
        key
    }

    /// Holds a number once more.
    pub(super) fn hold_again(&mut self, key: UserKey) {
        self.users[key.index()].holders += 1;
    }

    /// Releases a number that the caller holds, and returns its id.
    pub(super) fn release(&mut self, key: UserKey) -> Option<UserId> {
        let user = &mut self.users[key.index()];
        user.holders -= 1;
        if user.holders > 0 {
            return user.id.clone();
        }
        let id = user.id.take();
        if let Some(id) = &id {
            self.keys.remove(id);
        }
        if self.keys.is_empty() {
            *self = Self::default();
        } else {
            self.free.push(key);
        }
        id
    }

    /// Returns the number of ids.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }
}

impl UserKey {
    fn index(self) -> usize {
        self.0 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_number_until_its_last_holder_releases_it() {
        let [ann, ben, cleo] = ["ann", "ben", "cleo"].map(|id| UserId::new(id).unwrap());
        let mut interned = Interned::default();
        let (first, second) = (interned.hold(&ann), interned.hold(&ben));
        assert_eq!(interned.hold(&ann), first);
        assert_eq!(interned.release(first), Some(ann.clone()));
        assert_eq!(interned.find(&ann), Some(first));
        assert_eq!(interned.release(first), Some(ann.clone()));
        assert_eq!(interned.find(&ann), None);
        assert_eq!(interned.hold(&cleo), first, "a free number is given again");
        assert_eq!((interned.release(first), interned.release(second)), (Some(cleo), Some(ben)));
        assert_eq!((interned.len(), interned.users.capacity()), (0, 0));
    }
}
