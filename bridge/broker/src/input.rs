//! What was read from a client and not handled yet. An idle client has nothing here, small
//! packets are free, and what is half received of large ones is bounded for all clients
//! together.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::io::AsyncRead;

use crate::attachment::Signals;
use crate::decode::{Frame, frame};
use crate::packet::Refused;
use crate::stream::{self, READ_BYTES_MAX};

/// What each client may have half received in any case: room for some dozens of ordinary
/// packets, and little for each of thousands of clients. It is also what is read at a time.
const FREE_BYTES: usize = 4 << 10;

/// How much of larger packets may be half received, by all clients. Where a packet does not
/// fit, the one that was begun first is given up: an honest client's takes milliseconds, so
/// the oldest are those that nobody means to end.
pub(crate) struct InputBudget {
    holders: Mutex<Holders>,
    bytes_max: usize,
}

#[derive(Default)]
struct Holders {
    /// Numbered in the order in which they came.
    by_age: BTreeMap<u64, (usize, Arc<Signals>)>,
    last_number: u64,
    bytes: usize,
}

/// Room for one packet.
struct Held {
    budget: Arc<InputBudget>,
    number: u64,
}

pub(crate) struct Input {
    bytes: BytesMut,
    /// In a box, because most clients have none at any time.
    held: Option<Box<Held>>,
}

impl InputBudget {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            holders: Mutex::default(),
            bytes_max,
        }
    }

    fn hold(self: &Arc<Self>, bytes: usize, by: &Arc<Signals>) -> Held {
        let mut holders = self.holders.lock();
        while holders.bytes.saturating_add(bytes) > self.bytes_max {
            let Some((_, (oldest, signals))) = holders.by_age.pop_first() else {
                break;
            };
            holders.bytes -= oldest;
            signals.give_way();
        }
        holders.bytes += bytes;
        holders.last_number += 1;
        let number = holders.last_number;
        holders.by_age.insert(number, (bytes, Arc::clone(by)));
        Held {
            budget: Arc::clone(self),
            number,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut holders = self.budget.holders.lock();
        // It is gone already if it had to give way.
        if let Some((bytes, _)) = holders.by_age.remove(&self.number) {
            holders.bytes -= bytes;
        }
    }
}

impl Input {
    pub(crate) fn new() -> Self {
        Self {
            bytes: BytesMut::new(),
            held: None,
        }
    }

    /// Takes out the first packet; `None` when it is not all there.
    ///
    /// # Errors
    /// When it is larger than `bytes_max`, or its length has no end.
    pub(crate) fn cut(
        &mut self,
        bytes_max: usize,
        budget: &Arc<InputBudget>,
        of: &Arc<Signals>,
    ) -> Result<Option<Frame>, Refused> {
        let Some((length, head)) = frame(&self.bytes, bytes_max)? else {
            return Ok(None);
        };
        if self.bytes.len() < length {
            if length > FREE_BYTES && self.held.is_none() {
                self.held = Some(Box::new(budget.hold(length, of)));
                // What it takes and no more: left to itself, the buffer would double.
                self.bytes.reserve(length - self.bytes.len());
            }
            return Ok(None);
        }
        let frame = self.bytes.split_to(length).freeze();
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        } else if self.held.is_some() {
            // The rest is small, and must not keep the buffer of the large one alive.
            self.bytes = BytesMut::from(&self.bytes[..]);
        }
        self.held = None;
        Ok(Some(Frame::new(frame, head)))
    }

    /// Reads a part of what there is.
    ///
    /// # Errors
    /// When the client has closed the connection, or it is broken.
    pub(crate) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        from: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let count_max = match self.held {
            Some(_) => READ_BYTES_MAX,
            None => FREE_BYTES,
        };
        stream::poll_read(from, &mut self.bytes, count_max, cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PUBLISH that says it is as long, without its body.
    fn head_of(length: usize) -> Input {
        let (low, high) = ((length & 0x7f) as u8 | 0x80, (length >> 7) as u8);
        let mut input = Input::new();
        input.bytes.extend_from_slice(&[0x30, low, high]);
        input
    }

    #[test]
    fn the_oldest_half_packet_gives_way_and_what_is_small_is_free() {
        let budget = Arc::new(InputBudget::new(25_000));
        let begin = |length: usize| {
            let (mut input, signals) = (head_of(length), Arc::<Signals>::default());
            let cut = input.cut(16_000, &budget, &signals);
            assert!(cut.expect("small enough").is_none());
            (input, signals)
        };
        let small = begin(4_000);
        assert_eq!(budget.holders.lock().bytes, 0);
        let (_first, first) = begin(10_000);
        let (_second, second) = begin(10_000);
        assert!(!first.must_give_way());
        let (third_input, third) = begin(10_000);
        assert!(first.must_give_way() && !second.must_give_way());
        assert!(!third.must_give_way() && !small.1.must_give_way());
        drop((_first, third_input));
        assert_eq!(budget.holders.lock().bytes, 10_003);
        assert!(head_of(16_100).cut(16_000, &budget, &third).is_err());
    }

    #[test]
    fn nothing_is_left_of_a_packet_that_was_taken_out() {
        let budget = Arc::new(InputBudget::new(25_000));
        let signals = Arc::<Signals>::default();
        let mut input = head_of(10_000);
        let cut = |input: &mut Input| input.cut(16_000, &budget, &signals).expect("a packet");
        assert!(cut(&mut input).is_none());
        input.bytes.extend_from_slice(&vec![0; 10_000]);
        input.bytes.extend_from_slice(&[0xc0, 0]);
        assert_eq!(cut(&mut input).expect("all of it").bytes(), 10_002);
        assert!(input.bytes.capacity() < 100, "{}", input.bytes.capacity());
        assert_eq!(budget.holders.lock().bytes, 0);
        assert_eq!(cut(&mut input).expect("the next").bytes(), 2);
        assert_eq!(input.bytes.capacity(), 0);
    }
}
