//! `pizza bridge`: the bridge as a process of its own.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use pizza_bridge::Bridge;
use pizza_cli::address;
use pizza_client::Client;
use pizza_silo::Token;
use pizza_webhooks::Webhooks;

use crate::config::Config;
use crate::edge_target::EdgeTarget;
use crate::log_args::{LogArgs, log_to_stderr};
use crate::process::asked_to_stop;
use crate::{metrics, metrics_listener};

/// Carries messages between a broker and a silo in another process, and posts events as [[webhooks]] says.
/// Messages at QoS 1 are acknowledged to the broker when their actor has committed; several bridges that name
/// the same group in `bridge.share` divide them. Of several processes that have a webhook, one posts.
#[derive(Args)]
pub(crate) struct BridgeVerb {
    #[command(flatten)]
    silo: EdgeTarget,
    /// Configuration file; of it, [bridge], [[webhooks]], edge_token, log and log_format matter [default:
    /// pizza.toml, where there is one]
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The broker: mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS
    #[arg(long, env = "PIZZA_BROKER", value_name = "URL")]
    broker: Option<String>,
    /// Under which name the broker keeps this bridge's session; of several bridges of one name one
    /// works, and the others wait
    #[arg(long, env = "PIZZA_BRIDGE_ID", value_name = "NAME")]
    client_id: Option<String>,
    /// Where /metrics and /health/live are served [default: nowhere]
    #[arg(long, env = "PIZZA_METRICS", value_name = "ADDR", value_parser = address::parse)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    log: LogArgs,
}

impl BridgeVerb {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut config = Config::found(self.config.as_deref())?;
        self.log.set(&mut config);
        log_to_stderr(&config)?;
        // The command line stands above the file.
        let bridge = &mut config.bridge;
        bridge.broker = self.broker.or(bridge.broker.take());
        bridge.client_id = self
            .client_id
            .unwrap_or(std::mem::take(&mut bridge.client_id));
        anyhow::ensure!(
            bridge.broker.is_some() || !config.webhooks.is_empty(),
            "which broker? --broker mqtt://HOST:PORT names it, or bridge.broker in the \
             configuration file; without one there is something to do where that has [[webhooks]]"
        );
        Webhooks::check(&config.webhooks)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let token = self.silo.token(config.edge_token.as_ref())?;
        runtime.block_on(carry(self.silo, token, config, self.metrics))
    }
}

async fn carry(
    silo: EdgeTarget,
    token: Token,
    config: Config,
    metrics: Option<SocketAddr>,
) -> anyhow::Result<()> {
    // Before the bridge, which counts from its beginning.
    let counted = metrics::install()?;
    let served = match metrics {
        Some(address) => {
            let read = move || metrics::of_this_process(&counted);
            Some(metrics_listener::serve(address, read).await?)
        }
        None => None,
    };
    // From here on a signal stops the process by the way below, also while no silo is found.
    let stop = asked_to_stop()?;
    tokio::pin!(stop);
    let address = silo.listed();
    let remote = tokio::select! {
        remote = silo.found(&token) => remote?,
        () = &mut stop => return Ok(()),
    };
    let client = Client::new(remote);
    let webhooks = Webhooks::start(&client, &config.webhooks)?;
    let broker = config.bridge.broker.clone();
    let bridge = Bridge::start(client, config.bridge)?;
    let line = |name: &str, what: &str| format!("  {name:<7} {what}\n");
    let mut banner = "The bridge is open.\n".to_owned() + &line("silo", &address);
    if let Some(broker) = broker {
        banner += &line("broker", &broker);
    }
    if !config.webhooks.is_empty() {
        let names: Vec<_> = config.webhooks.iter().map(|w| w.name.as_str()).collect();
        banner += &line("posts", &names.join(", "));
    }
    if let Some(address) = served {
        banner += &line("metrics", &format!("http://{address}/metrics"));
    }
    // Nobody may be reading; that is no reason to carry nothing.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(banner.as_bytes()).and_then(|()| out.flush());
    drop(out);
    stop.await;
    let of_broker = async {
        if let Some(bridge) = bridge {
            bridge.stop().await;
        }
    };
    tokio::join!(of_broker, webhooks.stop());
    Ok(())
}
