//! A Redis server of a test's own, which ends with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_store_redis::{Options, RedisStore};

use crate::process::Process;

pub(crate) struct Server(Process);

impl Server {
    pub(crate) fn start() -> Self {
        Self(Process::start(&["--appendonly", "no"]))
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}/", self.0.address())
    }

    /// A server, and a store on it.
    pub(crate) async fn with_store() -> (Self, Arc<RedisStore>) {
        let server = Self::start();
        let options = Options {
            may_forget: true,
            ..Options::at(server.url())
        };
        let begun = Instant::now();
        loop {
            match RedisStore::connect(&options).await {
                Ok(store) => return (server, Arc::new(store)),
                Err(error) if begun.elapsed() > Duration::from_secs(10) => panic!("{error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}
