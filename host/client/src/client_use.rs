//! What clients used of their limits, as gateways tell each other by way of a silo.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;

use pizza_types::MessageId;
use serde::{Deserialize, Serialize};

/// A client, by whatever all gateways know it by. Its `Debug` does not say who it is, since errors
/// and logs show whole questions and answers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClientKey {
    Address(IpAddr),
    /// What its token was turned into, one way.
    Token([u8; 16]),
}

/// How many requests of a client were let in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ClientUse {
    pub client: ClientKey,
    pub requests: u32,
}

/// What a gateway has let in since its last report.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UseReport {
    /// The gateway, by a number that it has drawn for as long as it lives.
    pub gateway: MessageId,
    pub uses: Vec<ClientUse>,
}

/// What other gateways have let in since this one asked last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OthersUse {
    /// How many other gateways there are.
    pub gateways: usize,
    pub uses: Vec<ClientUse>,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a client")
    }
}

/// Counts by client, of the clients that have used something most lately: as many as there is room for.
#[derive(Debug)]
pub struct UseTable<K> {
    counts: HashMap<K, u32>,
    /// Each client of `counts`, the one that has been in it for the longest time first.
    order: VecDeque<K>,
    clients_max: usize,
}

impl<K: Copy + Eq + Hash> UseTable<K> {
    #[must_use]
    pub fn of(clients_max: usize) -> Self {
        Self {
            counts: HashMap::new(),
            order: VecDeque::new(),
            clients_max,
        }
    }

    /// Counts requests of a client. Where there is no room, the oldest of the others is forgotten: its
    /// limit is exceeded by what is not told.
    pub fn add(&mut self, client: K, requests: u32) {
        if let Some(count) = self.counts.get_mut(&client) {
            *count = count.saturating_add(requests);
            return;
        }
        if self.order.len() >= self.clients_max
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.counts.insert(client, requests);
        self.order.push_back(client);
    }

    /// Everything that is counted, the oldest first. The counts begin anew.
    pub fn take(&mut self) -> Vec<(K, u32)> {
        let mut counts = std::mem::take(&mut self.counts);
        let order = self.order.drain(..);
        order
            .filter_map(|client| Some((client, counts.remove(&client)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let mut table = UseTable::of(2);
        for client in [1, 2, 1, 3] {
            table.add(client, 1);
        }
        assert_eq!(table.take(), [(2, 1), (3, 1)]);
        assert_eq!(table.take(), []);
        table.add(1, u32::MAX);
        table.add(1, 5);
        assert_eq!(table.take(), [(1, u32::MAX)]);
    }

    #[test]
    fn nobody_is_named() {
        let client = ClientKey::Address(IpAddr::from([10, 9, 8, 7]));
        let requests = 1;
        let shown = format!("{:?}", ClientUse { client, requests });
        assert!(!shown.contains('9'), "{shown}");
    }
}
