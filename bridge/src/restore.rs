//! The retained states of a stream, published once more for a broker that has forgotten them.

use std::collections::HashMap;

use pizza_client::Client;
use pizza_types::CallError;

use crate::config::Outbound;
use crate::publication::{Publication, publication};

const PAGE: usize = 1_000;
/// How many topics of one stream and key are restored: the newest. As many as the project's
/// own broker retains.
const TOPICS_MAX: usize = 20_000;

/// The last event of each topic up to where the cursor stands, in the order of the stream.
///
/// # Errors
/// When the stream cannot be read.
pub(crate) async fn retained(
    client: &Client,
    config: &Outbound,
    key: &str,
    up_to: u64,
) -> Result<Vec<Publication>, CallError> {
    let mut last = HashMap::new();
    let mut after = 0;
    // Up to the cursor only: what comes after it is published as news anyway.
    while after < up_to {
        let transport = client.transport();
        let page = transport.events(&config.stream, key, after, PAGE).await?;
        let Some(newest) = page.events.last().map(|event| event.position) else {
            break;
        };
        for event in page.events.iter().filter(|event| event.position <= up_to) {
            if let Some(publication) = publication(config, &event.payload) {
                last.insert(publication.topic.clone(), (event.position, publication));
            }
            // At twice the number, so that the sorting is paid for by as many events.
            if last.len() >= 2 * TOPICS_MAX {
                last = newest_of(last).into_iter().map(by_topic).collect();
            }
        }
        after = newest;
    }
    Ok(newest_of(last).into_iter().map(|(_, p)| p).collect())
}

/// With the position of its event.
type Positioned = (u64, Publication);

fn by_topic(positioned: Positioned) -> (String, Positioned) {
    (positioned.1.topic.clone(), positioned)
}

/// No more than are restored, the oldest first.
fn newest_of(last: HashMap<String, Positioned>) -> Vec<Positioned> {
    let mut all: Vec<_> = last.into_values().collect();
    all.sort_by_key(|(position, _)| *position);
    let beyond = all.len().saturating_sub(TOPICS_MAX);
    all.drain(..beyond);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_restored_in_their_order() {
        let publication = |number: u64| Publication {
            topic: number.to_string(),
            payload: Vec::new(),
            retain: true,
            expiry_s: None,
        };
        let count = TOPICS_MAX as u64 + 5;
        let last = (1..=count).map(|n| by_topic((n, publication(n))));
        let newest = newest_of(last.collect());
        assert_eq!(newest.len(), TOPICS_MAX);
        let positions: Vec<u64> = newest.iter().map(|(position, _)| *position).collect();
        assert!(positions.iter().copied().eq(6..=count));
    }
}
