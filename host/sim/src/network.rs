//! The network of a simulation: the cluster's own transport over simulated connections, on which requests
//! get lost, or arrive twice.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_cluster::transport::{Dial, Error, Stream};
use pizza_cluster::{LinkError, Network, Request, Response};
use pizza_types::SiloId;
use rand::RngExt as _;
use rand::rngs::StdRng;
use turmoil::net::TcpStream;

use crate::plan::Odds;
use crate::trace::Trace;

/// Connections of the simulation.
pub struct SimDial;

#[async_trait]
impl Dial for SimDial {
    async fn dial(&self, address: &str) -> Result<Box<dyn Stream>, Error> {
        let stream = TcpStream::connect(address.to_owned()).await?;
        Ok(Box::new(stream))
    }
}

/// A network that fails now and then by itself.
pub struct LossyNetwork {
    pub inner: Arc<dyn Network>,
    pub odds: Odds,
    pub rng: Mutex<StdRng>,
    pub trace: Trace,
}

impl LossyNetwork {
    fn is_now(&self, thousandths: u32) -> bool {
        self.rng.lock().random_range(0..1_000) < thousandths
    }
}

#[async_trait]
impl Network for LossyNetwork {
    async fn ask(&self, to: &SiloId, request: Request) -> Result<Response, LinkError> {
        let lost = |detail: &str| LinkError::Lost {
            to: to.clone(),
            detail: detail.to_owned(),
        };
        self.trace.note(|| format!("ask {to} {}", told(&request)));
        let waits_ms = self.rng.lock().random_range(0..=self.odds.request_ms_max);
        tokio::time::sleep(Duration::from_millis(waits_ms)).await;
        if self.is_now(self.odds.request_lost) {
            return Err(lost("the request was lost"));
        }
        if self.is_now(self.odds.request_twice) {
            let (inner, to, again) = (Arc::clone(&self.inner), to.clone(), request.clone());
            tokio::spawn(async move { inner.ask(&to, again).await.map(drop) });
        }
        let response = self.inner.ask(to, request).await;
        self.trace.note(|| {
            format!(
                "answer of {to}: {}",
                if response.is_ok() { "some" } else { "none" }
            )
        });
        let response = response?;
        if self.is_now(self.odds.request_lost) {
            return Err(lost("the response was lost"));
        }
        Ok(response)
    }
}

fn told(request: &Request) -> String {
    match request {
        Request::Deliver { envelope, .. } => {
            format!("{} of {}", envelope.body.title(), envelope.target)
        }
        Request::Look { log, due } => format!("look at {} shards, due {due}", log.len()),
        Request::Published(keys) => format!("{} streams have events", keys.len()),
        Request::EventAfter { after, .. } => format!("an event after {after}"),
        Request::View(view) => format!("view {}", view.version),
        Request::Release { actor, epoch } => format!("release {actor} of epoch {epoch}"),
        Request::Prepare(digest) => format!("prepare {digest}"),
        Request::PlanChanged(actor_type) => format!("the plan of {actor_type}"),
        Request::Load => "load".to_owned(),
        Request::Rebalance { per_second } => format!("rebalance {per_second} a second"),
        Request::Cell(_) => "from another cell".to_owned(),
        Request::Ping => "ping".to_owned(),
    }
}
