//! A pizzeria in a process of its own, on a directory that stays: how long it takes to answer, and
//! how it ends.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::lean_connection::Template;
use crate::process::Process;
use crate::target::Target;

/// From one connection to the next, until one has its answer.
const EVERY: Duration = Duration::from_millis(1);
/// So many of them wait at once: those that were first are answered first.
const WAITING_MAX: usize = 16;
/// Then a connection is given up for a fresh one.
const ATTEMPT_MAX: Duration = Duration::from_secs(2);
/// A first start compiles the modules.
const ANSWERS_WITHIN: Duration = Duration::from_secs(300);
const STOPS_WITHIN: Duration = Duration::from_secs(60);
/// A process is idle when it used so little of such a while.
const IDLE_LOOK: Duration = Duration::from_millis(500);
const IDLE_CPU: Duration = Duration::from_millis(20);
const IDLE_WITHIN: Duration = Duration::from_secs(30);

/// What is started, and where.
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) data: PathBuf,
    pub(super) arguments: Vec<OsString>,
}

/// A running one. It is killed with this value.
pub(super) struct Server {
    pub(super) target: Target,
    /// From the call that starts the process until it is ready, and says so.
    pub(super) took: Duration,
    process: Process,
    child: Child,
}

impl Program {
    /// Starts it, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not start, ends, or gives no answer.
    pub(super) async fn start(&self) -> anyhow::Result<Server> {
        let address = free_address().await?;
        let target = Target::new(address, None)?;
        let mut command = Command::new(&self.path);
        command.arg("--data").arg(&self.data);
        command.args(["--http", &address.to_string()]);
        for edge in ["--https", "--mqtt", "--mqtts", "--admin"] {
            command.args([edge, "127.0.0.1:0"]);
        }
        command.args(&self.arguments);
        // What it says is for the screen of a pizzeria, but what it complains of is wanted.
        command.stdout(Stdio::null()).kill_on_drop(true);
        if std::env::var_os("PIZZA_LOG").is_none() {
            command.env("PIZZA_LOG", "error");
        }
        let begun = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", self.path.display()))?;
        tokio::select! {
            answered = first_answer(&target) => answered?,
            ended = child.wait() => bail!("it ended before it was ready: {}", ended?),
        }
        let took = begun.elapsed();
        let pid = child.id().context("it ended as soon as it was ready")?;
        Ok(Server {
            target,
            took,
            process: Process::of(pid)?,
            child,
        })
    }
}

impl Server {
    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// When it does not, or ends otherwise than well.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        kill_process(self.pid()?, Signal::TERM).context("asking it to stop")?;
        let ended = timeout(STOPS_WITHIN, self.child.wait()).await;
        let within = STOPS_WITHIN.as_secs();
        let ended = ended.with_context(|| format!("it has not stopped for {within} s"))??;
        ensure!(ended.success(), "asked to stop, it ended with {ended}");
        Ok(())
    }

    /// kill -9; when it returns the directory is free.
    ///
    /// # Errors
    /// When it has ended before.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        if let Some(ended) = self.child.try_wait()? {
            bail!("it ended before it was killed: {ended}");
        }
        Ok(self.child.kill().await?)
    }

    /// Bytes of its memory once it has nothing to do; `None` if it always has.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) async fn resident_idle(&self) -> anyhow::Result<Option<u64>> {
        let begun = Instant::now();
        while begun.elapsed() < IDLE_WITHIN {
            let before = self.process.cpu()?;
            sleep(IDLE_LOOK).await;
            if self.process.cpu()?.saturating_sub(before) <= IDLE_CPU {
                return Ok(Some(self.process.resident()?.now));
            }
        }
        Ok(None)
    }

    fn pid(&self) -> anyhow::Result<Pid> {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok());
        pid.and_then(Pid::from_raw).context("it has ended")
    }
}

/// Resolves with the first answer that says that it is ready, whichever of many fresh connections has it.
async fn first_answer(target: &Target) -> anyhow::Result<()> {
    let begun = Instant::now();
    let request = Arc::new(target.template("GET", "/health/ready", ""));
    let mut attempts = JoinSet::new();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while begun.elapsed() < ANSWERS_WITHIN {
        tokio::select! {
            // Answers before new questions.
            biased;
            Some(answered) = attempts.join_next() => {
                if let Ok(Ok(true)) = answered {
                    return Ok(());
                }
            }
            _ = ticks.tick() => {
                if attempts.len() < WAITING_MAX {
                    attempts.spawn(attempt(target.clone(), Arc::clone(&request)));
                }
            }
        }
    }
    bail!("it is not ready after {} s", ANSWERS_WITHIN.as_secs())
}

/// Whether it is ready, by a connection of its own.
async fn attempt(target: Target, request: Arc<Template>) -> anyhow::Result<bool> {
    let ask = async {
        let mut connection = target.connect_lean().await?;
        Ok(connection.ask(&request).await?.status == 200)
    };
    timeout(ATTEMPT_MAX, ask).await?
}

/// One that nobody listens at now: that of the process must be known before it says it.
async fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?)
}
