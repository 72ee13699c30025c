//! What plants tell each other. Nobody waits for it to be heard.

use silo_sdk::{context, json, log, streams};

use crate::Plant;
use crate::bindings::{gossip, gossip_queries, stream_events};

const NEWS: &str = "plant-news";
/// What is heard is part of the state, and must have an end.
const HEARD_MAX: usize = 20;

#[silo_sdk::commands]
impl gossip::Guest for Plant {
    fn tell(&mut self, friend: String, text: String) {
        let text = format!("{}: {text}", context::key());
        // The key is whose it is: events of a key come to the subscribing actors of that key.
        streams::publish(NEWS, &friend, &text);
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Plant {
    fn subscriptions() -> Vec<String> {
        vec![NEWS.to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        for event in events {
            match json::from_str(&event.payload) {
                Ok(text) => self.heard.push(text),
                // It would be the same mistake each time it is tried again.
                Err(error) => log::warn!("event {} is passed over: {error}", event.position),
            }
        }
        let too_many = self.heard.len().saturating_sub(HEARD_MAX);
        self.heard.drain(..too_many);
    }
}

#[silo_sdk::queries]
impl gossip_queries::Guest for Plant {
    fn heard(&self) -> Vec<String> {
        self.heard.clone()
    }
}

#[cfg(test)]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn what_is_told_is_heard_by_the_friend() {
        let host = Host::new("plant", "fern");
        Plant::default().tell("moss".into(), "rain".into());
        let told = host.events().remove(0);
        assert_eq!((told.stream.as_str(), told.key.as_str()), (NEWS, "moss"));

        let mut moss = Plant::default();
        let event = |payload: String| stream_events::Event {
            name: NEWS.into(),
            position: 1,
            payload,
        };
        moss.on_events(vec![event(told.payload.to_string()), event("?".into())]);
        assert_eq!(moss.heard(), ["fern: rain"]);
        assert_eq!(host.logs().len(), 1);
    }
}
