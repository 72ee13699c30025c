//! What every door for HTTP has in common, whoever's routes are behind it: how many may come
//! in and how slow they may be, and whether a browser speaks for a stranger.
//!
//! In reading order:
//! - [`limits`]: what an operator may set
//! - [`connections`]: accepting, serving and ending connections
//! - [`closing`]: how a door closes without cutting anybody off
//! - [`places`]: who is in, and who makes room
//! - [`visitor`]: what is between a connection and the routes
//! - [`calm`]: a client of HTTP/2 that sends nothing but frames is sent away
//! - [`origin`]: a web page's origin; [`admission`]: which requests are not for us; [`guard`]:
//!   puts that in front of routes
//! - [`forwarded`]: whether somebody handed a request on; [`coding`]: whether its body is packed

pub mod admission;
mod calm;
mod closing;
pub mod coding;
pub mod connections;
pub mod forwarded;
pub mod guard;
pub mod limits;
pub mod origin;
mod places;
mod visitor;

pub use admission::{Admission, HostName, Refusal};
pub use coding::content_coding;
pub use connections::{Door, serve};
pub use forwarded::is_handed_on;
pub use guard::guard;
pub use limits::Limits;
pub use origin::Origin;
pub use places::Peer;
