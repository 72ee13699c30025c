//! Turns messages into durable changes: the heart of a silo.
//!
//! In reading order:
//! - [`turn`](crate::turn): what happens to one message, from envelope to commit
//! - [`stage`](crate::stage): what a guest asked for becomes one commit and what waits behind it
//! - [`release`](crate::release): what leaves once a commit is durable
//! - [`pipeline`](crate::pipeline): commits in flight, in order
//! - [`doubt`](crate::doubt): what became of a commit whose answer was lost
//! - [`gate`](crate::gate): how everything that leaves waits for it
//! - [`calls`](crate::calls): an actor asks another; the only place where a turn is suspended
//! - [`query`](crate::query): reads, which may run beside a turn
//! - [`activation`](crate::activation): an actor in memory
//! - [`actor_loop`](crate::actor_loop): one actor's messages, one at a time
//! - [`slot`](crate::slot): mailboxes, and the table of actors that are in memory
//! - [`catalog`](crate::catalog), [`serving`](crate::serving): actor types and their modules
//! - [`outbox`](crate::outbox), [`reminders`](crate::reminders), [`timers`](crate::timers),
//!   [`streams`](crate::streams): what brings a message to an actor without a caller
//! - [`alarm`](crate::alarm): things to do at a time
//! - [`supervise`](crate::supervise): retry, back-off and dead letters for those
//! - [`figures`](crate::figures), [`tally`](crate::tally): what is counted of turns
//! - [`breaker`](crate::breaker): a type whose every turn fails is given a rest
//! - [`dead_letters`](crate::dead_letters), [`inspect`](crate::inspect): what an operator
//!   may look at and do
//! - [`housekeeping`](crate::housekeeping): idle actors leave memory, old rows leave the store
//! - [`deactivate`](crate::deactivate): an actor that leaves memory is told so
//! - [`clock`](crate::clock), [`entropy`](crate::entropy): time and chance come through traits
//! - [`durable_clock`](crate::durable_clock): what delays are counted on that outlive the process
//! - [`date`](crate::date): what follows from the date being set meanwhile
//! - [`settings`]: the numbers that bound a silo and each actor type
//! - [`silo`](crate::silo): the handle that holds it all together

mod activation;
mod actor_loop;
mod alarm;
mod breaker;
mod calls;
pub mod catalog;
pub mod clock;
mod date;
mod deactivate;
mod dead_letters;
mod doubt;
mod durable_clock;
pub mod entropy;
mod figures;
mod gate;
mod housekeeping;
mod inspect;
mod outbox;
mod pipeline;
mod query;
mod release;
mod reminders;
mod serving;
pub mod settings;
mod silo;
mod slot;
mod stage;
mod streams;
mod supervise;
mod tally;
mod timers;
mod turn;

pub use breaker::BreakerState;
pub use catalog::{ActorType, Catalog};
pub use clock::{Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use inspect::{ActorView, Handled, History, Presence};
pub use serving::{Canary, Serving};
pub use settings::{Breaking, Policy, Retry, Settings};
pub use silo::{Parts, Silo, SiloStats};
pub use tally::Tally;
