//! What every handler may use.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use pizza_client::{Client, Operators};
use pizza_http::Admission;
use pizza_types::Durability;
use tokio::sync::{Semaphore, watch};

use crate::config::GatewayConfig;
use crate::keys::Keys;
use crate::known_restaurants::KnownRestaurants;
use crate::limit::Limits;
use crate::metrics;
use crate::mqtt::Mqtt;
use crate::openapi::Document;
use crate::operate::Operate;
use crate::pages::Pages;
use crate::problem::{self, Problem};
use crate::seen::LastSeen;
use crate::simulation::Simulation;
use crate::tokens::Tokens;

/// Gives this process's metrics, in the text that Prometheus reads.
pub type Metrics = Box<dyn Fn() -> String + Send + Sync>;

/// What the process around a gateway gives it, beside its actors and its settings. What is not there
/// is not served.
#[derive(Default)]
pub struct Provided {
    pub metrics: Option<Metrics>,
    pub mqtt: Option<Mqtt>,
    pub pages: Pages,
    /// A way to ask silos what is for operators.
    pub operators: Option<Arc<Operators>>,
    /// Whether whoever is on this machine may sign in as anybody: in a demo, where they need no
    /// token for anything.
    pub lends_roles: bool,
    /// What an acknowledgement survives; absent where it is another process that keeps things.
    pub durability: Option<Durability>,
    /// Where things are kept on this machine, if they are.
    pub data: Option<PathBuf>,
    /// Simulates people, in a demo.
    pub simulation: Option<Arc<dyn Simulation>>,
}

/// The state of the routes; a handle that is cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    client: Client,
    config: GatewayConfig,
    closing: watch::Sender<bool>,
    /// One permit for each event stream.
    streams: Arc<Semaphore>,
    limits: Limits,
    tokens: Tokens,
    keys: Keys,
    admission: Admission,
    known_restaurants: KnownRestaurants,
    last_seen: LastSeen,
    document: Document,
    provided: Provided,
    operate: Option<Operate>,
    /// Names this build, of the program and of its pages.
    version: HeaderValue,
}

impl App {
    pub(crate) fn new(
        client: Client,
        config: GatewayConfig,
        document: Document,
        provided: Provided,
    ) -> Self {
        Self(Arc::new(Inner {
            client,
            closing: watch::Sender::new(false),
            streams: Arc::new(Semaphore::new(config.sse_streams_max)),
            limits: Limits::new(&config),
            tokens: Tokens::new(&config.tokens),
            keys: Keys::default(),
            admission: config.admission(),
            known_restaurants: KnownRestaurants::default(),
            last_seen: LastSeen::default(),
            config,
            document,
            version: version(&provided.pages),
            operate: provided.operators.clone().map(Operate::new),
            provided,
        }))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn config(&self) -> &GatewayConfig {
        &self.0.config
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.0.streams
    }

    pub(crate) fn call_max(&self) -> Duration {
        Duration::from_millis(self.0.config.call_ms_max)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.0.admission
    }

    pub(crate) fn last_seen(&self) -> &LastSeen {
        &self.0.last_seen
    }

    pub(crate) fn known_restaurants(&self) -> &KnownRestaurants {
        &self.0.known_restaurants
    }

    /// The API's document, by which bodies are checked too.
    pub(crate) fn document(&self) -> &Document {
        &self.0.document
    }

    /// This process's metrics as text; `None` when it keeps none.
    pub(crate) fn metrics(&self) -> Option<String> {
        let read = self.0.provided.metrics.as_ref()?;
        let streams_max = self.0.config.sse_streams_max;
        // A gauge is only looked at here, so that opening and closing a stream need not set it.
        metrics::streams_open(streams_max - self.0.streams.available_permits());
        Some(read())
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.0.provided.pages
    }

    pub(crate) fn provided(&self) -> &Provided {
        &self.0.provided
    }

    /// Names this build: who sees another one than before may have pages of an older one.
    pub(crate) fn version(&self) -> &HeaderValue {
        &self.0.version
    }

    /// The silos for operators.
    ///
    /// # Errors
    /// Where this gateway may not ask what is for operators.
    pub(crate) fn operate(&self) -> Result<&Operate, Problem> {
        self.0.operate.as_ref().ok_or_else(|| {
            let detail =
                "this gateway has no token of operators; one of its own takes it by --admin-token";
            Problem::new(problem::NOT_FOUND, detail)
        })
    }

    pub(crate) fn mqtt(&self) -> Option<&Mqtt> {
        self.0.provided.mqtt.as_ref()
    }

    /// Becomes true when the gateway stops.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.subscribe()
    }

    pub(crate) fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Returns when the gateway stops, so that streams without an end come to one.
    pub(crate) async fn closed(&self) {
        let mut closing = self.0.closing.subscribe();
        // It fails only without a sender, and the sender lives in `self`.
        let _ = closing.wait_for(|closing| *closing).await;
    }
}

/// The version of the program, and the build of its pages as semantic versions write it.
fn version(pages: &Pages) -> HeaderValue {
    let program = env!("CARGO_PKG_VERSION");
    let whole = match pages.build {
        "" => program.to_owned(),
        build => format!("{program}+{build}"),
    };
    HeaderValue::try_from(whole).unwrap_or(HeaderValue::from_static(program))
}
