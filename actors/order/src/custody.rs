//! Who has an order that is to be made: the order itself says so, and nobody else.

use serde::{Deserialize, Serialize};

use crate::bindings::types::Status;

/// Who makes it. The names are kept in the state, so they stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holder {
    /// It waits in the kitchen's queue, unless it is past being made.
    #[default]
    Nobody,
    Chef(String),
    /// Somebody moved it by hand, and goes on by hand.
    People,
}

impl Holder {
    /// After a move that no chef made.
    pub(crate) fn moved_by_hand(&mut self, from: Status, to: Status) {
        match (from, to) {
            (Status::Created, Status::Preparing) => *self = Self::People,
            (Status::Preparing, Status::Baking) if *self == Self::Nobody => *self = Self::People,
            // A chef who has it goes on with it.
            (Status::Preparing, Status::Baking) => {}
            _ => *self = Self::Nobody,
        }
    }
}

/// Whether the order belongs in the kitchen's queue.
#[must_use]
pub fn waits(status: Status, holder: &Holder) -> bool {
    matches!(status, Status::Created | Status::Preparing) && *holder == Holder::Nobody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_waits_until_somebody_has_it() {
        let chef = Holder::Chef("napoli.1".to_owned());
        for (status, holder, expected) in [
            (Status::Created, &Holder::Nobody, true),
            (Status::Preparing, &Holder::Nobody, true),
            (Status::Preparing, &Holder::People, false),
            (Status::Preparing, &chef, false),
            (Status::Baking, &Holder::Nobody, false),
            (Status::Delivered, &Holder::Nobody, false),
        ] {
            assert_eq!(waits(status, holder), expected, "{status:?} {holder:?}");
        }
    }
}
