//! Turns messages into durable changes: the heart of a silo.
//!
//! In reading order:
//! - [`turn`](crate::turn): what happens to one message, from envelope to commit
//! - [`stage`](crate::stage): what a guest asked for becomes one commit and what waits behind it
//! - [`repeat`](crate::repeat): messages that need no turn
//! - [`hooks`](crate::hooks): waking up and migrating, before the guest is asked
//! - [`pipeline`](crate::pipeline): commits in flight, in order
//! - [`in_doubt`](crate::in_doubt): what became of a commit whose answer was lost
//! - [`gate`](crate::gate): how everything that leaves the actor waits for it
//! - [`tail`](crate::tail): how what stands on other actors' commits waits for those
//! - [`actor`](crate::actor): an actor while it has work
//! - [`guest_turn`](crate::guest_turn): what the guest is handed
//! - [`calls`](crate::calls): an actor asks another, and its turn is suspended
//! - [`query`](crate::query): reads, which may run beside a turn
//! - [`actor_loop`](crate::actor_loop): one actor's messages, one at a time
//! - [`router`](crate::router), [`owners`](crate::owners): which silo has an actor
//! - [`placed`](crate::placed): where actors belong, by the placement of their types
//! - [`deliver`](crate::deliver): the one way of a message to its actor
//! - [`stateless`](crate::stateless): messages to actors of which nothing is kept
//! - [`activation`](crate::activation): an actor in memory
//! - [`entries`](crate::entries): what of its entries is in memory, over what the store has
//! - [`slot`](crate::slot): mailboxes, and the table of actors that are in memory
//! - [`catalog`](crate::catalog), [`serving`](crate::serving),
//!   [`deployment`](crate::deployment): actor types and the modules that serve them
//! - [`guardian`](crate::guardian): what commits leave in the log leaves for where it goes
//! - [`guarded`](crate::guarded): how far the logs of shards are read where silos share them
//! - [`loads`](crate::loads), [`misplaced`](crate::misplaced): what silos tell each other of how busy they are
//! - [`hand_over`](crate::hand_over), [`moves`](crate::moves): an actor changes its silo, and how many may
//! - [`take_over`](crate::take_over), [`notices`](crate::notices): shards change hands, and silos tell
//!   each other what is new
//! - [`service`](crate::service): what other silos may ask
//! - [`cells`]: other clusters that are one pizzeria with this one, and what waits for them
//! - [`relay`](crate::relay): events of the log on their way to their streams
//! - [`outbox`](crate::outbox), [`reminders`](crate::reminders), [`timers`](crate::timers),
//!   [`streams`](crate::streams): what brings a message to an actor without a caller; each
//!   a table, which commits change, and a worker, which delivers
//! - [`alarms`](crate::alarms): things to do at a time
//! - [`supervise`](crate::supervise): retry, back-off and dead letters for those
//! - [`metrics`](crate::metrics), [`module_stats`](crate::module_stats): what is counted of turns
//! - [`breaker`](crate::breaker): a module whose every turn fails is not asked for a while
//! - [`failed_turns`](crate::failed_turns): what the log says of turns that fail
//! - [`dead_letters`](crate::dead_letters), [`inspect`](crate::inspect),
//!   [`cluster_view`](crate::cluster_view), [`export`](crate::export): what an operator may look at
//!   and do
//! - [`copied`](crate::copied): what is done to copies of actors that leave the silo
//! - [`housekeeping`](crate::housekeeping): idle actors leave memory, old rows leave the store
//! - [`retire`](crate::retire), [`archive`](crate::archive): actors that ended long ago leave the store
//! - [`deactivate`](crate::deactivate): the hook that runs when an actor leaves memory
//! - [`entropy`](crate::entropy): chance comes through a trait, as time does (`pizza_clock`)
//! - [`durable_clock`](crate::durable_clock): what delays are counted on that outlive the process
//! - [`date`](crate::date): what follows from the date being set meanwhile
//! - [`settings`]: the numbers that bound a silo and each actor type
//! - [`core`](crate::core): what all of these share
//! - [`silo`](crate::silo): the handle that holds it all together

mod activation;
mod actor;
mod actor_loop;
mod alarms;
mod archive;
mod breaker;
mod calls;
pub mod catalog;
pub mod cells;
mod cluster_view;
mod copied;
mod core;
mod date;
mod deactivate;
mod dead_letters;
mod deliver;
mod deployment;
mod durable_clock;
mod entries;
pub mod entropy;
mod export;
mod failed_turns;
mod gate;
mod guarded;
mod guardian;
mod guest_turn;
mod hand_over;
mod hooks;
mod housekeeping;
mod in_doubt;
mod inspect;
mod loads;
mod metrics;
mod misplaced;
mod module_stats;
mod moves;
mod notices;
mod outbox;
mod owners;
mod pipeline;
mod placed;
mod query;
mod relay;
mod reminders;
mod repeat;
mod retire;
mod router;
mod service;
mod serving;
pub mod settings;
mod silo;
mod slot;
mod stage;
mod stateless;
mod streams;
mod supervise;
mod tail;
mod take_over;
mod timers;
mod turn;

pub use pizza_clock::{Clock, Cpu, ManualClock, ManualCpu, ProcessCpu, SystemClock};
pub use pizza_cluster::{Membership, Nobody, Placement};

pub use archive::{Archive, NoArchive};
pub use breaker::BreakerState;
pub use catalog::{Catalog, Plans};
pub use cells::CellParts;
pub use cluster_view::{CellView, ClusterView, MemberView};
pub use deployment::Deployment;
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use export::Exported;
pub use inspect::{ActorView, Handled, History, Presence};
pub use module_stats::{Counts, Latency, ModuleStats};
pub use serving::{Canary, Serving};
pub use settings::{BreakerLimits, Policy, Retry, Settings};
pub use silo::{Parts, Silo, SiloStats};
