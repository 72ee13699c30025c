//! No verb: the whole pizzeria in one process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use pizza_gateway::{Gateway, Metrics, Role, Secret, Tls, TokenConfig};
use pizza_http::{Limits, Listener};
use pizza_load::background::{self, Background};
use pizza_load::pace::Pace;
use pizza_silo::{ClusterConfig, RunningSilo, Token};
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::banner::{self, Open};
use crate::config::Config;
use crate::mqtt_edge::{self, MqttEdge};
use crate::process::{asked_to_stop, listen, log_to_stderr};
use crate::shutdown::{self, StoreStopped};
use crate::{bundled, dev_tokens, exposure, first_data, metrics, open_files};

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
    #[command(flatten)]
    cluster: Cluster,
    #[command(flatten)]
    pace: Pace,
    /// What is logged: error, warn, info, debug, trace, or directives like info,actor=debug
    #[arg(long, env = "PIZZA_LOG", value_name = "LEVEL")]
    log: Option<String>,
}

#[derive(Args)]
#[command(next_help_heading = "One of many silos")]
struct Cluster {
    /// The Redis server that this silo shares with others, as redis://host:port/database
    /// [default: none: it is alone on a store of its own]
    #[arg(
        long,
        env = "PIZZA_CLUSTER_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    cluster_store: Option<String>,
    /// Where the other silos are served [default: 127.0.0.1:7000]
    #[arg(long, env = "PIZZA_CLUSTER_LISTEN", value_name = "ADDR")]
    cluster_listen: Option<SocketAddr>,
    /// Where they find it, if that is not where it listens
    #[arg(long, env = "PIZZA_CLUSTER_ADDRESS", value_name = "HOST:PORT")]
    cluster_address: Option<String>,
    /// The silo's name [default: silo]
    #[arg(long, env = "PIZZA_CLUSTER_NAME", value_name = "NAME")]
    cluster_name: Option<String>,
}

impl Cluster {
    fn set(self, config: &mut Option<ClusterConfig>) -> anyhow::Result<()> {
        if let Some(store) = self.cluster_store {
            let cluster = config.get_or_insert_with(|| ClusterConfig::on(store.clone()));
            cluster.store = store;
        }
        let Some(cluster) = config else {
            let is_used = self.cluster_listen.is_some()
                || self.cluster_address.is_some()
                || self.cluster_name.is_some();
            ensure!(
                !is_used,
                "a silo is one of many only with --cluster-store, or with [silo.cluster] in the configuration"
            );
            return Ok(());
        };
        cluster.listen = self.cluster_listen.unwrap_or(cluster.listen);
        cluster.address = self.cluster_address.or_else(|| cluster.address.take());
        if let Some(name) = self.cluster_name {
            cluster.name = name;
        }
        Ok(())
    }
}

/// An address to listen at, or `None` for `off`.
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
        // Whatever this process writes is for its owner only: states, tokens, keys.
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
        self.cluster.set(&mut config.silo.cluster)?;
        config.admin = self.admin.unwrap_or(config.admin);
        config.admin_token = self.admin_token.or(config.admin_token);
        config.speed = self.pace.speed.unwrap_or(config.speed);
        config.log = self.log.unwrap_or(config.log);
        // The option only switches it on: the file may have done so already.
        config.simulate.on |= self.pace.simulate;
        // Last, so that what the command line says is handed down too.
        config.hand_down();
        Ok(config)
    }
}

async fn serve(mut config: Config) -> anyhow::Result<()> {
    let metrics = metrics::install()?;
    // Before anything listens: a demo that others would reach must not open at all.
    exposure::settle(&mut config)?;
    open_files::allow(&mut config);
    // Addresses first: a process that cannot be reached should not have touched the data.
    let http = listen(config.gateway.http, "--http").await?;
    let https = if config.gateway.https.on {
        Some(listen(config.gateway.https.address, "--https").await?)
    } else {
        None
    };
    let admin = listen(config.admin, "--admin").await?;
    let mqtt = mqtt_edge::bind(&config).await?;
    let silo = RunningSilo::start(&config.silo, bundled::MODULES).await;
    let silo = silo.map_err(shutdown::start_failed)?;
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
    shutdown::outcome(&*store, served)
}

