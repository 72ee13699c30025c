//! The pizzeria's own processes: silos, gateways, a bridge.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use super::child::Child;

const SILOS: [&str; 3] = ["silo-1", "silo-2", "silo-3"];
const GATEWAYS: [&str; 2] = ["gateway-1", "gateway-2"];

/// The configuration of all gateways, in the directory of the scene.
const OF_GATEWAYS: &str = "gateway.toml";

/// What is open, for whoever looks.
pub(crate) struct Open {
    pub(crate) gateways: [SocketAddr; 2],
    /// What all silos take of operators.
    pub(crate) token: String,
    /// Where operators are served, of one of the silos.
    pub(crate) admin: SocketAddr,
}

/// What all silos and edges of a scene have in common.
pub(crate) struct Starter {
    dir: PathBuf,
    store: String,
    speed: u64,
    /// Where compiled modules are kept: whoever is first compiles for all.
    modules: PathBuf,
    /// What is said to each silo besides.
    words: Vec<String>,
    /// What silos take of operators.
    pub(crate) token: String,
    /// What gateways and bridges have, and that alone.
    edge_token: String,
}

impl Starter {
    /// Processes that write to `dir`, on a store, where people work so many times faster than life.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub(crate) fn new(dir: &Path, store: String, speed: u64) -> anyhow::Result<Self> {
        // A scene asks more than one client may.
        std::fs::write(dir.join(OF_GATEWAYS), "[gateway]\nrate_per_second = 0\n")?;
        Ok(Self {
            dir: dir.to_owned(),
            store,
            speed,
            modules: dir.join("modules"),
            words: Vec::new(),
            token: format!("{:032x}", rand::random::<u128>()),
            edge_token: format!("{:032x}", rand::random::<u128>()),
        })
    }

    /// The same with a cache of modules that others use too, and with more words to each silo.
    pub(crate) fn saying(mut self, modules: &Path, words: Vec<String>) -> Self {
        modules.clone_into(&mut self.modules);
        self.words = words;
        self
    }

    /// Starts a silo; returns where it serves operators and edges.
    ///
    /// # Errors
    /// When it does not open; the error says where it says why.
    pub(crate) async fn silo(&self, name: &str) -> anyhow::Result<(Child, SocketAddr)> {
        let mut command = self.pizza()?;
        command
            .env("PIZZA_ADMIN_TOKEN", &self.token)
            .args([
                "silo",
                "--cluster-name",
                name,
                "--cluster-store",
                &self.store,
            ])
            .args(["--cluster-listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(["--speed", &self.speed.to_string(), "--modules-cache"])
            .arg(&self.modules)
            .args(&self.words)
            .arg("--data")
            .arg(self.dir.join(name));
        self.opened(command, name, "admin").await
    }

    /// Starts a gateway to silos; returns where it is asked.
    ///
    /// # Errors
    /// As [`silo`](Self::silo).
    pub(crate) async fn gateway(
        &self,
        name: &str,
        silos: &[SocketAddr],
    ) -> anyhow::Result<(Child, SocketAddr)> {
        let mut command = self.pizza()?;
        command
            .args(["gateway", "--http", "127.0.0.1:0", "--https", "off"])
            .args(["--config", OF_GATEWAYS])
            .args(["--silo", &listed(silos), "--data"])
            .arg(self.dir.join(name));
        self.opened(command, name, "API").await
    }

    async fn bridge(&self, silos: &[SocketAddr], broker: &str) -> anyhow::Result<Child> {
        let mut command = self.pizza()?;
        command
            .args(["bridge", "--silo", &listed(silos), "--broker", broker])
            .args(["--metrics", "127.0.0.1:0", "--client-id", "demo-bridge"])
            .arg("--data")
            .arg(self.dir.join("bridge"));
        Ok(self.opened(command, "bridge", "metrics").await?.0)
    }

    async fn opened(
        &self,
        command: Command,
        name: &str,
        listed: &str,
    ) -> anyhow::Result<(Child, SocketAddr)> {
        // One that does not open is killed when it is dropped.
        let mut child = Child::start(command, name, String::new(), &self.dir, None)?;
        let address = child.opened(listed, &self.dir).await?;
        Ok((child, address))
    }

    /// This program, in a directory without a configuration file of the usual name.
    fn pizza(&self) -> anyhow::Result<Command> {
        let program = std::env::current_exe().context("where this program is")?;
        let mut command = Command::new(program);
        command
            .current_dir(&self.dir)
            .env_remove("PIZZA_ADMIN_TOKEN")
            .env("PIZZA_EDGE_TOKEN", &self.edge_token)
            .stdout(Stdio::piped());
        Ok(command)
    }
}

/// # Errors
/// When one of them does not open; the error says where it says why.
pub(crate) async fn open(
    starter: Starter,
    broker: &str,
    children: &mut Vec<Child>,
) -> anyhow::Result<Open> {
    let mut admins = Vec::new();
    for name in SILOS {
        let (child, admin) = starter.silo(name).await?;
        children.push(child);
        admins.push(admin);
    }
    let mut gateways = Vec::new();
    for name in GATEWAYS {
        let (child, gateway) = starter.gateway(name, &admins).await?;
        children.push(child);
        gateways.push(gateway);
    }
    children.push(starter.bridge(&admins, broker).await?);
    let gateways = gateways.try_into().ok().context("there are two gateways")?;
    let admin = admins.first().copied().context("there are silos")?;
    Ok(Open {
        gateways,
        token: starter.token,
        admin,
    })
}

fn listed(silos: &[SocketAddr]) -> String {
    let silos: Vec<String> = silos.iter().map(ToString::to_string).collect();
    silos.join(",")
}
