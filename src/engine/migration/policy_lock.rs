//! The lock on a policy's migration, reacquired if its connection breaks.

use super::error::Broken;
use crate::store::{Held, Store};

pub(super) struct Hold {
    store: Store,
    policy: String,
    held: Option<Held>,
}

impl Hold {
    pub(super) fn new(store: Store, policy: String, held: Held) -> Self {
        Hold {
            store,
            policy,
            held: Some(held),
        }
    }

    /// The held lock, reacquired on a new connection if necessary.
    pub(super) fn get(&mut self) -> Result<&mut Held, Broken> {
        let held = match self.held.take() {
            Some(held) => held,
            None => {
                let again = self.store.hold_policy(&self.policy)?;
                again.ok_or(Broken::Elsewhere)?
            }
        };
        Ok(self.held.insert(held))
    }

    /// The connection may be broken.
    pub(super) fn give_up(&mut self) {
        self.held = None;
    }
}