/// What is bound already and is to be served, and what is counted.
struct Bound {
    http: TcpListener,
    https: Option<TcpListener>,
    admin: TcpListener,
    mqtt: Option<pizza_broker::Bound>,
    metrics: PrometheusHandle,
}

/// Opens the listeners, and serves until it is asked to stop or the store has stopped.
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
        first_data::set_up_once(&silo, config.gateway.default_key()).await?;
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
    let of_mqtt = add_tokens_of_the_demo(&mut config, &token);
    open.tokens = config.demo.then(|| dev_tokens::listed(&token));
    // The configuration goes to the gateway below.
    let grace_ms = config.silo.store.stopped_grace_ms;
    let closing = watch::Sender::new(false);
    let admission = exposure::of_operators(&config, open.admin);
    let routes = silo.admin(token, admission);
    let operators = operators(admin, routes, config.admin_limits.clone(), &closing);
    // The first data are there, so that no message finds an actor without its profile.
    let mqtt = MqttEdge::open(mqtt, &config, &of_mqtt, silo.client()).await?;
    open.mqtt = mqtt.banner();
    // Before the banner: a supervisor that has read it may send a signal at once.
    let stop = asked_to_stop()?;
    let broker = mqtt.for_clients(&config, &of_mqtt);
    let simulation = Background::start(&config.simulate, &target(&config, &open, broker))?;
    let stop = async {
        tokio::select! {
            () = stop => {}
            () = shutdown::store_stopped(&*store, grace_ms) => {}
        }
        // While everything is still open: simulated people finish what they have begun.
        if let Some(simulation) = simulation {
            shutdown::tidy_up(&*store, simulation.stop()).await;
        }
    };
    banner::show(&config, &open);
    let of_silo = silo.metrics();
    let read: Metrics = Box::new(move || metrics::read(&metrics, &of_silo));
    let over_websocket = mqtt.over_websocket(&config);
    let gateway = Gateway::new(silo.client(), config.gateway, Some(read), over_websocket);
    let stop = async {
        stop.await;
        // From here on edges elsewhere hear that they are to ask another silo, or wait.
        silo.begin_to_stop();
        closing.send_replace(true);
    };
    pizza_gateway::serve(gateway, listeners, stop).await?;
    let rest = async {
        // It has the time of the requests in progress, as everybody has.
        let _ = operators.await;
        mqtt.stop().await;
        // Last: the edges above still ask it to finish what they have begun.
        silo.drain().await;
    };
    shutdown::tidy_up(&*store, rest).await;
    Ok(())
}

/// Gives the demo its tokens; those by which MQTT knows its clients are among what HTTP takes.
fn add_tokens_of_the_demo(config: &mut Config, token: &Token) -> Vec<TokenConfig> {
    let configured = config.gateway.tokens.clone();
    if !config.demo {
        return configured;
    }
    dev_tokens::add(&mut config.gateway, token);
    // They are printed, and may do everything: they are for this machine.
    if exposure::mqtt_is_public(config) {
        return configured;
    }
    config.gateway.tokens.clone()
}

/// Where simulated people find this process.
fn target(
    config: &Config,
    open: &Open,
    broker: Option<(String, Option<Secret>)>,
) -> background::Target {
    let tokens = config.gateway.tokens.iter();
    // One token for all of them, because an admin may do what each of them does.
    let mut of_admins = tokens.filter(|token| matches!(token.role, Role::Admin));
    let (broker, broker_token) = broker.unzip();
    background::Target {
        http: open.http,
        broker,
        broker_token: broker_token.flatten(),
        token: of_admins
            .next()
            .map(|token| token.token.expose().to_owned()),
        key: config.gateway.default_key().to_owned(),
    }
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
            // A sender that is gone has closed too.
            let _ = closing.wait_for(|closing| *closing).await;
        };
        pizza_http::serve(vec![Listener::http(listener)], router, &limits, stop).await
    })
}
