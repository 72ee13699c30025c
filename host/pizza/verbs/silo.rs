//! `pizza silo`: actors and nothing else; gateways and bridges are processes of their own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use pizza_cli::address;
use pizza_silo::RunningSilo;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::Config;
use crate::log_args::log_to_stderr;
use crate::process::{asked_to_stop, listen};
use crate::shutdown::{self, StoreStopped};
use crate::silo_args::{self, SiloArgs};
use crate::{bundled, exposure, first_data, metrics, metrics_listener, open_files, operators};

/// Run a silo alone: actors, and the address by which operators, gateways and bridges reach it
///
///   pizza silo --cluster-store redis://127.0.0.1:6379/
///   pizza gateway --silo 127.0.0.1:5002
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct SiloVerb {
    #[command(flatten)]
    silo: SiloArgs,
    /// How many times faster than life actors work that take time [default: 60]
    #[arg(long, env = "PIZZA_SPEED", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    speed: Option<u64>,
    /// Where /metrics and /health/live are served [default: nowhere]
    #[arg(long, env = "PIZZA_METRICS", value_name = "ADDR", value_parser = address::parse)]
    metrics: Option<SocketAddr>,
}

impl SiloVerb {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut config = self.silo.config()?;
        config.speed = self.speed.unwrap_or(config.speed);
        config.hand_down();
        log_to_stderr(&config)?;
        // Whatever this process writes is for its owner only: states, tokens, keys.
        umask(Mode::RWXG | Mode::RWXO);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let served = runtime.block_on(serve(config, self.metrics));
        if served
            .as_ref()
            .is_err_and(|error| error.is::<StoreStopped>())
        {
            // Some of its threads may wait for the store for ever.
            runtime.shutdown_background();
        }
        served
    }
}

async fn serve(mut config: Config, metrics_at: Option<SocketAddr>) -> anyhow::Result<()> {
    // Before the silo, which counts from its beginning.
    let counted = metrics::install()?;
    open_files::allow(&mut config);
    // Addresses first: a process that cannot be reached should not have touched the data.
    let admin = listen(config.admin, "--admin").await?;
    silo_args::set_edges(&mut config, admin.local_addr()?);
    config.check_tokens()?;
    let silo = RunningSilo::start(&config.silo, bundled::MODULES).await;
    let silo = silo.map_err(shutdown::start_failed)?;
    let store = Arc::clone(silo.store());
    let metrics = match metrics_at {
        Some(address) => {
            let of_silo = silo.metrics();
            let read = move || metrics::read(&counted, &of_silo);
            Some(metrics_listener::serve(address, read).await?)
        }
        None => None,
    };
    let served = open(&config, silo, admin, metrics).await;
    shutdown::outcome(&*store, served)
}

/// Serves operators and edges until it is asked to stop or the store has stopped.
async fn open(
    config: &Config,
    silo: RunningSilo,
    admin: TcpListener,
    metrics: Option<SocketAddr>,
) -> anyhow::Result<()> {
    let store = Arc::clone(silo.store());
    if config.demo {
        first_data::set_up_once(&silo, config.gateway.default_key()).await?;
    }
    // By now the data directory is this process's own.
    let tokens = config.tokens()?;
    let address = admin.local_addr()?;
    let closing = watch::Sender::new(false);
    let routes = silo.admin(tokens, exposure::of_operators(config, address));
    let operators = operators::serve(admin, routes, config.admin_limits.clone(), &closing);
    // Before the banner: a supervisor that has read it may send a signal at once.
    let stop = asked_to_stop()?;
    banner(config, address, metrics);
    let grace_ms = config.silo.store.stopped_grace_ms;
    shutdown::asked_or_store_stopped(stop, &*store, grace_ms).await;
    let rest = async {
        // From here on edges ask other silos: they are told, and then there is nobody to ask.
        silo.begin_to_stop();
        silo.cordon().await;
        closing.send_replace(true);
        // It has the time of the requests in progress, as everybody has.
        let _ = operators.await;
        silo.drain().await;
    };
    shutdown::tidy_up(&*store, rest).await;
    Ok(())
}

fn banner(config: &Config, admin: SocketAddr, metrics: Option<SocketAddr>) {
    let data = config.silo.data.display();
    let name = config.silo.cluster.as_ref().map_or_else(
        || "alone on its store".to_owned(),
        |cluster| format!("{} of a cluster", cluster.name),
    );
    let metrics = metrics.map_or_else(String::new, |address| {
        format!("  metrics http://{address}/metrics\n")
    });
    let banner = format!(
        "The silo is open.\n\
         \x20 silo   {name}\n\
         {metrics}\
         \x20 admin  http://{admin}/stats\n\
         \x20 data   {data}\n"
    );
    // Nobody may be reading; that is no reason to serve nobody.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(banner.as_bytes()).and_then(|()| out.flush());
}
