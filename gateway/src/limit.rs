//! How often a client may ask: a token bucket for each, off which is taken what the client used at
//! other gateways, too.

mod buckets;
mod untold;

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use pizza_client::client_use::{ClientKey, ClientUse};

use self::buckets::Buckets;
use self::untold::Untold;
use crate::config::GatewayConfig;
use crate::problem::{self, Problem};

/// Clients that have not asked for a while are forgotten every so many requests.
const FORGET_EVERY: u32 = 4_096;
/// What a token is turned into before anybody else is told of it: with another purpose than a digest
/// by which it is looked up, so that the one is not the other (BLAKE3, 2.3, `derive_key`).
const TOLD_FOR: &str = "awesome-pizza 2026 gateways tell each other what clients used";

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Client {
    Peer(IpAddr),
    Holder(usize),
}

pub(crate) struct Limits {
    clients: Option<Buckets<Client>>,
    checks: AtomicU32,
    untold: Untold<Client>,
    /// As whom other gateways know the holders of tokens, whatever their number is there.
    keys: Vec<[u8; 16]>,
    holders: HashMap<[u8; 16], usize>,
}

impl Limits {
    pub(crate) fn new(config: &GatewayConfig) -> Self {
        let rate = NonZeroU32::new(config.rate_per_second);
        let clients = rate.map(|rate| {
            // A bucket that holds nothing would let nobody pass.
            let burst = NonZeroU32::new(config.rate_burst).unwrap_or(rate);
            Buckets::new(rate, burst)
        });
        let tokens = config.tokens.iter();
        let keys: Vec<_> = tokens.map(|token| told_as(token.token.expose())).collect();
        let holders = keys.iter().enumerate();
        Self {
            clients,
            checks: AtomicU32::new(0),
            untold: Untold::new(),
            holders: holders.map(|(number, key)| (*key, number)).collect(),
            keys,
        }
    }

    /// Whether there are any.
    pub(crate) fn is_any(&self) -> bool {
        self.clients.is_some()
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
            clients.forget_full();
        }
        clients.take(&client, clients.now()).map_err(|wait| {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let detail = "this client asks more often than it may";
            Problem::new(problem::TOO_FAST, detail).retry_after_ms(wait_ms)
        })?;
        if self.untold.is_shared() {
            self.untold.add(client, 1);
        }
        Ok(())
    }

    /// Whether there are other gateways, which have to be told what clients use here.
    pub(crate) fn share(&self, is_shared: bool) {
        self.untold.share(is_shared);
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.untold.is_shared()
    }

    /// What clients have used here since this was asked last.
    pub(crate) fn take_untold(&self) -> Vec<ClientUse> {
        let uses = self.untold.take().into_iter();
        let named = uses.filter_map(|(client, requests)| {
            let client = match client {
                Client::Peer(address) => ClientKey::Address(address),
                Client::Holder(number) => ClientKey::Token(*self.keys.get(number)?),
            };
            Some(ClientUse { client, requests })
        });
        named.collect()
    }

    /// Takes back what could not be told.
    pub(crate) fn is_untold(&self, uses: &[ClientUse]) {
        for used in uses {
            if let Some(client) = self.known(used.client) {
                self.untold.add(client, used.requests);
            }
        }
    }

    /// Takes off what clients have used at other gateways.
    pub(crate) fn charge(&self, uses: &[ClientUse]) {
        let Some(clients) = &self.clients else {
            return;
        };
        let now = clients.now();
        for used in uses {
            if let Some(client) = self.known(used.client) {
                clients.charge(&client, used.requests, now);
            }
        }
    }

    /// `None` for the holder of a token that is none here.
    fn known(&self, client: ClientKey) -> Option<Client> {
        match client {
            ClientKey::Address(address) => Some(Client::Peer(address)),
            ClientKey::Token(key) => self.holders.get(&key).copied().map(Client::Holder),
        }
    }
}

fn told_as(token: &str) -> [u8; 16] {
    let whole = blake3::derive_key(TOLD_FOR, token.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&whole[..16]);
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, TokenConfig};

    fn limits(tokens: &[&str]) -> Limits {
        let token = |token: &&str| TokenConfig {
            token: (*token).into(),
            role: Role::Customer,
            subject: String::new(),
        };
        Limits::new(&GatewayConfig {
            tokens: tokens.iter().map(token).collect(),
            rate_per_second: 1,
            rate_burst: 3,
            ..GatewayConfig::default()
        })
    }

    #[test]
    fn holders_are_the_same_wherever_their_tokens_stand() {
        let (one, two) = (limits(&["a", "b"]), limits(&["c", "b"]));
        one.share(true);
        for holder in [0, 1, 1, 1] {
            one.check_holder(holder).expect("it may");
        }
        let told = one.take_untold();
        assert_eq!(told.len(), 2);
        two.charge(&told);
        assert!(two.check_holder(0).is_ok(), "another one's token");
        assert!(two.check_holder(1).is_err(), "it has used all of its burst");
        assert!(one.take_untold().is_empty());
        one.is_untold(&told);
        assert_eq!(one.take_untold().len(), 2);
    }

    #[test]
    fn a_gateway_that_is_alone_counts_nothing_for_others() {
        let one = limits(&["a"]);
        one.check_holder(0).expect("it may");
        assert!(one.take_untold().is_empty());
    }
}
