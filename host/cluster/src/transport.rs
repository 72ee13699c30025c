//! A network of framed connections: one from each silo to each other, on which many requests are
//! under way at once.
//!
//! A connection begins, inside of TLS where that is configured, with a [`Hello`](frame::Hello) of whoever
//! asks: who it is, whom it takes the other one for, and which versions of the protocol it speaks. Then come
//! frames: a length of 4 bytes, and as many bytes of MessagePack. Each request has a number, and its response the
//! same one; responses come in any order.
//!
//! - [`error`]: why there is no connection
//! - [`versions`]: which protocol is spoken
//! - [`limits`]: how much is in flight at once
//! - [`settings`]: both of these, as a silo has them
//! - [`warnings`]: what an operator is told
//! - [`frame`]: what is said, byte by byte
//! - [`dial`]: where connections come from
//! - [`tls`]: with certificates of both sides
//! - `first_byte`, `farewell`: who is not spoken to hears why
//! - `progress`: who is slow and who is gone
//! - `waiting`, `connection`, `link`: the requests of this silo to one other
//! - [`links`]: to all of them
//! - [`serve`]: the requests of others
//! - [`admission`]: whether the others take a silo for one, before it becomes a member

pub mod admission;
pub mod dial;
pub mod error;
pub mod frame;
pub mod limits;
pub mod links;
pub mod serve;
pub mod settings;
pub mod tls;
pub mod versions;
pub mod warnings;

mod cell_links;
mod connection;
mod farewell;
mod first_byte;
mod link;
mod progress;
mod waiting;

pub use admission::{Asking, NotAdmitted};
pub use cell_links::CellLinks;
pub use dial::{Dial, Stream, TcpDial};
pub use error::Error;
pub use limits::Limits;
pub use links::Links;
pub use serve::Server;
pub use settings::Settings;
pub use tls::{Credentials, Tls, TlsDial};
pub use versions::Versions;
pub use warnings::Warnings;
