//! The pizzeria's own processes: silos, gateways, a bridge.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use tokio::process::Command;

use super::child::Child;

const SILOS: [&str; 3] = ["silo-1", "silo-2", "silo-3"];
const GATEWAYS: [&str; 2] = ["gateway-1", "gateway-2"];

/// What is open, for whoever looks.
pub(super) struct Open {
    pub(super) gateways: [SocketAddr; 2],
    /// What all silos take, and all edges show.
    pub(super) token: String,
    /// Where operators are served, of one of the silos.
    pub(super) admin: SocketAddr,
}

/// # Errors
/// When one of them does not open; the error says where it says why.
pub(super) async fn open(
    dir: &Path,
    store: &str,
    broker: &str,
    speed: u64,
    children: &mut Vec<Child>,
) -> anyhow::Result<Open> {
    let token = format!("{:032x}", rand::random::<u128>());
    let mut admins = Vec::new();
    for name in SILOS {
        let mut command = pizza(dir, &token)?;
        command
            .args(["silo", "--cluster-name", name, "--cluster-store", store])
            .args(["--cluster-listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(["--speed", &speed.to_string(), "--data"])
            .arg(dir.join(name));
        admins.push(started(command, name, "admin", dir, children).await?);
    }
    let silos: Vec<String> = admins.iter().map(ToString::to_string).collect();
    let silos = silos.join(",");
    let mut gateways = Vec::new();
    for name in GATEWAYS {
        let mut command = pizza(dir, &token)?;
        command
            .args(["gateway", "--http", "127.0.0.1:0", "--https", "off"])
            .args(["--silo", &silos, "--data"])
            .arg(dir.join(name));
        gateways.push(started(command, name, "API", dir, children).await?);
    }
    let mut command = pizza(dir, &token)?;
    command
        .args(["bridge", "--silo", &silos, "--broker", broker])
        .args([
            "--metrics",
            "127.0.0.1:0",
            "--client-id",
            "demo-bridge",
            "--data",
        ])
        .arg(dir.join("bridge"));
    started(command, "bridge", "metrics", dir, children).await?;
    let gateways = gateways.try_into().ok().context("there are two gateways")?;
    let admin = admins.first().copied().context("there are silos")?;
    Ok(Open {
        gateways,
        token,
        admin,
    })
}

async fn started(
    command: Command,
    name: &str,
    listed: &str,
    dir: &Path,
    children: &mut Vec<Child>,
) -> anyhow::Result<SocketAddr> {
    let mut child = Child::start(command, name, String::new(), dir, None)?;
    let opened = child.opened(listed, dir).await;
    // Also one that did not open is ended with the others.
    children.push(child);
    opened
}

/// This program, in a directory without a configuration file.
fn pizza(dir: &Path, token: &str) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("where this program is")?;
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .env("PIZZA_ADMIN_TOKEN", token)
        .stdout(Stdio::piped());
    Ok(command)
}
