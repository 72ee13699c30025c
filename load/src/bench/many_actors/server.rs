//! How things stand in the server between the kinds of load.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

use super::super::cpu::{self, CpuSeconds};
use super::super::metrics::{ACTORS_IN_MEMORY, CPU_SECONDS, Metrics, RESIDENT_BYTES};
use crate::process::Process;
use crate::target::Target;

/// After the last creation the store goes on bringing rows from its log into the database. So memory
/// is looked at when it has been the same, to a hundredth, from one look to the next.
const STILL: Duration = Duration::from_secs(2);
const STILL_WITHIN: Duration = Duration::from_secs(60);
const STILL_SHARE: f64 = 0.01;

/// How things stand in the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Bytes of memory.
    pub(super) resident: f64,
    /// The most that it ever was, where the system is asked.
    pub(super) resident_most: Option<f64>,
    /// Of all types.
    pub(super) active: u64,
    pub(super) cpu: CpuSeconds,
}

/// Where that is asked: at its metrics, and of the system where its process is known.
pub(super) struct Server {
    metrics: Metrics,
    process: Option<Process>,
}

impl Server {
    /// # Errors
    /// When the server cannot be reached, or the process is none of this machine.
    pub(super) async fn open(target: &Target, pid: Option<u32>) -> anyhow::Result<Self> {
        // Before the load: a process that is not there is a mistake of the command line.
        let process = pid.map(Process::of).transpose()?;
        let metrics = Metrics::open(target).await?;
        Ok(Self { metrics, process })
    }

    /// # Errors
    /// When the server cannot be asked, or does not say.
    pub(super) async fn look(&mut self) -> anyhow::Result<Standing> {
        let names = [RESIDENT_BYTES, ACTORS_IN_MEMORY, CPU_SECONDS];
        let [resident, active, cpu] = self.metrics.read(names).await?;
        let (Some(said), Some(active), Some(cpu)) = (resident, active, cpu) else {
            bail!(
                "the server does not say at /metrics how many actors are in memory; \
                 show it the token of an admin (--token)"
            );
        };
        let from_system = self.process.as_ref().map(Process::resident).transpose()?;
        Ok(Standing {
            resident: from_system.map_or(said, |resident| resident.now as f64),
            resident_most: from_system.map(|resident| resident.most as f64),
            active: active as u64,
            cpu: CpuSeconds {
                server: cpu,
                generator: cpu::of_this_process(),
            },
        })
    }

    /// # Errors
    /// As [`look`](Self::look).
    pub(super) async fn look_when_still(&mut self) -> anyhow::Result<Standing> {
        let begun = Instant::now();
        let mut before = self.look().await?;
        loop {
            sleep(STILL).await;
            let now = self.look().await?;
            let moved = (now.resident - before.resident).abs();
            if moved <= before.resident * STILL_SHARE || begun.elapsed() > STILL_WITHIN {
                return Ok(now);
            }
            before = now;
        }
    }
}
