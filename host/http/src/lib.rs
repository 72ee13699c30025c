//! What all HTTP of this process has in common, whatever API is behind it: how many may come in
//! and how slow they may be, whether a browser speaks for a stranger, and how errors look.
//!
//! In reading order:
//! - [`limits`]: what an operator may set
//! - [`connections`]: accepting, serving and ending connections
//! - [`permits`](crate::permits): who is in, and who makes room for others
//! - [`service`](crate::service): what is between a connection and the routes
//! - [`upgrade`]: a connection that goes on with another protocol
//! - [`frame_limit`](crate::frame_limit): a client of HTTP/2 that sends nothing but frames is
//!   sent away
//! - [`closing`](crate::closing): how a listener closes without cutting anybody off
//! - [`origin`]: a web page's origin; [`admission`]: which requests are not for us
//! - [`bearer`]: the token of a request; [`extract`]: its parameters
//! - [`forwarded`]: whether somebody handed a request on; [`coding`]: whether its body is packed
//! - [`problem`]: every error, in one form
//! - [`answer`]: what every answer has in common

pub mod admission;
pub mod answer;
pub mod bearer;

mod closing;
pub mod coding;
pub mod connections;
pub mod extract;
pub mod forwarded;
mod frame_limit;
pub mod limits;
pub mod origin;
mod permits;
pub mod problem;
mod service;
pub mod upgrade;

pub use admission::{Admission, HostName, Refusal, with_admission};
pub use bearer::bearer_token;
pub use coding::content_coding;
pub use connections::{Listener, serve};
pub use forwarded::is_forwarded;
pub use limits::Limits;
pub use origin::Origin;
pub use permits::Peer;
pub use problem::Problem;
pub use upgrade::{Upgrade, Upgraded};
