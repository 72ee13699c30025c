//! A stream that is published, with all topics to which its events go.

use std::sync::Arc;

use crate::config::Outbound;
use crate::publication::{Publication, publication};

/// One stream has one cursor, whatever number of topics it is published to: with a cursor of
/// the same name for each, the faster would move it past events that the slower has not
/// published.
pub(crate) struct OutboundStream {
    pub(crate) name: String,
    /// The actor type whose keys are the stream's.
    pub(crate) actor: String,
    pub(crate) mappings: Vec<Outbound>,
}

impl OutboundStream {
    /// What the events are published as: in their order, each to all of its topics.
    pub(crate) fn publications<'a>(
        &self,
        events: impl Iterator<Item = &'a [u8]>,
    ) -> Vec<Publication> {
        let mut all = Vec::new();
        for event in events {
            let of_one = self
                .mappings
                .iter()
                .map(|config| publication(config, event));
            all.extend(of_one.flatten());
        }
        all
    }
}

/// The mappings, those of one stream together.
pub(crate) fn grouped(mappings: Vec<Outbound>) -> Vec<Arc<OutboundStream>> {
    let mut streams: Vec<OutboundStream> = Vec::new();
    for mapping in mappings {
        let same = |s: &&mut OutboundStream| s.name == mapping.stream && s.actor == mapping.actor;
        match streams.iter_mut().find(same) {
            Some(stream) => stream.mappings.push(mapping),
            None => streams.push(OutboundStream {
                name: mapping.stream.clone(),
                actor: mapping.actor.clone(),
                mappings: vec![mapping],
            }),
        }
    }
    streams.into_iter().map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BridgeConfig;

    #[test]
    fn a_stream_with_two_topics_is_followed_once() {
        let mut mappings = BridgeConfig::default().outbound;
        let mut other = mappings[0].clone();
        other.stream = "other".to_owned();
        mappings.insert(1, other);
        let streams = grouped(mappings);
        let sizes: Vec<_> = streams
            .iter()
            .map(|s| (s.name.as_str(), s.mappings.len()))
            .collect();
        assert_eq!(sizes, [("restaurant-orders", 2), ("other", 1)]);
    }
}
