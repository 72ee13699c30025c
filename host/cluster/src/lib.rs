//! How silos make one cluster: who is there, who does what, and how they speak.
//!
//! In reading order:
//! - [`settings`]: the times that bound it
//! - [`homes`]: which silo a shard belongs to
//! - [`lease`]: how long a silo may believe what it has in memory
//! - [`clock_offset`]: how far its date is from the store's
//! - [`membership`]: the view as this silo knows it
//! - [`loads`]: how busy silos are
//! - [`placement`]: which silo is asked to open an actor
//! - [`observer`]: who is dead, as far as this silo can tell
//! - [`join`]: becoming a member, and ceasing to be one
//! - [`pulse`]: whether a silo still does its work
//! - [`heartbeat`], [`own_thread`]: staying a member
//! - [`network`]: what silos ask each other
//! - [`delivery`]: in which way a message is brought to its actor
//! - [`cells`]: what other clusters ask, which are one pizzeria with this one
//! - [`local`]: a network within one process
//! - [`transport`]: a network of framed connections

pub mod cells;
pub mod clock_offset;
pub mod delivery;
pub mod heartbeat;
pub mod homes;
pub mod join;
pub mod lease;
pub mod loads;
pub mod local;
pub mod membership;
pub mod network;
pub mod observer;
pub mod own_thread;
pub mod placement;
pub mod pulse;
pub mod settings;
pub mod transport;

pub use cells::{CellRequest, StreamPage};
pub use clock_offset::ClockOffset;
pub use delivery::Delivery;
pub use homes::Homes;
pub use lease::Lease;
pub use loads::Loads;
pub use local::{LocalCells, LocalNetwork};
pub use membership::Membership;
pub use network::{CellNetwork, LinkError, Load, Network, Nobody, Request, Response, Service};
pub use own_thread::OwnThread;
pub use placement::{Choice, NoSilo, Placement};
pub use pulse::Pulse;
pub use settings::ClusterSettings;
