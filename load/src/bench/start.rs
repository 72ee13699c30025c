//! How long a pizzeria takes from its start to its first answer, with many actors on disk: after it
//! was stopped, and after it was killed under load.

mod kill;
mod report;
mod server;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;

use self::report::{Report, Start};
use self::server::{Program, Server};
use super::actor_calls::ActorCalls;
use super::actor_creation;
use super::read_back::{ReadBack, read_back, step};
use crate::progress::bar;

/// What the keys of the actors on disk begin with: the next run on the same directory finds them.
const PREFIX: &str = "bench-start";
/// So many of them are read after each start.
const SAMPLE: u64 = 1_000;

/// Start a server with many actors on disk, after a stop and after a kill, until it answers
///
/// It starts a server by itself, on a directory that it fills with so many actors first, unless they
/// are there from an earlier run. The first start, which may compile modules, is not measured. Then,
/// again and again: the server is stopped and started; and a server that many connections create
/// actors in is killed (kill -9) and started. From the start on there is a fresh connection each
/// millisecond that asks /health/ready; what is measured is the time until the first 200. Some
/// actors are read after each start, and all that were acknowledged before a kill; if one is
/// missing, the run fails.
///
///   pizza bench start --data /var/tmp/million --actors 1000000
///   pizza bench start --data /var/tmp/million --program target/dist/pizza -- --config pizza.toml
///
/// Files that were just written are in the system's memory: these are not starts of a machine
/// that was just switched on.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct StartBench {
    /// The server's directory; it is made if it is not there, and stays
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How many actors there are on disk at least
    #[arg(long, default_value_t = 100_000, value_name = "N", value_parser = clap::value_parser!(u64).range(10..=1_000_000_000))]
    actors: u64,
    /// How often it is started after a stop, and how often after a kill
    #[arg(long, default_value_t = 5, value_name = "R", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    repeat: u16,
    /// How long there is load before a kill
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// The program that is started [default: this one]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    #[command(flatten)]
    of: ActorCalls,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// More arguments of the server
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

impl StartBench {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let path = match &self.program {
            Some(path) => path.clone(),
            None => std::env::current_exe().context("this program")?,
        };
        let program = Program {
            path,
            data: self.data.clone(),
            arguments: self.arguments.clone(),
        };
        let first = program.start().await?;
        self.fill(&first).await?;
        first.stop().await?;

        let progress = bar(u64::from(self.repeat) * 2, "{bar:40} {pos}/{len} starts");
        let (mut stopped, mut killed, mut lost) = (Vec::new(), Vec::new(), 0);
        for _ in 0..self.repeat {
            let server = program.start().await?;
            stopped.push(self.noted(&server, 0).await?);
            lost += self.sample(&server).await?.lost;
            server.stop().await?;
            progress.inc(1);
        }
        let mut on_disk = self.actors;
        for _ in 0..self.repeat {
            let server = program.start().await?;
            let prefix = format!("{PREFIX}-{:08x}", rand::random::<u32>());
            let create = self.of.request(&server.target, &self.of.create()?, &prefix);
            let load = Duration::from_secs(self.seconds);
            let created = kill::under_load(server, self.connections, &create, load).await?;
            let acknowledged = created.len() as u64;
            on_disk += acknowledged;
            let server = program.start().await?;
            // Before anything is read, which takes memory.
            killed.push(self.noted(&server, acknowledged).await?);
            lost += self.sample(&server).await?.lost;
            lost += self.read(&server, &prefix, created).await?.lost;
            server.stop().await?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        let report = Report {
            actor_type: self.of.actor_type.clone(),
            actors: self.actors,
            on_disk,
            stopped,
            killed,
            lost,
        };
        report.print(self.json)?;
        report.complain()
    }

    /// Creates the actors, unless the last of them is there.
    async fn fill(&self, server: &Server) -> anyhow::Result<()> {
        let target = &server.target;
        let create = self.of.create()?;
        let read = self.of.request(target, &self.of.read(), PREFIX);
        let mut connection = target.connect_lean().await?;
        let last = connection.ask_about(&read, self.actors - 1, 0).await?;
        if last.status == 200 {
            return Ok(());
        }
        self.of.sample(target, &create, PREFIX).await?;
        let request = self.of.request(target, &create, PREFIX);
        let all = 0..self.actors;
        let created = actor_creation::create(target, self.connections, &request, all).await?;
        let (count, actors) = (created.count(), self.actors);
        ensure!(count == actors, "only {count} of {actors} were created");
        Ok(())
    }

    /// Reads some of the actors that are on disk.
    async fn sample(&self, server: &Server) -> anyhow::Result<ReadBack> {
        let step = step(self.actors, SAMPLE);
        let numbers = (0..self.actors).step_by(usize::try_from(step)?).collect();
        self.read(server, PREFIX, numbers).await
    }

    async fn read(
        &self,
        server: &Server,
        prefix: &str,
        numbers: Vec<u64>,
    ) -> anyhow::Result<ReadBack> {
        let target = &server.target;
        let read = Arc::new(self.of.request(target, &self.of.read(), prefix));
        let (wanted, numbers) = (numbers.len() as u64, Arc::new(numbers));
        let one = move |at: u64| (Arc::clone(&read), numbers[at as usize]);
        read_back(target, wanted, None, one).await
    }

    /// How it has started, and its memory once it has nothing to do.
    async fn noted(&self, server: &Server, acknowledged: u64) -> anyhow::Result<Start> {
        Ok(Start {
            took: server.took,
            resident_idle: server.resident_idle().await?,
            acknowledged,
        })
    }
}
