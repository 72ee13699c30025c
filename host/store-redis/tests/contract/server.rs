//! A Redis server of a test's own, which ends with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_store_redis::{Options, RedisStore};

use crate::certificates::Certificates;
use crate::process::Process;

pub(crate) struct Server(Process);

impl Server {
    pub(crate) fn start() -> Self {
        Self(Process::start(&["--appendonly", "no"]))
    }

    /// One that speaks TLS alone.
    pub(crate) fn start_with_tls(certificates: &Certificates) -> Self {
        Self(Process::start_with_tls(&certificates.settings()))
    }

    pub(crate) fn address(&self) -> String {
        self.0.address()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    pub(crate) fn url_with_tls(&self) -> String {
        format!("rediss://{}/", self.address())
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            may_forget: true,
            ..Options::at(self.url())
        }
    }

    /// A server, and a store on it.
    pub(crate) async fn with_store() -> (Self, Arc<RedisStore>) {
        let server = Self::start();
        let store = within(&server.options()).await;
        (server, store)
    }
}

/// The store, as soon as its server answers.
pub(crate) async fn within(options: &Options) -> Arc<RedisStore> {
    let begun = Instant::now();
    loop {
        match RedisStore::connect(options).await {
            Ok(store) => return Arc::new(store),
            Err(error) if begun.elapsed() > Duration::from_secs(10) => panic!("{error}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
