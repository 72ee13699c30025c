//! How much a connection may carry, and how long it may take.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What each frame counts at least, in bytes: whatever is asked takes a task and its places in
/// queues. So 4,096 requests are under way on one connection at most.
const FRAME_BYTES_COUNTED: usize = 16 << 10;

/// The limits of one connection. Each side keeps to the lower ones of both, where the other one says
/// its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The longest frame, in bytes.
    pub frame_bytes_max: usize,
    /// So many bytes are asked for and not answered at once, and so many of answers wait until they
    /// are read. It is the other side's memory, and this one's.
    pub in_flight_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // More than the largest argument, reply or batch of events with all that goes with it.
            frame_bytes_max: 32 << 20,
            in_flight_bytes_max: 64 << 20,
        }
    }
}

impl Limits {
    /// What keeps to both. A frame that could never be in flight is too long.
    pub(super) fn and(self, other: Self) -> Self {
        let least = |one: usize, other: usize| one.min(other).max(FRAME_BYTES_COUNTED);
        let in_flight_bytes_max = least(self.in_flight_bytes_max, other.in_flight_bytes_max);
        let frame_bytes_max = self.frame_bytes_max.min(other.frame_bytes_max);
        Self {
            frame_bytes_max: frame_bytes_max.min(in_flight_bytes_max),
            in_flight_bytes_max,
        }
    }
}

/// How much room there is in flight, in bytes.
#[derive(Clone)]
pub(super) struct Room {
    bytes: Arc<Semaphore>,
    bytes_max: usize,
}

impl Room {
    /// Semaphores count in `u32`, which is more than anybody has room for.
    pub(super) fn of(bytes_max: usize) -> Self {
        let bytes_max = bytes_max.min(u32::MAX as usize);
        let bytes = Arc::new(Semaphore::new(bytes_max));
        Self { bytes, bytes_max }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.available_permits() == self.bytes_max
    }

    /// Room for a frame of so many bytes, if there is enough now.
    pub(super) fn try_take(&self, frame_bytes: usize) -> Option<OwnedSemaphorePermit> {
        let counted = self.counted(frame_bytes);
        Arc::clone(&self.bytes).try_acquire_many_owned(counted).ok()
    }

    /// Room for a frame of so many bytes, once there is enough.
    pub(super) async fn take(&self, frame_bytes: usize) -> Option<OwnedSemaphorePermit> {
        let counted = self.counted(frame_bytes);
        // `None` would say that it is closed, which nobody does.
        Arc::clone(&self.bytes)
            .acquire_many_owned(counted)
            .await
            .ok()
    }

    /// A frame counts as no more than there is room for at all, so that each is carried at last.
    fn counted(&self, frame_bytes: usize) -> u32 {
        let counted = frame_bytes.max(FRAME_BYTES_COUNTED).min(self.bytes_max);
        u32::try_from(counted).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_limits_hold_and_a_frame_fits_into_them() {
        let of = |frame_bytes_max, in_flight_bytes_max| Limits {
            frame_bytes_max,
            in_flight_bytes_max,
        };
        for (one, other, expected) in [
            (
                of(32 << 20, 64 << 20),
                of(1 << 20, 2 << 20),
                of(1 << 20, 2 << 20),
            ),
            (
                of(32 << 20, 1 << 20),
                of(32 << 20, 64 << 20),
                of(1 << 20, 1 << 20),
            ),
            (of(32 << 20, 64 << 20), of(0, 0), of(0, FRAME_BYTES_COUNTED)),
        ] {
            assert_eq!(one.and(other), expected);
            assert_eq!(other.and(one), expected);
        }
    }

    #[test]
    fn room_comes_back_and_a_frame_of_any_length_gets_some() {
        let room = Room::of(64 << 10);
        let small: Vec<_> = (0..4).map(|_| room.try_take(1)).collect();
        assert!(small.iter().all(Option::is_some));
        assert!(room.try_take(1).is_none(), "each counts 16 KiB");
        drop(small);
        assert!(room.is_empty());
        let large = room.try_take(1 << 30);
        assert!(large.is_some() && room.try_take(1).is_none());
    }
}
