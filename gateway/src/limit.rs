//! How often a client may ask: a token bucket for each (GCRA, by the `governor` crate).

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::GatewayConfig;
use crate::problem::{self, Problem};

/// Clients that have not asked for a while are forgotten every so many requests.
const FORGET_EVERY: u32 = 4_096;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    Peer(IpAddr),
    Holder(usize),
}

pub(crate) struct Limits {
    clients: Option<DefaultKeyedRateLimiter<Client>>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl Limits {
    pub(crate) fn new(config: &GatewayConfig) -> Self {
        let rate = NonZeroU32::new(config.rate_per_second);
        let clients = rate.map(|rate| {
            // A bucket that holds nothing would let nobody pass.
            let burst = NonZeroU32::new(config.rate_burst).unwrap_or(rate);
            DefaultKeyedRateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))
        });
        Self {
            clients,
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
        }
    }

    /// Without a token a client is known by its address; on loopback that would be everybody.
    pub(crate) fn check_peer(&self, peer: Option<IpAddr>) -> Result<(), Problem> {
        match peer.map(|peer| peer.to_canonical()) {
            Some(peer) if !peer.is_loopback() => self.check(Client::Peer(peer)),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_holder(&self, number: usize) -> Result<(), Problem> {
        self.check(Client::Holder(number))
    }

    fn check(&self, client: Client) -> Result<(), Problem> {
        let Some(clients) = &self.clients else {
            return Ok(());
        };
        // By one of many requests, so that no task of its own is needed; it locks shard by shard.
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            clients.retain_recent();
        }
        clients.check_key(&client).map_err(|early| {
            let wait = early.wait_time_from(self.clock.now());
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let detail = "this client asks more often than it may";
            Problem::new(problem::TOO_FAST, detail).retry_after_ms(wait_ms)
        })
    }
}
