//! A network of framed connections: one from each silo to each other, on which many requests are
//! under way at once.
//!
//! A connection begins with a [`Hello`](frame::Hello) of either side: who asks, whom it takes the
//! other one for, and which versions of the protocol it speaks. Then come frames: a length of 4
//! bytes, and as many bytes of MessagePack. Each request has a number, and its response the same one;
//! responses come in any order.
//!
//! - [`frame`]: what is said, byte by byte
//! - [`dial`]: where connections come from
//! - [`link`]: the requests of this silo to one other
//! - [`links`]: to all of them
//! - [`serve`]: the requests of others

pub mod dial;
pub mod frame;
pub mod link;
pub mod links;
pub mod serve;

pub use dial::{Dial, Stream, TcpDial};
pub use links::Links;
pub use serve::serve;
