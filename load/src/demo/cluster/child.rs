//! A process of the scene.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

/// How long one may take to open, and to end.
const OPEN_WITHIN: Duration = Duration::from_secs(120);
const END_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Child {
    pub(crate) name: String,
    /// Where it is, for a person.
    pub(crate) address: String,
    process: tokio::process::Child,
    is_told: bool,
}

impl Child {
    /// Starts a process whose output goes to a file beside its data.
    ///
    /// # Errors
    /// When the program is not there; the error names the `package` that brings it on Debian.
    pub(crate) fn start(
        mut command: Command,
        name: &str,
        address: String,
        dir: &Path,
        package: Option<&str>,
    ) -> anyhow::Result<Self> {
        let log = std::fs::File::create(dir.join(format!("{name}.log")))?;
        let process = command
            .stdin(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                let program = command.as_std().get_program().display();
                match package {
                    None => format!("{program} cannot be started"),
                    Some(package) => format!(
                        "{program} cannot be started; on Debian the package {package} brings it"
                    ),
                }
            })?;
        Ok(Self {
            name: name.to_owned(),
            address,
            process,
            is_told: false,
        })
    }

    /// Reads what it prints until the line that begins with `listed`, and takes its address from there.
    ///
    /// # Errors
    /// When it ends before, or takes too long.
    pub(crate) async fn opened(&mut self, listed: &str, dir: &Path) -> anyhow::Result<SocketAddr> {
        let output = self.process.stdout.take();
        let mut lines = BufReader::new(output.context("its output is piped")?).lines();
        let found = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(rest) = line.trim().strip_prefix(listed)
                    && let Some(address) = rest.trim().split('/').nth(2)
                {
                    return Ok(address.parse()?);
                }
            }
            let log = dir.join(format!("{}.log", self.name));
            bail!("{} has not opened; {} says why", self.name, log.display())
        };
        let address = timeout(OPEN_WITHIN, found).await;
        let address: SocketAddr = address.with_context(|| format!("{} opens", self.name))??;
        self.address = address.to_string();
        Ok(address)
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// How it has ended, told once.
    pub(crate) fn has_ended(&mut self) -> std::io::Result<Option<ExitStatus>> {
        if self.is_told {
            return Ok(None);
        }
        let ended = self.process.try_wait()?;
        self.is_told = ended.is_some();
        Ok(ended)
    }

    /// SIGKILL; returns when it has ended.
    ///
    /// # Errors
    /// When it had ended by itself before.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        let ended = self.process.try_wait()?;
        anyhow::ensure!(
            ended.is_none(),
            "{} had ended before it was killed",
            self.name
        );
        self.process.kill().await?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) async fn stop(mut self) {
        let pid = self.process.id().and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(END_WITHIN, self.process.wait()).await.is_err() {
            let _ = self.process.kill().await;
        }
    }
}
