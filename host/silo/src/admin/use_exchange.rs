//! What gateways tell each other by way of this silo: what their clients used of their limits.
//!
//! What one reports is kept for each of the others until that one asks. Nothing of it is durable: a
//! silo that begins anew, or is asked instead of another one, knows what it is told from then on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pizza_client::client_use::{ClientKey, ClientUse, OthersUse, UseReport, UseTable};
use pizza_types::MessageId;

/// A gateway that has not reported for so long is gone. One that is alone reports once a second.
const SILENT_MAX: Duration = Duration::from_secs(5);
/// The most gateways that are told of each other; the one that has been silent the longest makes room.
const GATEWAYS_MAX: usize = 256;
/// The most clients that one gateway is told of at once.
const CLIENTS_MAX: usize = 8_192;

#[derive(Debug, Default)]
pub(crate) struct UseExchange(Mutex<HashMap<MessageId, Inbox>>);

/// What a gateway is to be told.
#[derive(Debug)]
struct Inbox {
    heard: Instant,
    others: UseTable<ClientKey>,
}

impl UseExchange {
    /// Takes what a gateway reports, and gives it what others have since it asked last.
    pub(super) fn exchange(&self, report: UseReport, now: Instant) -> OthersUse {
        let mut inboxes = self.0.lock();
        inboxes.retain(|_, inbox| now.saturating_duration_since(inbox.heard) < SILENT_MAX);
        for (gateway, inbox) in inboxes.iter_mut() {
            if *gateway != report.gateway {
                for used in &report.uses {
                    inbox.others.add(used.client, used.requests);
                }
            }
        }
        if !inboxes.contains_key(&report.gateway)
            && inboxes.len() >= GATEWAYS_MAX
            && let Some(silent) = inboxes.iter().min_by_key(|(_, inbox)| inbox.heard)
        {
            let silent = *silent.0;
            inboxes.remove(&silent);
        }
        let gateways = inboxes.len() + usize::from(!inboxes.contains_key(&report.gateway));
        let own = inboxes.entry(report.gateway).or_insert_with(|| Inbox {
            heard: now,
            others: UseTable::of(CLIENTS_MAX),
        });
        own.heard = now;
        let uses = own.others.take().into_iter();
        let uses = uses.map(|(client, requests)| ClientUse { client, requests });
        OthersUse {
            gateways: gateways - 1,
            uses: uses.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(exchange: &UseExchange, gateway: u128, requests: u32, now: Instant) -> (usize, u32) {
        let client = ClientKey::Token([7; 16]);
        let uses = (requests > 0).then_some(ClientUse { client, requests });
        let report = UseReport {
            gateway: MessageId(gateway.to_le_bytes()),
            uses: uses.into_iter().collect(),
        };
        let others = exchange.exchange(report, now);
        let sum = others.uses.iter().map(|used| used.requests).sum();
        (others.gateways, sum)
    }

    #[test]
    fn each_is_told_what_the_others_used_and_once() {
        let (exchange, now) = (UseExchange::default(), Instant::now());
        assert_eq!(told(&exchange, 1, 5, now), (0, 0));
        assert_eq!(told(&exchange, 2, 3, now), (1, 0), "it was not there yet");
        assert_eq!(told(&exchange, 3, 1, now), (2, 0));
        assert_eq!(told(&exchange, 1, 7, now), (2, 4));
        assert_eq!(told(&exchange, 1, 0, now), (2, 0));
        assert_eq!(told(&exchange, 2, 0, now), (2, 8));
        let later = now + SILENT_MAX;
        assert_eq!(told(&exchange, 3, 0, later), (0, 0), "all are gone");
    }

    #[test]
    fn there_is_room_for_so_many_gateways() {
        let (exchange, now) = (UseExchange::default(), Instant::now());
        for gateway in 0..2 * GATEWAYS_MAX as u128 {
            told(&exchange, gateway, 1, now);
        }
        assert_eq!(told(&exchange, 0, 1, now).0, GATEWAYS_MAX - 1);
    }
}
