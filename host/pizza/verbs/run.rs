//! No verb: the whole pizzeria in one process.

use std::sync::Arc;

use clap::Args;
use metrics_exporter_prometheus::PrometheusHandle;
use pizza_gateway::{Gateway, Metrics, Provided, Role, Secret, TokenConfig};
use pizza_load::background;
use pizza_load::pace::Pace;
use pizza_silo::{RunningSilo, Token};
use pizza_webhooks::Webhooks;
use rustix::fs::Mode;
use rustix::process::umask;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::banner::{self, Open};
use crate::config::Config;
use crate::gateway_args::{Address, GatewayArgs};
use crate::limit_sharing::LimitSharing;
use crate::log_args::log_to_stderr;
use crate::mqtt_edge::{self, MqttEdge};
use crate::pages::PAGES;
use crate::process::{asked_to_stop, listen};
use crate::shutdown::{self, StoreStopped};
use crate::silo_args::{self, SiloArgs};
use crate::simulation::Simulation;
use crate::web::Web;
use crate::{bundled, dev_tokens, exposure, first_data, metrics, open_files, operators};

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    edges: Edges,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    silo: SiloArgs,
}

#[derive(Args)]
struct Edges {
    #[command(flatten)]
    web: GatewayArgs,
    /// Where MQTT is served, or off [default: 127.0.0.1:1883]
    #[arg(long, env = "PIZZA_MQTT", value_name = "ADDR", value_parser = Address::parse)]
    mqtt: Option<Address>,
    /// Where MQTT is served with TLS, or off [default: 127.0.0.1:8883]
    #[arg(long, env = "PIZZA_MQTTS", value_name = "ADDR", value_parser = Address::parse)]
    mqtts: Option<Address>,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.config()?;
        log_to_stderr(&config)?;
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
        let mut config = self.silo.config()?;
        let Edges { web, mqtt, mqtts } = self.edges;
        web.set(&mut config.gateway);
        if let Some(mqtt) = mqtt {
            let to = &mut config.broker.mqtt;
            mqtt.set(&mut to.on, &mut to.address);
        }
        if let Some(mqtts) = mqtts {
            let to = &mut config.broker.mqtts;
            mqtts.set(&mut to.on, &mut to.address);
        }
        config.speed = self.pace.speed.unwrap_or(config.speed);
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
    let web = Web::bind(&config.gateway).await?;
    let admin = listen(config.admin, "--admin").await?;
    let mqtt = mqtt_edge::bind(&config).await?;
    silo_args::set_edges(&mut config, admin.local_addr()?);
    config.check_tokens()?;
    Webhooks::check(&config.webhooks)?;
    let silo = RunningSilo::start(&config.silo, bundled::MODULES).await;
    let silo = silo.map_err(shutdown::start_failed)?;
    let store = Arc::clone(silo.store());
    let bound = Bound {
        web,
        admin,
        mqtt,
        metrics,
    };
    // It has everything in it that is served, which is too much for a stack.
    let served = Box::pin(open(config, silo, bound)).await;
    shutdown::outcome(&*store, served)
}

/// What is bound already and is to be served, and what is counted.
struct Bound {
    web: Web,
    admin: TcpListener,
    mqtt: Option<pizza_broker::Bound>,
    metrics: PrometheusHandle,
}

/// Opens the listeners, and serves until it is asked to stop or the store has stopped.
async fn open(mut config: Config, silo: RunningSilo, bound: Bound) -> anyhow::Result<()> {
    let Bound {
        web,
        admin,
        mqtt,
        metrics,
    } = bound;
    let store = Arc::clone(silo.store());
    if config.demo {
        first_data::set_up_once(&silo, config.gateway.default_key()).await?;
    }
    // By now the data directory is this process's own.
    let (token, tokens) = (config.token()?, config.tokens()?);
    let mut open = Open {
        http: web.http()?,
        https: web.https()?,
        admin: admin.local_addr()?,
        mqtt: String::new(),
        tokens: None,
    };
    let listeners = web.listeners(&config.gateway, &config.silo.data)?;
    let of_mqtt = add_tokens_of_the_demo(&mut config, &token);
    open.tokens = config.demo.then(|| dev_tokens::listed(&token));
    // The configuration goes to the gateway below.
    let grace_ms = config.silo.store.stopped_grace_ms;
    let closing = watch::Sender::new(false);
    let sharing = LimitSharing::of(&config, tokens.of_edges());
    let admission = exposure::of_operators(&config, open.admin);
    let routes = silo.admin(tokens, admission);
    let operators = operators::serve(admin, routes, config.admin_limits.clone(), &closing);
    // The first data are there, so that no message finds an actor without its profile.
    let mqtt = MqttEdge::open(mqtt, &config, &of_mqtt, silo.client()).await?;
    open.mqtt = mqtt.banner();
    let webhooks = Webhooks::start(&silo.client(), &config.webhooks)?;
    // Before the banner: a supervisor that has read it may send a signal at once.
    let stop = asked_to_stop()?;
    let broker = mqtt.for_clients(&config, &of_mqtt);
    let target = target(&config, &open, broker);
    let simulation = Simulation::begun(&config.simulate, target).await?;
    let of_gateway = config.demo.then(|| simulation.for_gateway());
    let stop = async {
        shutdown::asked_or_store_stopped(stop, &*store, grace_ms).await;
        // While everything is still open: simulated people finish what they have begun.
        shutdown::tidy_up(&*store, simulation.close()).await;
    };
    banner::show(&config, &open);
    let of_silo = silo.metrics();
    let read: Metrics = Box::new(move || metrics::read(&metrics, &of_silo));
    let at_home = operators::reached_at(open.admin, &token)?;
    let provided = Provided {
        metrics: Some(read),
        mqtt: mqtt.over_websocket(&config),
        pages: PAGES,
        operators: Some(at_home),
        lends_roles: config.demo,
        durability: Some(store.durability()),
        data: std::path::absolute(&config.silo.data).ok(),
        simulation: of_gateway,
    };
    let gateway = Gateway::new(silo.client(), config.gateway, provided);
    sharing.begin(&gateway);
    let stop = async {
        stop.await;
        // From here on edges elsewhere hear that they are to ask another silo, or wait.
        silo.begin_to_stop();
        closing.send_replace(true);
    };
    Box::pin(pizza_gateway::serve(gateway, listeners, stop)).await?;
    let rest = async {
        // It has the time of the requests in progress, as everybody has.
        let _ = operators.await;
        tokio::join!(mqtt.stop(), webhooks.stop());
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
