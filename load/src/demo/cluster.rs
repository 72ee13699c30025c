//! `pizza demo cluster`: a pizzeria of many processes on one machine, to look at, to ask and to kill parts of.
//!
//! What other scenes with processes of their own share:
//! - `session`: their directory, and that all of them end with the scene
//! - `child`: one of them
//! - `servers`, `silos`: what they are
//! - `small`: silos on one Redis server behind a gateway
//! - `ports`: ports that nobody has

pub(super) mod child;
mod ports;
pub(super) mod servers;
pub(super) mod session;
pub(super) mod silos;
pub(super) mod small;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use self::child::Child;
use self::session::say;
use crate::pace::Pace;

/// How often it is looked whether all are there.
const LOOK: Duration = Duration::from_millis(500);

/// Start a Redis Cluster, three silos, two gateways and a bridge, and show them
///
/// Three Redis primaries with a replica each, and Mosquitto, are started with what is installed
/// (Debian: redis-server, mosquitto). Everything lives in a directory of its own, and ends with this
/// command.
///
///   pizza demo cluster
///   pizza demo cluster --for 60
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Cluster {
    /// Where all of them keep what they have [default: a directory for temporary files, removed at
    /// the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How long it goes on, in seconds [default: until Ctrl-C]
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
    #[command(flatten)]
    pace: Pace,
}

impl Cluster {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let scene =
            async |dir: &Path, children: &mut Vec<Child>| self.open_and_watch(dir, children).await;
        // Whether it ended by itself or was told to does not matter.
        session::run(self.dir.clone(), scene).await.map(drop)
    }

    async fn open_and_watch(&self, dir: &Path, children: &mut Vec<Child>) -> anyhow::Result<()> {
        say("Redis: three primaries with a replica each")?;
        let store = servers::redis_cluster(dir, children).await?;
        say("Mosquitto")?;
        let broker = servers::mosquitto(dir, children).await?;
        say("three silos, two gateways, a bridge")?;
        let speed = self.pace.speed.unwrap_or(60);
        let starter = silos::Starter::new(dir, store.clone(), speed)?;
        let open = silos::open(starter, &broker, children).await?;
        let mut out = std::io::stdout().lock();
        out.write_all(shown(children, &open, &store).as_bytes())?;
        out.flush()?;
        drop(out);
        let end = self.seconds.map(Duration::from_secs);
        let watched = watch(children);
        match end {
            Some(end) => tokio::time::timeout(end, watched).await.unwrap_or(Ok(())),
            None => watched.await,
        }
    }
}

/// Tells when one of them has ended, which somebody may want; all others go on.
async fn watch(children: &mut [Child]) -> anyhow::Result<()> {
    loop {
        tokio::time::sleep(LOOK).await;
        for child in children.iter_mut() {
            if let Some(status) = child.has_ended()? {
                say(&format!("{} has ended: {status}", child.name))?;
            }
        }
    }
}

fn shown(children: &[Child], open: &silos::Open, store: &str) -> String {
    let mut text = String::from("\nprocess      pid      address\n");
    for child in children {
        let pid = child.pid().map_or_else(String::new, |pid| pid.to_string());
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:12} {pid:8} {}", child.name, child.address);
    }
    let silos::Open {
        gateways,
        token,
        admin,
    } = open;
    let _ = write!(
        text,
        "\nThe cluster is open.\n\
         \x20 API    http://{}/api  http://{}/api\n\
         \x20 store  {store}\n\
         \x20 token  {token} (of operators; PIZZA_ADMIN_TOKEN)\n\
         Order one, and kill the silo that you like:\n\
         \x20 curl -X POST http://{}/api/orders -H 'content-type: application/json' -d '{{\"customerId\": \"you\", \"pizzaType\": \"Margherita\"}}'\n\
         \x20 PIZZA_ADMIN_TOKEN={token} pizza cluster status --admin {admin}\n\
         Ctrl-C closes it.\n",
        gateways[0], gateways[1], gateways[0],
    );
    text
}
