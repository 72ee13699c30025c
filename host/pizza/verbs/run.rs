//! No verb: the whole pizzeria in one process.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use pizza_bridge::broker;
use pizza_gateway::{Gateway, Metrics, Tls};
use pizza_http::{Limits, Listener};
use pizza_silo::{RunningSilo, Token};
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::ending::{self, StoreStopped};
use crate::mqtt::{self, Mqtt};
use crate::simulate::lively::Lively;
use crate::{bundled, dev_tokens, exposure, metrics, open_files, seed};

const DEMO_STOCK: u32 = 1_000_000;

#[derive(Args)]
pub(crate) struct Run {
    /// Configuration file [default: pizza.toml, where there is one]
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything durable lives [default: ./data]
    #[arg(long, env = "PIZZA_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where HTTP is served [default: 127.0.0.1:5000]
    #[arg(long, env = "PIZZA_HTTP", value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Where HTTPS is served, or off [default: 127.0.0.1:5001]
    #[arg(long, env = "PIZZA_HTTPS", value_name = "ADDR", value_parser = Address::parse)]
    https: Option<Address>,
    /// Where MQTT is served, or off [default: 127.0.0.1:1883]
    #[arg(long, env = "PIZZA_MQTT", value_name = "ADDR", value_parser = Address::parse)]
    mqtt: Option<Address>,
    /// Where MQTT is served with TLS, or off [default: 127.0.0.1:8883]
    #[arg(long, env = "PIZZA_MQTTS", value_name = "ADDR", value_parser = Address::parse)]
    mqtts: Option<Address>,
    /// Where operators are served [default: 127.0.0.1:5002]
    #[arg(long, env = "PIZZA_ADMIN", value_name = "ADDR")]
    admin: Option<SocketAddr>,
    /// What operators must show [default: made at the first start, kept in admin-token
    /// under the data directory]
    #[arg(
        long,
        env = "PIZZA_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    admin_token: Option<Token>,
    /// How many times faster than life chefs cook and suppliers deliver [default: 60]
    #[arg(long, env = "PIZZA_SPEED", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    speed: Option<u64>,
    /// Have a few simulated drivers and customers keep it busy, as `[simulate]` says
    #[arg(long, env = "PIZZA_SIMULATE")]
    simulate: bool,
    /// What is logged: error, warn, info, debug, trace, or directives like info,actor=debug
    #[arg(long, env = "PIZZA_LOG", value_name = "LEVEL")]
    log: Option<String>,
}

/// An address, or none.
#[derive(Debug, Clone, Copy)]
struct Address(Option<SocketAddr>);

impl Address {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(None)),
            address => match address.parse() {
                Ok(address) => Ok(Self(Some(address))),
                Err(_) => Err("an address like 127.0.0.1:5001, or off".to_owned()),
            },
        }
    }

    fn set(self, on: &mut bool, address: &mut SocketAddr) {
        *on = self.0.is_some();
        *address = self.0.unwrap_or(*address);
    }
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.config()?;
        log_to_stderr(&config.log)?;
        // Whatever this process writes is for its owner only: orders, tokens, keys.
        umask(Mode::RWXG | Mode::RWXO);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let served = runtime.block_on(serve(config));
        if served
            .as_ref()
            .is_err_and(|error| error.is::<StoreStopped>())
        {
            // Some of its threads may wait for the store for ever.
            runtime.shutdown_background();
        }
        served
    }

    fn config(self) -> anyhow::Result<Config> {
        let mut config = Config::found(self.config.as_deref())?;
        if let Some(data) = self.data {
            config.silo.data = data;
        }
        if let Some(http) = self.http {
            config.gateway.http = http;
        }
        if let Some(https) = self.https {
            let to = &mut config.gateway.https;
            https.set(&mut to.on, &mut to.address);
        }
        if let Some(mqtt) = self.mqtt {
            let to = &mut config.broker.mqtt;
            mqtt.set(&mut to.on, &mut to.address);
        }
        if let Some(mqtts) = self.mqtts {
            let to = &mut config.broker.mqtts;
            mqtts.set(&mut to.on, &mut to.address);
        }
        config.admin = self.admin.unwrap_or(config.admin);
        config.admin_token = self.admin_token.or(config.admin_token);
        config.speed = self.speed.unwrap_or(config.speed);
        config.log = self.log.unwrap_or(config.log);
        config.simulate.on |= self.simulate;
        config.hand_down();
        Ok(config)
    }
}

