//! Very many actors of one type, made through the generic door: what each takes of the server's
//! memory, whether creating and reading them gets slower with their number.

mod report;
mod server;

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use self::report::{Reads, Report};
use self::server::Server;
use super::actor_calls::{ActorCalls, Call};
use super::actor_creation::create;
use super::actor_load::{Keys, Load, Measured};
use super::read_back::{self, read_back};
use crate::lean_connection::Template;
use crate::target::Target;

/// Create very many actors of one type, see what each takes, and read them at random
///
/// A few actors are created and read at random, then all the others are created, each by one
/// request. The server's memory before and after says what each of them takes, and how many are
/// active in memory is asked of the server. Then all are read at random, and once more only the few.
/// In the end each is read back; whatever is not there makes the run fail.
///
///   pizza bench many-actors --actors 1000000 --pid "$(pidof pizza)"
///
/// In arguments, n in braces becomes a number of ten digits that no other request has, and key in
/// braces that of the actor. An actor that nobody asks for leaves memory after a while (`idle_ms` of
/// its type, 5 minutes), or for want of room (`memory_mib_max`): where the creation takes longer or
/// needs more, set both higher.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct ManyActors {
    #[command(flatten)]
    target: Target,
    /// How many there are in the end
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(20..=1_000_000_000))]
    actors: u64,
    /// How many of them are created first, and read for comparison
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    few: u64,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Measured time of each kind of reads
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Reads before each, not measured
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    #[command(flatten)]
    of: ActorCalls,
    /// Read back only so many of the actors, evenly spread; 0 is all of them
    #[arg(long, default_value_t = 0, value_name = "N")]
    sample: u64,
    /// The server's process on this machine: its memory is read from the system, and with it the
    /// most that it was; without it, it is what the server says at /metrics
    #[arg(long)]
    pid: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl ManyActors {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let few = self.few;
        ensure!(
            few + 10 <= self.actors,
            "--few {few} leaves too little of --actors {}: ten at least",
            self.actors
        );
        let mut server = Server::open(&self.target, self.pid).await?;
        // Others each time, so that what is created was never there.
        let prefix = format!("bench-{:08x}", rand::random::<u32>());
        let (create_one, read_one) = (self.of.create()?, self.of.read());
        for call in [&create_one, &read_one] {
            self.of.sample(&self.target, call, &prefix).await?;
        }
        let request = |call: &Call| self.of.request(&self.target, call, &prefix);
        let (creation, reading) = (request(&create_one), request(&read_one));

        let first = create(&self.target, self.connections, &creation, 0..few).await?;
        let with_few = self.reads(&reading, few).await?;
        let before = server.look().await?;
        let others = create(&self.target, self.connections, &creation, few..self.actors);
        let others = others.await?;
        let right_after = server.look().await?;
        let after = server.look_when_still().await?;
        let reads = Reads {
            with_few,
            of_all: self.reads(&reading, self.actors).await?,
            of_few: self.reads(&reading, few).await?,
        };
        let active_after_reads = server.look().await?.active;
        let step = read_back::step(self.actors, self.sample);
        let reading = Arc::new(reading);
        let one = move |number| (Arc::clone(&reading), number * step);
        let wanted = self.actors.div_ceil(step);
        let read_back = read_back(&self.target, wanted, None, one).await?;
        let report = Report {
            actor_type: self.of.actor_type.clone(),
            connections: self.connections,
            took: Duration::from_secs(self.seconds),
            actors: self.actors,
            few,
            created: first.count() + others.count(),
            others,
            before,
            right_after,
            after,
            reads,
            active_after_reads,
            read_back,
        };
        report.print(self.json)?;
        report.complain()
    }

    /// Reads the first so many at random.
    async fn reads(&self, request: &Template, actors: u64) -> anyhow::Result<Measured> {
        let load = Load {
            connections: self.connections,
            warm_up: Duration::from_secs(self.warm_up),
            took: Duration::from_secs(self.seconds),
        };
        load.put_on(&self.target, request, Keys::Random(actors))
            .await
    }
}
