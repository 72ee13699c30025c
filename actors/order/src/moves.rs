//! The states of an order and the only legal moves between them.

use crate::bindings::types::Status;

/// How often a burned order is made again. Burned once more, it is cancelled and the customer gets the
/// money back.
pub const REMAKES_MAX: u32 = 2;

/// Where an order may go from `status`.
#[must_use]
pub fn allowed(status: Status) -> &'static [Status] {
    match status {
        Status::Created => &[Status::Preparing, Status::Cancelled],
        Status::Preparing => &[Status::Baking, Status::Cancelled],
        Status::Baking => &[Status::Ready, Status::Preparing],
        Status::Ready => &[Status::OutForDelivery],
        Status::OutForDelivery => &[Status::Delivered],
        Status::Delivered | Status::Cancelled | Status::Rejected => &[],
    }
}

/// Nothing follows it.
#[must_use]
pub fn is_end(status: Status) -> bool {
    allowed(status).is_empty()
}

/// The kitchen has a part in what follows.
#[must_use]
pub fn is_kitchens(status: Status) -> bool {
    matches!(status, Status::Created | Status::Preparing | Status::Baking)
}

/// As it stands in JSON.
#[must_use]
pub fn name(status: Status) -> &'static str {
    match status {
        Status::Created => "created",
        Status::Preparing => "preparing",
        Status::Baking => "baking",
        Status::Ready => "ready",
        Status::OutForDelivery => "outForDelivery",
        Status::Delivered => "delivered",
        Status::Cancelled => "cancelled",
        Status::Rejected => "rejected",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_can_end() {
        let all = [
            Status::Created,
            Status::Preparing,
            Status::Baking,
            Status::Ready,
            Status::OutForDelivery,
        ];
        for start in all {
            let mut at = start;
            let mut steps = 0;
            while let Some(next) = allowed(at).first() {
                at = *next;
                steps += 1;
                assert!(steps < 10, "{start:?} never ends");
            }
            assert_eq!(at, Status::Delivered, "from {start:?}");
        }
    }

    #[test]
    fn a_ready_pizza_cannot_be_cancelled_or_burned() {
        assert!(!allowed(Status::Ready).contains(&Status::Cancelled));
        assert!(!allowed(Status::Ready).contains(&Status::Preparing));
        assert!(allowed(Status::Baking).contains(&Status::Preparing));
    }
}
