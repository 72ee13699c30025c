//! What the silos and the bridge stand on: a Redis Cluster, and a broker.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::child::Child;
use super::ports;

/// Three primaries with a replica each.
const SERVERS: usize = 6;
const OPEN_WITHIN: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_millis(100);
/// How long a server may be silent before another one takes its place, in milliseconds.
const NODE_TIMEOUT_MS: &str = "500";

/// Starts the cluster; returns its address for silos.
///
/// # Errors
/// When the server is not installed, or no cluster comes of it.
pub(crate) async fn redis_cluster(dir: &Path, children: &mut Vec<Child>) -> anyhow::Result<String> {
    let ports = ports::for_servers(SERVERS)?;
    for port in &ports {
        let data = dir.join(format!("redis-{port}"));
        std::fs::create_dir_all(&data)?;
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--cluster-enabled", "yes"])
            .args(["--cluster-node-timeout", NODE_TIMEOUT_MS])
            .args(["--cluster-require-full-coverage", "no"])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .args(["--save", "", "--dir"])
            .arg(&data)
            .stdout(Stdio::null());
        let (name, address) = (format!("redis-{port}"), format!("127.0.0.1:{port}"));
        children.push(Child::start(
            command,
            &name,
            address,
            dir,
            Some("redis-server"),
        )?);
    }
    for port in &ports {
        listens(*port).await?;
    }
    let addresses: Vec<String> = ports
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    let made = Command::new("redis-cli")
        .args(["--cluster", "create"])
        .args(&addresses)
        .args(["--cluster-replicas", "1", "--cluster-yes"])
        .output()
        .await
        .context("redis-cli cannot be started; on Debian the package redis-tools brings it")?;
    ensure!(
        made.status.success(),
        "no cluster comes of it: {}{}",
        String::from_utf8_lossy(&made.stdout),
        String::from_utf8_lossy(&made.stderr)
    );
    for port in &ports {
        agrees(*port).await?;
    }
    Ok(format!("redis://{}", addresses.join(",")))
}

/// Starts one server, which writes every commit to its disk before it answers, at this port and with what it may
/// have kept in this directory before.
///
/// # Errors
/// When it is not installed, or does not open.
pub(crate) async fn redis_at(dir: &Path, port: u16) -> anyhow::Result<Child> {
    let data = dir.join("redis");
    std::fs::create_dir_all(&data)?;
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .args(["--save", "", "--dir"])
        .arg(&data)
        .stdout(Stdio::null());
    let address = format!("127.0.0.1:{port}");
    let child = Child::start(command, "redis", address, dir, Some("redis-server"))?;
    // One that does not open is killed when it is dropped.
    listens(port).await?;
    Ok(child)
}

/// Starts Mosquitto; returns its address.
///
/// # Errors
/// When it is not installed, or does not open.
pub(crate) async fn mosquitto(dir: &Path, children: &mut Vec<Child>) -> anyhow::Result<String> {
    let port = ports::free()?;
    let config = dir.join("mosquitto.conf");
    std::fs::write(
        &config,
        format!("listener {port} 127.0.0.1\nallow_anonymous true\n"),
    )?;
    // It may live where only root looks.
    let debian = Path::new("/usr/sbin/mosquitto");
    let program = if debian.exists() {
        debian
    } else {
        Path::new("mosquitto")
    };
    let mut command = Command::new(program);
    command.arg("-c").arg(&config).stdout(Stdio::null());
    let url = format!("mqtt://127.0.0.1:{port}");
    children.push(Child::start(
        command,
        "mosquitto",
        url.clone(),
        dir,
        Some("mosquitto"),
    )?);
    listens(port).await?;
    Ok(url)
}

async fn listens(port: u16) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    until(&format!("nobody listens at {address}"), async || {
        TcpStream::connect(address).await.is_ok()
    })
    .await
}

/// Waits until a server says that all slots are served.
async fn agrees(port: u16) -> anyhow::Result<()> {
    until(
        &format!("the server at port {port} knows no whole cluster"),
        async || {
            let said = Command::new("redis-cli")
                .args(["-p", &port.to_string(), "cluster", "info"])
                .output();
            let said = said.await.map(|said| said.stdout).unwrap_or_default();
            String::from_utf8_lossy(&said).contains("cluster_state:ok")
        },
    )
    .await
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !is_so().await {
        ensure!(begun.elapsed() < OPEN_WITHIN, "{what}");
        sleep(AGAIN).await;
    }
    Ok(())
}
