//! `pizza gateway`: the gateway as a process of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use pizza_client::{Client, Transport};
use pizza_gateway::{Gateway, Metrics, Provided};
use rustix::fs::Mode;
use rustix::process::umask;

use crate::config::Config;
use crate::edge_target::EdgeTarget;
use crate::gateway_args::GatewayArgs;
use crate::log_args::{LogArgs, log_to_stderr};
use crate::pages::{self, PAGES};
use crate::process::asked_to_stop;
use crate::web::Web;
use crate::{dev_tokens, exposure, metrics, open_files};

/// Serve the API for silos in other processes; any number of gateways may, side by side
///
///   pizza gateway --silo 10.0.0.7:5002,10.0.0.8:5002 --http 0.0.0.0:80
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct GatewayVerb {
    #[command(flatten)]
    silo: EdgeTarget,
    /// Configuration file; of it, [gateway], edge_token, demo, log and log_format matter [default:
    /// pizza.toml, where there is one]
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    gateway: GatewayArgs,
    #[command(flatten)]
    log: LogArgs,
}

impl GatewayVerb {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let mut config = Config::found(self.config.as_deref())?;
        self.log.set(&mut config);
        log_to_stderr(&config)?;
        self.gateway.set(&mut config.gateway);
        // The key of the certificate is for its owner only.
        umask(Mode::RWXG | Mode::RWXO);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(serve(self.silo, config))
    }
}

async fn serve(silo: EdgeTarget, mut config: Config) -> anyhow::Result<()> {
    let counted = metrics::install()?;
    exposure::settle_gateway(&mut config)?;
    open_files::allow(&mut config);
    let web = Web::bind(&config.gateway).await?;
    let data = silo.data();
    std::fs::create_dir_all(data.join("tls"))
        .with_context(|| format!("--data {} cannot be made", data.display()))?;
    // From here on a signal stops the process by the way below, also while no silo is found.
    let stop = asked_to_stop()?;
    tokio::pin!(stop);
    let token = silo.token(config.edge_token.as_ref())?;
    let remote = tokio::select! {
        remote = silo.found(&token) => remote?,
        () = &mut stop => return Ok(()),
    };
    if config.demo {
        dev_tokens::add(&mut config.gateway, &token);
    }
    let (http, https) = (web.http()?, web.https()?);
    let listeners = web.listeners(&config.gateway, data)?;
    let read: Metrics = Box::new(move || metrics::of_this_process(&counted));
    let client = Client::new(Arc::clone(&remote) as Arc<dyn Transport>);
    let provided = Provided {
        metrics: Some(read),
        pages: PAGES,
        operators: silo.operators(config.edge_token.as_ref(), &token)?,
        ..Provided::default()
    };
    let gateway = Gateway::new(client, config.gateway, provided);
    tokio::spawn(gateway.shared_limits().keep(remote));
    let tls = https.map_or_else(String::new, |https| {
        format!("  TLS    https://{https}/api\n")
    });
    let banner = format!(
        "The gateway is open.\n  API    http://{http}/api  (docs: http://{http}/docs)\n{tls}{}  silos  {}\n",
        pages::banner(http),
        silo.listed()
    );
    // Nobody may be reading; that is no reason to serve nobody.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(banner.as_bytes()).and_then(|()| out.flush());
    drop(out);
    pizza_gateway::serve(gateway, listeners, stop).await?;
    Ok(())
}
