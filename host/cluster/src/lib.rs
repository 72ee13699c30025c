//! How silos make one cluster: who is there, who does what, and how they speak.
//!
//! In reading order:
//! - [`settings`]: the times that bound it
//! - [`homes`]: which silo a shard belongs to
//! - [`lease`]: how long a silo may believe what it has in memory
//! - [`membership`]: the view as this silo knows it
//! - [`observer`]: who is dead, as far as this silo can tell
//! - [`join`]: becoming a member, and ceasing to be one
//! - [`heartbeat`]: staying one
//! - [`network`]: what silos ask each other
//! - [`local`]: a network within one process
//! - [`transport`]: a network of framed connections

pub mod heartbeat;
pub mod homes;
pub mod join;
pub mod lease;
pub mod local;
pub mod membership;
pub mod network;
pub mod observer;
pub mod settings;
pub mod transport;

pub use homes::Homes;
pub use lease::Lease;
pub use local::LocalNetwork;
pub use membership::Membership;
pub use network::{Delivery, LinkError, Load, Network, Nobody, Request, Response, Service};
pub use settings::ClusterSettings;