/// # Errors
/// When this is no log filter.
pub(crate) fn log_to_stderr(log: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(log);
    let filter = filter.with_context(|| format!("{log:?} is no log filter"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

async fn serve(mut config: Config) -> anyhow::Result<()> {
    let metrics = metrics::install()?;
    exposure::settle(&mut config)?;
    open_files::allow(&mut config);
    // Addresses first: whoever cannot be reached should not have touched the data.
    let http = listen(config.gateway.http, "--http").await?;
    let https = match config.gateway.https.on {
        true => Some(listen(config.gateway.https.address, "--https").await?),
        false => None,
    };
    let admin = listen(config.admin, "--admin").await?;
    let mqtt = mqtt::bind(&config).await?;
    let silo = RunningSilo::start(&config.silo, bundled::MODULES).await;
    let silo = silo.map_err(ending::start_failed)?;
    let store = Arc::clone(silo.store());
    let served = open(
        config,
        silo,
        Bound {
            http,
            https,
            admin,
            mqtt,
            metrics,
        },
    )
    .await;
    ending::outcome(&*store, served)
}

/// What listens already, and is to be served; and what counts.
struct Bound {
    http: TcpListener,
    https: Option<TcpListener>,
    admin: TcpListener,
    mqtt: Option<broker::Bound>,
    metrics: PrometheusHandle,
}

/// Opens the listeners, until asked to stop or without a store.
async fn open(mut config: Config, silo: RunningSilo, bound: Bound) -> anyhow::Result<()> {
    let Bound {
        http,
        https,
        admin,
        mqtt,
        metrics,
    } = bound;
    let store = Arc::clone(silo.store());
    if config.demo {
        let restaurant = &config.gateway.default_restaurant;
        set_up_once(&silo, restaurant).await?;
    }
    // By now the data directory is this process's own.
    let token = config.token()?;
    let mut open = Open {
        http: http.local_addr()?,
        https: None,
        admin: admin.local_addr()?,
        mqtt: String::new(),
        tokens: None,
    };
    let mut listeners = vec![Listener::http(http)];
    if let Some(https) = https {
        open.https = Some(https.local_addr()?);
        let tls = Tls::new(&config.gateway.https, &config.silo.data.join("tls"))?;
        listeners.push(Listener::https(https, tls.acceptor()));
    }
    if config.demo {
        dev_tokens::add(&mut config.gateway, &token);
        open.tokens = Some(dev_tokens::listed(&token));
    }
    let grace_ms = config.silo.store.stopped_grace_ms;
    let closing = watch::Sender::new(false);
    let admission = exposure::of_operators(&config, open.admin);
    let routes = silo.admin(token, admission);
    let operators = operators(admin, routes, config.admin_limits.clone(), &closing);
    let mqtt = Mqtt::open(mqtt, &config, silo.client()).await?;
    open.mqtt = mqtt.banner();
    let stop = asked_to_stop()?;
    let simulation = Lively::start(&config, open.http, mqtt.for_phones(&config).as_deref())?;
    let stop = async {
        tokio::select! {
            () = stop => {}
            () = ending::store_stopped(&*store, grace_ms) => {}
        }
        if let Some(simulation) = simulation {
            ending::tidy_up(&*store, simulation.stop()).await;
        }
    };
    banner(&config, &open);
    let of_silo = silo.metrics();
    let read: Metrics = Box::new(move || metrics::read(&metrics, &of_silo));
    let gateway = Gateway::new(silo.client(), config.gateway, Some(read));
    let stop = async {
        stop.await;
        // From here on edges elsewhere hear that they are to ask another silo, or wait.
        silo.begin_to_stop();
        closing.send_replace(true);
    };
    pizza_gateway::serve(gateway, listeners, stop).await?;
    let rest = async {
        // It has the time of the requests in progress, as everybody has.
        drop(operators.await);
        mqtt.stop().await;
        silo.drain().await;
    };
    ending::tidy_up(&*store, rest).await;
    Ok(())
}

/// Serves the admin API until it is closing, and then until everybody is answered.
fn operators(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    closing: &watch::Sender<bool>,
) -> JoinHandle<std::io::Result<()>> {
    let mut closing = closing.subscribe();
    tokio::spawn(async move {
        let stop = async {
            drop(closing.wait_for(|closing| *closing).await);
        };
        pizza_http::serve(vec![Listener::http(listener)], router, &limits, stop).await
    })
}

/// Resolves when this process is asked to stop. From the call on, not from the first poll, a
/// signal no longer ends the process where it stands: whoever has read the banner can count
/// on a drained stop.
pub(crate) fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests in progress are finished first");
    })
}

pub(crate) async fn listen(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| {
        format!(
            "cannot listen on {address}; is another pizza running? {option} takes another address"
        )
    })
}

async fn set_up_once(silo: &RunningSilo, restaurant: &str) -> anyhow::Result<()> {
    const DONE: &str = "demo-set-up";
    if silo.store().meta(DONE).await?.is_some() {
        return Ok(());
    }
    seed::set_up(&silo.client(), restaurant, DEMO_STOCK).await?;
    silo.store()
        .set_meta(DONE, restaurant.to_owned().into())
        .await?;
    Ok(())
}

/// What is open, and for whom.
struct Open {
    http: SocketAddr,
    https: Option<SocketAddr>,
    admin: SocketAddr,
    /// Lines of the banner.
    mqtt: String,
    tokens: Option<String>,
}

fn banner(config: &Config, open: &Open) {
    let Open {
        http, admin, mqtt, ..
    } = open;
    let data = config.silo.data.display();
    let token = match &config.admin_token {
        Some(_) => "as configured".to_owned(),
        None => Token::path(&config.silo.data).display().to_string(),
    };
    let https = open.https.map_or_else(String::new, |https| {
        format!("  TLS    https://{https}/api\n")
    });
    let tokens = open.tokens.as_ref().map_or_else(String::new, |tokens| {
        let none = match config.gateway.anonymous_on_loopback {
            true => "; from this machine none is needed",
            false => "",
        };
        format!("Tokens to try each role with{none}:\n{tokens}")
    });
    let banner = format!(
        "Awesome Pizza is open.\n\
         \x20 API    http://{http}/api  (docs: http://{http}/docs)\n\
         {https}\
         {mqtt}\
         \x20 admin  http://{admin}/stats  (token: {token})\n\
         \x20 data   {data}\n\
         {tokens}\
         Order one:\n\
         \x20 curl -X POST http://{http}/api/orders -H 'Content-Type: application/json' \
         -d '{{\"customerId\":\"customer-1\",\"pizzaType\":\"Margherita\"}}'\n"
    );
    // Nobody may be reading; that is no reason to close the pizzeria.
    let mut out = std::io::stdout().lock();
    drop(out.write_all(banner.as_bytes()).and_then(|()| out.flush()));
}
